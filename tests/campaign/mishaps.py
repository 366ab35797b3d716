"""Faults of the machinery: processes that end, functions that cannot begin."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn

from testing.asl import TaskError
from testing.functions import FALLBACK, REQUEST, STEP
from testing.interception import (
    FUNCTION_TIMEOUT,
    Interception,
    ProcessGoneError,
    Site,
)
from testing.world import World
from tests.campaign.expected import Expected


class End(StrEnum):
    """How a process ends."""

    EXIT = "Runtime.ExitError"
    MEMORY = "Runtime.OutOfMemory"
    TIMEOUT = "Sandbox.Timedout"


class When(StrEnum):
    """On which side of a call."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True)
class Killed:
    """A request's functions are killed at a call, so many invocations in a row.

    `invocation` and `call` are numbers from 0. An invocation that does not come to the call, since
    less is left to do, is killed at its end.
    """

    function: str
    invocation: int
    call: int
    name: str
    when: When
    end: End
    times: int
    patient = False

    def interception(self) -> Interception:
        return Killing(self)

    def expected(self) -> Expected:
        tries = 3 if self.function == REQUEST else 4
        return Expected(success=self.times < tries)

    def __str__(self) -> str:
        where = f"{self.when} {self.invocation}.{self.call} {self.name}"
        return f"{self.end} {where} {self.times} times"


class InARow:
    """Counts a request's invocations; from the first one on that is meant, only those of the same
    function.
    """

    def __init__(self, function: str, first: int, times: int) -> None:
        self._function, self._first, self._times = function, first, times
        self._number = -1
        self._hit = 0
        self.is_on = False
        """Whether the invocation under way is one of them."""

    def begin(self, function: str) -> None:
        """Another invocation begins."""
        self._number += 1
        begun = self._hit or self._number == self._first
        self.is_on = bool(begun) and function == self._function and self._hit < self._times
        self._hit += self.is_on


class Killing(Interception):
    """Ends processes; see Killed."""

    def __init__(self, killed: Killed) -> None:
        self._killed = killed
        self._row = InARow(killed.function, killed.invocation, killed.times)
        self._call = -1
        self._began = 0.0

    def invocation(
        self, world: World, function: str, event: Any, carry_out: Callable[[Any], Any]
    ) -> Any:
        self._row.begin(function)
        self._call, self._began = -1, world.clock()
        result = carry_out(event)
        if self._row.is_on:
            self.die(world)
        return result

    def call(self, world: World, site: Site, carry_out: Callable[[], Any]) -> Any:
        self._call += 1
        here = self._row.is_on and self._call == self._killed.call
        if here and self._killed.when is When.BEFORE:
            self.die(world)
        result = carry_out()
        if here:
            self.die(world)
        return result

    def die(self, world: World) -> NoReturn:
        if self._killed.end is End.TIMEOUT:
            world.clock.advance(max(0.0, self._began + FUNCTION_TIMEOUT - world.clock()))
        raise ProcessGoneError(self._killed.end)


NOT_IMPORTED = "Runtime.ImportModuleError"


@dataclass(frozen=True)
class NotImported:
    """A function cannot be imported, so many invocations in a row."""

    function: str
    invocation: int
    times: int
    patient = False

    def interception(self) -> Interception:
        return _Refusing(self)

    def expected(self) -> Expected:
        return Expected(success=self.times < (3 if self.function == REQUEST else 4))

    def __str__(self) -> str:
        return f"{self.function} at {self.invocation} {self.times} times"


@dataclass(frozen=True)
class NoResort:
    """A function cannot be imported for good, nor can the fallback; the queue takes the request
    only after so many failures.
    """

    function: str
    invocation: int
    failures: int
    patient = False

    def interception(self) -> Interception:
        return _NoResort(self)

    def expected(self) -> Expected:
        # Past its retries the execution fails, and the other state machine takes over.
        return Expected(undeliverable=True, aborted=self.failures > 3)

    def __str__(self) -> str:
        return f"{self.function} at {self.invocation}, queue fails {self.failures} times"


@dataclass(frozen=True)
class Stalled:
    """Lambda throttles a request's functions for so many seconds, from an invocation on."""

    invocation: int
    seconds: float
    patient = False

    def interception(self) -> Interception:
        return _Stalling(self)

    def expected(self) -> Expected:
        return Expected(late=True)

    def __str__(self) -> str:
        return f"from {self.invocation} for {self.seconds:.0f} seconds"


class _Refusing(Interception):
    """Some invocations fail before they begin."""

    def __init__(self, fault: NotImported) -> None:
        self._row = InARow(fault.function, fault.invocation, fault.times)

    def invocation(
        self, world: World, function: str, event: Any, carry_out: Callable[[Any], Any]
    ) -> Any:
        self._row.begin(function)
        if self._row.is_on:
            raise TaskError(NOT_IMPORTED, json.dumps({"errorType": NOT_IMPORTED}))
        return carry_out(event)


class _NoResort(Interception):
    def __init__(self, fault: NoResort) -> None:
        self._fault = fault
        self._number = -1
        self._failed = 0

    def invocation(
        self, world: World, function: str, event: Any, carry_out: Callable[[Any], Any]
    ) -> Any:
        self._number += 1
        reached = self._number >= self._fault.invocation and function == self._fault.function
        if reached or function == FALLBACK:
            raise TaskError(NOT_IMPORTED, json.dumps({"errorType": NOT_IMPORTED}))
        return carry_out(event)

    def queued(self, world: World) -> None:
        self._failed += 1
        if self._failed <= self._fault.failures:
            raise TaskError("Sqs.SdkClientException")


class _Stalling(Interception):
    def __init__(self, stalled: Stalled) -> None:
        self._stalled = stalled
        self._number = -1
        self._until: float | None = None

    def invocation(
        self, world: World, function: str, event: Any, carry_out: Callable[[Any], Any]
    ) -> Any:
        self._number += 1
        if self._number >= self._stalled.invocation and function == STEP:
            if self._until is None:
                self._until = world.clock() + self._stalled.seconds
            if world.clock() < self._until:
                raise TaskError("Lambda.TooManyRequestsException")
        return carry_out(event)
