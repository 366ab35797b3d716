"""How CloudFormation is read: every page that is needed, and no error taken for an answer."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from provider.aws.clients import MakeClient
from provider.aws.cloudformation import CloudFormationGateway
from provider.model.api_errors import CONNECTION, ApiError
from provider.model.stack import ResourceRecord, StackEvent, StackRecord
from tests.unit import given

AT = datetime(2026, 11, 13, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def client() -> Any:
    return boto3.client("cloudformation", region_name=given.REGION)


@pytest.fixture
def make_client(client: Any) -> MakeClient:
    return lambda *_: client


@pytest.fixture
def stub(client: Any) -> Iterator[Stubber]:
    with Stubber(client) as stubber:
        yield stubber


READS: dict[str, Callable[[CloudFormationGateway], Any]] = {
    "describe_stacks": lambda gateway: gateway.stack(given.STACK_ID),
    "describe_stack_resource": lambda gateway: gateway.resource(given.STACK_ID, "Sentiment"),
    "describe_stack_events": lambda gateway: list(gateway.events(given.STACK_ID)),
}


def connected(make_client: MakeClient) -> CloudFormationGateway:
    return CloudFormationGateway(given.REGION, make_client=make_client)


def counting(make_client: MakeClient, errors: list[tuple[str, str]]) -> CloudFormationGateway:
    """A gateway that keeps which errors it counts."""
    return CloudFormationGateway(
        given.REGION, lambda call, code: errors.append((call, code)), make_client=make_client
    )


def test_a_stack_has_a_status_and_a_deleted_one_its_time(
    stub: Stubber, make_client: MakeClient
) -> None:
    asked = {"StackName": given.STACK_ID}
    record = {"StackName": "shop", "CreationTime": AT, "StackStatus": "DELETE_COMPLETE"}
    stub.add_response("describe_stacks", {"Stacks": [{**record, "DeletionTime": AT}]}, asked)
    stub.add_response("describe_stacks", {"Stacks": [record]}, asked)
    gateway = connected(make_client)

    assert gateway.stack(given.STACK_ID) == StackRecord("DELETE_COMPLETE", AT)
    assert gateway.stack(given.STACK_ID) == StackRecord("DELETE_COMPLETE", None)


def test_a_resource_has_an_id_a_status_and_a_time(stub: Stubber, make_client: MakeClient) -> None:
    detail = {
        "LogicalResourceId": "Sentiment",
        "PhysicalResourceId": given.ARN,
        "ResourceType": "Custom::ComprehendEndpoint",
        "LastUpdatedTimestamp": AT,
        "ResourceStatus": "CREATE_COMPLETE",
    }
    stub.add_response(
        "describe_stack_resource",
        {"StackResourceDetail": detail},
        {"StackName": given.STACK_ID, "LogicalResourceId": "Sentiment"},
    )
    found = connected(make_client).resource(given.STACK_ID, "Sentiment")

    assert found == ResourceRecord(given.ARN, "CREATE_COMPLETE", AT)


def test_a_resource_that_has_no_id_yet_has_none(stub: Stubber, make_client: MakeClient) -> None:
    detail = {
        "LogicalResourceId": "Sentiment",
        "ResourceType": "Custom::ComprehendEndpoint",
        "LastUpdatedTimestamp": AT,
        "ResourceStatus": "CREATE_IN_PROGRESS",
    }
    stub.add_response("describe_stack_resource", {"StackResourceDetail": detail})
    found = connected(make_client).resource(given.STACK_ID, "Sentiment")

    assert found is not None
    assert found.physical_id == ""


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        ("describe_stacks", f"Stack with id {given.STACK_ID} does not exist"),
        ("describe_stack_resource", "Resource Sentiment does not exist for stack shop"),
        ("describe_stack_events", f"Stack [{given.STACK_ID}] does not exist"),
    ],
)
def test_what_cloudformation_says_does_not_exist_is_none_and_no_error(
    stub: Stubber, operation: str, message: str, make_client: MakeClient
) -> None:
    errors: list[tuple[str, str]] = []
    stub.add_client_error(operation, "ValidationError", message, 400)
    gateway = counting(make_client, errors)

    assert not READS[operation](gateway)
    assert errors == []


@pytest.mark.parametrize("operation", READS)
@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ValidationError", "1 validation error detected"),
        ("AccessDenied", "User is not authorized: the policy does not exist"),
        ("Throttling", "Rate exceeded"),
    ],
)
def test_no_other_error_is_taken_for_an_answer_and_each_is_counted(
    stub: Stubber, operation: str, code: str, message: str, make_client: MakeClient
) -> None:
    errors: list[tuple[str, str]] = []
    stub.add_client_error(operation, code, message, 400)

    with pytest.raises(ApiError, match=code) as raised:
        READS[operation](counting(make_client, errors))
    assert raised.value.call == "".join(map(str.capitalize, operation.split("_")))
    assert errors == [(raised.value.call, code)]


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        ("describe_stacks", {"Stacks": []}),
        ("describe_stack_resource", {}),
        ("describe_stack_events", {}),
        ("describe_stack_events", {"StackEvents": [{"ResourceStatus": "CREATE_COMPLETE"}]}),
    ],
)
def test_an_answer_that_lacks_what_it_must_hold_is_no_answer(
    operation: str, answer: dict[str, Any]
) -> None:
    client = SimpleNamespace(**{operation: lambda **_: answer})
    gateway = connected(lambda *_: client)

    with pytest.raises(ApiError, match=CONNECTION):
        READS[operation](gateway)


@pytest.mark.parametrize("operation", READS)
def test_a_service_that_is_not_reached_is_an_error(operation: str) -> None:
    def unreachable(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://cloudformation.example.test")

    errors: list[tuple[str, str]] = []
    client = SimpleNamespace(**{operation: unreachable})

    with pytest.raises(ApiError, match=CONNECTION) as raised:
        READS[operation](counting(lambda *_: client, errors))
    assert errors == [(raised.value.call, CONNECTION)]


def event(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "StackId": given.STACK_ID,
        "EventId": str(number),
        "StackName": "shop",
        "LogicalResourceId": "Sentiment",
        "PhysicalResourceId": f"{given.ARN}-{number}",
        "Timestamp": AT,
        "ResourceStatus": "DELETE_SKIPPED",
    } | changes


def test_a_nested_stack_names_the_outermost_one(stub: Stubber, make_client: MakeClient) -> None:
    record = {"StackName": "shop", "CreationTime": AT, "StackStatus": "CREATE_COMPLETE"}
    nested = {**record, "RootId": "arn:of-the-outermost", "ParentId": "arn:of-one-between"}
    stub.add_response("describe_stacks", {"Stacks": [nested]})
    found = connected(make_client).stack(given.STACK_ID)

    assert found == StackRecord("CREATE_COMPLETE", root_id="arn:of-the-outermost")


def test_every_page_is_read_in_the_order_in_which_it_comes(
    stub: Stubber, make_client: MakeClient
) -> None:
    asked = {"StackName": given.STACK_ID}
    stub.add_response(
        "describe_stack_events", {"StackEvents": [event(1), event(2)], "NextToken": "a"}, asked
    )
    stub.add_response(
        "describe_stack_events",
        {"StackEvents": [], "NextToken": "b"},
        {**asked, "NextToken": "a"},
    )
    stub.add_response(
        "describe_stack_events", {"StackEvents": [event(3)]}, {**asked, "NextToken": "b"}
    )
    found = list(connected(make_client).events(given.STACK_ID))

    assert found == [
        StackEvent("Sentiment", f"{given.ARN}-{number}", "DELETE_SKIPPED", AT)
        for number in (1, 2, 3)
    ]
    stub.assert_no_pending_responses()


def test_an_event_that_repeats_a_status_is_left_out(stub: Stubber, make_client: MakeClient) -> None:
    """The resource or stack is configured, and still in progress: its status has not changed."""
    told = {"ResourceStatus": "CREATE_IN_PROGRESS", "DetailedStatus": "CONFIGURATION_COMPLETE"}
    configured = event(1, **told)
    stub.add_response("describe_stack_events", {"StackEvents": [configured, event(2)]})
    (found,) = connected(make_client).events(given.STACK_ID)
    assert found.physical_id == f"{given.ARN}-2"


def test_a_page_that_is_not_needed_is_not_asked_for(stub: Stubber, make_client: MakeClient) -> None:
    stub.add_response("describe_stack_events", {"StackEvents": [event(1)], "NextToken": "more"})
    events = connected(make_client).events(given.STACK_ID)

    # The stub would refuse a second call.
    assert next(events).status == "DELETE_SKIPPED"


def test_an_event_on_the_way_forward_may_carry_no_id(
    stub: Stubber, make_client: MakeClient
) -> None:
    told = event(1, ResourceStatus="UPDATE_FAILED")
    del told["PhysicalResourceId"]
    stub.add_response("describe_stack_events", {"StackEvents": [told]})
    gateway = connected(make_client)

    assert list(gateway.events(given.STACK_ID)) == [
        StackEvent("Sentiment", "", "UPDATE_FAILED", AT)
    ]


def test_a_page_that_comes_again_and_again_is_an_error(
    stub: Stubber, make_client: MakeClient
) -> None:
    for number in (1, 2):
        told = {"StackEvents": [event(number)], "NextToken": "1"}
        stub.add_response("describe_stack_events", told)
    gateway = connected(make_client)

    with pytest.raises(ApiError, match="the same page"):
        list(gateway.events(given.STACK_ID))
