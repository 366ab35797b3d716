"""What there is to hit: the requests of all scenarios, and what each does if left alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import botocore.loaders
import botocore.model

from local.comprehend.model import api_model
from testing.interception import START
from testing.world import World
from tests.campaign.encounters import Point
from tests.campaign.mishaps import When
from tests.campaign.play import Make, Settings, traces
from tests.campaign.processes.world import forked_world
from tests.campaign.scenario import Scenario
from tests.campaign.scenarios import scenarios
from tests.campaign.trace import Trace

CONTRARY: Settings = (
    ("update_visibility", "late"),
    ("failed_update", "reverted"),
    ("delete_while_creating", "accepted"),
    ("delete_while_updating", "accepted"),
    ("token_after_delete", "remembered"),
)
"""What is not documented about the service, played the other way in everything at once."""


@dataclass(frozen=True)
class Run:
    """One request of a scenario, by its number from 0, and what it does."""

    scenario: Scenario
    number: int
    trace: Trace


class Runs:
    """The runs without a fault of some scenarios, or of all; each is made once."""

    def __init__(self, names: Sequence[str] | None = None, make: Make = World) -> None:
        self._make = make
        self.scenarios = [
            each for each in scenarios().values() if names is None or each.name in names
        ]
        self._trace = cache(self._traced)
        self.in_processes = cache(self._in_processes)
        """Those among these of some scenarios, by the calls that real processes make."""

    def _traced(self, name: str, settings: Settings) -> list[Trace]:
        return traces(name, settings, self._make)

    def _in_processes(self, names: tuple[str, ...]) -> "Runs":
        present = {each.name for each in self.scenarios}
        return Runs([each for each in names if each in present], forked_world)

    def first(self, scenario: Scenario, settings: Settings = ()) -> Trace:
        """What the first request of a scenario does."""
        return self._trace(scenario.name, settings)[0]

    def all(self, settings: Settings = ()) -> Iterator[Run]:
        """Every request that is not another scenario's too.

        Of the Deletes that follow from other operations, those are left out that do the same calls
        in the same order, for a stack in the same status, as one that was there before.
        """
        seen = set()
        for scenario in self.scenarios:
            for number, trace in enumerate(self._trace(scenario.name, settings)):
                if number < scenario.first:
                    continue
                if trace.about[0] == "Delete" and number:
                    kind = (trace.about, tuple(trace.calls))
                    if kind in seen:
                        continue
                    seen.add(kind)
                yield Run(scenario, number, trace)


def points(trace: Trace, only: str | None = None) -> Iterator[Point]:
    """Before each invocation (of one function), and before and after each call in it."""
    for at, function, calls in trace.distinct():
        if only in (None, function):
            yield Point(at)
            for place, call, when in moments(calls):
                yield Point(at, place, call, when)


def moments(calls: Sequence[str]) -> Iterator[tuple[int, str, When]]:
    """Before and after each call, by its place. Before a call is after the one before it: nothing
    happens between them, so it is there once.
    """
    for place, call in enumerate(calls):
        if place == 0:
            yield place, call, When.BEFORE
        yield place, call, When.AFTER


def is_between_look_and_change(trace: Trace, point: Point, changes: frozenset[str]) -> bool:
    """Whether the next thing to happen at a point is a change, decided on by what was seen before.

    What comes between the two, in the milliseconds that they are apart, cannot be seen.
    """
    calls = trace.invocations[point.invocation][1]
    following = point.call + (point.when is When.AFTER)
    return point.call >= 0 and following < len(calls) and calls[following] in changes


@cache
def errors_of(operation: str) -> tuple[str, ...]:
    """The codes of the SDK's service model, and those that any service may answer with."""
    common = ("ThrottlingException", "AccessDeniedException")
    if operation != START:
        return (*api_model().error_codes(operation), *common)
    description: Any = botocore.loaders.Loader().load_service_model("stepfunctions", "service-2")
    model = botocore.model.ServiceModel(description, "stepfunctions")
    codes = [shape.name for shape in model.operation_model(operation).error_shapes]
    # A name that is taken is no error: a repeated event meets it.
    return (*(code for code in codes if code != "ExecutionAlreadyExists"), *common)
