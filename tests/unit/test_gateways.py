"""How the gateways read AWS: every page, and no error taken for an answer."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from provider.aws.clients import MakeClient
from provider.aws.cloudformation import CloudFormationGateway
from provider.aws.comprehend import PAGE, ComprehendGateway
from provider.aws.sns import Topic
from provider.aws.step_functions import StepFunctionsGateway
from provider.model.api_errors import CONNECTION, ApiError
from provider.model.endpoint import ListedEndpoint
from provider.model.stack import ResourceRecord, StackEvent, StackRecord
from tests.unit import given

AT = datetime(2026, 11, 13, 12, tzinfo=UTC)
MACHINE = f"arn:aws:states:{given.REGION}:{given.ACCOUNT}:stateMachine:provider"
TOPIC = f"arn:aws:sns:us-east-1:{given.ACCOUNT}:endpoints"

Stub = Callable[[str], Stubber]


@pytest.fixture(scope="module")
def clients() -> dict[str, Any]:
    session = boto3.session.Session(region_name=given.REGION)
    make: Any = session.client
    return {name: make(name) for name in ("cloudformation", "comprehend", "sns", "stepfunctions")}


@pytest.fixture
def make_client(clients: dict[str, Any]) -> MakeClient:
    return lambda service, *_, **__: clients[service]


@pytest.fixture
def stub(clients: dict[str, Any], request: pytest.FixtureRequest) -> Stub:
    """A stub of a service's client."""

    def make(service: str) -> Stubber:
        stubber = Stubber(clients[service])
        stubber.activate()
        request.addfinalizer(stubber.deactivate)
        return stubber

    return make


