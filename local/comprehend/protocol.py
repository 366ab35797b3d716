"""The AWS JSON 1.1 protocol: from a request's headers and body to the answer's, faults included."""

import json
import re
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.comprehend.arns import Scope
from local.comprehend.clock import Clock
from local.comprehend.errors import ServiceError
from local.comprehend.faults import Fault, Faults
from local.comprehend.model import EMULATED, Problem, api_model
from local.comprehend.operations import Operations
from local.comprehend.settings import Settings
from local.comprehend.traffic import Call, CallLog, Throttle

CONTENT_TYPE = "application/x-amz-json-1.1"
DEFAULT_ACCOUNT = "000000000000"
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request")


@dataclass(frozen=True)
class Reply:
    """What goes back to the client; `dropped` closes the connection without a word."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    dropped: bool = False


class Protocol:
    """One emulated service: the operations with the log, faults and limits around them."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.model = api_model()
        self.clock = clock
        self._delays_over = threading.Event()
        self._initial = settings
        self.lock = threading.RLock()
        self.reset()

    def reset(self) -> None:
        """Back to the beginning: no endpoints, no faults, an empty log, the first settings."""
        with self.lock:
            self.operations = Operations(self._initial, self.clock)
            self.faults = Faults()
            self.log = CallLog()
            self._throttle = Throttle()
        self.end_delays()

    def end_delays(self, for_good: bool = False) -> None:
        """Ends the delays under way; those to come too, where it is for good."""
        self._delays_over.set()
        if not for_good:
            self._delays_over = threading.Event()

    def handle(self, headers: Mapping[str, str], body: bytes) -> Reply:
        """Answers one request; header names are in lower case."""
        target = headers.get("x-amz-target") or ""
        prefix, _, operation = target.rpartition(".")
        try:
            scope = _scope(headers.get("authorization") or "")
            parameters = _parse(body)
        except ServiceError as error:
            return _error_reply(error)
        with self.lock:
            known = prefix == self.model.target_prefix and operation in EMULATED
            call = self.log.begin(
                self.clock(),
                scope.account,
                scope.region,
                operation if known else target,
                parameters,
            )
            fault = self.faults.take(operation, parameters) if known else None
        if fault and fault.delay_seconds:
            self._delays_over.wait(fault.delay_seconds)
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
        with self.lock:
            rates = self.operations.state.settings.requests_per_second
            key = (operation, scope.account, scope.region)
            if not self._throttle.admits(key, rates, self.clock()):
                raise ServiceError("ThrottlingException", "Rate exceeded")
        error = None
        if fault and fault.code is not None:
            error = ServiceError(fault.code, fault.message, fault.status)
            if not fault.after_effect:
                raise error
        self._refuse_invalid(self.model.request_problems(operation, parameters))
        failure = fault.fails_later if fault else None
        with self.lock:
            answer = self.operations.call(operation, parameters, scope, failure)
        if error:
            raise error
        call.outcome = "ok"
        return Reply(200, json.dumps(answer).encode(), _headers())

    def _refuse_invalid(self, problems: list[Problem]) -> None:
        """Raises ServiceError for parameters that the service model does not allow."""
        for problem in problems:
            if problem.wrong_type:
                raise ServiceError("SerializationException", str(problem))
        if problems:
            count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected"
            raise ServiceError(
                self.operations.state.settings.constraint_error,
                f"{count}: {'; '.join(str(problem) for problem in problems)}",
            )


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
    try:
        parameters = json.loads(body or b"{}")
    except ValueError as error:
        raise ServiceError("SerializationException", "The body is not JSON.") from error
    if not isinstance(parameters, dict):
        raise ServiceError("SerializationException", "The body is not an object.")
    return {name: value for name, value in parameters.items() if value is not None}


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
