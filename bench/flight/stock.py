"""Stock crhelper as a peer: as it is, and a function that is written to its README."""

import contextlib
import json
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import boto3

from bench import peers
from bench.flight.course import Account, Json, Kind
from local.comprehend import ManualClock
from local.polling import Events, Policy, Rule
from local.runner import ASYNC_PAUSES
from local.stock_crhelper import (
    Handler,
    Invocation,
    ProcessGoneError,
    Timer,
    in_virtual_time,
    loaded,
)

FUNCTION = peers.FOLDER / "stock" / "index.py"
TIMEOUT = 180
"""Seconds that an invocation may take: as many as this provider's functions have."""


class Stock:
    """One function, its rules, and the policy that lets them call it."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._clock = account.clock
        self._events = _Events(account.clock, self._note)
        self._policy = Policy()
        self._idle: list[Handler] = []
        """What processes have loaded that serve nobody at present."""
        self._here = threading.local()
        """Of the operation that runs: its rules, and the invocation."""
        self._real_client: Callable[..., Any] = boto3.client

    def carry_out(self, event: Json) -> None:
        rules: list[Rule] = []
        self._here.rules = rules
        self._asynchronously(json.dumps(event))
        while rules:
            # One that has no target, or may not call, never does anything: nobody removes it.
            rules[:] = [rule for rule in rules if self._fires(rule)]
            for rule in rules:
                self._clock.advance(max(0.0, rule.due - self._clock()))
                rule.due += rule.seconds
                for given in list(rule.inputs.values()):
                    self._asynchronously(given)

    def _fires(self, rule: Rule) -> bool:
        there = rule.name in self._events.rules
        return there and bool(rule.inputs) and self._policy.lets_in(rule)

    def _asynchronously(self, event: str) -> None:
        for pause in ASYNC_PAUSES:
            if pause:
                self._clock.advance(pause)
            if self._invoke(event):
                return

    def _invoke(self, event: str) -> bool:
        """Runs the function once; whether it ended as Lambda wants it to."""
        self._here.invocation = invocation = Invocation(self._clock, TIMEOUT)
        with self._account.invocation():
            handler = self._idle.pop() if self._idle else loaded(FUNCTION).handler
            try:
                handler(json.loads(event), invocation)
            except ProcessGoneError:
                return False
            self._idle.append(handler)
        return True

    def client(self, service: str, **options: Any) -> Any:
        """Takes the place of boto3.client."""
        if service == "comprehend":
            return self._real_client(service, **options)
        return {"events": self._events, "lambda": self._policy, "logs": object()}[service]

    def _note(self, rule: Rule) -> None:
        self._here.rules.append(rule)

    def spend(self, seconds: float) -> None:
        self._here.invocation.spend(seconds)

    def timer(self, seconds: float, function: Any) -> Timer:
        timer: Timer = self._here.invocation.timer(seconds, function)
        return timer


class _Events(Events):
    """EventBridge, which tells whose rule it is."""

    def __init__(self, clock: ManualClock, note: Callable[[Rule], None]) -> None:
        super().__init__(clock)
        self._note = note

    def put_rule(self, Name: str, ScheduleExpression: str, State: str) -> Json:
        answer = super().put_rule(Name, ScheduleExpression, State)
        self._note(self.rules[Name])
        return answer


def stock(minutes: int) -> Kind:
    """A Kind that polls every so many minutes."""

    @contextlib.contextmanager
    def kind(account: Account) -> Iterator[Stock]:
        peer = Stock(account)
        with (
            mock.patch.object(boto3, "client", peer.client),
            mock.patch("time.sleep", peer.spend),
            mock.patch.dict(os.environ, POLL_MINUTES=str(minutes)),
            in_virtual_time(peer.spend, peer.timer),
        ):
            yield peer

    return kind
