"""The groups of cases in which an operation meets another one, or what else changes an endpoint."""

import itertools
from collections.abc import Iterator

from testing.interception import PUT
from tests.campaign.encounters import (
    Overtaken,
    Promoted,
    Repeated,
    Rivalry,
    Scaled,
    Succeeded,
)
from tests.campaign.faults import Nothing
from tests.campaign.play import Case
from tests.campaign.runs import CONTRARY, Runs, is_between_look_and_change, points

Cases = Iterator[Case]

_UNGUARDED = frozenset({"UpdateEndpoint", "DeleteEndpoint", "TagResource", "UntagResource"})
"""What an operation that was given up in this very moment still does, and does not undo; what it
creates, it removes again."""


def repeated_events(runs: Runs, group: str) -> Cases:
    """Every event comes once more, at every point of its operation; all come when all is over."""
    for scenario in runs.scenarios:
        for reused in (False, True):
            # Not about one request: the number only tells the two apart.
            yield Case(
                group, scenario.name, int(reused), Nothing(), late_repeats=True, repeats_ids=reused
            )
    for run in runs.all():
        for point, rivalry in itertools.product(points(run.trace), Rivalry):
            yield Case(group, run.scenario.name, run.number, Repeated(point, rivalry))


def overtaken(runs: Runs, group: str) -> Cases:
    """At every point of a Create or Update its stack gives up, and rolls back or is deleted."""
    for scenario in runs.scenarios:
        if scenario.operation == "delete" or scenario.first:
            continue
        deleted = (False, True) if scenario.operation == "create" else (False,)
        for settings in ((), CONTRARY):
            trace = runs.first(scenario, settings)
            for point, rivalry, by in itertools.product(points(trace), Rivalry, deleted):
                unseen = is_between_look_and_change(trace, point, _UNGUARDED)
                if not (unseen and rivalry is Rivalry.WHOLLY):
                    fault = Overtaken(point, rivalry, by)
                    yield Case(group, scenario.name, 0, fault, settings)


def scaled_and_promoted(runs: Runs, group: str) -> Cases:
    """Auto scaling, and a flywheel's promotion, at every point of every update."""
    for run in runs.all():
        if run.scenario.operation != "update":
            continue
        for point in points(run.trace):
            yield Case(group, run.scenario.name, run.number, Scaled(point))
            if "flywheel" in run.scenario.name:
                for gradually in (False, True):
                    fault = Promoted(point, gradually)
                    yield Case(group, run.scenario.name, run.number, fault)


def succeeded(runs: Runs, group: str) -> Cases:
    """At every point after a failed Create's answer another stack takes the name."""
    for scenario in (each for each in runs.scenarios if each.name == "create that fails"):
        for settings in ((), CONTRARY):
            trace = runs.first(scenario, settings)
            answered = next(at for at, (_, calls) in enumerate(trace.invocations) if PUT in calls)
            for point, rivalry in itertools.product(points(trace), Rivalry):
                unseen = is_between_look_and_change(trace, point, frozenset({"DeleteEndpoint"}))
                if point.invocation > answered and not (unseen and rivalry is Rivalry.WHOLLY):
                    yield Case(group, scenario.name, 0, Succeeded(point, rivalry), settings)
