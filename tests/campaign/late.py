"""Requests that come late: held up in Lambda's queue, or delivered once more."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from testing.cloudformation import Course, Stack
from testing.interception import AroundCall, Interception, Site
from testing.world import World
from tests.campaign.expected import Expected
from tests.campaign.invariants import Watch
from tests.campaign.scenario import LOGICAL_ID, Scenario

TWENTY_MINUTES = 1200
_IN_TIME = 60
_CANCELLED_AFTER = 5
_CHANGES = frozenset({"CreateEndpoint", "UpdateEndpoint", "TagResource"})
"""What nobody undoes. A deletion needs a proof (proofs.py), and giving back is undoing."""


class When(StrEnum):
    """When a request is delivered."""

    IN_TIME = "in time"
    LATER = "twenty minutes later"
    NEXT = "when the next operation has begun"
    BACK = "when the rollback has begun"
    CANCELLED = "when the rollback has begun, in time"


@dataclass(frozen=True)
class Late:
    """A request is delivered late: for the first time, or once more.

    `forgotten`: the name of its execution is free again.
    """

    when: When
    first: bool
    forgotten: bool = False
    patient = False

    def interception(self) -> Interception:
        return Interception()

    def expected(self) -> Expected:
        in_time = self.when is When.IN_TIME
        return Expected(
            success=in_time or not self.first,
            late=self.first and not in_time,
            answers_differ=self.forgotten,
        )

    def courses(self, watch: Watch, scenario: Scenario, number: int) -> Iterator[Course]:
        """The operation, and beside it the late delivery; `number` is the request's, from 0."""
        world = watch.world
        place = len(world.requests) + number
        if self.first:
            world.withheld = place
        yield self._operations(world, scenario.course(world.subject))
        yield self._delivery(watch, place)
        if self.when is When.CANCELLED:
            yield _cancellation(world)

    def _operations(self, world: World, course: Course) -> Course:
        yield from course
        if self.when is When.NEXT:
            yield world.pause(TWENTY_MINUTES)
            yield from _next(world.subject)

    def _delivery(self, watch: Watch, place: int) -> Course:
        world = watch.world
        yield lambda: len(world.requests) > place
        request, stack = world.requests[place], world.subject
        if self.when in (When.IN_TIME, When.LATER):
            yield world.pause(_IN_TIME if self.when is When.IN_TIME else TWENTY_MINUTES)
        elif self.when is When.NEXT:
            yield lambda: _has_begun(stack, request.sent + TWENTY_MINUTES - 1)
        else:
            yield lambda: "ROLLBACK" in stack.status
        if self.forgotten:
            for execution in request.operation.executions:
                world.account.forget(execution.name)
        world.deliver_again(request)
        if self.when is not When.IN_TIME and (self.first or self.forgotten):
            world.reached = _guarded(watch, place)

    def __str__(self) -> str:
        how = "for the first time" if self.first else "once more"
        return f"{how} {self.when}{', its name free again' if self.forgotten else ''}"


def _cancellation(world: World) -> Course:
    yield world.pause(_CANCELLED_AFTER)
    world.subject.cancel()


def _has_begun(stack: Stack, after: float) -> bool:
    """Whether an operation of the stack has begun since, and its requests are sent."""
    newer = [each for each in stack.events if each.at.timestamp() > after]
    return any(each.physical_id == stack.id for each in newer)


def _next(stack: Stack) -> Course:
    """What somebody does next with a stack."""
    resource = stack.resources.get(LOGICAL_ID)
    if resource is None or resource.is_gone or not stack.status.endswith("_COMPLETE"):
        return stack.delete()
    if stack.status in ("ROLLBACK_COMPLETE", "DELETE_COMPLETE"):
        return stack.delete()
    units = resource.properties["DesiredInferenceUnits"] + 1
    return stack.update({LOGICAL_ID: {**resource.properties, "DesiredInferenceUnits": units}})


def _guarded(watch: Watch, place: int) -> AroundCall:
    """Tells of each change that a request makes though nobody waits for it."""
    let_through, world = watch.world.reached, watch.world

    def reached(site: Site, carry_out: Callable[[], Any]) -> Any:
        if world.running == place and site.name in _CHANGES:
            kind = world.requests[place].kind
            watch.problems.append(f"late: {kind} called {site.name}, and nobody waits for it")
        return let_through(site, carry_out)

    return reached
