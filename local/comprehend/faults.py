"""Faults that tests and the demo inject: which call they hit, and what happens to it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.comprehend.errors import AdminError
from local.comprehend.model import EMULATED


@dataclass
class Fault:
    """Hits calls of one operation (or of any: `*`), counted from 1 since it was added.

    Which calls: the `nth`; or those from the `from_nth` on, at most `times` times. `match` counts
    only calls whose parameters, as JSON, contain that text.

    What happens, one of
    - `code` with `message` and HTTP `status`, without the effect or (`after_effect`) with it,
    - `drop` of the connection `before` or `after` the effect,
    - `body` of the answer `malformed` or `empty`, after the effect,
    - `fails_later`: the creation or update is accepted, and ends FAILED with this message.
    """

    operation: str
    nth: int | None = None
    from_nth: int = 1
    times: int | None = None
    match: str = ""
    code: str | None = None
    message: str = "INJECTED: A test has injected this error."
    status: int | None = None
    after_effect: bool = False
    drop: str | None = None
    body: str | None = None
    fails_later: str | None = None

    number: int = field(default=0, init=False)
    calls: int = field(default=0, init=False)
    """The calls that it has counted."""
    hits: int = field(default=0, init=False)

    @classmethod
    def of(cls, description: Mapping[str, Any]) -> "Fault":
        """Raises AdminError for what is unknown or contradictory."""
        try:
            fault = cls(**description)
        except TypeError as error:
            raise AdminError(str(error)) from error
        if fault.operation not in (*EMULATED, "*"):
            raise AdminError(f"{fault.operation} is no operation that the emulator plays")
        if fault.drop not in (None, "before", "after"):
            raise AdminError("drop must be before or after")
        if fault.body not in (None, "malformed", "empty"):
            raise AdminError("body must be malformed or empty")
        happenings = [fault.code, fault.drop, fault.body, fault.fails_later]
        if sum(item is not None for item in happenings) != 1:
            raise AdminError("one of code, drop, body and fails_later must be given")
        counts: list[Any] = [fault.nth, fault.from_nth, fault.times]
        if any(not isinstance(count, int) or count < 1 for count in counts if count is not None):
            raise AdminError("calls are counted from 1")
        return fault

    def strikes(self, operation: str, parameters: str) -> bool:
        """Counts a call, and says whether it is one to hit."""
        if self.operation not in ("*", operation) or self.match not in parameters:
            return False
        self.calls += 1
        if self.nth is not None:
            return self.calls == self.nth
        return self.calls >= self.from_nth and (self.times is None or self.hits < self.times)


class Faults:
    """The faults in force; whoever uses it holds a lock around it."""

    def __init__(self) -> None:
        self.in_force: list[Fault] = []
        self._added = 0

    def add(self, fault: Fault) -> int:
        """Puts a fault in force and gives its number."""
        self._added += 1
        fault.number = self._added
        self.in_force.append(fault)
        return fault.number

    def clear(self) -> None:
        self.in_force.clear()

    def remove(self, number: int) -> None:
        self.in_force = [fault for fault in self.in_force if fault.number != number]

    def take(self, operation: str, parameters: Mapping[str, Any]) -> Fault | None:
        """The fault that hits this call: of several the one that was added first."""
        if not self.in_force:
            return None
        text = json.dumps(parameters)
        struck = [fault for fault in self.in_force if fault.strikes(operation, text)]
        if not struck:
            return None
        struck[0].hits += 1
        return struck[0]
