"""What Step Functions and CloudFormation answer, in the forms that the SDK reads.

Step Functions: AWS JSON 1.0. CloudFormation: the query protocol, with XML for answers.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

from local.comprehend.protocol import Reply
from provider.model.stack import StackEvent, StackRecord
from tests.campaign.processes.loopback import STATE_MACHINE

NAMESPACE = "http://cloudformation.amazonaws.com/doc/2010-05-15/"
SOME_TIME = "2027-01-15T08:00:00Z"


def started(name: str, now: float) -> Reply:
    arn = f"{STATE_MACHINE.replace(':stateMachine:', ':execution:')}:{name}"
    return _json(200, {"executionArn": arn, "startDate": now})


def already_exists(name: str) -> Reply:
    return _json(
        400, {"__type": "ExecutionAlreadyExists", "message": f"Execution Already Exists: '{name}'"}
    )


def unknown_operation(operation: str) -> Reply:
    return _json(400, {"__type": "UnknownOperationException", "message": operation})


def running(starts: Mapping[str, float]) -> Reply:
    """ListExecutions."""
    machine, executions = STATE_MACHINE, STATE_MACHINE.replace(":stateMachine:", ":execution:")
    listed = [
        {
            "executionArn": f"{executions}:{name}",
            "stateMachineArn": machine,
            "name": name,
            "status": "RUNNING",
            "startDate": started,
        }
        for name, started in starts.items()
    ]
    return _json(200, {"executions": listed})


def stacks(stack_id: str, stack: StackRecord | None) -> Reply:
    """DescribeStacks of one stack."""
    if stack is None:
        return _does_not_exist(stack_id)
    told = {
        "StackId": stack_id,
        "StackName": stack_id.split("/")[1],
        "CreationTime": SOME_TIME,
        "StackStatus": stack.status,
    }
    if stack.root_id is not None:
        told["RootId"] = stack.root_id
    return _xml("DescribeStacks", f"<Stacks><member>{_elements(told)}</member></Stacks>")


def stack_events(stack_id: str, events: Sequence[StackEvent]) -> Reply:
    """DescribeStackEvents, in one page."""
    if not events:
        return _does_not_exist(stack_id)
    members = [
        {
            "StackId": stack_id,
            "StackName": stack_id.split("/")[1],
            "EventId": str(number),
            "LogicalResourceId": event.logical_id,
            "PhysicalResourceId": event.physical_id,
            "ResourceStatus": event.status,
            "Timestamp": event.at.isoformat(),
        }
        for number, event in enumerate(events)
    ]
    content = "".join(f"<member>{_elements(each)}</member>" for each in members)
    return _xml("DescribeStackEvents", f"<StackEvents>{content}</StackEvents>")


def invalid_action(action: str) -> Reply:
    return _error("InvalidAction", f"Could not find operation {action}")


def _json(status: int, told: Mapping[str, Any]) -> Reply:
    headers = {"Content-Type": "application/x-amz-json-1.0"}
    return Reply(status, json.dumps(told).encode(), headers)


def _xml(action: str, content: str) -> Reply:
    result = f"<{action}Result>{content}</{action}Result>"
    text = f'<{action}Response xmlns="{NAMESPACE}">{result}</{action}Response>'
    return Reply(200, text.encode(), {"Content-Type": "text/xml"})


def _does_not_exist(stack_id: str) -> Reply:
    return _error("ValidationError", f"Stack [{stack_id}] does not exist")


def _error(code: str, message: str) -> Reply:
    told = _elements({"Type": "Sender", "Code": code, "Message": message})
    text = f'<ErrorResponse xmlns="{NAMESPACE}"><Error>{told}</Error></ErrorResponse>'
    return Reply(400, text.encode(), {"Content-Type": "text/xml"})


def _elements(values: Mapping[str, str]) -> str:
    return "".join(f"<{name}>{escape(value)}</{name}>" for name, value in values.items())
