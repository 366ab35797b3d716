"""All that is measured in real time, in an order in which lags meet little of others' load.

The creations of ten minutes begin first and end last. Meanwhile the endpoints of the lags get
ready, this provider's first, then the framework's, then those of stock crhelper, with which
whatever else must wait for its polls waits too. What is quick comes last.
"""

import dataclasses
from functools import partial

from bench import creation, failure, lag, updates
from bench.beside import Beside
from bench.peers import floor
from bench.stage import Stage

QUICK_UPDATES = 10


@dataclasses.dataclass(frozen=True)
class RealTime:
    """What was measured."""

    ours: lag.Lags
    peers: tuple[lag.Lags, ...]
    floor: lag.Lags
    updates: tuple[updates.Updates, ...]
    usages: tuple[creation.Usage, ...]
    failures: tuple[failure.Left, ...]


def measure(stage: Stage) -> RealTime:
    """Takes twelve minutes: two for the last poll after the creations of ten."""
    creations = creation.Creations(stage)
    creations.start()
    (ours,) = lag.measure(stage, stage.ours)
    framework = lag.measure(stage, stage.cdk)
    failed = Beside(partial(failure.measure, stage))
    polled = [
        Beside(partial(updates.measure, stage, peer, kind, times=1))
        for peer in stage.stock
        for kind in updates.KINDS
    ]
    stock = lag.measure(stage, *stage.stock)
    failures = failed.result()
    slow = [work.result() for work in polled]
    quick = [
        updates.measure(stage, peer, kind, times=QUICK_UPDATES)
        for peer in (stage.ours, stage.cdk)
        for kind in updates.KINDS
    ]
    usages = creations.finish()
    # Last: it makes more calls than the emulator can keep beside those that were counted.
    lowest = floor.measure(stage, lag.COUNT)
    return RealTime(
        ours,
        (*framework, *stock),
        lowest,
        (*quick, *slow),
        tuple(usages),
        tuple(failures),
    )
