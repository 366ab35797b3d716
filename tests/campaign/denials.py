"""Faults of Step Functions and CloudFormation: nothing is started, no stack is read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from provider.model.api_errors import ApiError
from provider.model.stack import StackView
from testing.interception import HISTORY, READ, START, Interception, Site
from testing.world import World
from tests.campaign.invariants import Expected


@dataclass(frozen=True)
class NotStarted:
    """StartExecution fails with an error, so many times in a row."""

    code: str
    times: int
    after: bool = False
    """It was started all the same."""
    patient = False

    def interception(self) -> Interception:
        return _NotStarting(self)

    def expected(self) -> Expected:
        return Expected(success=self.times < 3)

    def __str__(self) -> str:
        return f"{self.code}{' after the effect' if self.after else ''} {self.times} times"


class _NotStarting(Interception):
    def __init__(self, fault: NotStarted) -> None:
        self._fault = fault
        self._seen = 0

    def call(self, world: World, site: Site, carry_out: Callable[[], Any]) -> Any:
        if site.name != START:
            return carry_out()
        self._seen += 1
        if self._seen <= self._fault.times:
            if self._fault.after:
                carry_out()
            raise ApiError(START, self._fault.code, "")
        return carry_out()


@dataclass(frozen=True)
class Unreadable:
    """CloudFormation does not say what a stack is at, from one read on, or at one (from 1)."""

    first: int
    always: bool
    patient = False

    def interception(self) -> Interception:
        return _NotReading(self)

    def expected(self) -> Expected:
        return Expected(success=True, unproven=self.always)

    def __str__(self) -> str:
        return f"{'from' if self.always else 'at'} read {self.first}"


class _NotReading(Interception):
    def __init__(self, fault: Unreadable) -> None:
        self._fault = fault
        self._seen = 0

    def call(self, world: World, site: Site, carry_out: Callable[[], Any]) -> Any:
        if site.name not in (READ, HISTORY):
            return carry_out()
        self._seen += 1
        first, always = self._fault.first, self._fault.always
        if self._seen != first and not (always and self._seen > first):
            return carry_out()
        if site.name == READ:
            return StackView()
        # Once, it is throttled, which is waited out; for good, it is not allowed.
        raise ApiError(HISTORY, "AccessDenied" if always else "Throttling", "Injected.", 400)
