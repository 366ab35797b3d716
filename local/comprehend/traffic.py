"""The log of calls, and the rate limits that can be set on them."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LONGEST_LOG = 100_000
"""Calls that are kept; older ones are dropped."""


@dataclass
class Call:
    """One request as the service saw it; `sequence` counts from 1, `time` is the clock's."""

    sequence: int
    time: float
    account: str
    region: str
    operation: str
    parameters: dict[str, Any]
    outcome: str = "pending"
    """`pending`, `ok`, `dropped` (before it took effect), or the error's code."""
    status: int | None = None
    """The answer's HTTP status, if there was an answer."""
    answer: str = "sent"
    """What became of the answer: `sent`, `dropped`, `malformed` or `empty`."""


class CallLog:
    """The calls in the order of their arrival; whoever uses it holds a lock around it."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=LONGEST_LOG)
        self._sequence = 0

    def begin(
        self, time: float, account: str, region: str, operation: str, parameters: dict[str, Any]
    ) -> Call:
        """Notes a call when it arrives; the caller fills in how it went."""
        self._sequence += 1
        call = Call(self._sequence, time, account, region, operation, parameters)
        self._calls.append(call)
        return call

    def clear(self) -> None:
        """Drops all calls; the sequence numbers go on."""
        self._calls.clear()

    def as_list(self, since: int = 0) -> list[dict[str, Any]]:
        """Those with a sequence number above `since`."""
        return [vars(call).copy() for call in self._calls if call.sequence > since]


class Throttle:
    """A token bucket per operation, account and region, as deep as one second's rate."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, str, str], tuple[float, float]] = {}

    def admits(self, key: tuple[str, str, str], rates: Mapping[str, float], now: float) -> bool:
        """Whether a call of the operation key[0] at this time is within its rate, if it has one."""
        rate = rates.get(key[0])
        if rate is None:
            return True
        depth = max(rate, 1.0)
        tokens, last = self._buckets.get(key, (depth, now))
        tokens = min(depth, tokens + (now - last) * rate)
        admitted = tokens >= 1
        self._buckets[key] = (tokens - 1 if admitted else tokens, now)
        return admitted
