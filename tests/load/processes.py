"""Plays several sizes of load, each in a process of its own."""

import multiprocessing
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from testing.processes import leave_interrupts
from tests.load.play import Figures, run


def play_all(
    sizes: Sequence[int], seed: int, jobs: int, **settings: Any
) -> Iterator[list[Figures]]:
    """The figures of each size, in order; the largest begins first, since it takes longest.

    `settings` are the emulator's, as for `run`.
    """
    work = partial(_play, seed=seed, settings=settings)
    if min(jobs, len(sizes)) == 1:
        yield from map(work, sizes)
        return
    # Not forked: a process has threads and clients of its own.
    with multiprocessing.get_context("spawn").Pool(jobs, leave_interrupts) as pool:
        begun = {size: pool.apply_async(work, (size,)) for size in sorted(sizes, reverse=True)}
        for size in sizes:
            yield begun[size].get()


def _play(size: int, seed: int, settings: Mapping[str, Any]) -> list[Figures]:
    played = []
    for figures in run(size, seed, **settings):
        print(f"{size:,} x {figures.phase.title}: {figures.outcome()}", file=sys.stderr, flush=True)
        played.append(figures)
    return played
