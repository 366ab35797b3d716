"""Stock crhelper as a peer: as it is, and a function that is written to its README."""

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any

from bench import peers
from bench.flight.course import Json, Kind
from bench.flight.polling import Events, Policy, Rule
from bench.flight.third_party import Account, account, loaded
from local.comprehend import ManualClock
from testing.turns import Turns

FUNCTION = peers.FOLDER / "stock" / "index.py"
TIMEOUT = 180
"""Seconds that an invocation may take: as many as this provider's functions have."""
TIMER = 0.5
"""Seconds before its end crhelper's timer would answer."""


class Invocation:
    """One invocation's context."""

    function_name = "comprehend-endpoint-provider"
    aws_request_id = "00000000-0000-0000-0000-000000000001"

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self._ends = clock() + TIMEOUT

    def get_remaining_time_in_millis(self) -> int:
        return int((self._ends - self._clock()) * 1000)


class Stock:
    """One function, its rules, and the policy that lets them call it."""

    def __init__(self, around: Account, events: Events, policy: Policy) -> None:
        self.mailbox, self.admin = around.mailbox, around.admin
        self._clock = around.clock
        self._events, self._policy = events, policy
        self._idle: list[Callable[[Any, Any], None]] = []
        """The handlers of processes that serve nobody at present."""

    def carry_out(self, event: Json) -> None:
        self._invoke(json.dumps(event))
        while rules := [rule for rule in self._events.made_here() if self._fires(rule)]:
            for rule in rules:
                self._clock.advance(max(0.0, rule.due - self._clock()))
                rule.due += rule.seconds
                for given in list(rule.inputs.values()):
                    self._invoke(given)

    def _fires(self, rule: Rule) -> bool:
        # One that has no target, or may not call, never does anything: nobody removes it.
        return bool(rule.inputs) and self._policy.lets_in(rule)

    def _invoke(self, event: str) -> None:
        invocation = Invocation(self._clock)
        handler = self._idle.pop() if self._idle else loaded(FUNCTION).handler
        handler(json.loads(event), invocation)
        if invocation.get_remaining_time_in_millis() <= TIMER * 1000:
            raise RuntimeError("an invocation outlasts its time, of which the end is not played")
        self._idle.append(handler)


def stock(minutes: int) -> Kind:
    """A Kind that polls every so many minutes."""

    @contextlib.contextmanager
    def kind(clock: Turns, settings: Json) -> Iterator[Stock]:
        events, policy = Events(clock), Policy()
        played = {"events": events, "lambda": policy, "logs": object()}
        with account(clock, settings, played, POLL_MINUTES=str(minutes)) as around:
            yield Stock(around, events, policy)

    return kind
