"""Faults that tests and the demo inject: which call they hit, and what happens to it."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.comprehend.model import EMULATED


class FaultError(ValueError):
    """A fault that is not described as it must be."""


@dataclass(frozen=True)
class Fault:
    """Hits calls of one operation (or of any: `*`), counted from 1 since it was added.

    Which calls: the `nth`; or from the `from_nth` on each `every`-th one, at most `times` times.
    `match` counts only calls whose parameters, as JSON, contain that text.

    What happens, in this order: a delay of real seconds; then one of
    - `code` with `message` and HTTP `status`, without the effect or (`after_effect`) with it,
    - `drop` of the connection `before` or `after` the effect,
    - `body` of the answer `malformed` or `empty`, after the effect,
    - `fails_later`: the creation or update is accepted, and ends FAILED with this message.
    """

    operation: str
    nth: int | None = None
    from_nth: int = 1
    every: int = 1
    times: int | None = None
    match: str = ""
    delay_seconds: float = 0.0
    code: str | None = None
    message: str = "Injected by a test."
    status: int | None = None
    after_effect: bool = False
    drop: str | None = None
    body: str | None = None
    fails_later: str | None = None

    @classmethod
    def of(cls, description: Mapping[str, Any]) -> "Fault":
        """Raises FaultError for what is unknown or contradictory."""
        unknown = set(description) - {item.name for item in dataclasses.fields(cls)}
        if unknown:
            raise FaultError(f"unknown: {', '.join(sorted(unknown))}")
        if "operation" not in description:
            raise FaultError("operation must be given")
        fault = cls(**description)
        if fault.operation not in (*EMULATED, "*"):
            raise FaultError(f"{fault.operation} is no operation that the emulator plays")
        if fault.drop not in (None, "before", "after"):
            raise FaultError("drop must be before or after")
        if fault.body not in (None, "malformed", "empty"):
            raise FaultError("body must be malformed or empty")
        happenings = [fault.code, fault.drop, fault.body, fault.fails_later]
        if sum(item is not None for item in happenings) > 1:
            raise FaultError("one of code, drop, body and fails_later can be given")
        if not (fault.delay_seconds or any(item is not None for item in happenings)):
            raise FaultError("one of code, drop, body, fails_later and delay_seconds must be given")
        counts = (fault.nth, fault.from_nth, fault.every, fault.times)
        if any(count is not None and count < 1 for count in counts):
            raise FaultError("calls are counted from 1")
        return fault

    def strikes(self, call: int, hits: int) -> bool:
        """Whether the call with this number is one that it hits, after so many hits."""
        if self.nth is not None:
            return call == self.nth
        if call < self.from_nth or (self.times is not None and hits >= self.times):
            return False
        return (call - self.from_nth) % self.every == 0


@dataclass
class _Rule:
    number: int
    fault: Fault
    calls: int = 0
    hits: int = 0


class Faults:
    """The faults in force; whoever uses it holds a lock around it."""

    def __init__(self) -> None:
        self._rules: list[_Rule] = []
        self._added = 0

    def add(self, fault: Fault) -> int:
        """Puts a fault in force and gives its number."""
        self._added += 1
        self._rules.append(_Rule(self._added, fault))
        return self._added

    def clear(self) -> None:
        self._rules.clear()

    def remove(self, number: int) -> None:
        self._rules = [rule for rule in self._rules if rule.number != number]

    def take(self, operation: str, parameters: Mapping[str, Any]) -> Fault | None:
        """The fault that hits this call: of several the one that was added first."""
        if not self._rules:
            return None
        text = json.dumps(parameters)
        taken: Fault | None = None
        for rule in self._rules:
            if rule.fault.operation not in ("*", operation) or rule.fault.match not in text:
                continue
            rule.calls += 1
            if taken is None and rule.fault.strikes(rule.calls, rule.hits):
                rule.hits += 1
                taken = rule.fault
        return taken

    def as_list(self) -> list[dict[str, Any]]:
        """All faults in force: their number, the calls they counted, and those they struck."""
        return [
            {
                "number": rule.number,
                "calls": rule.calls,
                "hits": rule.hits,
                **dataclasses.asdict(rule.fault),
            }
            for rule in self._rules
        ]
