"""Stock crhelper as a subject: `stock_function.py` as Lambda and EventBridge would run it."""

import heapq
import itertools
import json
import time
from pathlib import Path
from typing import Any
from unittest import mock

import boto3

from local.runner import ASYNC_PAUSES
from local.stock_crhelper import Handler, Invocation, ProcessGoneError, in_virtual_time, loaded
from tests.crhelper.subject import FUNCTION_TIMEOUT, Subject, World

FILE = Path(__file__).with_name("stock_function.py")


class Stock(Subject):
    """crhelper as it is, and a function that uses it as its README says."""

    def __init__(self, around: World) -> None:
        super().__init__(around)
        self._handler: Handler | None = None
        """What the present process has loaded; None where there is none."""
        self._waiting: list[tuple[float, int, str, int]] = []
        """Invocations to come: when, an ordinal, the event, how many tries there were."""
        self._ordinals = itertools.count()

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

    def _wait(self, event: str, tries: int) -> None:
        due = self.clock() + ASYNC_PAUSES[tries]
        heapq.heappush(self._waiting, (due, next(self._ordinals), event, tries))

    def _invoke(self, event: str) -> bool:
        """Runs the function once; whether it ended as Lambda wants it to."""
        began = self.clock()
        invocation = Invocation(self.clock, FUNCTION_TIMEOUT)
        self.aws.spend = invocation.spend
        try:
            with (
                mock.patch.object(boto3, "client", self.aws.client),
                mock.patch.object(time, "sleep", invocation.spend),
                in_virtual_time(invocation.spend, invocation.timer),
            ):
                self._handler = self._handler or loaded(FILE).handler
                self._handler(json.loads(event), invocation)
        except (ProcessGoneError, SystemExit):
            self._handler = None
            return False
        except Exception:
            # The handler's, or of the file's import, which is then tried again.
            return False
        finally:
            self.ran_out_of_time += invocation.ran_out_of_time
            self.busy += self.clock() - began
        return True
