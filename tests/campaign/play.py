"""One case from beginning to end: a scenario, what hits it, and whether all held."""

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from testing.cloudformation import Stack
from testing.world import EndlessError, World
from tests.campaign.faults import Fault
from tests.campaign.invariants import Watch
from tests.campaign.processes.fault import Sigkill
from tests.campaign.processes.world import ForkedWorld, forked_world
from tests.campaign.scenarios import TIMEOUT, Scenario, scenarios
from tests.campaign.trace import Trace

Make = Callable[[Mapping[str, Any], str], World]
"""Makes a world from settings of the emulator and a seed."""

Settings = tuple[tuple[str, Any], ...]
"""Settings of the emulator that differ from its defaults."""

LONG_TIMEOUT = 3500
"""Seconds of ServiceTimeout where processes time out one after another."""

MOST_REQUESTS = 5
"""Of a scenario: an update, its rollback, and the Deletes of what that leaves."""


@dataclass(frozen=True)
class Case:
    """One run. `request` is the number of the intercepted one among the scenario's, from 0."""

    group: str
    scenario: str
    request: int
    fault: Fault
    settings: Settings = ()
    timeout: int = TIMEOUT
    late_repeats: bool = False
    """E13: when an operation is over, and when all is over, all events come once more."""
    repeats_ids: bool = False
    """E15: each deployment has the RequestIds of the one before."""

    @property
    def id(self) -> str:
        """Unique among all cases, and the same in every run."""
        played = ", ".join(f"{name}={value}" for name, value in self.settings)
        parts = [self.group, self.scenario, str(self.request), str(self.fault), played]
        return " / ".join(part for part in parts if part)


def play(case: Case) -> tuple[list[str], World]:
    """Runs a case; gives what did not hold, and the world as it was left."""
    scenario = scenarios()[case.scenario].within(case.timeout)
    settings = dict(scenario.settings) | dict(case.settings)
    make = forked_world if isinstance(case.fault, Sigkill) else World
    world = make(settings, case.id)
    expected = case.fault.expected()
    if scenario.fails and case.request == 0:
        expected = replace(expected, success=False)
    watch = Watch(world, expected)
    try:
        _play(case, scenario, world, watch)
    except EndlessError as error:
        watch.problems.append(f"end: {error}")
    except Exception:
        watch.problems.append(f"crash: {traceback.format_exc()}")
    if isinstance(case.fault, Sigkill) and isinstance(world, ForkedWorld):
        watch.problems += case.fault.missed(world)
    return list(dict.fromkeys(watch.problems)), world


def _play(case: Case, scenario: Scenario, world: World, watch: Watch) -> None:
    stack = world.subject
    stack.repeats_ids = case.repeats_ids
    scenario.prepare(world)
    watch.begin()
    world.patient = case.fault.patient
    world.intercept(case.fault.interception(), case.request)
    world.play(scenario.course(stack))
    _mend(world, stack)
    tested = world.tested
    watch.check(tested)
    if case.late_repeats:
        _repeat_all(world)
        watch.check(tested)
    with world.at_once("delete_seconds"):
        for each in world.stacks.values():
            if each.status != "DELETE_COMPLETE":
                world.play(each.delete())
    watch.check(tested, at_the_end=True)
    if case.late_repeats:
        _repeat_all(world)
        watch.check(tested, at_the_end=True)


def _mend(world: World, stack: Stack) -> None:
    """E12, E18: what failed once is tried again when the fault is gone."""
    if stack.status == "UPDATE_ROLLBACK_FAILED":
        world.play(stack.continue_rollback())
    if stack.status in ("DELETE_FAILED", "ROLLBACK_FAILED"):
        world.play(stack.delete())


def _repeat_all(world: World) -> None:
    for request in list(world.requests):
        world.deliver_again(request)
    world.play()


def traces(name: str, settings: Settings, make: Make = World) -> list[Trace]:
    """What each request of a scenario does where nothing hits it."""
    scenario = scenarios()[name]
    world = make(dict(scenario.settings) | dict(settings), name)
    scenario.prepare(world)
    found = [Trace() for _ in range(MOST_REQUESTS)]
    for number, trace in enumerate(found):
        world.intercept(trace, number)
    world.play(scenario.course(world.subject))
    return [trace for trace in found if trace.invocations]
