"""Names that follow from a request alone: ARNs, generated names, tokens, digests, tags."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from provider.request import Place, Reply, Request, parse_stack_id

TAG_PREFIX = "comprehend-endpoint-provider:"
STACK_TAG = TAG_PREFIX + "stack-id"
LOGICAL_ID_TAG = TAG_PREFIX + "logical-id"
REQUEST_TAG = TAG_PREFIX + "request"
OWNERSHIP_TAGS = (STACK_TAG, LOGICAL_ID_TAG, REQUEST_TAG)

ADOPT_TAG = TAG_PREFIX + "adopt"
"""Set by an endpoint's owner, never by the provider: which resource may take the endpoint over."""

MAX_NAME_LENGTH = 40
"""CreateEndpoint, EndpointName: characters."""

MAX_TOKEN_LENGTH = 64
"""CreateEndpoint, ClientRequestToken: characters."""

_ENDPOINT_ARN = re.compile(
    r"arn:(?P<partition>aws(?:-[^:]+)?):comprehend:(?P<region>[a-zA-Z0-9-]*):(?P<account>[0-9]{12})"
    r":(?P<kind>document-classifier|entity-recognizer)-endpoint/(?P<name>[a-zA-Z0-9](?:-*[a-zA-Z0-9])*)"
)
_NOT_CREATED = "not-created/"
_UNDETERMINED = "undetermined/"
_ADOPTED = "adopted"


class Kind(StrEnum):
    """The kind of model an endpoint serves; it is part of the endpoint's ARN."""

    CLASSIFIER = "document-classifier"
    RECOGNIZER = "entity-recognizer"


class Whose(StrEnum):
    """Whom an existing endpoint belongs to, by its tags."""

    FOREIGN = "foreign"
    """Somebody else's: it does not carry this stack's and this resource's tags."""
    OFFERED = "offered"
    """Somebody else's, who has tagged it for adoption by this resource."""
    ON_TRIAL = "on trial"
    """This resource's, taken over from its owner by an earlier request. It still carries the
    owner's tag: until the stack has ended an operation well, it may have to be given back."""
    TAKEN = "taken"
    """The same, taken over by the present request."""
    EARLIER = "earlier"
    """This resource's, from an earlier request."""
    ADOPTED = "adopted"
    """This resource's, from an earlier request, and taken over by the present one."""
    MADE = "made"
    """This resource's, created by the present request."""

    @property
    def is_ours(self) -> bool:
        """Whether the endpoint is this resource's."""
        return self not in (Whose.FOREIGN, Whose.OFFERED)


@dataclass(frozen=True, slots=True)
class EndpointId:
    """The parts of an endpoint's ARN."""

    place: Place
    kind: Kind
    name: str


def endpoint_arn(place: Place, kind: Kind, name: str) -> str:
    """Give the ARN that an endpoint has, or will have once it is made."""
    return f"arn:{place.partition}:comprehend:{place.region}:{place.account}:{kind}-endpoint/{name}"


def parse_endpoint_arn(text: str | None) -> EndpointId | None:
    """Read an endpoint's ARN; None where the text is none."""
    match = _ENDPOINT_ARN.fullmatch(text or "")
    if match is None:
        return None
    place = Place(match["partition"], match["region"], match["account"], "")
    return EndpointId(place, Kind(match["kind"]), match["name"])


def kind_of_model(model_arn: str | None) -> Kind | None:
    """Read the kind of model from a model's ARN; None where there is no ARN or it says none."""
    if model_arn is None:
        return None
    resource = model_arn.split(":", 5)[-1]
    return next((kind for kind in Kind if resource.startswith(f"{kind}/")), None)


def generated_name(request: Request, kind: Kind, *, with_role: bool) -> str:
    """Make up an EndpointName: readable, unique to the resource, the same for every request.

    What forces a replacement (the kind of model; a role, which cannot be taken away again) is
    part of the digest, so that a replacement has another name than what it replaces.

    Returns:
        At most 40 characters of ``[a-zA-Z0-9-]``: 14 of the stack's name, 12 of the logical id,
        12 of the digest. The pattern allows a digit, but no hyphen, at either end.
    """
    digest = _digest(request.stack_id, request.logical_id, kind, "role" if with_role else "")
    stack = request.place.stack_name[:14].strip("-")
    logical = re.sub(r"[^a-zA-Z0-9]", "", request.logical_id)[:12]
    return "-".join(part for part in (stack, logical, digest[:12]) if part)


