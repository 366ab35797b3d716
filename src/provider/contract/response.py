"""The response to CloudFormation: its physical ids, its body, its limits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .errors import MalformedEventError
from .event import Reply
from .limits import MAX_RESPONSE

_ELLIPSIS = " [...]"
_FAILED = "failed/"


def success(reply: Reply, physical_id: str, data: Mapping[str, str]) -> dict[str, Any]:
    """Build the response to a request that succeeded.

    Raises:
        ValueError: the physical id is empty, or the body exceeds 4096 bytes.
    """
    body = _body(reply, "SUCCESS", physical_id) | {"Data": dict(data)}
    size = len(encode(body))
    if size > MAX_RESPONSE:
        raise ValueError(f"a response of {size} bytes exceeds CloudFormation's {MAX_RESPONSE}")
    return body


def failure(reply: Reply, physical_id: str, reason: str) -> dict[str, Any]:
    """Build the response to a request that failed; a long reason loses its end, never its start."""
    body = _body(reply, "FAILED", physical_id)
    words = " ".join(reason.split()) or "The provider gave no reason: see its log."
    body["Reason"] = words
    while len(encode(body)) > MAX_RESPONSE and words:
        # Characters beyond ASCII take up to twelve bytes: cut by the excess, then measure again.
        excess = len(encode(body)) - MAX_RESPONSE
        words = words[: -max(1, excess // 12)]
        body["Reason"] = words + _ELLIPSIS
    return body


def rejection(reply: Reply, error: MalformedEventError) -> dict[str, Any]:
    """Build the response to an event that is not a proper request, with every reason.

    The request function and the fallback both give it, so that it is always the same.
    """
    physical_id = reply.physical_id or failed_id(reply)
    return failure(reply, physical_id, " ".join(error.problems))


def encode(body: Mapping[str, Any]) -> bytes:
    """Give the bytes to send; equal bodies give equal bytes."""
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()


def failed_id(reply: Reply) -> str:
    """Give the physical id of a Create that failed.

    It is no ARN, so its Delete observes the endpoints that the properties can mean, and deletes
    one only on proof.
    """
    return _FAILED + reply.digest


def _body(reply: Reply, status: str, physical_id: str) -> dict[str, Any]:
    if not physical_id:
        raise ValueError("a response needs a physical resource id")
    return {
        "Status": status,
        "PhysicalResourceId": physical_id,
        "StackId": reply.stack_id,
        "RequestId": reply.request_id,
        "LogicalResourceId": reply.logical_id,
    }
