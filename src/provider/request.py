"""What CloudFormation asks: one event, checked and typed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from provider.errors import MalformedEventError

_STACK_ID = re.compile(
    # The region becomes a part of host names: us-east-1, us-gov-west-1, eusc-de-east-1.
    r"arn:(?P<partition>aws[a-z-]*):cloudformation"
    r":(?P<region>[a-z]{2,9}(?:-[a-z]{1,9}){1,3}-[0-9]{1,2}):(?P<account>[0-9]{12})"
    r":stack/(?P<name>[A-Za-z0-9-]+)/[A-Za-z0-9-]+"
)
# The characters of RFC 3986. JSON escapes none of them, so that the log's formatter finds the URL.
_HTTPS_URL = re.compile(r"(?i:https)://[A-Za-z0-9._~:/?#@!$&'()*+,;=%\[\]-]+")

MAX_IDS = 3072
"""Bytes of JSON that an event's ids may take: an answer, of 4096 bytes at most, repeats them.
CloudFormation's own take less than 1800."""


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
    """What is needed to answer an event, whatever else is wrong with it.

    ``response_url`` is a pre-signed credential: it is kept out of the representation, so that no
    log line can show it by accident.
    """

    response_url: str
    stack_id: str
    request_id: str
    logical_id: str
    physical_id: str | None

    def __repr__(self) -> str:
        return f"Reply({self.stack_id}, {self.logical_id}, {self.request_id})"


@dataclass(frozen=True, slots=True)
class Request:
    """A Create, Update or Delete of one resource."""

    operation: Operation
    reply: Reply
    place: Place
    properties: Mapping[str, Any]
    old_properties: Mapping[str, Any]

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
        """The id that an earlier answer gave, None on Create."""
        return self.reply.physical_id


def parse_reply(event: object) -> Reply | None:
    """Read what is needed to answer an event.

    Returns:
        None where there is nobody to answer: the event lacks an HTTPS ResponseURL or one of the
        three ids that an answer must repeat, or its ids leave no room for an answer.
    """
    if not isinstance(event, Mapping):
        return None
    keys = ("ResponseURL", "StackId", "RequestId", "LogicalResourceId")
    values = [event.get(key) for key in keys]
    if not all(isinstance(value, str) and value for value in values):
        return None
    url, stack_id, request_id, logical_id = values
    if not _is_https(str(url)):
        return None
    given = event.get("PhysicalResourceId")
    physical_id = given if isinstance(given, str) and given else None
    if len(json.dumps([stack_id, request_id, logical_id, physical_id])) > MAX_IDS:
        return None
    return Reply(
        response_url=str(url),
        stack_id=str(stack_id),
        request_id=str(request_id),
        logical_id=str(logical_id),
        physical_id=physical_id,
    )


def _is_https(url: str) -> bool:
    """Say whether an answer could be sent there, as far as the URL itself tells."""
    if not _HTTPS_URL.fullmatch(url):
        return False
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        # Brackets around what is no address, or a port that is no number or too large.
        return False


def _is_text(value: str) -> bool:
    """Say whether every character is whole: JSON can hold half of a surrogate pair, UTF-8 not."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def parse_request(event: object) -> Request:
    """Read an event that CloudFormation sent.

    Raises:
        MalformedEventError: the event is none of CloudFormation's, with every reason.

    Source: CloudFormation User Guide, "Custom resource request objects".
    """
    if not isinstance(event, Mapping):
        raise MalformedEventError(["The event is not a JSON object."])
    problems = []
    reply = parse_reply(event)
    if reply is None:
        problems.append(
            "ResponseURL (https), StackId, RequestId and LogicalResourceId must all be there, and "
            "leave room for an answer."
        )
    elif not _is_text(reply.request_id + reply.logical_id):
        problems.append("RequestId, LogicalResourceId: they must hold whole characters.")
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
        problems.append("PhysicalResourceId: an Update must name what it updates.")
    if problems or reply is None or place is None or operation is None:
        raise MalformedEventError(problems)
    return Request(
        operation=operation,
        reply=reply,
        place=place,
        properties=_mapping(properties),
        # Whatever is wrong with them: old properties never fail a request.
        old_properties=_mapping(event.get("OldResourceProperties")),
    )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def parse_stack_id(value: object) -> Place | None:
    """Read partition, region, account and name from a stack's ARN; None where it is none."""
    match = _STACK_ID.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    return Place(match["partition"], match["region"], match["account"], match["name"])
