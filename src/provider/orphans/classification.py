"""The classification of an endpoint with the provider's tags, from what was read of its stack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
_FAILED = "DELETE_FAILED"
_SKIPPED = "DELETE_SKIPPED"


class Classification(StrEnum):
    """What an endpoint is to the stacks of its account and region."""

    IN_USE = "InUse"
    """It is a stack's resource."""
    IDLE = "Idle"
    """It is a stack's resource, and nobody has used it for as many days as the template says."""
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
class Release:
    """How a stack let an endpoint go with DELETE_SKIPPED, that is, without deleting it.

    Args:
        at: when; None if CloudFormation does not say.
        forced: whether a deletion failed before. Then CloudFormation gave up: nobody meant to keep
            the endpoint.
    """

    at: datetime | None
    forced: bool


@dataclass(frozen=True, slots=True)
class ScanResult:
    """What one scan found."""

    findings: list[Finding]
    foreign: int
    """Endpoints without the provider's tags."""
    usage_unread: str = ""
    """Why it is not known which endpoints are idle; empty if that is known, or nobody asked."""


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
    if (
        resource is not None
        and resource.physical_id == endpoint.arn
        and stack.status != _DELETED
        and resource.status not in (_DELETED, _SKIPPED)
    ):
        why = f"{owner.logical_id} of its stack is this endpoint ({resource.status})"
        return Verdict(Classification.IN_USE, why, endpoint.created)
    if stack.status.endswith("_IN_PROGRESS"):
        # A replacement that is being made or removed, or a resource that is not listed yet.
        why = f"its stack is in {stack.status}"
        return Verdict(Classification.IN_PROGRESS, why, endpoint.created)
    return None


def release(
    endpoint: ListedEndpoint,
    resource: ResourceRecord | None,
    newest: StackEvent | None,
    events: Sequence[StackEvent],
) -> Release | None:
    """Say whether a stack let an endpoint go with DELETE_SKIPPED; what is newest decides.

    Args:
        resource: the stack's resource of the endpoint's logical id; None if it lists none.
        newest: the newest event that shows that the stack held the endpoint; None if none does.
        events: all events about the endpoint since it was created, the newest first.
    """
    if _is_skipped(endpoint, resource, newest):
        at = resource.at if resource is not None else None
    elif newest is not None and newest.status == _SKIPPED:
        at = newest.at
    else:
        return None
    if at is not None and any(each.status == _FAILED and each.at > at for each in events):
        return None  # A later deletion, of which the stack's hold on the endpoint is not shown.
    before = [each.status for each in events if at is None or each.at <= at]
    # A stack that held the endpoint again since the failure may keep it on purpose later.
    while before and before[0] in (_SKIPPED, "DELETE_IN_PROGRESS"):
        del before[0]
    return Release(at, forced=before[:1] == [_FAILED])


def _is_skipped(
    endpoint: ListedEndpoint, resource: ResourceRecord | None, newest: StackEvent | None
) -> bool:
    """Say whether the stack's record of the resource shows DELETE_SKIPPED, and no event is newer.

    A record of before the endpoint was created is about another one, which had the same ARN.
    """
    if (
        resource is None
        or resource.status != _SKIPPED
        or resource.physical_id != endpoint.arn
        or (resource.at and endpoint.created and resource.at < endpoint.created)
    ):
        return False
    return newest is None or resource.at is None or newest.at <= resource.at


def by_history(
    endpoint: ListedEndpoint,
    owner: Owner,
    stack: StackRecord | None,
    resource: ResourceRecord | None,
    *,
    released: Release | None,
    running: bool,
    now: datetime,
) -> Verdict:
    """Judge an endpoint that no stack has.

    Args:
        stack: None if CloudFormation has no record of the stack.
        released: how the stack let the endpoint go; None if all was read and nothing shows it.
        running: whether the execution that made the endpoint still runs: it will delete what
            nobody wants.
    """
    if released is not None and not released.forced:
        why = f"its stack kept {owner.logical_id} on purpose ({_SKIPPED})"
        return Verdict(Classification.RETAINED, why, released.at)
    if running:
        why = "the execution that made it is still running"
        return Verdict(Classification.IN_PROGRESS, why, endpoint.created)
    if released is not None:
        why = (
            f"its stack could not delete {owner.logical_id} and gave it up "
            f"({_FAILED}, then {_SKIPPED})"
        )
        return Verdict(Classification.ORPHANED, why, released.at or endpoint.created)
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


def agreed(first: Finding, again: Finding) -> Finding:
    """Judge an orphan by a second read: it is one only if both reads say so of the same tags."""
    if again.verdict.classification is Classification.ORPHANED and again.owner != first.owner:
        why = "it was made again or adopted during the scan"
        return replace(
            again, verdict=Verdict(Classification.IN_PROGRESS, why, again.endpoint.created)
        )
    return again


def may_be_idle(finding: Finding, since: datetime) -> bool:
    """Say whether an endpoint is in use by a stack and has been there since then."""
    created = finding.endpoint.created
    in_use = finding.verdict.classification is Classification.IN_USE
    return in_use and created is not None and created <= since


def idle(finding: Finding, since: datetime, days: int) -> Finding:
    """Judge an endpoint in use that has consumed nothing since then, which is so many days."""
    why = f"{finding.verdict.why}, but nothing has used it for {days} day{'' if days == 1 else 's'}"
    return replace(finding, verdict=Verdict(Classification.IDLE, why, since))


def unread(endpoint: ListedEndpoint, error: ApiError) -> Verdict:
    """Judge an endpoint about which something could not be read."""
    return Verdict(Classification.UNKNOWN, problem(error), endpoint.created)


def problem(error: ApiError) -> str:
    """Say in one line what could not be read, code first."""
    said = " ".join(error.message.split())[:MAX_MESSAGE].rstrip(".")
    return f"{error.code} from {error.call}{f': {said}' if said else ''}"
