"""The classification of an endpoint with the provider's tags, from what was read of its stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from provider.contract.event import parse_stack_id
from provider.model.api_errors import ApiError
from provider.model.endpoint import ListedEndpoint, Status
from provider.model.naming import parse_endpoint_arn
from provider.model.ownership import (
    LOGICAL_ID_TAG,
    REQUEST_TAG,
    STACK_TAG,
    read_request_tag,
)
from provider.model.stack import ResourceRecord, StackEvent, StackRecord

REMEMBERED = timedelta(days=90)
"""How long CloudFormation answers for a deleted stack, by its id (API reference,
DescribeStackResource)."""

MAX_MESSAGE = 300
"""Characters of a service's message that are repeated."""

_DELETED = "DELETE_COMPLETE"
_SKIPPED = "DELETE_SKIPPED"


class Classification(StrEnum):
    """What an endpoint is to the stacks of its account and region."""

    IN_USE = "InUse"
    """It is a stack's resource."""
    IN_PROGRESS = "InProgress"
    """An operation on it is under way: the next scan tells."""
    RETAINED = "Retained"
    """Its stack kept it on purpose: DeletionPolicy or UpdateReplacePolicy Retain."""
    ORPHANED = "Orphaned"
    """No stack has it."""
    UNKNOWN = "Unknown"
    """What would tell could not be read."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose an endpoint is by its tags; a missing tag is empty."""

    stack_id: str
    logical_id: str
    request: str

    @property
    def execution(self) -> str:
        """The name of the execution that made or adopted the endpoint."""
        return read_request_tag(self.request)[0]

    @property
    def is_adopted(self) -> bool:
        """Whether that execution adopted the endpoint: somebody owned it before."""
        return bool(read_request_tag(self.request)[1])


@dataclass(frozen=True, slots=True)
class Verdict:
    """An endpoint's classification, why, and since when that is known to be so."""

    classification: Classification
    why: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """An endpoint and its verdict; ``owner`` is None if its tags could not be read."""

    endpoint: ListedEndpoint
    owner: Owner | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What one scan found."""

    findings: list[Finding]
    foreign: int
    """Endpoints without the provider's tags."""


def owner(tags: Mapping[str, str]) -> Owner | None:
    """Read whose an endpoint is from its tags; None if the provider never made or adopted it."""
    if not {STACK_TAG, LOGICAL_ID_TAG, REQUEST_TAG} & set(tags):
        return None
    return Owner(*(tags.get(key, "") for key in (STACK_TAG, LOGICAL_ID_TAG, REQUEST_TAG)))


def by_itself(endpoint: ListedEndpoint, owner: Owner) -> Verdict | None:
    """Judge by the endpoint alone; None if CloudFormation has to be asked."""
    if endpoint.status == Status.DELETING:
        return Verdict(Classification.IN_PROGRESS, "it is being deleted", endpoint.created)
    here = parse_endpoint_arn(endpoint.arn)
    stack = parse_stack_id(owner.stack_id)
    if stack is None or (
        here is not None
        and (stack.region, stack.account) != (here.place.region, here.place.account)
    ):
        why = f"its tag {STACK_TAG} names no stack of its account and region"
        return Verdict(Classification.UNKNOWN, why, endpoint.created)
    if not owner.logical_id:
        why = f"its tag {LOGICAL_ID_TAG} is gone"
        return Verdict(Classification.UNKNOWN, why, endpoint.created)
    return None


def by_stack(
    endpoint: ListedEndpoint, owner: Owner, stack: StackRecord, resource: ResourceRecord | None
) -> Verdict | None:
    """Judge by the stack as it is; None if only its events can tell.

    Args:
        resource: the stack's resource of that logical id; None if it lists none.
    """
    if resource is not None and resource.status.endswith("_IN_PROGRESS"):
        why = f"{owner.logical_id} of its stack is in {resource.status}"
        return Verdict(Classification.IN_PROGRESS, why, resource.at or endpoint.created)
    if resource is not None and resource.physical_id == endpoint.arn:
        if resource.status == _SKIPPED and _lived(endpoint, resource.at):
            return _retained(owner, resource.at)
        if stack.status != _DELETED and resource.status not in (_DELETED, _SKIPPED):
            why = f"{owner.logical_id} of its stack is this endpoint ({resource.status})"
            return Verdict(Classification.IN_USE, why, endpoint.created)
    if stack.status.endswith("_IN_PROGRESS"):
        # A replacement that is being made or removed, or a resource that is not listed yet.
        why = f"its stack is in {stack.status}"
        return Verdict(Classification.IN_PROGRESS, why, endpoint.created)
    return None


def by_history(
    endpoint: ListedEndpoint,
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
        stack: None if CloudFormation has no record of the stack.
        retained: the event that shows it retained; None if all events were read and none does.
        running: whether the execution that made the endpoint still runs: it will delete what
            nobody wants.
    """
    if retained is not None:
        return _retained(owner, retained.at)
    if running:
        why = "the execution that made it is still running"
        return Verdict(Classification.IN_PROGRESS, why, endpoint.created)
    if stack is None:
        if endpoint.created is None or now - endpoint.created >= REMEMBERED:
            # The stack may have been deleted so long ago that CloudFormation has no record of it,
            # nor of whether the endpoint was to be retained.
            why = (
                "CloudFormation has no record of its stack; of a stack deleted more than "
                f"{REMEMBERED.days} days ago, nothing shows whether it kept the endpoint on purpose"
            )
            return Verdict(Classification.UNKNOWN, why, endpoint.created)
        why = "CloudFormation has no record of the stack that its tags name"
        return Verdict(Classification.ORPHANED, why, endpoint.created)
    if stack.status == _DELETED:
        why = "its stack was deleted and did not keep it"
        return Verdict(Classification.ORPHANED, why, stack.deleted or endpoint.created)
    if resource is None or resource.status == _DELETED:
        why = f"its stack ({stack.status}) no longer has {owner.logical_id}"
    else:
        why = f"{owner.logical_id} of its stack ({stack.status}) is {resource.physical_id}"
    return Verdict(Classification.ORPHANED, why, endpoint.created)


def unread(endpoint: ListedEndpoint, error: ApiError) -> Verdict:
    """Judge an endpoint about which something could not be read."""
    said = " ".join(error.message.split())[:MAX_MESSAGE].rstrip(".")
    why = f"{error.code} from {error.call}{f': {said}' if said else ''}"
    return Verdict(Classification.UNKNOWN, why, endpoint.created)


def _retained(owner: Owner, at: datetime | None) -> Verdict:
    why = f"its stack kept {owner.logical_id} on purpose ({_SKIPPED})"
    return Verdict(Classification.RETAINED, why, at)


def _lived(endpoint: ListedEndpoint, at: datetime | None) -> bool:
    """Say whether the endpoint existed at that time, as far as is known."""
    return at is None or endpoint.created is None or at >= endpoint.created
