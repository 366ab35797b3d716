"""What the model of CloudFormation deals in: requests, their fates, and resources."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from testing.account import Operation

Json = dict[str, Any]
Template = dict[str, Json]
"""Logical ids and their resources' properties, typed as their author wrote them."""

DEFAULT_TIMEOUT = 3600
"""E21: seconds."""


class DeletionPolicy(StrEnum):
    """E17: whether CloudFormation deletes what a stack lets go."""

    DELETE = "Delete"
    RETAIN = "Retain"
    RETAIN_EXCEPT_ON_CREATE = "RetainExceptOnCreate"

    def deletes(self, *, made_now: bool) -> bool:
        """Whether a Delete is sent. `made_now`: the operation that made it is rolled back."""
        if self is DeletionPolicy.RETAIN_EXCEPT_ON_CREATE:
            return made_now
        return self is DeletionPolicy.DELETE


class Fate(StrEnum):
    """What became of a request, as CloudFormation sees it."""

    OPEN = "open"
    ANSWERED = "answered"
    TIMED_OUT = "timed out"
    CANCELLED = "cancelled"


@dataclass
class Request:
    """One event that was sent."""

    event: Json
    sent: float
    timeout: float
    """ServiceTimeout in seconds."""
    operation: Operation
    fate: Fate = Fate.OPEN
    answer: Json = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return str(self.event["RequestType"])

    @property
    def url(self) -> str:
        return str(self.event["ResponseURL"])

    @property
    def expires(self) -> float:
        return self.sent + self.timeout

    @property
    def succeeded(self) -> bool:
        return self.fate is Fate.ANSWERED and self.answer.get("Status") == "SUCCESS"

    def end(self, fate: Fate) -> None:
        if self.fate is Fate.OPEN:
            self.fate = fate


@dataclass
class Resource:
    """One resource of a stack; `ids` are all its physical ids that were not deleted yet, each
    with the properties that its endpoint was given.
    """

    logical_id: str
    properties: Json
    physical_id: str = ""
    status: str = ""
    ids: dict[str, Json] = field(default_factory=dict)

    @property
    def is_gone(self) -> bool:
        """Whether its stack no longer has it."""
        return self.status in ("DELETE_COMPLETE", "DELETE_SKIPPED")

    def is_now(self, physical_id: str, properties: Json) -> None:
        self.physical_id, self.properties = physical_id, properties
        self.ids[physical_id] = properties

    def loses(self, physical_id: str, status: str) -> None:
        """One of its physical ids goes; the last one's end is its own."""
        del self.ids[physical_id]
        if not self.ids:
            self.status = status


def in_strings(value: Any) -> Any:
    """E21: scalars become strings; lists and objects stay."""
    if isinstance(value, dict):
        return {name: in_strings(each) for name, each in value.items()}
    if isinstance(value, list):
        return [in_strings(each) for each in value]
    return str(value).lower() if isinstance(value, bool) else str(value)
