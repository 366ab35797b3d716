"""Operations in flight at once: 10, 100 and 1,000 creations by this provider and by its peers.

All of them get the same events, at the same rates of the same emulator of Comprehend, in virtual
time; CloudFormation's Delete follows each Create that fails.
"""

import multiprocessing
import statistics
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.flight.cdk import cdk
from bench.flight.course import Kind, play
from bench.flight.figures import Flight
from bench.flight.limits import TEN_TRIES, Limit, limits, statement
from bench.flight.ours import ours
from bench.flight.stock import stock
from bench.goals import Goal
from bench.titles import CDK, CRHELPER_EACH_MINUTE, CRHELPER_EACH_TWO_MINUTES, OURS
from local.load.processes import leave_interrupts
from local.markdown import table

SIZES = (10, 100, 1_000)


@dataclass(frozen=True)
class _Peer:
    kind: Kind
    least: int = 0
    """The size from which on it is played: below, it would say the same as another."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Of the functions' environment."""


_PATIENT = {"AWS_RETRY_MODE": "standard", "AWS_MAX_ATTEMPTS": "10"}
"""What an author can set so that Comprehend's rates do not hide what the design itself bears: the
SDK tries each call ten times instead of five.
"""
STOCK = CRHELPER_EACH_TWO_MINUTES
PATIENT_STOCK = f"{STOCK}, {TEN_TRIES}"
PATIENT_CDK = f"{CDK}, {TEN_TRIES}"
PEERS: Mapping[str, _Peer] = {
    OURS: _Peer(ours),
    STOCK: _Peer(stock(2)),
    CRHELPER_EACH_MINUTE: _Peer(stock(1)),
    PATIENT_STOCK: _Peer(stock(2), 100, _PATIENT),
    CDK: _Peer(cdk),
    PATIENT_CDK: _Peer(cdk, 100, _PATIENT),
}

_HEADINGS = (
    "Provider",
    "At once",
    "Succeeded",
    "Failed",
    "Most often by",
    "Lost",
    "Leaked",
    "Deletes failed",
    "Median s",
    "Last s",
    "Median of successes s",
    "Calls each",
    "Refused",
    "Invocations each",
)
_WORDS = ("Provider", "Most often by")
_LIMIT_HEADINGS = ("Provider", "Limit", "What it comes to", "How known", "Source")


def measure(
    jobs: int = 2, sizes: Sequence[int] = SIZES, seed: int = 0, **settings: Any
) -> tuple[Flight, ...]:
    """Plays all peers at all sizes, in so many processes; `settings` are the emulator's."""
    to_play = [(name, size) for name, peer in PEERS.items() for size in sizes if size >= peer.least]
    if jobs == 1:
        return tuple(_play(name, size, seed, settings) for name, size in to_play)
    # Not forked: a process has threads and clients of its own. What takes longest begins first.
    with multiprocessing.get_context("spawn").Pool(jobs, leave_interrupts) as pool:
        begun = {
            each: pool.apply_async(_play, (*each, seed, settings))
            for each in sorted(to_play, key=lambda each: -each[1])
        }
        return tuple(begun[each].get() for each in to_play)


def _play(name: str, size: int, seed: int, settings: Mapping[str, Any]) -> Flight:
    peer = PEERS[name]
    flight = play(name, peer.kind, size, seed, peer.variables, **settings)
    print(
        f"{size:,} x create by {name}: {flight.succeeded:,} succeeded, {flight.failed:,} failed, "
        f"{flight.lost:,} lost, {flight.leaked:,} leaked",
        file=sys.stderr,
        flush=True,
    )
    return flight


def flights_table(flights: Sequence[Flight]) -> str:
    """What came of each peer at each size."""
    return table(_HEADINGS, [_row(each) for each in flights], _WORDS)


def _row(flight: Flight) -> tuple[str, ...]:
    most_often = next(iter(flight.failures), "")
    return (
        flight.peer,
        f"{flight.size:,}",
        f"{flight.succeeded:,}",
        f"{flight.failed:,}",
        f"{most_often} ({flight.failures[most_often]:,})" if most_often else "",
        f"{flight.lost:,}",
        f"{flight.leaked:,}",
        f"{flight.undeleted:,}",
        _median(flight.seconds),
        f"{flight.seconds[-1]:,.0f}" if flight.seconds else "none",
        _median(flight.seconds_of_successes),
        f"{flight.called / flight.size:,.1f}",
        f"{flight.refused / max(flight.called, 1):.0%}",
        f"{flight.invocations / flight.size:,.1f}",
    )


def _median(seconds: Sequence[float]) -> str:
    return f"{statistics.median(seconds):,.0f}" if seconds else "none"


def limits_of(flights: Sequence[Flight]) -> list[Limit]:
    """What each peer's design limits it to, by what its largest flight met."""
    return limits(
        _largest(flights, OURS), _largest(flights, PATIENT_STOCK), _largest(flights, PATIENT_CDK)
    )


def limits_table(found: Sequence[Limit]) -> str:
    """The limits, a row each."""
    rows = [(each.peer, each.limit, each.comes_to, each.known, each.source) for each in found]
    return table(_LIMIT_HEADINGS, rows, _LIMIT_HEADINGS)


def goals(flights: Sequence[Flight]) -> list[Goal]:
    """1,000 with none lost; and stock crhelper's limit must have shown."""
    largest = _largest(flights, OURS)
    stopped = [
        each
        for each in flights
        if each.peer in (STOCK, PATIENT_STOCK)
        and "PolicyLengthExceededException of AddPermission" in each.failures
    ]
    most = max(stopped, key=lambda each: each.size, default=None)
    wanted = max(SIZES)
    met = (
        largest.size >= wanted
        and largest.succeeded == largest.size
        and not (largest.lost or largest.leaked or largest.undeleted)
    )
    return [
        Goal(
            "Operations in flight at once",
            f"{wanted:,}, none lost",
            f"{largest.succeeded:,} of {largest.size:,} succeeded, {largest.lost:,} lost, "
            f"{largest.leaked:,} leaked",
            met,
            "" if met else _why_not(largest, wanted),
        ),
        Goal(
            "Stock crhelper's limit",
            "shown",
            f"{most.succeeded:,} of {most.size:,} succeeded; the policy has room for "
            f"{statement().fit}"
            if most
            else "not met",
            most is not None,
            "" if most else "no size met it",
        ),
    ]


def in_short(flights: Sequence[Flight]) -> dict[str, str]:
    """What became of the most at once, by provider, in few words."""
    return {
        name: f"{flight.succeeded:,} ({flight.leaked:,} leaked)"
        for name in (OURS, CDK, CRHELPER_EACH_TWO_MINUTES, CRHELPER_EACH_MINUTE)
        for flight in [_largest(flights, name)]
    }


def _largest(flights: Sequence[Flight], peer: str) -> Flight:
    return max((each for each in flights if each.peer == peer), key=lambda each: each.size)


def _why_not(flight: Flight, wanted: int) -> str:
    if flight.size < wanted:
        return f"only {flight.size:,} were played"
    return next(iter(flight.failures), "some were lost or leaked")
