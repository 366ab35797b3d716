"""Application Auto Scaling in the embedded AWS keeps and checks what is registered."""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from local.launcher import EmbeddedAws
from tests.functional.emulated import classifier, endpoint_arn, refused

DIMENSION = "comprehend:document-classifier-endpoint:DesiredInferenceUnits"
TEMPLATE: dict[str, Any] = {
    "Parameters": {name: {"Type": "String"} for name in ("Endpoint", "Most", "Morning")},
    "Resources": {
        "Target": {
            "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
            "Properties": {
                "ServiceNamespace": "comprehend",
                "ResourceId": {"Ref": "Endpoint"},
                "ScalableDimension": DIMENSION,
                "MinCapacity": 1,
                "MaxCapacity": {"Ref": "Most"},
                "ScheduledActions": [
                    {
                        "ScheduledActionName": {"Ref": "Morning"},
                        "Schedule": "cron(0 8 ? * MON-FRI *)",
                        "ScalableTargetAction": {"MinCapacity": 2},
                    }
                ],
            },
        },
        "Policy": {
            "Type": "AWS::ApplicationAutoScaling::ScalingPolicy",
            "Properties": {
                "PolicyName": "utilization",
                "PolicyType": "TargetTrackingScaling",
                "ScalingTargetId": {"Ref": "Target"},
                "TargetTrackingScalingPolicyConfiguration": {
                    "TargetValue": 70,
                    "PredefinedMetricSpecification": {
                        "PredefinedMetricType": "ComprehendInferenceUtilization"
                    },
                },
            },
        },
    },
}


@pytest.fixture(scope="module")
def aws() -> Iterator[EmbeddedAws]:
    with EmbeddedAws(time_scale=100) as running:
        yield running


@pytest.fixture(scope="module")
def scaling(aws: EmbeddedAws) -> Any:
    return aws.client("application-autoscaling")


@pytest.fixture
def target(aws: EmbeddedAws, request: pytest.FixtureRequest) -> dict[str, Any]:
    """What names an endpoint of the test's own."""
    name = request.node.name.replace("_", "-")[:40].strip("-")
    return {
        "ServiceNamespace": "comprehend",
        "ResourceId": aws.comprehend.admin.put_endpoint(name, classifier()),
        "ScalableDimension": DIMENSION,
    }


def test_a_target_is_kept_as_it_was_registered_last(scaling: Any, target: dict[str, Any]) -> None:
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=3)
    scaling.register_scalable_target(**target, MaxCapacity=5)
    (found,) = scaling.describe_scalable_targets(
        ServiceNamespace="comprehend", ResourceIds=[target["ResourceId"]]
    )["ScalableTargets"]

    assert {name: found[name] for name in target} == target
    assert (found["MinCapacity"], found["MaxCapacity"]) == (1, 5)


def test_a_target_must_be_an_endpoint_of_the_dimension_s_kind_and_have_sound_bounds(
    scaling: Any, target: dict[str, Any]
) -> None:
    register = scaling.register_scalable_target
    bounds = {"MinCapacity": 1, "MaxCapacity": 2}
    other = {"ScalableDimension": DIMENSION.replace("document-classifier", "entity-recognizer")}
    for changed, said in (
        ({"ResourceId": endpoint_arn("nobody-s")}, "ResourceNotFoundException"),
        (other, "names no Comprehend endpoint"),
        ({"ScalableDimension": "comprehend:units"}, "is none of"),
        ({"MinCapacity": 3}, "must not exceed"),
    ):
        code, message = refused(register, **{**target, **bounds, **changed})
        assert (code, said in message) == ("ValidationException", True), message
    assert refused(register, **target, MinCapacity=1)[0] == "ValidationException"


