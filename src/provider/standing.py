"""What an endpoint with the provider's tags is to its stack, judged from what was read of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from provider.endpoint import Listed, Status
from provider.errors import ApiError
from provider.identity import (
    LOGICAL_ID_TAG,
    REQUEST_TAG,
    STACK_TAG,
    parse_endpoint_arn,
)
from provider.records import ResourceRecord, StackEvent, StackRecord
from provider.request import parse_stack_id

REMEMBERED = timedelta(days=90)
"""How long CloudFormation answers for a deleted stack, by its id (API reference,
DescribeStackResource). The events of a stack that is still there do not expire."""

MAX_SAID = 300
"""Characters of a service's message that are repeated."""

_DELETED = "DELETE_COMPLETE"
_SKIPPED = "DELETE_SKIPPED"


class Standing(StrEnum):
    """What an endpoint is to the stacks of its account and region."""

    IN_USE = "InUse"
    """A stack has it."""
    IN_PROGRESS = "InProgress"
    """An operation on it is under way: whose it is will be seen when that has ended."""
    RETAINED = "Retained"
    """Its stack has let it go on purpose: DeletionPolicy or UpdateReplacePolicy Retain."""
    ORPHANED = "Orphaned"
    """Nobody's."""
    UNKNOWN = "Unknown"
    """What would tell could not be read."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose an endpoint is by its tags; what a tag does not say is empty."""

    stack_id: str
    logical_id: str
    request: str

    @property
    def execution(self) -> str:
        """The name of the execution that made or adopted the endpoint (identity.py)."""
        return self.request.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Verdict:
    """An endpoint's standing, why, and since when that is known to be so."""

    standing: Standing
    why: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """An endpoint and its standing; ``owner`` is None where its tags could not be read."""

    endpoint: Listed
    owner: Owner | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Round:
    """What a round has found."""

    findings: list[Finding]
    foreign: int
    """Endpoints without the provider's tags."""


def owner(tags: Mapping[str, str]) -> Owner | None:
    """Read whose an endpoint is from its tags; None for one that the provider never made."""
    if not {STACK_TAG, LOGICAL_ID_TAG, REQUEST_TAG} & set(tags):
        return None
    return Owner(*(tags.get(key, "") for key in (STACK_TAG, LOGICAL_ID_TAG, REQUEST_TAG)))


def by_itself(endpoint: Listed, owner: Owner) -> Verdict | None:
    """Judge by the endpoint alone; None where CloudFormation has to be asked."""
    if endpoint.status == Status.DELETING:
        return Verdict(Standing.IN_PROGRESS, "it is being deleted", endpoint.created)
    here = parse_endpoint_arn(endpoint.arn)
    stack = parse_stack_id(owner.stack_id)
    if stack is None or (
        here is not None
        and (stack.region, stack.account) != (here.place.region, here.place.account)
    ):
        why = f"its tag {STACK_TAG} names no stack of its account and region"
        return Verdict(Standing.UNKNOWN, why, endpoint.created)
    if not owner.logical_id:
        why = f"its tag {LOGICAL_ID_TAG} is gone"
        return Verdict(Standing.UNKNOWN, why, endpoint.created)
    return None


def by_stack(
    endpoint: Listed, owner: Owner, stack: StackRecord, resource: ResourceRecord | None
) -> Verdict | None:
    """Judge by the stack as it is; None where only its events can tell.

    Args:
        resource: the stack's resource of that logical id, None where it lists none.
    """
    if resource is not None and resource.status.endswith("_IN_PROGRESS"):
        why = f"{owner.logical_id} of its stack is in {resource.status}"
        return Verdict(Standing.IN_PROGRESS, why, resource.at or endpoint.created)
    if resource is not None and resource.physical_id == endpoint.arn:
        if resource.status == _SKIPPED and _lived(endpoint, resource.at):
            return _retained(owner, resource.at)
        if stack.status != _DELETED and resource.status not in (_DELETED, _SKIPPED):
            why = f"{owner.logical_id} of its stack is this endpoint ({resource.status})"
            return Verdict(Standing.IN_USE, why, endpoint.created)
    if stack.status.endswith("_IN_PROGRESS"):
        # A replacement that is being made or removed, or a resource that is not listed yet.
        why = f"its stack is in {stack.status}"
        return Verdict(Standing.IN_PROGRESS, why, endpoint.created)
    return None


def shows_retained(endpoint: Listed, event: StackEvent) -> bool:
    """Say whether an event shows that the endpoint's stack has let it go on purpose.

    An older event speaks of another endpoint, which had the same name and so the same ARN.
    """
    skipped = event.status == _SKIPPED and event.physical_id == endpoint.arn
    return skipped and _lived(endpoint, event.at)


def precedes(endpoint: Listed, event: StackEvent) -> bool:
    """Say whether an event, and so all before it, happened before the endpoint was made."""
    return not _lived(endpoint, event.at)


def by_history(
    endpoint: Listed,
    owner: Owner,
    stack: StackRecord | None,
    resource: ResourceRecord | None,
    *,
    retained: StackEvent | None,
    running: bool,
    now: datetime,
) -> Verdict:
    """Judge an endpoint that no stack has.

    Args:
        stack: None where CloudFormation knows no such stack.
        retained: the event that shows it retained; None where all events were read and none does.
        running: whether the execution that made the endpoint is still at work, and so will remove
            what is not wanted.
    """
    if retained is not None:
        return _retained(owner, retained.at)
    if running:
        why = "the execution that made it is still running"
        return Verdict(Standing.IN_PROGRESS, why, endpoint.created)
    if stack is None:
        if endpoint.created is None or now - endpoint.created >= REMEMBERED:
            # Its stack may have been deleted so long ago that CloudFormation has forgotten it,
            # and with it whether the endpoint was to be retained.
            why = (
                "CloudFormation knows its stack no more, and what was deleted more than "
                f"{REMEMBERED.days} days ago does not show whether it was retained on purpose"
            )
            return Verdict(Standing.UNKNOWN, why, endpoint.created)
        why = "CloudFormation knows no such stack as its tags name"
        return Verdict(Standing.ORPHANED, why, endpoint.created)
    if stack.status == _DELETED:
        why = "its stack was deleted, and did not retain it"
        return Verdict(Standing.ORPHANED, why, stack.deleted or endpoint.created)
    if resource is None or resource.status == _DELETED:
        why = f"its stack ({stack.status}) has no {owner.logical_id} any more"
    else:
        why = f"{owner.logical_id} of its stack ({stack.status}) is {resource.physical_id}"
    return Verdict(Standing.ORPHANED, why, endpoint.created)


def unread(endpoint: Listed, error: ApiError) -> Verdict:
    """Judge an endpoint of which something could not be read."""
    said = " ".join(error.message.split())[:MAX_SAID].rstrip(".")
    why = f"{error.code} from {error.call}{f': {said}' if said else ''}"
    return Verdict(Standing.UNKNOWN, why, endpoint.created)


def _retained(owner: Owner, at: datetime | None) -> Verdict:
    why = f"its stack has let {owner.logical_id} go on purpose ({_SKIPPED})"
    return Verdict(Standing.RETAINED, why, at)


def _lived(endpoint: Listed, at: datetime | None) -> bool:
    """Whether the endpoint was there at that time, as far as anybody knows."""
    return at is None or endpoint.created is None or at >= endpoint.created
