"""Entry point of the fallback function: it answers when everything else has failed for good.

It imports only the standard library, and of this package only modules that need no more, so that
it works even if the other functions cannot be imported. What needs the SDK is imported when it is
used; the fallback goes on without it if that fails.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from typing import Any

from provider.aws.delivery import deliver
from provider.contract.event import Reply, parse_event
from provider.reconcile.fallback import Unanswered, read

SERVICE = "comprehend-endpoint-provider"


def handler(event: Any, context: Any, executions: Any = None) -> dict[str, Any]:
    """Send the response that was already decided, else FAILED with the right id.

    If the request function failed, the request may have its execution all the same: then that
    answers. If it has none, one is started with the response.

    Args:
        event: see :func:`provider.reconcile.fallback.read`.
        executions: gives Step Functions for a request; by default what the environment names.

    Raises:
        ValueError: the event holds no request that could be answered.
        DeliveryError: CloudFormation does not accept the response. The caller puts the request
            into the queue.
    """
    unanswered = read(event)
    reply, cause = unanswered.reply, unanswered.cause
    if reply is None:
        _log("ERROR", "cannot answer: the event holds no request", unanswered, cause)
        raise ValueError("the event holds no request that could be answered")
    decided = unanswered.decided()
    body = decided or unanswered.failure(reply)
    if decided is None and unanswered.may_have_execution:
        by = _hand_over(unanswered, reply, body, executions)
        if by is not None:
            _log("ERROR", f"the request is answered by {by}", unanswered, cause)
            return {"answered": f"by {by}"}
    _log("ERROR", f"the fallback answers {body.get('Status')}", unanswered, cause)
    _count()
    deliver(reply.response_url, body)
    return {"answered": body.get("Status")}


def _hand_over(
    unanswered: Unanswered, reply: Reply, body: Mapping[str, Any], executions: Any
) -> str | None:
    """Have an execution answer; say which one, or None if no execution is known to answer.

    An execution's name is taken once, and whoever takes it answers: a request function that died
    after it had started the execution, a late duplicate of the event, or this function.
    """
    try:
        # Not at the top: they may need the SDK, or a part of this package that is broken.
        from provider.model.naming import execution_name
        from provider.reconcile.handover import answering_state

        state = answering_state(unanswered.event, body, time.time())
        connect = executions or _connect_executions
        if not connect(parse_event(unanswered.event)).start(execution_name(reply), state):
            return "the execution that it has"
    except Exception as error:
        # The text of an error may quote the request.
        name = str(getattr(error, "code", type(error).__name__))
        _log("ERROR", "no execution could be started: the fallback answers", unanswered, name)
        return None
    _count()
    return "an execution that was started with the response"


def _connect_executions(request: Any) -> Any:
    from provider.aws.step_functions import StepFunctionsGateway
    from provider.telemetry import quiet_libraries

    # The state holds the ResponseURL, and the SDK's debug lines hold what it sends.
    quiet_libraries()
    return StepFunctionsGateway(request.place.region, os.environ["STATE_MACHINE_ARN"])


def _log(level: str, message: str, unanswered: Unanswered, cause: str) -> None:
    line = {"level": level, "message": message, "service": SERVICE, "cause": cause}
    reply, event = unanswered.reply, unanswered.event
    if reply is not None:
        line |= {
            "stack": reply.stack_id,
            "logical_id": reply.logical_id,
            "request": reply.request_id,
            "operation": str(event.get("RequestType")),
        }
    _emit(line)


def _count() -> None:
    """Count one answer of the fallback, in CloudWatch's embedded metric format."""
    dimensions = {"service": SERVICE}
    metric = {
        "Namespace": "ComprehendEndpointProvider",
        "Dimensions": [list(dimensions)],
        "Metrics": [{"Name": "FallbackAnswers", "Unit": "Count"}],
    }
    stamp = int(time.time() * 1000)
    embedded = {"_aws": {"Timestamp": stamp, "CloudWatchMetrics": [metric]}, "FallbackAnswers": 1}
    _emit(embedded | dimensions)


def _emit(line: Mapping[str, Any]) -> None:
    # Lambda sends what is printed to the log group.
    sys.stdout.write(json.dumps(line) + "\n")
