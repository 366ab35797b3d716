"""All that is measured in real time, in an order in which lags meet little of others' load.

The creations of ten minutes begin first and end last. Meanwhile the endpoints of the lags get
ready: this provider's first, then the framework's, then those of stock crhelper, during which
creations fail. What is quick comes last.
"""

from dataclasses import dataclass
from functools import partial

from bench import creation, failure, lag, updates
from bench.beside import Beside
from bench.stage import Stage


@dataclass(frozen=True)
class RealTime:
    """What was measured."""

    ours: lag.Lags
    peers: tuple[lag.Lags, ...]
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
    stock = lag.measure(stage, *stage.stock)
    failures = failed.result()
    updated = [
        updates.measure(stage, peer, kind)
        for peer in (stage.ours, stage.cdk)
        for kind in updates.KINDS
    ]
    return RealTime(
        ours,
        (*framework, *stock),
        tuple(updated),
        tuple(creations.finish()),
        tuple(failures),
    )
