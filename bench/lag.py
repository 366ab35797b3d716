"""How long after an endpoint is ready its stack knows: many endpoints, in real time."""

import math
import random
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.consumers import Consumer
from bench.goals import Goal
from bench.peers import Peer
from bench.stage import Stage, say
from local.markdown import table

COUNT = 30
READY = (60.0, 180.0)
"""From when to when, in seconds after its creation, an endpoint may get ready: two whole periods
of polling every minute, one of every two minutes, and past the provider's own quick first minute.
"""
SPREAD = 12.0
"""Seconds over which the creations start, so that no provider polls all of them at one moment."""
SEED = 20261125
LONGEST_POLL = 150.0
"""Seconds within which a poll every two minutes must happen."""
MEDIAN_WANTED, LATE_WANTED = 1.5, 3.0


@dataclass(frozen=True)
class Lags:
    """The lags of one peer's endpoints, in seconds, shortest first."""

    title: str
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def late(self) -> float:
        """The 95th percentile."""
        return percentile(self.seconds, 95)


def percentile(values: Sequence[float], percent: float) -> float:
    """The least value that so many percent of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def drawn(count: int = COUNT, seed: int = SEED) -> list[tuple[float, float]]:
    """For each endpoint: when it is created, from the start on, and how long that takes.

    The same for every peer.
    """
    drawing = random.Random(seed)
    return [(SPREAD * index / count, drawing.uniform(*READY)) for index in range(count)]


def measure(stage: Stage, *peers: Peer, count: int = COUNT) -> list[Lags]:
    """Creates the peers' stacks side by side, and waits until each has its answer."""
    say(f"lag: {count} endpoints each of {', '.join(peer.title for peer in peers)}")
    began, pause = time.monotonic(), threading.Event()
    consumers = [
        (at, seconds, Consumer(stage, peer, f"lag-{peer.key}-{number}"))
        for number, (at, seconds) in enumerate(drawn(count))
        for peer in peers
    ]
    for at, seconds, consumer in consumers:
        pause.wait(max(0.0, began + at - time.monotonic()))
        consumer.create(seconds)
    # No calls while the lags arise: they would add to the lags.
    last = max(at + seconds for at, seconds, _ in consumers)
    pause.wait(began + last + 4 - time.monotonic())
    for _, _, consumer in consumers:
        consumer.finish(LONGEST_POLL, pause=1.0)
    found = [
        Lags(
            peer.title,
            tuple(
                sorted(
                    consumer.answered() - consumer.ready()
                    for _, _, consumer in consumers
                    if consumer.peer == peer
                )
            ),
        )
        for peer in peers
    ]
    for lags in found:
        say(f"lag: {lags.title}: median {lags.median:.2f} s, 95 % {lags.late:.2f} s")
    return found


def figures(lags: Sequence[Lags]) -> str:
    """The table of all lags."""
    rows = [
        [
            each.title,
            str(len(each.seconds)),
            *(f"{value:.2f}" for value in (each.median, each.late, each.seconds[-1])),
        ]
        for each in lags
    ]
    headings = ["Seconds from ready to answered", "Endpoints", "Median", "95 %", "Longest"]
    return table(headings, rows, headings[:1])


def goals(ours: Lags, peers: Sequence[Lags]) -> list[Goal]:
    best = min(peers, key=lambda each: each.median)
    late = min(peers, key=lambda each: each.late)
    return [
        Goal(
            "Lag from ready to answered, median",
            f"<= {MEDIAN_WANTED} s, and the lowest",
            f"{ours.median:.2f} s ({best.title}: {best.median:.2f} s)",
            ours.median <= MEDIAN_WANTED and ours.median < best.median,
        ),
        Goal(
            "Lag from ready to answered, 95th percentile",
            f"<= {LATE_WANTED:g} s, and the lowest",
            f"{ours.late:.2f} s ({late.title}: {late.late:.2f} s)",
            ours.late <= LATE_WANTED and ours.late < late.late,
            "An endpoint ready just after a poll waits for the next poll, and for the answer.",
        ),
    ]
