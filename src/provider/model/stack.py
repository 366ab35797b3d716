"""What CloudFormation says of a stack, and what follows from it for a request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from provider.contract.event import Operation

_COMPLETED = frozenset(
    {"CREATE_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE"}
)
"""Statuses of a stack that can no longer be rolled back."""


@dataclass(frozen=True, slots=True)
class StackView:
    """A stack and one of its resources, as one pair of reads shows them; None is unknown."""

    stack_status: str | None = None
    listed: bool | None = None
    """Whether the stack has the resource."""
    resource_status: str | None = None

    @property
    def rolling_back(self) -> bool | None:
        """Whether the stack is rolling back; None if its status could not be read."""
        status = self.stack_status
        return None if status is None else status.endswith("ROLLBACK_IN_PROGRESS")

    @property
    def at_rest(self) -> bool:
        """Whether the stack waits for no resource: no operation runs, or only its clean-up."""
        status = self.stack_status or "UNKNOWN_IN_PROGRESS"
        return status.endswith("CLEANUP_IN_PROGRESS") or not status.endswith("_IN_PROGRESS")

    @property
    def resource_in_progress(self) -> bool:
        """Whether the resource is being created, updated or deleted."""
        return (self.resource_status or "").endswith("_IN_PROGRESS")


@dataclass(frozen=True, slots=True)
class StackRecord:
    """A stack as CloudFormation describes it."""

    status: str
    deleted: datetime | None = None
    root_id: str | None = None
    """The outermost stack's id, None unless this one is nested."""


@dataclass(frozen=True, slots=True)
class ResourceRecord:
    """A stack's resource as CloudFormation describes it."""

    physical_id: str
    status: str
    at: datetime | None = None
    """When it got this status."""


@dataclass(frozen=True, slots=True)
class StackEvent:
    """A change of status of a stack or of one of its resources."""

    physical_id: str
    status: str
    at: datetime


def why_abandoned(operation: Operation, at_receipt: StackView, now: StackView) -> str | None:
    """Say why CloudFormation no longer waits for a Create or Update.

    Args:
        at_receipt: what CloudFormation said when the request arrived. A rollback that was under
            way then has caused the Update; only a later one cancels it. No rollback causes a
            Create.

    Returns:
        None if CloudFormation still waits, or if that is unknown.
    """
    status = now.stack_status or ""
    if status.startswith("DELETE") or now.at_rest:
        return f"the stack is in {status}"
    if (now.resource_status or "").startswith("DELETE"):
        return f"the resource is in {now.resource_status}"
    if at_receipt.listed is True and now.listed is False:
        return "the stack no longer has the resource"
    if at_receipt.resource_in_progress and now.listed and not now.resource_in_progress:
        # For example, a rollback has finished with the resource but not with the others.
        return f"the resource is in {now.resource_status} already"
    if now.rolling_back and (at_receipt.rolling_back is False or operation is Operation.CREATE):
        return f"the stack is rolling back ({status})"
    return None


def has_completed_since(events: Iterable[StackEvent], stack_id: str, since: datetime) -> bool:
    """Say whether a stack has completed an operation since an adoption, which ends the trial.

    Args:
        events: of the outermost stack, the newest first, because a nested stack that has completed
            may still be rolled back. No more of them are read than needed.
        stack_id: the outermost stack's.
        since: when the adopting request arrived.
    """
    for event in events:
        if event.at < since:
            return False
        if event.physical_id == stack_id and event.status in _COMPLETED:
            return True
    return False
