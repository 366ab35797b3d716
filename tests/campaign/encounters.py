"""Faults that are meetings: what CloudFormation, people and AWS do at the worst moment."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from testing.arns import classifier, flywheel
from testing.events import Fate
from testing.interception import Interception, Site
from testing.world import World
from tests.campaign.expected import Expected
from tests.campaign.mishaps import When
from tests.campaign.scenario import BASE

SCALED, PROMOTED = 5, classifier("reviews/version/flywheel-2")
_PATIENCE = 170
"""Seconds that a step may be held up: its function may run for 180."""


@dataclass(frozen=True)
class Point:
    """A moment in a request's life: before an invocation, or on one side of a call in it.

    Numbers are from 0; without a call it is the moment before the invocation.
    """

    invocation: int
    call: int = -1
    name: str = ""
    when: When = When.BEFORE

    def __str__(self) -> str:
        return f"{self.when} {self.invocation}" + (f".{self.call} {self.name}" if self.name else "")


class At(Interception):
    """Does something, once, at a point."""

    def __init__(self, point: Point, act: Callable[[World, Any], None]) -> None:
        self._point = point
        self._act = act
        self._invocation = self._call = -1
        self._event: Any = None
        self._over = False

    def invocation(
        self, world: World, function: str, event: Any, carry_out: Callable[[Any], Any]
    ) -> Any:
        if self._over:
            return carry_out(event)
        self._invocation += 1
        self._call, self._event = -1, event
        self._meet(world, When.BEFORE)
        return carry_out(event)

    def call(self, world: World, site: Site, carry_out: Callable[[], Any]) -> Any:
        if self._over:
            return carry_out()
        self._call += 1
        self._meet(world, When.BEFORE)
        result = carry_out()
        self._meet(world, When.AFTER)
        return result

    def _meet(self, world: World, when: When) -> None:
        here = (self._invocation, self._call, when)
        if not self._over and here == (self._point.invocation, self._point.call, self._point.when):
            # From here on nothing is counted: the act may make invocations of its own.
            self._over = True
            self._act(world, self._event)


class Rivalry(StrEnum):
    """How far what meets an operation gets before that goes on."""

    WHOLLY = "wholly"
    """To its end, while a call of the operation takes its time."""
    BESIDE = "beside"
    """Step by step, beside it."""


@dataclass(frozen=True)
class Overtaken:
    """E4, E9, E19: the stack gives an operation up at a point, and acts on that at once."""

    point: Point
    rivalry: Rivalry
    deleted: bool = False
    """Somebody deletes the stack; otherwise a sibling fails."""
    patient = False

    def interception(self) -> Interception:
        return At(self.point, self._act)

    def _act(self, world: World, event: Any) -> None:
        sent = len(world.requests)
        if self.deleted:
            world.subject.delete_now()
        else:
            world.subject.cancel()
        world.go_on()
        if self.rivalry is Rivalry.WHOLLY:
            until(world, lambda: _are_over(world, sent))

    def expected(self) -> Expected:
        return Expected()

    def __str__(self) -> str:
        by = "deletion" if self.deleted else "sibling"
        return f"by {by} {self.rivalry} {self.point}"


@dataclass(frozen=True)
class Repeated:
    """E13: the event is delivered once more, at a point."""

    point: Point
    rivalry: Rivalry
    patient = False

    def interception(self) -> Interception:
        return At(self.point, self._act)

    def _act(self, world: World, event: Any) -> None:
        again = world.deliver_again(world.requests[world.running])
        if self.rivalry is Rivalry.WHOLLY:
            until(world, lambda: again.done)

    def expected(self) -> Expected:
        return Expected(success=True)

    def __str__(self) -> str:
        return f"{self.rivalry} {self.point}"


@dataclass(frozen=True)
class Scaled:
    """Application Auto Scaling sets the inference units of the stack's endpoints, at a point."""

    point: Point
    patient = False

    def interception(self) -> Interception:
        return At(self.point, self._act)

    def _act(self, world: World, event: Any) -> None:
        present = world.endpoints()
        ids = {arn for each in world.subject.resources.values() for arn in each.ids}
        for arn in ids & present.keys():
            if present[arn]["Status"] in ("IN_SERVICE", "UPDATING"):
                world.admin.change_units(arn, SCALED)

    def expected(self) -> Expected:
        return Expected(success=True, units=False)

    def __str__(self) -> str:
        return str(self.point)


@dataclass(frozen=True)
class Promoted:
    """A flywheel promotes another model, at a point."""

    point: Point
    gradually: bool
    patient = False

    def interception(self) -> Interception:
        return At(self.point, self._act)

    def _act(self, world: World, event: Any) -> None:
        world.admin.promote_model(flywheel(), PROMOTED, self.gradually)

    def expected(self) -> Expected:
        return Expected(success=True, model=False)

    def __str__(self) -> str:
        return f"{'gradually' if self.gradually else 'at once'} {self.point}"


@dataclass(frozen=True)
class Succeeded:
    """Another stack makes an endpoint under the same name, while this one still cleans up."""

    point: Point
    rivalry: Rivalry
    patient = False

    def interception(self) -> Interception:
        return At(self.point, self._act)

    def _act(self, world: World, event: Any) -> None:
        sent = len(world.requests)
        stack = world.stack("successor", 2)
        world.begin(stack.create({"Topics": {**BASE, "DesiredInferenceUnits": 2}}))
        world.go_on()
        if self.rivalry is Rivalry.WHOLLY:
            until(world, lambda: _are_over(world, sent))

    def expected(self) -> Expected:
        return Expected()

    def __str__(self) -> str:
        return f"{self.rivalry} {self.point}"


def until(world: World, over: Callable[[], bool]) -> None:
    """Lets the others go on until something is over, for as long as a function may be held up."""
    last = world.clock() + _PATIENCE
    while not over() and world.clock() < last and world.tick():
        pass


def _are_over(world: World, first: int) -> bool:
    sent = world.requests[first:]
    return bool(sent) and all(each.fate is not Fate.OPEN for each in sent)
