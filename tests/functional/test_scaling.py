"""Application Auto Scaling in the embedded AWS keeps and checks what is registered.

Stacks that register it are examples: tests/e2e/test_examples.py.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from local.launcher import EmbeddedAws
from testing.arns import classifier, endpoint_arn
from tests.functional.emulated import refused

DIMENSION = "comprehend:document-classifier-endpoint:DesiredInferenceUnits"


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
