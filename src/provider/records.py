"""What CloudFormation's records say of a stack, of its resource, and of what befell them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class StackRecord:
    """A stack as CloudFormation describes it."""

    status: str
    deleted: datetime | None = None
    root_id: str | None = None
    """The outermost stack's id, where this one is nested."""


@dataclass(frozen=True, slots=True)
class ResourceRecord:
    """A stack's resource as CloudFormation describes it."""

    physical_id: str
    status: str
    at: datetime | None = None
    """When it got this status."""


@dataclass(frozen=True, slots=True)
class StackEvent:
    """Something that happened to a stack's resource."""

    physical_id: str
    status: str
    at: datetime