class TestCloudFormation:
    def test_a_stack_has_a_status_and_a_deleted_one_its_time(
        self, stub: Stub, make_client: MakeClient
    ) -> None:
        answers = stub("cloudformation")
        asked = {"StackName": given.STACK_ID}
        record = {"StackName": "shop", "CreationTime": AT, "StackStatus": "DELETE_COMPLETE"}
        answers.add_response("describe_stacks", {"Stacks": [{**record, "DeletionTime": AT}]}, asked)
        answers.add_response("describe_stacks", {"Stacks": [record]}, asked)
        gateway = CloudFormationGateway(given.REGION, make_client=make_client)

        assert gateway.stack(given.STACK_ID) == StackRecord("DELETE_COMPLETE", AT)
        assert gateway.stack(given.STACK_ID) == StackRecord("DELETE_COMPLETE", None)

    def test_a_resource_has_an_id_a_status_and_a_time(
        self, stub: Stub, make_client: MakeClient
    ) -> None:
        detail = {
            "LogicalResourceId": "Sentiment",
            "PhysicalResourceId": given.ARN,
            "ResourceType": "Custom::ComprehendEndpoint",
            "LastUpdatedTimestamp": AT,
            "ResourceStatus": "CREATE_COMPLETE",
        }
        stub("cloudformation").add_response(
            "describe_stack_resource",
            {"StackResourceDetail": detail},
            {"StackName": given.STACK_ID, "LogicalResourceId": "Sentiment"},
        )
        found = CloudFormationGateway(given.REGION, make_client=make_client).resource(
            given.STACK_ID, "Sentiment"
        )

        assert found == ResourceRecord(given.ARN, "CREATE_COMPLETE", AT)

    def test_a_resource_that_has_no_id_yet_has_none(
        self, stub: Stub, make_client: MakeClient
    ) -> None:
        detail = {
            "LogicalResourceId": "Sentiment",
            "ResourceType": "Custom::ComprehendEndpoint",
            "LastUpdatedTimestamp": AT,
            "ResourceStatus": "CREATE_IN_PROGRESS",
        }
        answers = stub("cloudformation")
        answers.add_response("describe_stack_resource", {"StackResourceDetail": detail})
        found = CloudFormationGateway(given.REGION, make_client=make_client).resource(
            given.STACK_ID, "Sentiment"
        )

        assert found is not None
        assert found.physical_id == ""

    @pytest.mark.parametrize(
        ("operation", "message"),
        [
            ("describe_stacks", f"Stack with id {given.STACK_ID} does not exist"),
            ("describe_stack_resource", "Resource Sentiment does not exist for stack shop"),
        ],
    )
    def test_what_cloudformation_says_does_not_exist_is_none(
        self, stub: Stub, operation: str, message: str, make_client: MakeClient
    ) -> None:
        stub("cloudformation").add_client_error(operation, "ValidationError", message, 400)
        gateway = CloudFormationGateway(given.REGION, make_client=make_client)
        found = (
            gateway.stack(given.STACK_ID)
            if operation == "describe_stacks"
            else gateway.resource(given.STACK_ID, "Sentiment")
        )

        assert found is None

    @pytest.mark.parametrize(
        ("code", "message"),
        [
            ("ValidationError", "1 validation error detected"),
            ("AccessDenied", "User is not authorized: the policy does not exist"),
            ("Throttling", "Rate exceeded"),
        ],
    )
    def test_no_other_error_is_taken_for_an_answer(
        self, stub: Stub, code: str, message: str, make_client: MakeClient
    ) -> None:
        answers = stub("cloudformation")
        for operation in ("describe_stacks", "describe_stack_resource", "describe_stack_events"):
            answers.add_client_error(operation, code, message, 400)
        gateway = CloudFormationGateway(given.REGION, make_client=make_client)

        with pytest.raises(ApiError, match=code) as stack:
            gateway.stack(given.STACK_ID)
        with pytest.raises(ApiError, match=code) as resource:
            gateway.resource(given.STACK_ID, "Sentiment")
        with pytest.raises(ApiError, match=code) as events:
            list(gateway.events(given.STACK_ID))
        assert [each.value.call for each in (stack, resource, events)] == [
            "DescribeStacks",
            "DescribeStackResource",
            "DescribeStackEvents",
        ]

    def test_an_empty_answer_is_no_answer(self, stub: Stub, make_client: MakeClient) -> None:
        answers = stub("cloudformation")
        answers.add_response("describe_stacks", {"Stacks": []})
        gateway = CloudFormationGateway(given.REGION, make_client=make_client)

        with pytest.raises(ApiError, match=CONNECTION):
            gateway.stack(given.STACK_ID)

    def test_a_service_that_is_not_reached_is_an_error(
        self,
        stub: Stub,
        clients: dict[str, Any],
        monkeypatch: pytest.MonkeyPatch,
        make_client: MakeClient,
    ) -> None:
        def unreachable(**_: object) -> None:
            raise EndpointConnectionError(endpoint_url="https://cloudformation.example.test")

        stub("cloudformation")
        monkeypatch.setattr(clients["cloudformation"], "describe_stacks", unreachable)

        with pytest.raises(ApiError, match=CONNECTION):
            CloudFormationGateway(given.REGION, make_client=make_client).stack(given.STACK_ID)


def event(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "StackId": given.STACK_ID,
        "EventId": str(number),
        "StackName": "shop",
        "PhysicalResourceId": f"{given.ARN}-{number}",
        "Timestamp": AT,
        "ResourceStatus": "DELETE_SKIPPED",
    } | changes


def test_a_nested_stack_names_the_outermost_one(stub: Stub, make_client: MakeClient) -> None:
    record = {"StackName": "shop", "CreationTime": AT, "StackStatus": "CREATE_COMPLETE"}
    nested = {**record, "RootId": "arn:of-the-outermost", "ParentId": "arn:of-one-between"}
    stub("cloudformation").add_response("describe_stacks", {"Stacks": [nested]})
    found = CloudFormationGateway(given.REGION, make_client=make_client).stack(given.STACK_ID)

    assert found == StackRecord("CREATE_COMPLETE", root_id="arn:of-the-outermost")


