"""Plays many cases, on several cores, and counts what held."""

import multiprocessing
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

from testing.world import environment
from tests.campaign.play import Case, play

CHUNK = 20
"""Cases that a process takes at a time."""


@dataclass
class Count:
    """What came of the cases of one group."""

    run: int = 0
    broken: dict[str, list[str]] = field(default_factory=dict)
    """What did not hold, by the case's id."""
    proofs: Counter[str] = field(default_factory=Counter)
    """How many endpoints were deleted, by the proof for it."""

    @property
    def held(self) -> int:
        return self.run - len(self.broken)


Result = tuple[list[str], Counter[str]]
"""What did not hold in a case, and how many endpoints were deleted, by the proof for it."""


def play_all(cases: Iterable[Case], jobs: int) -> Iterator[tuple[Case, Result]]:
    """Plays cases in so many processes; gives each with what came of it, in order."""
    if jobs == 1:
        with environment():
            for case in cases:
                yield case, _result(case)
        return
    # Not forked: the parent may have threads, and is slow to copy.
    with multiprocessing.get_context("spawn").Pool(jobs, _Process.begin) as pool:
        yield from pool.imap(_Process.play, cases, CHUNK)
        # What a process has started ends with it, if it may end by itself.
        pool.close()
        pool.join()


class _Process:
    """What one process keeps from case to case."""

    open = ExitStack()

    @classmethod
    def begin(cls) -> None:
        cls.open.enter_context(environment())

    @classmethod
    def play(cls, case: Case) -> tuple[Case, Result]:
        return case, _result(case)


def _result(case: Case) -> Result:
    played = play(case)
    return played.problems, played.proofs
