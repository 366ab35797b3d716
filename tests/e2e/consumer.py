"""What a consumer's stack does with the deployed provider, and what can be seen of it."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from local.installation import PROJECT, STACK_NAME
from local.launcher import EmbeddedAws
from local.orphan_scan.scans import Mailbox

EXAMPLE = (PROJECT / "examples" / "01-classifier.yaml").read_text()
PATIENCE = 90.0
"""Seconds after which a condition is taken never to come."""

SIGNATURE_LASTS = 7200
"""Seconds for which CloudFormation signs a ResponseURL."""

Event = dict[str, Any]
T = TypeVar("T")


RECOGNIZER = "arn:aws:comprehend:us-east-1:000000000000:entity-recognizer/products/version/v1"


def model(version: str, name: str = "reviews") -> str:
    return f"arn:aws:comprehend:us-east-1:000000000000:document-classifier/{name}/version/{version}"


def wait_for(what: str, condition: Callable[[], T | None]) -> T:
    """Waits until a condition gives something; what it gives."""
    end = time.monotonic() + PATIENCE
    pause = threading.Event()
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < end, f"{what} did not come within {PATIENCE:g} s"
        pause.wait(0.1)


class Provider:
    """The deployed provider."""

    def __init__(self, aws: EmbeddedAws, mailbox: Mailbox) -> None:
        self.aws = aws
        self.mailbox = mailbox
        """What the orphan scan's topic receives."""
        self.admin = aws.comprehend.admin
        self.cloudformation = aws.client("cloudformation")
        self.lambda_ = aws.client("lambda")
        self.states = aws.client("stepfunctions")
        self.s3 = aws.client("s3")
        self.outputs = {
            each["OutputKey"]: each["OutputValue"] for each in self._describe(STACK_NAME)["Outputs"]
        }
        self._bucket = f"answers-{uuid.uuid4().hex[:12]}"
        self.s3.create_bucket(Bucket=self._bucket)

    def _describe(self, name: str) -> Any:
        return self.cloudformation.describe_stacks(StackName=name)["Stacks"][0]

    def function(self, logical_id: str) -> str:
        """The name of one of the provider's functions."""
        return str(self.physical_id(STACK_NAME, logical_id))

    def physical_id(self, stack: str, logical_id: str) -> str:
        detail = self.cloudformation.describe_stack_resource(
            StackName=stack, LogicalResourceId=logical_id
        )["StackResourceDetail"]
        return str(detail["PhysicalResourceId"])

    def start(
        self, verb: str, stack: str, *, template: str = EXAMPLE, **parameters: object
    ) -> None:
        """Starts to create or update a stack: from the first example, unless told otherwise."""
        given = {"ServiceTimeout": 120, **parameters}
        call = getattr(self.cloudformation, f"{verb}_stack")
        call(
            StackName=stack,
            TemplateBody=template,
            Capabilities=["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
            Parameters=[
                {"ParameterKey": name, "ParameterValue": str(value)}
                for name, value in given.items()
                if value is not None
            ],
        )

    def finish(self, stack: str) -> Any:
        """Waits until the stack is at rest; the stack."""

        def at_rest() -> Any:
            found = self._describe(stack)
            return None if found["StackStatus"].endswith("IN_PROGRESS") else found

        return wait_for(f"the end of the operation on {stack}", at_rest)

    def run(self, verb: str, stack: str, **parameters: Any) -> Any:
        self.start(verb, stack, **parameters)
        return self.finish(stack)

    def delete(self, stack: str) -> Any:
        stack_id = self._describe(stack)["StackId"]
        self.cloudformation.delete_stack(StackName=stack)
        return self.finish(stack_id)

    def reasons(self, stack: str) -> list[str]:
        events = self.cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
        return [each.get("ResourceStatusReason", "") for each in events]

    def endpoints(self, stack_id: str) -> list[Any]:
        """The endpoints that carry a stack's tag."""
        tag = "comprehend-endpoint-provider:stack-id"
        return [each for each in self.admin.endpoints() if each["Tags"].get(tag) == stack_id]

    def wait_for_no_endpoint(self, stack_id: str) -> None:
        wait_for(f"the removal of {stack_id}'s endpoints", lambda: not self.endpoints(stack_id))

    def stack_id(self, stack: str) -> str:
        return str(self._describe(stack)["StackId"])

    def request(self, kind: str, **changes: Any) -> tuple[Event, str]:
        """An event as CloudFormation sends it, and the key under which its answer will be."""
        key = uuid.uuid4().hex
        url = self.s3.generate_presigned_url(
            "put_object",
            Params={"Bucket": self._bucket, "Key": key, "ContentType": ""},
            # As long as CloudFormation's: the time of signing follows from it.
            ExpiresIn=SIGNATURE_LASTS,
        )
        stack = f"direct/{uuid.uuid4()}"
        event: Event = {
            "RequestType": kind,
            "RequestId": str(uuid.uuid4()),
            "StackId": f"arn:aws:cloudformation:us-east-1:000000000000:stack/{stack}",
            "ResponseURL": url,
            "ResourceType": "Custom::ComprehendEndpoint",
            "LogicalResourceId": "Sentiment",
            "ResourceProperties": {
                "ServiceToken": self.outputs["ServiceToken"],
                "ServiceTimeout": "120",
                "ModelArn": model("v1"),
                "DesiredInferenceUnits": "1",
            },
        }
        return {**event, **changes}, key

    def send(self, event: Mapping[str, Any]) -> None:
        """Sends an event as CloudFormation does on AWS: asynchronously."""
        self.lambda_.invoke(
            FunctionName=self.outputs["FunctionName"],
            InvocationType="Event",
            Payload=json.dumps(event).encode(),
        )

    def answer(self, key: str) -> Any:
        """Waits for the answer to a request; the answer."""

        def stored() -> Any:
            listed = self.s3.list_objects_v2(Bucket=self._bucket, Prefix=key)
            if not listed.get("KeyCount"):
                return None
            return json.loads(self.s3.get_object(Bucket=self._bucket, Key=key)["Body"].read())

        return wait_for("the answer", stored)

    def executions(self, logical_id: str = "StateMachine") -> list[Any]:
        arn = self.physical_id(STACK_NAME, logical_id)
        return list(self.states.list_executions(stateMachineArn=arn)["executions"])

    def log_lines(self) -> list[str]:
        """Every line that the provider's functions have logged."""
        pages = self.aws.client("logs").get_paginator("filter_log_events")
        return [
            event["message"]
            for output in ("LogGroupName", "FallbackLogGroupName")
            for page in pages.paginate(logGroupName=self.outputs[output])
            for event in page["events"]
        ]

    def check_logs(self) -> None:
        """No line that was ever logged holds a ResponseURL, or the secret part of one."""
        lines = self.log_lines()
        assert any('"decided: SUCCESS"' in line for line in lines)
        for line in lines:
            assert "/_ministack/cfn-response/" not in line
            assert "X-Amz-Signature" not in line
            assert "Signature=" not in line
