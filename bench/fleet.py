"""Operations in flight at once: 10, 100 and 1,000 creations by this provider and by its peers.

All of them get the same events, at the same rates of the same emulator of Comprehend, in virtual
time; CloudFormation's Delete follows each Create that fails.
"""

import multiprocessing
import statistics
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from bench.flight.cdk import cdk
from bench.flight.course import Flight, Kind, play
from bench.flight.ours import ours
from bench.flight.stock import stock
from bench.goals import Goal
from bench.titles import CDK, CRHELPER_EACH_MINUTE, CRHELPER_EACH_TWO_MINUTES, OURS
from local.markdown import table
from testing.processes import leave_interrupts

SIZES = (10, 100, 1_000)
PEERS: Mapping[str, Kind] = {
    OURS: ours,
    CDK: cdk,
    CRHELPER_EACH_TWO_MINUTES: stock(2),
    CRHELPER_EACH_MINUTE: stock(1),
}
STOCK_S_LIMIT = "PolicyLengthExceededException of AddPermission"

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
)


def measure(
    jobs: int = 2, sizes: Sequence[int] = SIZES, seed: int = 0, **settings: Any
) -> tuple[Flight, ...]:
    """Plays all peers at all sizes, in so many processes; `settings` are the emulator's."""
    to_play = [(name, size) for name in PEERS for size in sizes]
    # Not forked: a process has threads and clients of its own. What takes longest begins first.
    with multiprocessing.get_context("spawn").Pool(jobs, leave_interrupts) as pool:
        begun = {
            each: pool.apply_async(_play, (*each, seed, settings))
            for each in sorted(to_play, key=lambda each: -each[1])
        }
        return tuple(begun[each].get() for each in to_play)


def _play(name: str, size: int, seed: int, settings: Mapping[str, Any]) -> Flight:
    flight = play(name, PEERS[name], size, seed, **settings)
    print(
        f"{size:,} x create by {name}: {flight.succeeded:,} succeeded, {flight.failed:,} failed, "
        f"{flight.lost:,} lost, {flight.leaked:,} leaked",
        file=sys.stderr,
        flush=True,
    )
    return flight


def figures(flights: Sequence[Flight]) -> str:
    """What came of each peer at each size."""
    return table(_HEADINGS, [_row(each) for each in flights], ("Provider", "Most often by"))


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
        f"{statistics.median(flight.seconds):,.0f}" if flight.seconds else "none",
        f"{flight.seconds[-1]:,.0f}" if flight.seconds else "none",
    )


def goals(flights: Sequence[Flight]) -> list[Goal]:
    """1,000 with none lost; and stock crhelper's limit must have shown."""
    largest, wanted = _largest(flights, OURS), max(SIZES)
    met = (
        largest.size >= wanted
        and largest.succeeded == largest.size
        and not (largest.lost or largest.leaked or largest.undeleted)
    )
    stopped = [each for each in flights if STOCK_S_LIMIT in each.failures]
    most = max(stopped, key=lambda each: each.size, default=None)
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
            f"{most.succeeded:,} of {most.size:,} succeeded" if most else "not met",
            most is not None,
            "" if most else "no size met it",
        ),
    ]


def in_short(flights: Sequence[Flight]) -> dict[str, str]:
    """What became of the most at once, by provider, in few words."""
    return {
        name: f"{flight.succeeded:,} ({flight.leaked:,} leaked)"
        for name in PEERS
        for flight in [_largest(flights, name)]
    }


def _largest(flights: Sequence[Flight], peer: str) -> Flight:
    return max((each for each in flights if each.peer == peer), key=lambda each: each.size)


def _why_not(flight: Flight, wanted: int) -> str:
    if flight.size < wanted:
        return f"only {flight.size:,} were played"
    return next(iter(flight.failures), "some were lost or leaked")
