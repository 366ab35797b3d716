"""Whose an endpoint is, by its tags: ownership tags, offers, and adoptions.

Tags prove nothing alone: an endpoint that a stack retained on purpose carries them, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from provider.contract.event import Reply, parse_stack_id

TAG_PREFIX = "comprehend-endpoint-provider:"
STACK_TAG = TAG_PREFIX + "stack-id"
LOGICAL_ID_TAG = TAG_PREFIX + "logical-id"
REQUEST_TAG = TAG_PREFIX + "request"
OWNERSHIP_TAGS = (STACK_TAG, LOGICAL_ID_TAG, REQUEST_TAG)

ADOPT_TAG = TAG_PREFIX + "adopt"
"""The owner's offer: which resource may adopt the endpoint. The provider never sets it."""

_ADOPTED = "adopted"


class Owner(StrEnum):
    """Whose the ownership tags say that an endpoint is."""

    NOBODY = "nobody"
    """There are none, or they do not show yet."""
    OURS = "ours"
    """This stack's and resource's."""
    OTHER = "other"
    """Another stack's or resource's."""


@dataclass(frozen=True, slots=True)
class Ownership:
    """What the provider's tags say of an endpoint, from the point of view of one resource.

    Args:
        execution: the execution that made or adopted it; empty if no tag says so.
        is_adopted: whether that execution adopted it, and did not make it.
        adopted: when the request arrived that adopted it, in seconds since the epoch; None if the
            tag does not say.
        is_offered: whether its owner offers it to this resource.
    """

    owner: Owner = Owner.NOBODY
    execution: str = ""
    is_adopted: bool = False
    adopted: float | None = None
    is_offered: bool = False

    @property
    def is_ours(self) -> bool:
        """Whether it carries the ownership tags of this stack and resource."""
        return self.owner is Owner.OURS

    @property
    def is_unmarked(self) -> bool:
        """Whether the provider's tags say nothing: there are none, or they show late."""
        return self.owner is Owner.NOBODY and not self.is_offered


def ownership_tags(reply: Reply, execution: str) -> dict[str, str]:
    """Give the tags that mark an endpoint as made by an execution for this resource."""
    return {
        STACK_TAG: reply.stack_id,
        LOGICAL_ID_TAG: reply.logical_id,
        REQUEST_TAG: execution,
    }


def adoption_tags(reply: Reply, execution: str, received: float) -> dict[str, str]:
    """Give the tags that mark an endpoint as adopted by an execution for this resource.

    Args:
        received: when the request arrived, in seconds since the epoch. It lies between the end of
            the stack's operation before and the end of this one, which the time in the ResponseURL
            may not: that has whole seconds.
    """
    at = datetime.fromtimestamp(received, UTC).isoformat(timespec="milliseconds")
    return ownership_tags(reply, f"{execution}/{_ADOPTED}/{at}")


def providers_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Give those of an endpoint's tags that the provider or an offer uses."""
    return {key: value for key, value in tags.items() if key in (*OWNERSHIP_TAGS, ADOPT_TAG)}


def ownership(tags: Mapping[str, str], reply: Reply) -> Ownership:
    """Read whose an endpoint with these tags is, from the point of view of a request's resource."""
    execution, mark = read_request_tag(tags.get(REQUEST_TAG, ""))
    return Ownership(
        owner=_owner(tags, reply),
        execution=execution,
        is_adopted=bool(mark),
        adopted=_adopted(mark),
        is_offered=tags.get(ADOPT_TAG) == offer(reply),
    )


def read_request_tag(value: str) -> tuple[str, str]:
    """Read REQUEST_TAG: the execution, and how it adopted the endpoint; empty if it made it."""
    execution, _, mark = value.partition("/")
    return execution, mark


def _owner(tags: Mapping[str, str], reply: Reply) -> Owner:
    if not any(key in tags for key in OWNERSHIP_TAGS):
        return Owner.NOBODY
    is_ours = (tags.get(STACK_TAG), tags.get(LOGICAL_ID_TAG)) == (reply.stack_id, reply.logical_id)
    return Owner.OURS if is_ours else Owner.OTHER


def _adopted(mark: str) -> float | None:
    how, _, at = mark.partition("/")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None
    return moment.timestamp() if how == _ADOPTED and moment.tzinfo else None


def offer(reply: Reply) -> str:
    """Give the value of ADOPT_TAG with which an owner offers an endpoint to this resource.

    It names the stack, because nobody knows the stack's id before the stack is created.
    """
    place = parse_stack_id(reply.stack_id)
    return f"{place.stack_name if place else ''}/{reply.logical_id}"