def request_digest(reply: Reply) -> str:
    """Identify one request among all that CloudFormation ever sends: 64 hexadecimal digits.

    A RequestId alone may come again in a later deployment; the ResponseURL is new each time.
    """
    return _digest(reply.stack_id, reply.logical_id, reply.request_id, reply.response_url)


def client_request_token(reply: Reply, creation: int) -> str:
    """Derive the idempotency token of CreateEndpoint.

    Args:
        creation: which creation of this request it is, from 1: a request that has to create again
            (what it made was deleted since) must not be answered with what is gone.
    """
    digest = _digest(reply.stack_id, reply.logical_id, request_digest(reply))
    return f"{digest[:56]}-{creation}"[:MAX_TOKEN_LENGTH]


def ownership_tags(reply: Reply) -> dict[str, str]:
    """Give the tags that mark an endpoint as made by this request for this resource."""
    return {
        STACK_TAG: reply.stack_id,
        LOGICAL_ID_TAG: reply.logical_id,
        REQUEST_TAG: request_digest(reply),
    }


def adoption_tags(reply: Reply, received: float) -> dict[str, str]:
    """Give the tags that mark an existing endpoint as taken over by this request.

    The mark differs from a creation's: what a failed request removes is what it made, never what
    it found.

    Args:
        received: when the request arrived, in seconds since the epoch; see :func:`adopted_at`.
    """
    at = datetime.fromtimestamp(received, UTC).isoformat(timespec="milliseconds")
    return {REQUEST_TAG: f"{request_digest(reply)}/{_ADOPTED}/{at}"}


def adopted_at(tags: Mapping[str, str]) -> datetime | None:
    """Read when the request arrived that took an endpoint over; None where its mark says none."""
    _, _, at = tags.get(REQUEST_TAG, "").partition(f"/{_ADOPTED}/")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def offer(reply: Reply) -> str:
    """Give the value of ADOPT_TAG by which an owner lets this resource take an endpoint over.

    The stack's id would say more, but nobody knows it before the stack is created.
    """
    place = parse_stack_id(reply.stack_id)
    return f"{place.stack_name if place else ''}/{reply.logical_id}"


def whose(tags: Mapping[str, str], reply: Reply) -> Whose:
    """Say whom an endpoint with these tags belongs to, as seen by a request."""
    is_offered = tags.get(ADOPT_TAG) == offer(reply)
    if not any(key in tags for key in OWNERSHIP_TAGS):
        return Whose.OFFERED if is_offered else Whose.FOREIGN
    if tags.get(STACK_TAG) != reply.stack_id or tags.get(LOGICAL_ID_TAG) != reply.logical_id:
        return Whose.FOREIGN
    digest, _, how = tags.get(REQUEST_TAG, "").partition("/")
    is_present = digest == request_digest(reply)
    if not how:
        return Whose.MADE if is_present else Whose.EARLIER
    if is_present:
        return Whose.TAKEN if is_offered else Whose.ADOPTED
    return Whose.ON_TRIAL if is_offered else Whose.EARLIER


def not_created_id(reply: Reply) -> str:
    """Give the physical id of a Create that made nothing: its Delete has nothing to do."""
    return _NOT_CREATED + request_digest(reply)[:32]


def is_not_created(physical_id: str | None) -> bool:
    """Say whether a physical id says that nothing was ever made."""
    return (physical_id or "").startswith(_NOT_CREATED)


def undetermined_id(reply: Reply) -> str:
    """Give the physical id of a Create of which nobody knows what it made.

    It is no ARN, so that its Delete looks at the endpoint that the properties name and checks
    whose it is.
    """
    return _UNDETERMINED + request_digest(reply)[:32]


def _digest(*parts: str) -> str:
    # A separator that no part can hold keeps ("ab", "c") and ("a", "bc") apart. Half a character
    # must not fail here: an event with one is refused, and the refusal's id is a digest.
    return hashlib.sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()