def test_the_client_is_made_when_it_is_needed() -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a client was made")

    CloudFormationGateway(given.REGION, make_client=refuse)


class TestEvents:
    def test_every_page_is_read_in_the_order_in_which_it_comes(
        self, stub: Stub, make_client: MakeClient
    ) -> None:
        answers = stub("cloudformation")
        asked = {"StackName": given.STACK_ID}
        answers.add_response(
            "describe_stack_events", {"StackEvents": [event(1), event(2)], "NextToken": "a"}, asked
        )
        answers.add_response(
            "describe_stack_events",
            {"StackEvents": [], "NextToken": "b"},
            {**asked, "NextToken": "a"},
        )
        answers.add_response(
            "describe_stack_events", {"StackEvents": [event(3)]}, {**asked, "NextToken": "b"}
        )
        found = list(
            CloudFormationGateway(given.REGION, make_client=make_client).events(given.STACK_ID)
        )

        assert found == [
            StackEvent(f"{given.ARN}-{number}", "DELETE_SKIPPED", AT) for number in (1, 2, 3)
        ]
        answers.assert_no_pending_responses()

    def test_a_page_that_is_not_needed_is_not_asked_for(
        self, stub: Stub, make_client: MakeClient
    ) -> None:
        answers = stub("cloudformation")
        answers.add_response(
            "describe_stack_events", {"StackEvents": [event(1)], "NextToken": "more"}
        )
        events = CloudFormationGateway(given.REGION, make_client=make_client).events(given.STACK_ID)

        # The stub would refuse a second call.
        assert next(events).status == "DELETE_SKIPPED"


def described(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "EndpointArn": given.ARN.replace("reviews", name),
        "Status": "IN_SERVICE",
        "DesiredInferenceUnits": 1,
        "CurrentInferenceUnits": 2,
        "CreationTime": AT,
    } | changes


class TestEndpoints:
    def endpoints(
        self, make_client: MakeClient, errors: list[tuple[str, str]] | None = None
    ) -> list[ListedEndpoint]:
        told = [] if errors is None else errors
        gateway = ComprehendGateway(
            given.REGION, lambda api, code: told.append((api, code)), make_client=make_client
        )
        return list(gateway.endpoints())

    def test_every_page_is_read(self, stub: Stub, make_client: MakeClient) -> None:
        answers = stub("comprehend")
        pages = [([described("a")], "1"), ([], "2"), ([described("b"), described("c")], None)]
        before = None
        for listed, token in pages:
            asked = {"MaxResults": PAGE, **({"NextToken": before} if before else {})}
            answer = {"EndpointPropertiesList": listed, **({"NextToken": token} if token else {})}
            answers.add_response("list_endpoints", answer, asked)
            before = token

        assert [each.arn.rpartition("/")[2] for each in self.endpoints(make_client)] == [
            "a",
            "b",
            "c",
        ]
        answers.assert_no_pending_responses()

    @pytest.mark.parametrize(
        ("changes", "inference_units"),
        [
            ({}, 2),
            ({"CurrentInferenceUnits": None}, 1),
            ({"CurrentInferenceUnits": None, "DesiredInferenceUnits": None}, 0),
        ],
    )
    def test_the_inference_units_are_those_it_has_or_is_to_have(
        self, stub: Stub, changes: dict[str, Any], inference_units: int, make_client: MakeClient
    ) -> None:
        found = {
            key: value for key, value in described("a", **changes).items() if value is not None
        }
        stub("comprehend").add_response("list_endpoints", {"EndpointPropertiesList": [found]})

        assert self.endpoints(make_client) == [
            ListedEndpoint(given.ARN.replace("reviews", "a"), "IN_SERVICE", inference_units, AT)
        ]

    def test_an_entry_that_says_little_is_listed_all_the_same(
        self, stub: Stub, make_client: MakeClient
    ) -> None:
        answers = stub("comprehend")
        answers.add_response(
            "list_endpoints", {"EndpointPropertiesList": [{"EndpointArn": given.ARN}]}
        )

        assert self.endpoints(make_client) == [ListedEndpoint(given.ARN, "", 0, None)]

    def test_an_entry_without_an_arn_is_counted_as_an_error_and_stops_no_other(
        self, stub: Stub, make_client: MakeClient
    ) -> None:
        errors: list[tuple[str, str]] = []
        answers = stub("comprehend")
        answers.add_response(
            "list_endpoints",
            {"EndpointPropertiesList": [{"Status": "IN_SERVICE"}, described("b")]},
        )

        assert len(self.endpoints(make_client, errors)) == 1
        assert errors == [("ListEndpoints", "NoEndpointArn")]

    def test_a_page_that_comes_again_and_again_is_an_error(
        self, stub: Stub, make_client: MakeClient
    ) -> None:
        answers = stub("comprehend")
        for _ in range(2):
            answers.add_response("list_endpoints", {"EndpointPropertiesList": [], "NextToken": "1"})

        with pytest.raises(ApiError, match="the same page"):
            self.endpoints(make_client)

    def test_an_error_is_raised_and_counted(self, stub: Stub, make_client: MakeClient) -> None:
        errors: list[tuple[str, str]] = []
        stub("comprehend").add_client_error("list_endpoints", "TooManyRequestsException", "", 429)

        with pytest.raises(ApiError):
            self.endpoints(make_client, errors)
        assert errors == [("ListEndpoints", "TooManyRequestsException")]


