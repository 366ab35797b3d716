"""Consumers' stacks in a real CloudFormation engine, over the deployed template: what the demo and
the examples do not show.
"""

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
