"""The AWS JSON 1.1 protocol: from a request's headers and body to the answer's, faults included."""

import json
import re
import threading
import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.comprehend.arns import Scope
from local.comprehend.clock import Clock
from local.comprehend.errors import ServiceError
from local.comprehend.faults import Fault, Faults
from local.comprehend.model import EMULATED, api_model, is_of_type
from local.comprehend.operations import Operations
from local.comprehend.settings import Settings

CONTENT_TYPE = "application/x-amz-json-1.1"
DEFAULT_ACCOUNT = "000000000000"
LONGEST_LOG = 100_000
"""Calls that are kept; older ones are dropped."""
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")


@dataclass(frozen=True)
class Reply:
    """What goes back to the client; `dropped` closes the connection without a word."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    dropped: bool = False


@dataclass
class Call:
    """One request as the service saw it; `sequence` counts from 1, `time` is the clock's."""

    sequence: int
    time: float
    account: str
    region: str
    operation: str
    parameters: dict[str, Any]
    outcome: str = "pending"
    """`pending`, `ok`, `dropped` (before it took effect), or the error's code."""
    status: int | None = None
    """The answer's HTTP status, if there was an answer."""
    answer: str = "sent"
    """What became of the answer: `sent`, `dropped`, `malformed` or `empty`."""


class Protocol:
    """One emulated service: the operations with the log, faults and limits around them."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.model = api_model()
        self.clock = clock
        self._initial = settings
        self.lock = threading.RLock()
        self.reset()

    def reset(self) -> None:
        """Back to the beginning: no endpoints, no faults, an empty log, the first settings."""
        with self.lock:
            self.operations = Operations(self._initial, self.clock)
            self.faults = Faults()
            self.calls: deque[Call] = deque(maxlen=LONGEST_LOG)
            self._sequence = 0
            self._buckets: dict[tuple[str, str, str], tuple[float, float]] = {}

    def handle(self, headers: Mapping[str, str], body: bytes) -> Reply:
        """Answers one request; header names are in lower case."""
        target = headers.get("x-amz-target") or ""
        prefix, _, operation = target.rpartition(".")
        try:
            scope = _scope(headers.get("authorization") or "")
            parameters = _parse(body)
        except ServiceError as error:
            return _error_reply(error)
        known = prefix == self.model.target_prefix and operation in EMULATED
        name = operation if known else target
        with self.lock:
            self._sequence += 1
            call = Call(self._sequence, self.clock(), scope.account, scope.region, name, parameters)
            self.calls.append(call)
            fault = self.faults.take(operation, parameters) if known else None
        try:
            if not known:
                raise ServiceError(
                    "UnknownOperationException", f"{target or 'No target'} is not emulated."
                )
            reply = self._carry_out(call, scope, fault)
        except ServiceError as error:
            call.outcome = error.code
            reply = _error_reply(error)
        reply = _distorted(reply, fault, call)
        call.status = None if reply.dropped else reply.status
        return reply

    def _carry_out(self, call: Call, scope: Scope, fault: Fault | None) -> Reply:
        operation, parameters = call.operation, call.parameters
        if fault and fault.drop == "before":
            call.outcome = "dropped"
            return Reply(0, dropped=True)
        self._throttle(operation, scope)
        error = None
        if fault and fault.code is not None:
            error = ServiceError(fault.code, fault.message, fault.status)
            if not fault.after_effect:
                raise error
        _refuse(self.model.request_problems(operation, parameters))
        failure = fault.fails_later if fault else None
        with self.lock:
            answer = self.operations.call(operation, parameters, scope, failure)
        if error:
            raise error
        call.outcome = "ok"
        return Reply(200, json.dumps(answer).encode(), _headers())

    def _throttle(self, operation: str, scope: Scope) -> None:
        """Raises ServiceError above the operation's rate, if it has one.

        A token bucket per operation, account and region, as deep as one second's rate.
        """
        with self.lock:
            rate = self.operations.state.settings.requests_per_second.get(operation)
            if rate is None:
                return
            key, now, depth = (operation, scope.account, scope.region), self.clock(), max(rate, 1.0)
            tokens, last = self._buckets.get(key, (depth, now))
            tokens = min(depth, tokens + (now - last) * rate)
            self._buckets[key] = (tokens - 1 if tokens >= 1 else tokens, now)
        if tokens < 1:
            raise ServiceError("ThrottlingException", "Rate exceeded")


def _refuse(problems: list[str]) -> None:
    """Raises ServiceError for parameters that the service model does not allow.

    The service answers ValidationException where the front end finds it (aws/aws-sdk-java, issue
    1684, shows one of Comprehend's), though the service model does not list that code.
    """
    of_type = [problem for problem in problems if is_of_type(problem)]
    if of_type:
        raise ServiceError("SerializationException", of_type[0])
    if problems:
        count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected"
        raise ServiceError("ValidationException", f"{count}: {'; '.join(problems)}")


def _scope(authorization: str) -> Scope:
    """The account and region of a request signed with Signature Version 4.

    The signature is not checked. An access key of twelve digits is the account, as MiniStack has
    it. Raises ServiceError where there is no such header.
    """
    found = _CREDENTIAL.search(authorization)
    if not found:
        raise ServiceError("MissingAuthenticationTokenException", "The request is not signed.", 403)
    key, region, service = found.groups()
    if service != "comprehend":
        raise ServiceError(
            "InvalidSignatureException", f"Signed for {service}, not for comprehend.", 403
        )
    return Scope(key if re.fullmatch(r"\d{12}", key) else DEFAULT_ACCOUNT, region)


def _parse(body: bytes) -> dict[str, Any]:
    """The parameters. On the wire a null says the same as a member left out."""
    try:
        parameters = json.loads(body or b"{}", object_hook=_without_nulls)
    except ValueError as error:
        raise ServiceError("SerializationException", "The body is not JSON.") from error
    if not isinstance(parameters, dict):
        raise ServiceError("SerializationException", "The body is not an object.")
    return parameters


def _without_nulls(value: dict[str, Any]) -> dict[str, Any]:
    return {name: item for name, item in value.items() if item is not None}


def _headers() -> dict[str, str]:
    return {"Content-Type": CONTENT_TYPE, "x-amzn-RequestId": str(uuid.uuid4())}


def _error_reply(error: ServiceError) -> Reply:
    body = json.dumps({"__type": error.code, "Message": error.message}).encode()
    return Reply(error.status, body, {**_headers(), "x-amzn-errortype": error.code})


def _distorted(reply: Reply, fault: Fault | None, call: Call) -> Reply:
    """What a fault leaves of the answer."""
    if reply.dropped or (fault and fault.drop == "after"):
        call.answer = "dropped"
        return Reply(0, dropped=True)
    if fault and fault.body:
        call.answer = fault.body
        body = b"" if fault.body == "empty" else b'{"EndpointArn": "arn:aws:compr'
        return Reply(reply.status, body, reply.headers)
    return reply
