"""What Step Functions and CloudFormation answer, in the forms that the SDK reads.

Step Functions: AWS JSON 1.0. CloudFormation: the query protocol, with XML for answers.
"""

import json
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from local.comprehend.protocol import Reply
from provider.model.stack import StackView
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


def stacks(stack_id: str, view: StackView) -> Reply:
    """DescribeStacks of one stack."""
    if view.stack_status is None:
        return _validation_error(f"Stack with id {stack_id} does not exist")
    stack = {
        "StackId": stack_id,
        "StackName": stack_id.split("/")[1],
        "CreationTime": SOME_TIME,
        "StackStatus": view.stack_status,
    }
    return _xml("DescribeStacks", f"<Stacks><member>{_elements(stack)}</member></Stacks>")


def stack_resource(stack_id: str, logical_id: str, view: StackView) -> Reply:
    """DescribeStackResource."""
    if not view.listed:
        return _validation_error(f"Resource {logical_id} does not exist for stack {stack_id}")
    detail = {
        "StackId": stack_id,
        "LogicalResourceId": logical_id,
        "ResourceType": "Custom::ComprehendEndpoint",
        "ResourceStatus": str(view.resource_status),
        "LastUpdatedTimestamp": SOME_TIME,
    }
    content = f"<StackResourceDetail>{_elements(detail)}</StackResourceDetail>"
    return _xml("DescribeStackResource", content)


def invalid_action(action: str) -> Reply:
    return _error("InvalidAction", f"Could not find operation {action}")


def _json(status: int, told: Mapping[str, Any]) -> Reply:
    headers = {"Content-Type": "application/x-amz-json-1.0"}
    return Reply(status, json.dumps(told).encode(), headers)


def _xml(action: str, content: str) -> Reply:
    result = f"<{action}Result>{content}</{action}Result>"
    text = f'<{action}Response xmlns="{NAMESPACE}">{result}</{action}Response>'
    return Reply(200, text.encode(), {"Content-Type": "text/xml"})


def _validation_error(message: str) -> Reply:
    return _error("ValidationError", message)


def _error(code: str, message: str) -> Reply:
    told = _elements({"Type": "Sender", "Code": code, "Message": message})
    text = f'<ErrorResponse xmlns="{NAMESPACE}"><Error>{told}</Error></ErrorResponse>'
    return Reply(400, text.encode(), {"Content-Type": "text/xml"})


def _elements(values: Mapping[str, str]) -> str:
    return "".join(f"<{name}>{escape(value)}</{name}>" for name, value in values.items())