def test_policies_and_scheduled_actions_need_a_target_and_go_with_it(
    scaling: Any, target: dict[str, Any]
) -> None:
    action = {**target, "ScheduledActionName": "night", "Schedule": "cron(0 20 * * ? *)"}
    policy = {**target, "PolicyName": "utilization", "PolicyType": "TargetTrackingScaling"}
    assert refused(scaling.put_scheduled_action, **action)[0] == "ObjectNotFoundException"
    assert refused(scaling.put_scaling_policy, **policy)[0] == "ObjectNotFoundException"
    scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=3)
    scaling.put_scheduled_action(**action)
    scaling.put_scaling_policy(**policy)

    def kept() -> list[str]:
        asked = {"ServiceNamespace": "comprehend", "ResourceId": target["ResourceId"]}
        actions = scaling.describe_scheduled_actions(**asked)["ScheduledActions"]
        policies = scaling.describe_scaling_policies(**asked)["ScalingPolicies"]
        return [
            *(each["ScheduledActionName"] for each in actions),
            *(each["PolicyName"] for each in policies),
        ]

    assert kept() == ["night", "utilization"]
    scaling.deregister_scalable_target(**target)
    assert kept() == []
    assert refused(scaling.deregister_scalable_target, **target)[0] == "ObjectNotFoundException"


class Stack:
    """A stack of the template above."""

    def __init__(self, aws: EmbeddedAws, endpoint: str) -> None:
        self._cloudformation = aws.client("cloudformation")
        self._endpoint = endpoint

    def run(self, verb: str, **parameters: str) -> None:
        given = {"Endpoint": self._endpoint, **parameters}
        getattr(self._cloudformation, f"{verb}_stack")(
            StackName="scaled",
            TemplateBody=json.dumps(TEMPLATE),
            Parameters=[
                {"ParameterKey": name, "ParameterValue": value} for name, value in given.items()
            ],
        )
        assert self._end("scaled") == f"{verb.upper()}_COMPLETE"

    def delete(self) -> None:
        (stack,) = self._cloudformation.describe_stacks(StackName="scaled")["Stacks"]
        self._cloudformation.delete_stack(StackName="scaled")
        assert self._end(stack["StackId"]) == "DELETE_COMPLETE"

    def _end(self, name: str) -> str:
        pause, deadline = threading.Event(), time.monotonic() + 60
        while time.monotonic() < deadline:
            (stack,) = self._cloudformation.describe_stacks(StackName=name)["Stacks"]
            if not stack["StackStatus"].endswith("IN_PROGRESS"):
                break
            pause.wait(0.05)
        return str(stack["StackStatus"])

    def physical_id(self, logical_id: str) -> str:
        detail = self._cloudformation.describe_stack_resource(
            StackName="scaled", LogicalResourceId=logical_id
        )["StackResourceDetail"]
        return str(detail["PhysicalResourceId"])


def test_a_stack_registers_updates_and_removes_what_its_template_says(
    aws: EmbeddedAws, scaling: Any, target: dict[str, Any]
) -> None:
    stack = Stack(aws, target["ResourceId"])
    asked = {"ServiceNamespace": "comprehend", "ResourceId": target["ResourceId"]}

    def most() -> list[int]:
        found = scaling.describe_scalable_targets(
            ServiceNamespace="comprehend", ResourceIds=[target["ResourceId"]]
        )["ScalableTargets"]
        return [each["MaxCapacity"] for each in found]

    def actions() -> list[str]:
        found = scaling.describe_scheduled_actions(**asked)["ScheduledActions"]
        return [each["ScheduledActionName"] for each in found]

    stack.run("create", Most="4", Morning="up")
    (policy,) = scaling.describe_scaling_policies(**asked)["ScalingPolicies"]
    assert (most(), actions()) == ([4], ["up"])
    assert stack.physical_id("Target") == f"{target['ResourceId']}|{DIMENSION}|comprehend"
    assert stack.physical_id("Policy") == policy["PolicyARN"]
    assert policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 70
    stack.run("update", Most="6", Morning="raise")
    assert (most(), actions()) == ([6], ["raise"])
    stack.delete()
    assert (most(), actions()) == ([], [])
    assert scaling.describe_scaling_policies(**asked)["ScalingPolicies"] == []
