"""What the demo asks of the embedded AWS, and what it observes there."""

import json
import time
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from local.demo.seen import Call, Endpoint, Event, Look, configuration, name_of
from local.demo.steps import Asked, Step, Verb
from local.installation import PROJECT, STACK_NAME
from local.launcher import EmbeddedAws

EXAMPLE = PROJECT / "examples" / "01-classifier.yaml"
RESOURCE = "Sentiment"
"""The endpoint's logical id in the example."""
SERVICE_TIMEOUT = 120
"""Seconds after which CloudFormation gives up on an operation."""


class Cloud:
    """The embedded AWS with the provider installed."""

    def __init__(self, aws: EmbeddedAws) -> None:
        self._aws = aws
        self._admin = aws.comprehend.admin
        self._stacks = aws.client("cloudformation")
        self._executions = aws.client("stepfunctions")
        self._logs = aws.client("logs")
        (provider,) = self._stacks.describe_stacks(StackName=STACK_NAME)["Stacks"]
        self._outputs = {each["OutputKey"]: each["OutputValue"] for each in provider["Outputs"]}
        self._ids: dict[str, str] = {}
        self._stack = ""
        self._old_events: set[str] = set()
        self._last_call = 0

    def break_model(self, version: str, message: str) -> None:
        """Makes the emulator fail to load a version of the model."""
        self._admin.put_model(self._model(version), "broken", message=message)

    def start(self, step: Step) -> str | None:
        """Asks CloudFormation for a step.

        Gives the endpoint's ARN before it. From now on, `look` observes this step.
        """
        self._stack = step.stack
        known = step.stack in self._ids
        before = self._endpoint() if known else None
        self._old_events = {each["EventId"] for each in self._raw_events()} if known else set()
        calls = self._admin.calls()
        self._last_call = calls[-1]["sequence"] if calls else 0
        if step.verb is Verb.DELETE:
            self._stacks.delete_stack(StackName=step.stack)
        else:
            ask = getattr(self._stacks, f"{step.verb.value}_stack")
            answer = ask(
                StackName=step.stack,
                TemplateBody=EXAMPLE.read_text(encoding="utf-8"),
                Parameters=self._parameters(step.asked),
            )
            self._ids[step.stack] = answer["StackId"]
        return before

    def look(self) -> Look:
        """Observes how far the step is."""
        # The order matters: if the stack and the state machine are done, the rest is final.
        stack_id = self._ids[self._stack]
        (stack,) = self._stacks.describe_stacks(StackName=stack_id)["Stacks"]
        running = self._executions.list_executions(
            stateMachineArn=self._outputs["StateMachineArn"], statusFilter="RUNNING"
        )
        return Look(
            stack=self._stack,
            status=stack["StackStatus"],
            working=bool(running["executions"]),
            events=tuple(
                _event(each, self._stack)
                for each in reversed(self._raw_events())
                if each["EventId"] not in self._old_events
            ),
            arn=self._endpoint(),
            endpoints=self.endpoints(),
            calls=tuple(_call(each) for each in self._admin.calls(since=self._last_call)),
            at=time.time(),
        )

    def endpoints(self) -> tuple[Endpoint, ...]:
        """All endpoints that exist, of all stacks."""
        return tuple(_endpoint(each) for each in self._admin.endpoints())

    def log_tail(self, count: int = 12) -> list[str]:
        """The last lines that the provider has logged."""
        pages = self._logs.get_paginator("filter_log_events")
        events = [
            event
            for output in ("LogGroupName", "FallbackLogGroupName")
            for page in pages.paginate(logGroupName=self._outputs[output])
            for event in page["events"]
        ]
        events.sort(key=lambda event: event["timestamp"])
        lines = (log_line(event["message"]) for event in events)
        return [line for line in lines if line][-count:]

    def _model(self, version: str) -> str:
        place = f"{self._aws.region}:{self._aws.account}"
        return f"arn:aws:comprehend:{place}:document-classifier/reviews/version/{version}"

    def _parameters(self, asked: Asked | None) -> list[dict[str, str]]:
        if asked is None:
            return []
        values: Mapping[str, object] = {
            "ModelArn": self._model(asked.version),
            "InferenceUnits": asked.units,
            "EndpointName": asked.name,
            "ServiceTimeout": SERVICE_TIMEOUT,
        }
        return [
            {"ParameterKey": key, "ParameterValue": str(value)} for key, value in values.items()
        ]

    def _raw_events(self) -> list[Any]:
        """The stack's events, the newest first."""
        pages = self._stacks.get_paginator("describe_stack_events").paginate(
            StackName=self._ids[self._stack]
        )
        return [event for page in pages for event in page["StackEvents"]]

    def _endpoint(self) -> str | None:
        """The ARN that the stack's resource has for a physical id."""
        try:
            found = self._stacks.describe_stack_resource(
                StackName=self._ids[self._stack], LogicalResourceId=RESOURCE
            )["StackResourceDetail"]
        except ClientError:  # The stack is gone, or does not have the resource.
            return None
        arn = found.get("PhysicalResourceId") or ""
        is_gone = found["ResourceStatus"] == "DELETE_COMPLETE"
        return None if is_gone or "-endpoint/" not in arn else str(arn)


def log_line(message: str) -> str:
    """A line of the provider's log for a reader; empty for Lambda's own, and for metrics."""
    try:
        fields = json.loads(message)
    except ValueError:
        is_own = message.startswith(("START RequestId", "END RequestId", "REPORT RequestId"))
        return "" if is_own else message.strip()
    if not isinstance(fields, dict) or "message" not in fields:
        return ""
    known = ("timestamp", "level", "operation", "message")
    other = ("service", "stack", "logical_id", "request", "location", "xray_trace_id")
    rest = [f"{key}={value}" for key, value in fields.items() if key not in (*known, *other)]
    return " ".join([*(str(fields.get(key, "-")) for key in known), *rest])


def _event(event: Mapping[str, Any], stack: str) -> Event:
    # The stack's own events have its id for a physical id.
    own = event.get("PhysicalResourceId") == event["StackId"]
    return Event(
        at=event["Timestamp"].timestamp(),
        subject=stack if own else event["LogicalResourceId"],
        status=event["ResourceStatus"],
        reason=event.get("ResourceStatusReason", "").strip(),
    )


def _call(call: Mapping[str, Any]) -> Call:
    parameters = call["parameters"]
    subject = parameters.get("EndpointName") or name_of(parameters.get("EndpointArn", ""))
    return Call(call["time"], call["operation"], subject, call["outcome"])


def _endpoint(endpoint: Mapping[str, Any]) -> Endpoint:
    version, wanted = (name_of(endpoint[key]) for key in ("ModelArn", "DesiredModelArn"))
    return Endpoint(
        arn=endpoint["EndpointArn"],
        status=endpoint["Status"],
        serves=configuration(version, endpoint.get("CurrentInferenceUnits", 0)),
        wanted=configuration(wanted, endpoint["DesiredInferenceUnits"]),
        since=endpoint["StatusSince"],
    )
