"""An operation that a former release began is carried on by this one."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from testing.interception import Interception
from testing.world import World
from tests.campaign.expected import Expected
from tests.campaign.invariants import Watch
from tests.campaign.record import MOMENTS, STATES
from tests.campaign.scenarios import scenarios

RECORDED = sorted(STATES.glob("*/*.json"))


class Released(Interception):
    """From one invocation on, the state is what another release has left at that moment."""

    def __init__(self, invocation: int, state: Any) -> None:
        self._invocation, self._state = invocation, state
        self._number = -1

    def invocation(
        self, world: World, function: str, event: Any, carry_out: Callable[[Any], Any]
    ) -> Any:
        self._number += 1
        if self._number != self._invocation:
            return carry_out(event)
        # Who waits for the answer, waits for it at this world's URL.
        url = {"ResponseURL": world.requests[world.running].url}
        return carry_out(self._state | {"event": self._state["event"] | url})


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: f"{file.parent.name} {file.stem}")
def test_a_state_of_a_former_release_is_carried_on(file: Path) -> None:
    name, invocation = MOMENTS[file.stem]
    scenario, world = scenarios()[name], World({})
    watch = Watch(world, Expected(success=not scenario.fails))
    scenario.prepare(world)
    watch.begin()
    state = json.loads(file.read_text(encoding="utf-8"))
    world.intercept(Released(invocation, state))
    world.play(scenario.course(world.subject))
    assert world.tested is not None
    # A state has no raw properties: they are parsed.
    same = state["event"].keys() - {"ResponseURL"}
    assert {each: world.tested.event[each] for each in same} == {
        each: state["event"][each] for each in same
    }
    watch.check(world.tested)
    assert watch.problems == []


def test_each_moment_was_recorded_for_each_release() -> None:
    releases = {file.parent.name for file in RECORDED}
    assert releases
    for release in releases:
        assert {file.stem for file in RECORDED if file.parent.name == release} == MOMENTS.keys()
