"""Records the states that this release writes, for later ones to carry on.

`python -m tests.campaign.record 0.1.0` before a release; test_releases.py plays what is there.
"""

import copy
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from testing.functions import STEP
from testing.interception import Interception
from testing.world import World, environment
from tests.campaign.scenarios import scenarios

STATES = Path(__file__).with_name("states")

MOMENTS = {
    "create is taken up": ("create, recognizer with role and tags", 1),
    "create waits": ("create, recognizer with role and tags", 3),
    "update waits": ("update of all at once", 3),
    "replacement waits": ("replacement by rename", 3),
    "failed replacement is answered": ("replacement that fails", 5),
    "failed replacement is cleaned up": ("replacement that fails", 6),
    "delete waits": ("delete", 2),
}
"""Scenarios, and the invocation (from 0) for which their first request's state is recorded."""


class Recorder(Interception):
    """Keeps the states with which the step function is invoked."""

    def __init__(self) -> None:
        self.states: list[Any] = []

    def invocation(
        self, world: World, function: str, event: Any, carry_out: Callable[[Any], Any]
    ) -> Any:
        self.states.append(copy.deepcopy(event) if function == STEP else None)
        return carry_out(event)


def record(release: str) -> None:
    """Writes a file for each moment."""
    folder = STATES / release
    folder.mkdir(parents=True, exist_ok=True)
    for moment, (name, invocation) in MOMENTS.items():
        scenario, world, recorder = scenarios()[name], World({}), Recorder()
        scenario.prepare(world)
        world.intercept(recorder)
        world.play(scenario.course(world.subject))
        text = json.dumps(recorder.states[invocation], indent=2, sort_keys=True)
        (folder / f"{moment}.json").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    with environment():
        record(sys.argv[1])
