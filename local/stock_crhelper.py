"""Stock crhelper in virtual time: an invocation that ends when its time is over, and its timers."""

import contextlib
import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import crhelper.resource_helper
from crhelper import CfnResource

from local.comprehend import ManualClock

Handler = Callable[[Any, Any], None]

_WAIT = vars(CfnResource)["_wait_for_cwlogs"]


class ProcessGoneError(BaseException):
    """Lambda ends a function's process here, whatever the code would do about an Exception."""


class Timer:
    """As much of threading.Timer as crhelper uses, in virtual time."""

    def __init__(self, due: float, function: Callable[[], None]) -> None:
        self.due = due
        self.function = function
        self.is_on = False

    def start(self) -> None:
        self.is_on = True

    def cancel(self) -> None:
        self.is_on = False


class Invocation:
    """One invocation, which may take so many seconds; the function's context, too."""

    function_name = "comprehend-endpoint-provider"
    aws_request_id = "00000000-0000-0000-0000-000000000001"

    def __init__(self, clock: ManualClock, seconds: float) -> None:
        self._clock = clock
        self._ends = clock() + seconds
        self._timers: list[Timer] = []
        self.ran_out_of_time = False

    def get_remaining_time_in_millis(self) -> int:
        return int((self._ends - self._clock()) * 1000)

    def timer(self, seconds: float, function: Callable[[], None]) -> Timer:
        """Takes the place of threading.Timer."""
        timer = Timer(self._clock() + seconds, function)
        self._timers.append(timer)
        return timer

    def spend(self, seconds: float) -> None:
        """Lets time pass in the function, for its timers and for Lambda.

        Raises ProcessGoneError where the invocation's time is over before.
        """
        end = self._clock() + seconds
        until = min(end, self._ends)
        while due := [each for each in self._timers if each.is_on and each.due <= until]:
            timer = min(due, key=lambda each: each.due)
            timer.is_on = False
            self._clock.advance(max(0.0, timer.due - self._clock()))
            timer.function()
        if end >= self._ends:
            self._clock.advance(max(0.0, self._ends - self._clock()))
            self.ran_out_of_time = True
            raise ProcessGoneError
        self._clock.advance(max(0.0, end - self._clock()))


@contextlib.contextmanager
def in_virtual_time(
    pause: Callable[[float], object], timer: Callable[[float, Callable[[], None]], Timer]
) -> Iterator[None]:
    """Has crhelper use these in place of what takes real time."""
    with (
        # Its default was bound when it was defined.
        mock.patch.object(_WAIT, "__defaults__", (pause,)),
        mock.patch.object(crhelper.resource_helper, "threading", SimpleNamespace(Timer=timer)),
    ):
        yield


def loaded(file: Path) -> Any:
    """Imports a function's file anew, as a new process does; gives the module."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
