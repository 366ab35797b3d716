"""The view of a stack and a resource: it never raises, and says what is unknown."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from provider.aws.cloudformation import CloudFormationGateway
from provider.model.api_errors import CONNECTION
from provider.model.stack import StackView
from tests.unit import given

BUSY = "CREATE_IN_PROGRESS"
STACK_CALL, RESOURCE_CALL = "DescribeStacks", "DescribeStackResource"
ASKED_STACK = {"StackName": given.STACK_ID}
ASKED_RESOURCE = {"StackName": given.STACK_ID, "LogicalResourceId": "Sentiment"}
STACKS = {
    "Stacks": [{"StackName": "shop", "CreationTime": "2026-01-02T03:04:05Z", "StackStatus": BUSY}]
}
RESOURCE = {
    "StackResourceDetail": {
        "LogicalResourceId": "Sentiment",
        "ResourceType": "Custom::ComprehendEndpoint",
        "LastUpdatedTimestamp": "2026-01-02T03:04:05Z",
        "ResourceStatus": BUSY,
    }
}


@pytest.fixture(scope="module")
def client() -> Any:
    return boto3.client("cloudformation", region_name=given.REGION)


@pytest.fixture
def stub(client: Any) -> Iterator[Stubber]:
    with Stubber(client) as stubber:
        yield stubber


def viewed(client: Any) -> tuple[StackView, list[tuple[str, str]]]:
    """What the gateway gives, and the errors that it counts."""
    errors: list[tuple[str, str]] = []
    gateway = CloudFormationGateway(
        given.REGION,
        lambda call, code: errors.append((call, code)),
        make_client=lambda *_, **__: client,
    )
    return gateway.view(given.reply()), errors


def unreachable(**_: object) -> None:
    raise EndpointConnectionError(endpoint_url="https://x")


def test_the_stack_is_asked_by_its_id_and_the_resource_by_its_name(
    stub: Stubber, client: Any
) -> None:
    stub.add_response("describe_stacks", STACKS, ASKED_STACK)
    stub.add_response("describe_stack_resource", RESOURCE, ASKED_RESOURCE)
    assert viewed(client) == (StackView(BUSY, True, BUSY), [])
    stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("AccessDenied", "The message."),
        ("Throttling", "The message."),
        ("ValidationError", f"Stack with id {given.STACK_ID} does not exist"),
    ],
)
def test_a_stack_that_cannot_be_read_is_unknown_and_counted(
    stub: Stubber, client: Any, code: str, message: str
) -> None:
    stub.add_client_error("describe_stacks", code, message, 400)
    assert viewed(client) == (StackView(), [(STACK_CALL, code)])


@pytest.mark.parametrize(
    ("code", "message", "listed"),
    [
        ("ValidationError", "Resource Sentiment does not exist for stack shop", False),
        ("ValidationError", "1 validation error detected", None),
        ("AccessDenied", "The message.", None),
        ("Throttling", "The message.", None),
    ],
)
def test_a_resource_is_not_listed_only_if_cloudformation_says_so(
    stub: Stubber, client: Any, code: str, message: str, listed: bool | None
) -> None:
    stub.add_response("describe_stacks", STACKS)
    stub.add_client_error("describe_stack_resource", code, message, 400)
    counted = [] if listed is False else [(RESOURCE_CALL, code)]
    assert viewed(client) == (StackView(BUSY, listed), counted)


@pytest.mark.parametrize("describe_stacks", [lambda **_: {"Stacks": []}, unreachable])
def test_a_stack_without_a_usable_answer_is_unknown(describe_stacks: Any) -> None:
    client = SimpleNamespace(describe_stacks=describe_stacks)
    assert viewed(client) == (StackView(), [(STACK_CALL, CONNECTION)])


@pytest.mark.parametrize("describe_stack_resource", [lambda **_: {}, unreachable])
def test_a_resource_without_a_usable_answer_is_unknown(describe_stack_resource: Any) -> None:
    client = SimpleNamespace(
        describe_stacks=lambda **_: STACKS, describe_stack_resource=describe_stack_resource
    )
    assert viewed(client) == (StackView(BUSY), [(RESOURCE_CALL, CONNECTION)])
