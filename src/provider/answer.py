"""The answer to CloudFormation: its body, within its limits, the cause first."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from provider.errors import MalformedEventError
from provider.identity import not_created_id
from provider.request import Reply

MAX_BODY = 4096
"""Bytes; CloudFormation User Guide, "Custom resource response objects"."""

_ELLIPSIS = " [...]"


def success(reply: Reply, physical_id: str, data: Mapping[str, str]) -> dict[str, Any]:
    """Build the answer to a request that succeeded.

    Raises:
        ValueError: the physical id is empty, or the body exceeds 4096 bytes.
    """
    body = _body(reply, "SUCCESS", physical_id) | {"Data": dict(data)}
    size = len(encode(body))
    if size > MAX_BODY:
        raise ValueError(f"an answer of {size} bytes exceeds CloudFormation's {MAX_BODY}")
    return body


def failure(reply: Reply, physical_id: str, reason: str) -> dict[str, Any]:
    """Build the answer to a request that failed; a long reason loses its end, never its start."""
    body = _body(reply, "FAILED", physical_id)
    words = " ".join(reason.split()) or "The provider gave no reason: see its log."
    body["Reason"] = words
    while len(encode(body)) > MAX_BODY and words:
        # Characters beyond ASCII take up to twelve bytes: cut by what is over, then look again.
        over = len(encode(body)) - MAX_BODY
        words = words[: -max(1, over // 12)]
        body["Reason"] = words + _ELLIPSIS
    return body


def rejection(reply: Reply, error: MalformedEventError) -> dict[str, Any]:
    """Build the answer to an event that is no proper request, with every reason.

    Both the request function and the last resort give it, so that it is always the same.
    """
    physical_id = reply.physical_id or not_created_id(reply)
    return failure(reply, physical_id, " ".join(error.problems))


def encode(body: Mapping[str, Any]) -> bytes:
    """Give the bytes that are sent; the same for the same body."""
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode()


def _body(reply: Reply, status: str, physical_id: str) -> dict[str, Any]:
    if not physical_id:
        raise ValueError("an answer needs a physical resource id")
    return {
        "Status": status,
        "PhysicalResourceId": physical_id,
        "StackId": reply.stack_id,
        "RequestId": reply.request_id,
        "LogicalResourceId": reply.logical_id,
    }
