"""Whose an endpoint is, by its tags: ownership tags, offers, and adoptions on trial."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum

from provider.contract.event import Reply, parse_stack_id
from provider.model.naming import execution_name

TAG_PREFIX = "comprehend-endpoint-provider:"
STACK_TAG = TAG_PREFIX + "stack-id"
LOGICAL_ID_TAG = TAG_PREFIX + "logical-id"
REQUEST_TAG = TAG_PREFIX + "request"
OWNERSHIP_TAGS = (STACK_TAG, LOGICAL_ID_TAG, REQUEST_TAG)

ADOPT_TAG = TAG_PREFIX + "adopt"
"""The owner's offer: which resource may adopt the endpoint. The provider never sets it."""

_ADOPTED = "adopted"
_CLAIMED = "claimed"


class Ownership(StrEnum):
    """Whose an endpoint is, from the point of view of one request."""

    FOREIGN = "foreign"
    """It does not carry the tags of this stack and resource."""
    OFFERED = "offered"
    """The same, but its owner has tagged it for adoption by this resource."""
    ON_TRIAL = "on trial"
    """This resource's: an earlier request adopted it. It still carries the owner's tag, and may
    have to be given back until the stack has completed an operation."""
    ADOPTED = "adopted"
    """This resource's, still on trial: this request adopted it."""
    EARLIER = "earlier"
    """This resource's, from an earlier request."""
    CLAIMED = "claimed"
    """This resource's, from an earlier request, and marked as this request's since."""
    MADE = "made"
    """This resource's: this request created it."""

    @property
    def is_ours(self) -> bool:
        """Whether the endpoint is this resource's."""
        return self not in (Ownership.FOREIGN, Ownership.OFFERED)


def ownership_tags(reply: Reply) -> dict[str, str]:
    """Give the tags that mark an endpoint as made by this request for this resource."""
    return {
        STACK_TAG: reply.stack_id,
        LOGICAL_ID_TAG: reply.logical_id,
        REQUEST_TAG: execution_name(reply),
    }


def adoption_mark(reply: Reply, received: float) -> dict[str, str]:
    """Give the tag that marks an endpoint as adopted by this request.

    It differs from a creation's, because a failed request deletes what it made, and gives back
    what it adopted.

    Args:
        received: when the request arrived, in seconds since the epoch; see :func:`marked_at`.
    """
    return _mark(reply, _ADOPTED, received)


def claim_mark(reply: Reply, received: float) -> dict[str, str]:
    """Give the tag that marks a leftover of this resource as used by this request.

    The clean-up of the request that made it then leaves it alone.
    """
    return _mark(reply, _CLAIMED, received)


def _mark(reply: Reply, how: str, received: float) -> dict[str, str]:
    at = datetime.fromtimestamp(received, UTC).isoformat(timespec="milliseconds")
    return {REQUEST_TAG: f"{execution_name(reply)}/{how}/{at}"}


def marked_at(tags: Mapping[str, str]) -> datetime | None:
    """Read when the request arrived that adopted an endpoint; None if the tag does not say."""
    _, _, mark = tags.get(REQUEST_TAG, "").partition("/")
    how, _, at = mark.partition("/")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None
    return moment if moment.tzinfo and how in (_ADOPTED, _CLAIMED) else None


def offer(reply: Reply) -> str:
    """Give the value of ADOPT_TAG with which an owner offers an endpoint to this resource.

    It names the stack, because nobody knows the stack's id before the stack is created.
    """
    place = parse_stack_id(reply.stack_id)
    return f"{place.stack_name if place else ''}/{reply.logical_id}"


def ownership(tags: Mapping[str, str], reply: Reply) -> Ownership:
    """Say whose an endpoint with these tags is, from a request's point of view."""
    is_offered = tags.get(ADOPT_TAG) == offer(reply)
    if not any(key in tags for key in OWNERSHIP_TAGS):
        return Ownership.OFFERED if is_offered else Ownership.FOREIGN
    if tags.get(STACK_TAG) != reply.stack_id or tags.get(LOGICAL_ID_TAG) != reply.logical_id:
        return Ownership.FOREIGN
    execution, _, marked = tags.get(REQUEST_TAG, "").partition("/")
    by_this_request = execution == execution_name(reply)
    if not marked:
        return Ownership.MADE if by_this_request else Ownership.EARLIER
    if by_this_request:
        return Ownership.ADOPTED if is_offered else Ownership.CLAIMED
    return Ownership.ON_TRIAL if is_offered else Ownership.EARLIER