class TestExecutions:
    def execution(self, name: str) -> dict[str, Any]:
        return {
            "executionArn": f"{MACHINE}:{name}",
            "stateMachineArn": MACHINE,
            "name": name,
            "status": "RUNNING",
            "startDate": AT,
        }

    def test_every_page_is_read_and_of_those_that_run_alone(
        self, stub: Stub, make_client: MakeClient
    ) -> None:
        answers = stub("stepfunctions")
        asked = {"stateMachineArn": MACHINE, "statusFilter": "RUNNING", "maxResults": 1000}
        answers.add_response(
            "list_executions", {"executions": [self.execution("a")], "nextToken": "1"}, asked
        )
        answers.add_response(
            "list_executions",
            {"executions": [self.execution("b")]},
            {**asked, "nextToken": "1"},
        )

        assert StepFunctionsGateway(given.REGION, MACHINE, make_client).running() == {"a", "b"}
        answers.assert_no_pending_responses()

    def test_a_refusal_is_an_error(self, stub: Stub, make_client: MakeClient) -> None:
        stub("stepfunctions").add_client_error("list_executions", "AccessDeniedException", "No.")

        with pytest.raises(ApiError, match="AccessDeniedException from ListExecutions"):
            StepFunctionsGateway(given.REGION, MACHINE, make_client).running()


class TestTopic:
    def test_a_message_goes_to_the_topic(self, stub: Stub, make_client: MakeClient) -> None:
        answers = stub("sns")
        asked = {"TopicArn": TOPIC, "Subject": "One", "Message": "Two"}
        answers.add_response("publish", {"MessageId": "1"}, asked)
        Topic(TOPIC, make_client).publish("One", "Two")

        answers.assert_no_pending_responses()

    def test_the_topic_may_be_in_another_region(self) -> None:
        regions: list[str] = []
        Topic(TOPIC, lambda _, region, *__: regions.append(region))

        assert regions == ["us-east-1"]

    def test_a_refusal_is_an_error(self, stub: Stub, make_client: MakeClient) -> None:
        stub("sns").add_client_error("publish", "NotFound", "Topic does not exist", 404)

        with pytest.raises(ApiError, match="NotFound from Publish"):
            Topic(TOPIC, make_client).publish("One", "Two")
