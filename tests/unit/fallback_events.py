"""What the fallback is called with: a failed step, execution or invocation of the functions."""

import json
from typing import Any

from provider.reconcile.state import State
from tests.unit import given

ERROR = {"Error": "States.Timeout", "Cause": f"no time left for {given.URL}"}


def state(operation: str = "Create", **fields: Any) -> dict[str, Any]:
    """The state of an operation, as the state machine holds it."""
    physical_id = None if operation == "Create" else given.ARN
    event = given.event(operation, physical_id=physical_id)
    dumped = State(event, 1.5, **fields).dump()
    travelled: dict[str, Any] = json.loads(json.dumps(dumped))
    return travelled


def failed_step(kept: dict[str, Any]) -> dict[str, Any]:
    """What the state machine sends when a step has failed for good."""
    return kept | {"error": ERROR}


def failed_execution(
    first: dict[str, Any], history: Any = None, *, status: str = "ABORTED"
) -> dict[str, Any]:
    """What the fallback's state machine sends: the status change, and the history if it has it."""
    detail = {"status": status, "input": json.dumps(first), "name": "its-execution"}
    return {"detail": detail} | ({} if history is None else {"history": history})


def failed_invocation(event: Any) -> dict[str, Any]:
    """What Lambda sends when the request function has failed for good."""
    return {
        "version": "1.0",
        "requestContext": {"condition": "RetriesExhausted", "approximateInvokeCount": 3},
        "requestPayload": event,
        "responsePayload": {"errorMessage": f"cannot import: {given.URL}"},
    }


def history(*newest_first: dict[str, Any]) -> dict[str, Any]:
    """What GetExecutionHistory gives, the newest event first, with what is of no use in between."""
    events: list[dict[str, Any]] = [{"Type": "ExecutionAborted"}]
    for each in newest_first:
        events += [
            {"Type": "TaskStateExited", "StateExitedEventDetails": {"Output": json.dumps(each)}},
            {"Type": "TaskSucceeded", "TaskSucceededEventDetails": {"Output": "{}"}},
        ]
    return {"Events": events}


FORMS = {
    "a step failed": failed_step(state("Update")),
    "the execution was aborted": failed_execution(state("Update")),
    "the execution was aborted, with its history": failed_execution(
        state("Update"), history(state("Update"))
    ),
    "the request function failed": failed_invocation(given.event("Update", physical_id=given.ARN)),
}
