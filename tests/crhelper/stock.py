"""Stock crhelper as a subject: `stock_function.py` as Lambda and EventBridge would run it."""

import heapq
import importlib.util
import itertools
import json
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import boto3
import crhelper.resource_helper
from crhelper import CfnResource

from local.runner import ASYNC_PAUSES
from tests.crhelper.subject import FUNCTION_TIMEOUT, ProcessGoneError, Subject, World

_WAIT = vars(CfnResource)["_wait_for_cwlogs"]
FILE = Path(__file__).with_name("stock_function.py")


class Stock(Subject):
    """crhelper as it is, and a function that uses it as its README says."""

    function_name = "comprehend-endpoint-provider"
    aws_request_id = "00000000-0000-0000-0000-000000000001"

    def __init__(self, around: World) -> None:
        super().__init__(around)
        self._handler: Callable[[Any, Any], None] | None = None
        """What the present process has loaded; None where there is none."""
        self._waiting: list[tuple[float, int, str, int]] = []
        """Invocations to come: when, an ordinal, the event, how many tries there were."""
        self._ordinals = itertools.count()
        self._timers: list[_Timer] = []
        self._ends = float("inf")
        """When the time of the invocation that runs is over."""

    def deliver(self, event: Any) -> None:
        self._wait(json.dumps(event), 0)

    def due(self) -> float:
        rules = [each.due for each in self.aws.events.rules.values()]
        return min([*rules, *(due for due, *_ in self._waiting)], default=float("inf"))

    def play(self) -> None:
        if self._waiting and self._waiting[0][0] <= self.due():
            _, _, event, tries = heapq.heappop(self._waiting)
            if not self._invoke(event) and tries + 1 < len(ASYNC_PAUSES):
                self._wait(event, tries + 1)
            return
        rule = min(self.aws.events.rules.values(), key=lambda each: each.due)
        rule.due += rule.seconds
        for event in rule.inputs.values():
            if self.aws.policy.lets_in(rule):
                self._wait(event, 0)

    def new_process(self) -> None:
        self._handler = None

    def pollers(self) -> int:
        return len(self.aws.events.rules)

    def kept(self) -> list[Any]:
        return []  # There is nowhere to keep them.

    def get_remaining_time_in_millis(self) -> int:
        """The context is the subject itself."""
        return int((self._ends - self.clock()) * 1000)

    def _wait(self, event: str, tries: int) -> None:
        due = self.clock() + ASYNC_PAUSES[tries]
        heapq.heappush(self._waiting, (due, next(self._ordinals), event, tries))

    def _invoke(self, event: str) -> bool:
        """Runs the function once; whether it ended as Lambda wants it to."""
        began = self.clock()
        self._ends = began + FUNCTION_TIMEOUT
        self.aws.spend = self._spend
        try:
            with (
                mock.patch.object(boto3, "client", self.aws.client),
                mock.patch.object(time, "sleep", self._spend),
                # Its default was bound when it was defined.
                mock.patch.object(_WAIT, "__defaults__", (self._spend,)),
                mock.patch.object(
                    crhelper.resource_helper, "threading", SimpleNamespace(Timer=self._timer)
                ),
            ):
                self._handler = self._handler or _loaded()
                self._handler(json.loads(event), self)
        except (ProcessGoneError, SystemExit):
            self._handler = None
            return False
        except Exception:
            # The handler's, or of the file's import, which is then tried again.
            return False
        finally:
            self._timers.clear()
            self._ends = float("inf")
            self.busy += self.clock() - began
        return True

    def _timer(self, seconds: float, function: Callable[[], None]) -> "_Timer":
        timer = _Timer(self.clock() + seconds, function)
        self._timers.append(timer)
        return timer

    def _spend(self, seconds: float) -> None:
        """Lets time pass in the function, for its timers and for Lambda."""
        end = self.clock() + seconds
        until = min(end, self._ends)
        while due := [each for each in self._timers if each.is_on and each.due <= until]:
            timer = min(due, key=lambda each: each.due)
            timer.is_on = False
            self.clock.advance(max(0.0, timer.due - self.clock()))
            timer.function()
        if end >= self._ends:
            self.clock.advance(max(0.0, self._ends - self.clock()))
            self.ran_out_of_time += 1
            raise ProcessGoneError
        self.clock.advance(max(0.0, end - self.clock()))


class _Timer:
    """As much of threading.Timer as crhelper uses, in virtual time."""

    def __init__(self, due: float, function: Callable[[], None]) -> None:
        self.due = due
        self.function = function
        self.is_on = False

    def start(self) -> None:
        self.is_on = True

    def cancel(self) -> None:
        self.is_on = False


def _loaded() -> Callable[[Any, Any], None]:
    """Imports the function's file anew, as a new process does; gives its handler."""
    spec = importlib.util.spec_from_file_location("stock_function", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    handler: Callable[[Any, Any], None] = module.handler
    return handler
