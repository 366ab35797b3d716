"""How long an update takes that need not take any time: a wrong property, and no change at all."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.consumers import Consumer
from bench.errors import BenchError
from bench.goals import Goal
from bench.peers import Peer
from bench.stage import Stage, say
from local.markdown import table

TIMES = 10
PATIENCE = 60.0
"""Seconds after which an update, and its rollback, must be over."""
LONGEST_WANTED = 2.0


@dataclass(frozen=True)
class Kind:
    """An update, how the stack ends, and which changes it alternates between."""

    title: str
    ends: str
    changes: tuple[Mapping[str, object], ...]


# Comprehend has no endpoint with no units: the API would refuse it, if nobody does before.
WRONG = Kind("a wrong property", "UPDATE_ROLLBACK_COMPLETE", ({"Units": "0"},))
# ServiceTimeout is CloudFormation's: a change of it is sent to the provider like any other.
NO_OP = Kind("a no-op", "UPDATE_COMPLETE", ({"Patience": 3500}, {"Patience": 3600}))
KINDS = (WRONG, NO_OP)


@dataclass(frozen=True)
class Updates:
    """One peer's updates of one kind, each from the stack's first event to its last, in seconds."""

    peer: Peer
    kind: Kind
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


class UnexpectedEndError(BenchError):
    """A stack ended an update otherwise than it must."""


def measure(stage: Stage, peer: Peer, kind: Kind, times: int = TIMES) -> Updates:
    """Updates a stack of its own so many times, one after the other."""
    consumer = Consumer(stage, peer, f"update-{peer.key}-{kind.title.split()[-1]}")
    consumer.create(0)
    consumer.finish(PATIENCE)
    seconds = []
    for number in range(times):
        known = len(consumer.events())
        consumer.update(**kind.changes[number % len(kind.changes)])
        status = consumer.finish(PATIENCE)
        if status != kind.ends:
            raise UnexpectedEndError(f"{consumer.name} ended in {status}, not in {kind.ends}")
        # The stack's own first and last event.
        own = [each["Timestamp"] for each in consumer.events()[known:] if _is_stacks_own(each)]
        seconds.append((own[-1] - own[0]).total_seconds())
    found = Updates(peer, kind, tuple(seconds))
    say(f"updates: {kind.title} by {peer.title}: median {found.median:.2f} s")
    return found


def _is_stacks_own(event: Mapping[str, object]) -> bool:
    return event.get("PhysicalResourceId") == event["StackId"]


def figures(updates: Sequence[Updates]) -> str:
    """The table of what each update took."""
    rows = [
        [
            each.peer.title,
            each.kind.title,
            str(len(each.seconds)),
            f"{each.median:.2f}",
            f"{max(each.seconds):.2f}",
        ]
        for each in updates
    ]
    headings = ["Update by", "Kind", "Times", "Seconds, median", "Longest"]
    return table(headings, rows, headings[:2])


def goals(updates: Sequence[Updates]) -> list[Goal]:
    return [
        Goal(
            f"{each.kind.title.capitalize()}, from the stack update to its end",
            f"<= {LONGEST_WANTED:g} s",
            f"{each.median:.2f} s",
            each.median <= LONGEST_WANTED,
        )
        for each in updates
        if each.peer.key == "ours"
    ]
