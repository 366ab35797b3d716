"""Faults of single steps: run twice, aborted, or met with a state that another release wrote."""

import copy
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from testing.account import Operation
from testing.functions import STEP
from testing.interception import Interception
from testing.world import World
from tests.campaign.encounters import At, Point
from tests.campaign.expected import Expected


@dataclass(frozen=True)
class SteppedTwice:
    """A step runs a second time with the same state, at a point of the first."""

    point: Point
    patient = False

    def interception(self) -> Interception:
        return At(self.point, self._act)

    def _act(self, world: World, event: Any) -> None:
        if _is_state(event):
            world.account.functions.invoke(STEP, copy.deepcopy(event))

    def expected(self) -> Expected:
        return Expected(success=True)

    def __str__(self) -> str:
        return str(self.point)


@dataclass(frozen=True)
class Aborted:
    """Somebody aborts the request's execution before a step (from 0) of what it set off."""

    step: int
    patient = False

    def interception(self) -> Interception:
        return _Aborting(self.step)

    def expected(self) -> Expected:
        return Expected(aborted=True)

    def __str__(self) -> str:
        return f"step {self.step}"


class _Aborting(Interception):
    def __init__(self, number: int) -> None:
        self._number = number
        self._seen = -1

    def step(self, world: World, operation: Operation) -> None:
        self._seen += 1
        if self._seen == self._number and operation.executions:
            operation.executions[0].abort()


class Written(StrEnum):
    """What the state of another release may look like, within the same version."""

    MORE = "with fields that are not known"
    LESS = "without fields that have defaults"


@dataclass(frozen=True)
class OtherRelease:
    """A step finds a state that another release of the provider has written."""

    invocation: int
    written: Written
    patient = False

    def interception(self) -> Interception:
        return At(Point(self.invocation), self._act)

    def _act(self, world: World, event: Any) -> None:
        if not _is_state(event):
            return
        if self.written is Written.MORE:
            event["unknown"] = {"of": "a later release"}
            for task in event["tasks"]:
                task["unknown_to_this_release"] = True
        else:
            for name in [name for name in _OPTIONAL if event.get(name) in (None, [], 0, 0.0)]:
                del event[name]

    def expected(self) -> Expected:
        # A later release's state goes to the fallback: what it means cannot be guessed.
        is_later = self.written is Written.MORE
        return Expected(success=not is_later, aborted=is_later)

    def __str__(self) -> str:
        return f"at {self.invocation} {self.written}"


def _is_state(event: Any) -> bool:
    """Whether a step is invoked, rather than the event delivered once more."""
    return "tasks" in event


_OPTIONAL = ("wait_seconds", "backoff", "answer", "blame", "decided", "deliveries")
