"""What a stack's events say of a request, of an endpoint and of an adoption.

Times are seconds since the epoch. Events come newest first, and no more of them are read than are
needed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from provider.contract.event import Operation

CLOCK_TOLERANCE = 2
"""An event this much newer than a request counts as older: clocks differ, and the time in a
ResponseURL has whole seconds."""

OVERTAKEN_AFTER = 10
"""A stack event this much newer than a request shows that CloudFormation has given the request up:
a stack changes its status only when nothing is under way."""

_FORWARD = "UPDATE_IN_PROGRESS"
_BACK = "UPDATE_ROLLBACK_IN_PROGRESS"
_FIRST_OF_A_STACK = frozenset({"CREATE_IN_PROGRESS", "REVIEW_IN_PROGRESS"})
_RESOURCE_ENDED = frozenset({"UPDATE_COMPLETE", "UPDATE_FAILED"})
_COMPLETED = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE"})
_SKIPPED = "DELETE_SKIPPED"
_HOLDS = _COMPLETED | {_SKIPPED}


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
    """A change of status of a stack or of one of its resources.

    A stack's own events carry its id as their physical id. Those of a resource on its way forward
    may carry none.
    """

    logical_id: str
    physical_id: str
    status: str
    at: datetime


class Direction(StrEnum):
    """Where CloudFormation goes with a request."""

    FORWARD = "forward"
    """To what the template says now."""
    BACK = "back"
    """To what was there before: an Update that undoes another one."""
    UNKNOWN = "unknown"
    """The events cannot be read, or CloudFormation has no record of the stack."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a request stands, as one read of its stack's events shows it.

    Args:
        out_of_date: why CloudFormation no longer waits for it; empty if it does, as far as is
            known.
        is_certain: whether one read is enough to say so. A read may be half a minute old: it can
            only miss what is new.
    """

    direction: Direction = Direction.UNKNOWN
    out_of_date: str = ""
    is_certain: bool = False


def standing(
    operation: Operation, logical_id: str, stack_id: str, at: float, events: Iterable[StackEvent]
) -> Standing:
    """Say which way a request goes, or that it is out of date.

    1. A stack event clearly newer than the request: out of date, for certain.
    2. The newest stack event is none in which CloudFormation sends such a request: out of date.
    3. An Update goes back if the stack rolls back, or if its resource has ended an update already
       since the stack's update began: with preserved resources, CloudFormation sends a failed
       resource back while the stack is in UPDATE_IN_PROGRESS.
    4. Everything else goes forward.

    Args:
        at: the request's time.
    """
    newest, resource_ended = None, False
    for event in events:
        is_older = event.at.timestamp() <= at + CLOCK_TOLERANCE
        if event.physical_id != stack_id:
            is_its = event.logical_id == logical_id and event.status in _RESOURCE_ENDED
            resource_ended |= is_older and is_its
            continue
        if newest is None:
            newest = event
            if event.at.timestamp() > at + OVERTAKEN_AFTER:
                why = f"the stack has gone on to {event.status} since"
                return Standing(out_of_date=why, is_certain=True)
        if is_older:
            return _against(operation, newest.status, event.status, resource_ended)
    return Standing()


def _against(operation: Operation, newest: str, cause: str, resource_ended: bool) -> Standing:
    """Compare a request with the newest stack event, and with the one that caused the request."""
    goes_back = cause == _BACK or (cause == _FORWARD and resource_ended)
    if operation is Operation.UPDATE:
        direction = Direction.BACK if goes_back else Direction.FORWARD
        fits = newest == _FORWARD or (goes_back and newest == _BACK)
    elif operation is Operation.CREATE:
        direction = Direction.FORWARD
        fits = newest in ("CREATE_IN_PROGRESS", _FORWARD)
    else:
        direction = Direction.FORWARD
        fits = newest.endswith("_IN_PROGRESS")
    return Standing(direction, "" if fits else f"the stack is in {newest}")


@dataclass(frozen=True, slots=True)
class History:
    """What a stack's events say of an endpoint.

    Args:
        newest: the newest event that shows that the stack held the endpoint; None if none does.
        is_whole: whether the events were read back to before the endpoint. CloudFormation keeps
            them for 90 days.
    """

    newest: StackEvent | None = None
    is_whole: bool = False

    @property
    def never_held(self) -> bool:
        """Whether the stack provably never had the endpoint as its resource."""
        return self.newest is None and self.is_whole

    @property
    def has_it(self) -> bool:
        """Whether the stack has the endpoint as its resource now."""
        return self.newest is not None and self.newest.status in _COMPLETED

    @property
    def retained(self) -> StackEvent | None:
        """The event with which the stack let the endpoint go without deleting it."""
        newest = self.newest
        return newest if newest is not None and newest.status == _SKIPPED else None


def history(arn: str, since: float | None, stack_id: str, events: Iterable[StackEvent]) -> History:
    """Say whether a stack has held an endpoint.

    Args:
        since: when the endpoint was created, or adopted. Older events are about another endpoint,
            which had the same ARN. None is unknown: all events are read.
    """
    oldest = None
    for oldest in events:
        if since is not None and oldest.at.timestamp() < since:
            return History(is_whole=True)
        if oldest.physical_id == arn and oldest.status in _HOLDS:
            return History(oldest)
    return History(is_whole=since is not None and _is_first(oldest, stack_id))


def trial_is_over(root_id: str, since: float, events: Iterable[StackEvent]) -> bool:
    """Say whether an adopted endpoint is its stack's for good.

    It is, once the outermost stack has completed an operation since the adoption: a nested stack
    that has completed may still be rolled back. It also is if the events no longer reach back to
    the adoption.

    Args:
        root_id: the outermost stack's.
        since: when the request arrived that adopted the endpoint.
    """
    oldest = None
    for oldest in events:
        if oldest.at.timestamp() <= since:
            return False
        if oldest.physical_id == root_id and oldest.status in _COMPLETED:
            return True
    # A stack that CloudFormation has no record of proves nothing.
    return oldest is not None and not _is_first(oldest, root_id)


def _is_first(event: StackEvent | None, stack_id: str) -> bool:
    """Say whether an event is its stack's very first one, if it is the oldest that there is."""
    is_stacks = event is not None and event.physical_id == stack_id
    return is_stacks and event is not None and event.status in _FIRST_OF_A_STACK
