"""Entry point of the last resort: it answers when everything else has failed for good.

Only the standard library, and of this package only what needs no more, so that it works where the
other functions cannot even be imported: what needs the SDK is imported when it is used, and done
without where that fails. What it cannot deliver it raises, and its caller puts the request into the
queue.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from typing import Any

from provider import answer
from provider.delivery import deliver
from provider.errors import MalformedEventError
from provider.identity import undetermined_id
from provider.request import Reply, parse_reply, parse_request

SERVICE = "comprehend-endpoint-provider"
REASON = (
    "The provider failed: {cause}. What it was doing may be half done; the deletion or rollback "
    "that follows removes what is left. See the provider's log, then deploy again."
)


def handler(event: Any, context: Any, executions: Any = None) -> dict[str, Any]:
    """Send the answer that was already decided, else FAILED with the right id.

    A request that the request function has failed at may have its execution all the same: then
    that answers, and nobody else. If it has none, one is started with the answer.

    Args:
        event: the state of an operation with an ``error``, from the state machine; an execution's
            status change with its ``history``, from the last-resort state machine; or the record
            of a failed asynchronous invocation of the request function.
        executions: gives Step Functions for a request; what the environment names if None.

    Raises:
        ValueError: the event holds no request that could be answered.
        DeliveryError: CloudFormation does not take the answer.
    """
    state, cause = _unpack(event)
    request = state.get("event", state)
    reply = parse_reply(request)
    if reply is None:
        _log("ERROR", "nobody to answer: the event holds no request", None, cause)
        raise ValueError("the event holds no request that could be answered")
    operation = str(request.get("RequestType")) if isinstance(request, Mapping) else ""
    decided = _decided(reply, state, request)
    body = decided or _failure(reply, state, cause)
    if decided is None and "requestPayload" in event:
        by = _handed_over(request, body, executions)
        if by is not None:
            _log("ERROR", f"the request is answered by {by}", reply, cause, operation)
            return {"answered": f"by {by}"}
    _log("ERROR", f"the last resort answers {body.get('Status')}", reply, cause, operation)
    _count()
    deliver(reply.response_url, body)
    return {"answered": body.get("Status")}


def _handed_over(event: Mapping[str, Any], body: Mapping[str, Any], executions: Any) -> str | None:
    """Have an execution answer; say which one, or None where that is not known to happen."""
    try:
        # Not at the top: it needs the SDK.
        from provider.handover import hand_over

        if not hand_over(parse_request(event), event, body, executions):
            return "the execution that it has"
    except Exception as error:
        _log("ERROR", "no execution could be started: it answers itself", None, _named(error))
        return None
    _count()
    return "an execution that was started with the answer"


def _named(error: Exception) -> str:
    """Name an error; its text may quote the request."""
    answer_of_aws = getattr(error, "response", {})
    return str(answer_of_aws.get("Error", {}).get("Code", type(error).__name__))


def _decided(reply: Reply, state: Mapping[str, Any], request: object) -> dict[str, Any] | None:
    """Give the answer that was decided, and perhaps sent, already; None where there is none."""
    kept = state.get("answer")
    if isinstance(kept, dict):
        return kept
    try:
        parse_request(request)
    except MalformedEventError as error:
        return answer.rejection(reply, error)
    return None


def _failure(reply: Reply, state: Mapping[str, Any], cause: str) -> dict[str, Any]:
    physical_id = reply.physical_id or _created_id(reply, state)
    return answer.failure(reply, physical_id, REASON.format(cause=cause))


def _created_id(reply: Reply, state: Mapping[str, Any]) -> str:
    """Give the id of a Create: the ARN where the state says that the endpoint was made.

    Otherwise an id that has the Delete look at whatever the properties name, and whose it is.
    """
    progression = state.get("progression") or {}
    made = progression.get("creations") or progression.get("whose") == "made"
    arn = state.get("arn")
    return arn if made and isinstance(arn, str) and arn else undetermined_id(reply)


def _unpack(event: Any) -> tuple[Mapping[str, Any], str]:
    """Find an operation's newest state, or its first event, and the cause of the failure."""
    if not isinstance(event, Mapping):
        return {}, "an event that is no object"
    if isinstance(event.get("detail"), Mapping):
        detail = event["detail"]
        states = [*_states(event.get("history")), _json(detail.get("input"))]
        newest = next((each for each in states if isinstance(each.get("event"), Mapping)), {})
        return newest, f"its execution ended as {detail.get('status')}"
    if "requestPayload" in event:
        condition = (event.get("requestContext") or {}).get("condition", "unknown")
        # An event of whoever invoked it, never a state, whatever its keys are called.
        return {"event": _json(event["requestPayload"])}, f"the request function ({condition})"
    error = event.get("error")
    name = error.get("Error", "unknown") if isinstance(error, Mapping) else "unknown"
    return event, f"a step of the operation ({name})"


def _states(history: Any) -> list[Mapping[str, Any]]:
    """Read the states that an execution went through from its history, the newest first.

    Where a step was tried again and again, the newest events hold it only as what the step was
    called with. Step Functions' API spells names in camelCase, its integration in PascalCase.
    """
    events = history.get("events", history.get("Events")) if isinstance(history, Mapping) else []
    found = []
    for each in events or []:
        details = {f"{name[:1].lower()}{name[1:]}": value for name, value in each.items()}
        for name, key in _WHERE_STATES_ARE:
            kept = details.get(name) or {}
            found.append(_json(kept.get(key) or kept.get(key.capitalize())))
    return [each.get("Payload", each) for each in found]


_WHERE_STATES_ARE = (
    ("stateExitedEventDetails", "output"),
    ("taskScheduledEventDetails", "parameters"),
    ("stateEnteredEventDetails", "input"),
)


def _json(text: object) -> Mapping[str, Any]:
    try:
        value = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return {}
    return value if isinstance(value, Mapping) else {}


def _log(level: str, message: str, reply: Reply | None, cause: str, operation: str = "") -> None:
    line = {"level": level, "message": message, "service": SERVICE, "cause": cause}
    if reply is not None:
        line |= {
            "stack": reply.stack_id,
            "logical_id": reply.logical_id,
            "request": reply.request_id,
            "operation": operation,
        }
    _emit(line)


def _count() -> None:
    """Count one answer of the last resort, in CloudWatch's embedded metric format."""
    dimensions = {"service": SERVICE}
    metric = {
        "Namespace": "ComprehendEndpointProvider",
        "Dimensions": [list(dimensions)],
        "Metrics": [{"Name": "LastResortAnswers", "Unit": "Count"}],
    }
    stamp = int(time.time() * 1000)
    embedded = {"_aws": {"Timestamp": stamp, "CloudWatchMetrics": [metric]}, "LastResortAnswers": 1}
    _emit(embedded | dimensions)


def _emit(line: Mapping[str, Any]) -> None:
    # Lambda sends what is printed to the log group.
    sys.stdout.write(json.dumps(line) + "\n")
