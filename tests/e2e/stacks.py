"""A consumer's stack from any template, and the AWS around it."""

from __future__ import annotations

import json
import uuid
from typing import Any

from botocore.exceptions import ClientError

from local.installation import STACK_NAME
from local.orphan_scan.scans import OrphanScan
from tests.e2e.consumer import Provider

TIMEOUT = 120
"""Seconds for an operation of a stack that the tests make."""


class Account:
    """The embedded AWS, as far as the examples use it. Its clients may be shared by threads."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.admin = provider.admin
        self.cloudwatch = provider.aws.client("cloudwatch")
        self.comprehend = provider.aws.client("comprehend")
        self.iam = provider.aws.client("iam")
        self.kms = provider.aws.client("kms")
        self.scaling = provider.aws.client("application-autoscaling")
        self.ssm = provider.aws.client("ssm")
        self.orphan_scan = OrphanScan(provider.aws)

    def scaled(self, resource_id: str) -> dict[str, list[Any]]:
        """What Application Auto Scaling holds for an endpoint."""
        one: dict[str, Any] = {"ServiceNamespace": "comprehend", "ResourceId": resource_id}
        targets = self.scaling.describe_scalable_targets(
            ServiceNamespace="comprehend", ResourceIds=[resource_id]
        )
        return {
            "targets": targets["ScalableTargets"],
            "policies": self.scaling.describe_scaling_policies(**one)["ScalingPolicies"],
            "actions": self.scaling.describe_scheduled_actions(**one)["ScheduledActions"],
        }

    def may(self, role: str, action: str, resource: str) -> bool:
        """Whether a role's policies allow an action."""
        (result,) = self.iam.simulate_principal_policy(
            PolicySourceArn=role, ActionNames=[action], ResourceArns=[resource]
        )["EvaluationResults"]
        return bool(result["EvalDecision"] == "allowed")

    def passable_roles(self) -> list[str]:
        """Which roles the provider may pass to Comprehend, as patterns of their ARNs."""
        role = self.provider.physical_id(STACK_NAME, "StepFunctionRole")
        document = self.iam.get_role_policy(RoleName=role, PolicyName="Provider")["PolicyDocument"]
        return [
            pattern
            for statement in document["Statement"]
            if statement["Action"] == "iam:PassRole"
            for pattern in statement["Resource"]
        ]

    def policy(self, arn: str) -> Any:
        """The document of a managed policy."""
        version = self.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        found = self.iam.get_policy_version(PolicyArn=arn, VersionId=version)
        document = found["PolicyVersion"]["Document"]
        return json.loads(document) if isinstance(document, str) else document

    def parameter(self, name: str) -> str:
        return str(self.ssm.get_parameter(Name=name)["Parameter"]["Value"])


class Stack:
    """A stack that exists; creating and updating it must succeed.

    A parameter that is None is not given to it.
    """

    def __init__(self, account: Account, template: str, **parameters: object) -> None:
        self.account = account
        self.name = f"example-{uuid.uuid4().hex[:8]}"
        self._provider = account.provider
        self._template = template
        self._parameters = {"ServiceTimeout": TIMEOUT, **parameters}
        self.id = ""
        self.outputs: dict[str, str] = {}
        self._start("create")
        self._finish("create")

    def update(self, **parameters: object) -> None:
        self.start_update(**parameters)
        self.finish_update()

    def start_update(self, **parameters: object) -> None:
        self._parameters |= parameters
        self._start("update")

    def finish_update(self) -> None:
        self._finish("update")

    def _start(self, verb: str) -> None:
        self._provider.start(verb, self.name, template=self._template, **self._parameters)

    def _finish(self, verb: str) -> None:
        stack = self._provider.finish(self.name)
        assert stack["StackStatus"] == f"{verb.upper()}_COMPLETE", self._provider.reasons(self.name)
        self.id = stack["StackId"]
        self.outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    @property
    def in_progress(self) -> bool:
        (stack,) = self._provider.cloudformation.describe_stacks(StackName=self.name)["Stacks"]
        return str(stack["StackStatus"]).endswith("IN_PROGRESS")

    @property
    def endpoints(self) -> list[Any]:
        return self._provider.endpoints(self.id)

    @property
    def endpoint(self) -> Any:
        """The only endpoint, in service, which is the one that the output names."""
        (found,) = self.endpoints
        assert found["EndpointArn"] == self.outputs["EndpointArn"]
        assert found["Status"] == "IN_SERVICE"
        return found

    def delete(self, endpoints_left: int = 0) -> None:
        assert self._provider.delete(self.name)["StackStatus"] == "DELETE_COMPLETE"
        assert len(self.endpoints) == endpoints_left


def gone(call: Any, **arguments: Any) -> bool:
    """Whether what a call asks for is not there."""
    try:
        call(**arguments)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        assert code.startswith("NoSuchEntity") or "NotFound" in code, code
        return True
    return False
