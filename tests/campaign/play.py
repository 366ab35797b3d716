"""One case from beginning to end: a scenario, what hits it, and whether all held."""

import random
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NamedTuple

from local.comprehend.settings import FailedUpdate, UpdateOnFailed
from testing.world import EndlessError, World
from tests.campaign.again import Again
from tests.campaign.expected import Expected
from tests.campaign.faults import Fault
from tests.campaign.invariants import Watch
from tests.campaign.late import Late
from tests.campaign.processes.fault import Sigkill
from tests.campaign.processes.world import ForkedWorld, forked_world
from tests.campaign.scenario import TIMEOUT, Meanwhile, Option, Scenario
from tests.campaign.scenarios import scenario_of
from tests.campaign.trace import Trace

Make = Callable[[Mapping[str, Any], str], World]
"""Makes a world from settings of the emulator and a seed."""

Settings = tuple[tuple[str, Any], ...]
"""Settings of the emulator that differ from its defaults."""

LONG_TIMEOUT = 3500
"""Seconds of ServiceTimeout where processes time out one after another."""

MOST_REQUESTS = 5
"""Of a scenario: an update, its rollback, and the Deletes of what that leaves."""


MOST_STALE = 30
"""Seconds: AWS gives no figure for its eventual consistency."""


class Stale(StrEnum):
    """How old the view is that a read shows."""

    NO = ""
    DRAWN = "each read up to 30 seconds old"
    ALWAYS = "each read 30 seconds old"


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
    stale: Stale = Stale.NO
    """How old reads of CloudFormation, and of the executions that run, are."""

    @property
    def id(self) -> str:
        """Unique among all cases, and the same in every run."""
        played = ", ".join(f"{name}={value}" for name, value in self.settings)
        parts = [self.group, self.scenario, str(self.request), str(self.fault), played, self.stale]
        return " / ".join(part for part in parts if part)


class Played(NamedTuple):
    """What came of a case."""

    problems: list[str]
    """What did not hold."""
    world: World
    """As it was left."""
    proofs: Counter[str]
    """How many endpoints were deleted, by the proof for it."""


def play(case: Case) -> Played:
    """Runs a case."""
    scenario = scenario_of(case.scenario).within(case.timeout)
    settings = dict(scenario.settings) | dict(case.settings)
    make = forked_world if isinstance(case.fault, Sigkill) else World
    world = make(settings, case.id)
    watch = Watch(world, _expected(case, scenario, settings))
    try:
        _play(case, scenario, world, watch)
    except EndlessError as error:
        watch.problems.append(f"end: {error}")
    except Exception:
        watch.problems.append(f"crash: {traceback.format_exc()}")
    if isinstance(case.fault, Sigkill) and isinstance(world, ForkedWorld):
        watch.problems += case.fault.missed(world)
    return Played(list(dict.fromkeys(watch.problems)), world, watch.proofs.counts)


def _expected(case: Case, scenario: Scenario, settings: Mapping[str, Any]) -> Expected:
    """What must hold: as the fault allows, and as the scenario wants."""
    # What UpdateEndpoint refuses with these is neither waited out for ever nor proof (§2).
    takes_none = settings.get("update_on_failed") in (
        UpdateOnFailed.RESOURCE_IN_USE,
        UpdateOnFailed.RESOURCE_UNAVAILABLE,
    )
    is_failed = scenario.operation == "update" and scenario.meanwhile is Meanwhile.FAILED
    fails_itself = scenario.name.startswith("update that fails") and (
        settings.get("failed_update", FailedUpdate.FAILED) == FailedUpdate.FAILED
    )
    stays_failed = takes_none and (is_failed or fails_itself)
    expected = case.fault.expected()
    must_fail = scenario.fails or scenario.is_refused or stays_failed
    return replace(
        expected,
        success=expected.success and not (must_fail and case.request == 0),
        refused=scenario.is_refused,
        stays_failed=stays_failed,
        reported=scenario.option is Option.PRESERVED and not expected.success,
    )


def _play(case: Case, scenario: Scenario, world: World, watch: Watch) -> None:
    stack = world.subject
    stack.repeats_ids = case.repeats_ids
    scenario.prepare(world)
    watch.begin()
    world.account.stacks.stale = _stale(case)
    world.patient = case.fault.patient
    world.intercept(case.fault.interception(), case.request)
    fault = case.fault
    if isinstance(fault, Late | Again):
        world.play(*fault.courses(watch, scenario, case.request))
    else:
        world.play(scenario.course(stack))
    scenario.mend(world, stack)
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


def _stale(case: Case) -> Callable[[], float]:
    if case.stale is Stale.DRAWN:
        lots = random.Random(case.id)
        return lambda: lots.uniform(0, MOST_STALE)
    return lambda: 0.0 if case.stale is Stale.NO else float(MOST_STALE)


def _repeat_all(world: World) -> None:
    for request in list(world.requests):
        world.deliver_again(request)
    world.play()


def traces(name: str, settings: Settings, make: Make = World) -> list[Trace]:
    """What each request of a scenario does where nothing hits it."""
    scenario = scenario_of(name)
    world = make(dict(scenario.settings) | dict(settings), name)
    scenario.prepare(world)
    found = [Trace() for _ in range(MOST_REQUESTS)]
    for number, trace in enumerate(found):
        world.intercept(trace, number)
    world.play(scenario.course(world.subject))
    return [trace for trace in found if trace.invocations]
