"""CloudFormation's event, checked and typed; its properties are parsed in validation.py."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from urllib.parse import parse_qsl, urlsplit

from .errors import MalformedEventError
from .limits import MAX_IDS
from .properties import Properties

_STACK_ID = re.compile(
    # The region becomes a part of host names: us-east-1, us-gov-west-1, eusc-de-east-1.
    r"arn:(?P<partition>aws[a-z-]*):cloudformation"
    r":(?P<region>[a-z]{2,9}(?:-[a-z]{1,9}){1,3}-[0-9]{1,2}):(?P<account>[0-9]{12})"
    r":stack/(?P<name>[A-Za-z0-9-]+)/[A-Za-z0-9-]+"
)
# The characters of RFC 3986. JSON escapes none of them, so the log's formatter finds the URL.
_HTTPS_URL = re.compile(r"(?i:https)://[A-Za-z0-9._~:/?#@!$&'()*+,;=%\[\]-]+")


RESOURCE_DIGITS, REQUEST_DIGITS = 12, 20
"""Hexadecimal digits of a request's digest that name its resource, and the request."""

SIGNATURE_LASTS = 7200
"""Seconds for which CloudFormation signs a ResponseURL."""


class Operation(StrEnum):
    """The RequestType of a custom resource's event."""

    CREATE = "Create"
    UPDATE = "Update"
    DELETE = "Delete"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stack lives, read from its id."""

    partition: str
    region: str
    account: str
    stack_name: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What a response to an event needs, even if something else is wrong with it.

    ``response_url`` is a pre-signed credential. The representation leaves it out, so that no log
    line shows it by accident.
    """

    response_url: str
    stack_id: str
    request_id: str
    logical_id: str
    physical_id: str | None

    def __repr__(self) -> str:
        return f"Reply({self.stack_id}, {self.logical_id}, {self.request_id})"

    @property
    def digest(self) -> str:
        """Identify this request among all that CloudFormation sends: 32 hexadecimal digits.

        The first :data:`RESOURCE_DIGITS` are those of all requests for the resource. A later
        deployment may reuse a RequestId; the ResponseURL is always new.
        """
        resource = digest(self.stack_id, self.logical_id)
        request = digest(self.stack_id, self.logical_id, self.request_id, self.response_url)
        return resource[:RESOURCE_DIGITS] + request[:REQUEST_DIGITS]

    @property
    def signed(self) -> float | None:
        """When CloudFormation signed the ResponseURL, in seconds since the epoch; None if the URL
        does not say.

        ``X-Amz-Date`` is in today's URLs; ``Expires`` is two hours later, in URLs before 2020.
        """
        query = dict(parse_qsl(urlsplit(self.response_url).query))
        try:
            if "X-Amz-Date" in query:
                moment = datetime.strptime(query["X-Amz-Date"], "%Y%m%dT%H%M%SZ")
                return moment.replace(tzinfo=UTC).timestamp()
            return float(int(query["Expires"])) - SIGNATURE_LASTS
        except (KeyError, OverflowError, ValueError):
            return None


@dataclass(frozen=True, slots=True)
class Request:
    """A Create, Update or Delete of one resource.

    Args:
        new: the properties that the template has now.
        old: the properties before an Update; empty otherwise.
    """

    operation: Operation
    reply: Reply
    place: Place
    new: Properties = field(default_factory=Properties)
    old: Properties = field(default_factory=Properties)

    @property
    def stack_id(self) -> str:
        """The stack's ARN."""
        return self.reply.stack_id

    @property
    def logical_id(self) -> str:
        """The resource's name in the template."""
        return self.reply.logical_id

    @property
    def physical_id(self) -> str | None:
        """The id that an earlier answer gave; None on Create."""
        return self.reply.physical_id


def parse_reply(event: object) -> Reply | None:
    """Read what a response needs.

    Returns:
        None if nobody can be answered: the event lacks an HTTPS ResponseURL or one of the three
        ids that a response repeats, or the ids leave no room for a response.
    """
    if not isinstance(event, Mapping):
        return None
    keys = ("ResponseURL", "StackId", "RequestId", "LogicalResourceId")
    values = [event.get(key) for key in keys]
    if not all(isinstance(value, str) and value for value in values):
        return None
    url, stack_id, request_id, logical_id = (str(value) for value in values)
    if not _is_https(url):
        return None
    given = event.get("PhysicalResourceId")
    physical_id = given if isinstance(given, str) and given else None
    if len(json.dumps([stack_id, request_id, logical_id, physical_id])) > MAX_IDS:
        return None
    return Reply(url, stack_id, request_id, logical_id, physical_id)


def parse_event(event: object) -> Request:
    """Read an event that CloudFormation sent, all but its properties.

    Raises:
        MalformedEventError: with every reason why CloudFormation cannot have sent the event.

    Source: CloudFormation User Guide, "Custom resource request objects".
    """
    if not isinstance(event, Mapping):
        raise MalformedEventError(["The event is not a JSON object."])
    problems = []
    reply = parse_reply(event)
    if reply is None:
        problems.append(
            "ResponseURL (https), StackId, RequestId and LogicalResourceId are required, and must "
            "leave room for a response."
        )
    elif not _is_text(reply.request_id + reply.logical_id):
        problems.append("RequestId, LogicalResourceId: they hold half of a Unicode surrogate pair.")
    place = parse_stack_id(event.get("StackId"))
    if place is None:
        problems.append("StackId: it is not the ARN of a stack.")
    operation = next((each for each in Operation if each == event.get("RequestType")), None)
    if operation is None:
        problems.append("RequestType: it must be Create, Update or Delete.")
    properties = event.get("ResourceProperties", {})
    if operation is not Operation.DELETE and not isinstance(properties, Mapping):
        problems.append("ResourceProperties: it is not an object.")
    if operation is Operation.UPDATE and reply is not None and reply.physical_id is None:
        problems.append("PhysicalResourceId: an Update must name the resource that it updates.")
    if problems or reply is None or place is None or operation is None:
        raise MalformedEventError(problems)
    return Request(operation, reply, place)


def parse_stack_id(value: object) -> Place | None:
    """Read partition, region, account and name from a stack's ARN; None if it is not one."""
    match = _STACK_ID.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    return Place(match["partition"], match["region"], match["account"], match["name"])


def digest(*parts: str) -> str:
    """Give the SHA-256 digest of some texts: 64 hexadecimal digits."""
    # A separator that no part can hold keeps ("ab", "c") and ("a", "bc") apart. Half a character
    # must not fail here: an event with one is refused, and the refusal's id is a digest.
    return hashlib.sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()


def _is_https(url: str) -> bool:
    """Say whether a response can be sent there, as far as the URL itself tells."""
    if not _HTTPS_URL.fullmatch(url):
        return False
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        # Brackets without an address, or a port that is no number or too large.
        return False


def _is_text(value: str) -> bool:
    """Say whether every character is whole: JSON can hold half of one, UTF-8 cannot."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
