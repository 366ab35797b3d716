"""Consumers' stacks in a real CloudFormation engine, over the deployed template."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from tests.e2e.consumer import Provider, model, wait_for


@pytest.fixture
def stack(provider: Provider) -> Iterator[str]:
    """The name of a stack that the test makes, and that is gone after it."""
    name = f"team-{uuid.uuid4().hex[:8]}"
    yield name
    provider.cloudformation.delete_stack(StackName=name)


def test_an_endpoint_lives_and_ends_with_its_stack(provider: Provider, stack: str) -> None:
    created = provider.run("create", stack, ModelArn=model("v1"))
    assert created["StackStatus"] == "CREATE_COMPLETE"
    stack_id = created["StackId"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in created["Outputs"]}
    arn = provider.physical_id(stack, "Sentiment")
    assert outputs["EndpointArn"] == arn
    assert outputs["Status"] == "IN_SERVICE"
    assert arn.endswith(f"/{outputs['EndpointName']}")
    assert [each["EndpointArn"] for each in provider.endpoints(stack_id)] == [arn]

    provider.admin.reset_calls()
    updated = provider.run("update", stack, ModelArn=model("v2"), InferenceUnits=2)
    assert updated["StackStatus"] == "UPDATE_COMPLETE"
    assert provider.physical_id(stack, "Sentiment") == arn
    (live,) = provider.endpoints(stack_id)
    assert (live["ModelArn"], live["DesiredInferenceUnits"]) == (model("v2"), 2)
    assert len(provider.admin.calls("UpdateEndpoint")) == 1
    assert not provider.admin.calls("CreateEndpoint")

    renamed = provider.run(
        "update", stack, ModelArn=model("v2"), InferenceUnits=2, EndpointName="renamed-once"
    )
    assert renamed["StackStatus"] == "UPDATE_COMPLETE"
    new_arn = provider.physical_id(stack, "Sentiment")
    assert new_arn.endswith("/renamed-once")
    (live,) = provider.endpoints(stack_id)
    assert live["EndpointArn"] == new_arn

    assert provider.delete(stack)["StackStatus"] == "DELETE_COMPLETE"
    assert not provider.endpoints(stack_id)


def test_a_failed_update_rolls_back_to_a_working_endpoint(provider: Provider, stack: str) -> None:
    provider.run("create", stack, ModelArn=model("v1"))
    arn = provider.physical_id(stack, "Sentiment")
    failed = provider.run("update", stack, ModelArn=model("v9", "broken"), InferenceUnits=3)
    assert failed["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert provider.physical_id(stack, "Sentiment") == arn
    (live,) = provider.endpoints(failed["StackId"])
    assert live["Status"] == "IN_SERVICE"
    assert (live["ModelArn"], live["DesiredInferenceUnits"]) == (model("v1"), 1)
    assert any("UpdateEndpoint was accepted, but" in each for each in provider.reasons(stack))


def test_a_failed_replacement_leaves_the_old_endpoint_alone(provider: Provider, stack: str) -> None:
    provider.run("create", stack, ModelArn=model("v1"))
    arn = provider.physical_id(stack, "Sentiment")
    failed = provider.run(
        "update", stack, ModelArn=model("v9", "broken"), EndpointName="never-comes"
    )
    assert failed["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert provider.physical_id(stack, "Sentiment") == arn

    def only_the_old_one() -> bool:
        return [each["EndpointArn"] for each in provider.endpoints(failed["StackId"])] == [arn]

    wait_for("the removal of the failed replacement", only_the_old_one)


def test_a_create_that_fails_leaves_nothing(provider: Provider, stack: str) -> None:
    failed = provider.run("create", stack, ModelArn=model("v1", "broken"))
    assert failed["StackStatus"] in ("ROLLBACK_COMPLETE", "CREATE_FAILED")
    assert any("could not be loaded" in each for each in provider.reasons(stack))
    provider.wait_for_no_endpoint(failed["StackId"])


def test_bad_properties_are_all_told_and_nothing_is_called(provider: Provider, stack: str) -> None:
    provider.admin.reset_calls()
    elsewhere = model("v1").replace("us-east-1", "eu-west-1")
    failed = provider.run("create", stack, ModelArn=elsewhere, EndpointName="x" * 40)
    assert failed["StackStatus"] in ("ROLLBACK_COMPLETE", "CREATE_FAILED")
    assert any("ModelArn: it must be in the stack's region" in r for r in provider.reasons(stack))
    assert not provider.admin.calls("CreateEndpoint")


def test_two_stacks_at_once_do_not_meet(provider: Provider) -> None:
    names = [f"twin-{uuid.uuid4().hex[:8]}" for _ in range(2)]
    for name in names:
        provider.start("create", name, ModelArn=model("v1"))
    stacks = [provider.finish(name) for name in names]
    assert [each["StackStatus"] for each in stacks] == ["CREATE_COMPLETE"] * 2
    arns = {provider.physical_id(name, "Sentiment") for name in names}
    assert len(arns) == 2
    for name in names:
        assert provider.delete(name)["StackStatus"] == "DELETE_COMPLETE"
    for each in stacks:
        assert not provider.endpoints(each["StackId"])
