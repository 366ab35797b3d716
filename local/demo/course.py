"""The demo's course: every step is started, followed to its end, and judged."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from local.demo.screen import Screen
from local.demo.seen import Endpoint, Look, lines_between
from local.demo.steps import Step
from local.demo.verdict import Outcome, Result, problems

PATIENCE = 75.0
"""Seconds after which the demo gives up on a step."""
PAUSE = 0.2
"""Seconds between two observations."""


class World(Protocol):
    """What the course needs of the embedded AWS."""

    def start(self, step: Step) -> str | None:
        """Asks CloudFormation for a step; gives the endpoint's ARN before it."""

    def look(self) -> Look:
        """Observes how far the step is."""

    def endpoints(self) -> tuple[Endpoint, ...]:
        """All endpoints that exist."""


def wait(seconds: float) -> None:
    threading.Event().wait(seconds)


def run(
    steps: Sequence[Step],
    world: World,
    screen: Screen,
    *,
    pause: Callable[[float], None] = wait,
    clock: Callable[[], float] = time.time,
) -> Outcome:
    """Runs the steps, and stops at the first one that is not as expected.

    `pause` waits for so many seconds, `clock` gives the seconds since 1970.
    """
    results: list[Result] = []
    failures: list[str] = []
    for number, step in enumerate(steps, 1):
        with screen.step(number, step):
            result = _follow(step, world, screen, pause, clock)
        failures = problems(result)
        results.append(result)
        screen.end(result, failures)
        if failures:
            break
    return Outcome(tuple(results), tuple(failures), world.endpoints())


def _follow(
    step: Step,
    world: World,
    screen: Screen,
    pause: Callable[[float], None],
    clock: Callable[[], float],
) -> Result:
    """Starts a step and shows what happens, until CloudFormation and the provider are done."""
    endpoints, begun = world.endpoints(), clock()
    before = world.start(step)
    look = Look(begun, step.stack, "", before, working=False, endpoints=endpoints)
    while True:
        former, look = look, world.look()
        for line in lines_between(former, look):
            screen.tell(line, max(0.0, line.at - begun))
        screen.watch(look)
        if look.done or clock() - begun > PATIENCE:
            ended = clock() if look.ended_at is None else look.ended_at
            return Result(step, before, look, max(0.0, ended - begun))
        pause(PAUSE)
