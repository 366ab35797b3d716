"""How the gateways read AWS: every page, and no error taken for an answer."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from provider.aws.clients import MakeClient
from provider.aws.cloudformation import CloudFormationGateway
from provider.aws.comprehend import PAGE, ComprehendGateway
from provider.aws.sns import Topic
from provider.aws.step_functions import StepFunctionsGateway
from provider.model.api_errors import ApiError
from provider.model.endpoint import ListedEndpoint
from tests.unit import given

AT = datetime(2026, 11, 13, 12, tzinfo=UTC)
MACHINE = f"arn:aws:states:{given.REGION}:{given.ACCOUNT}:stateMachine:provider"
TOPIC = f"arn:aws:sns:us-east-1:{given.ACCOUNT}:endpoints"

Stub = Callable[[str], Stubber]


@pytest.fixture(scope="module")
def clients() -> dict[str, Any]:
    session = boto3.session.Session(region_name=given.REGION)
    make: Any = session.client
    return {name: make(name) for name in ("comprehend", "sns")}


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


@pytest.mark.parametrize(
    "make",
    [
        lambda make_client: CloudFormationGateway(given.REGION, make_client=make_client),
        lambda make_client: StepFunctionsGateway(given.REGION, MACHINE, make_client),
    ],
    ids=["CloudFormation", "Step Functions"],
)
def test_a_client_that_not_every_step_needs_is_made_when_it_is_needed(
    make: Callable[[MakeClient], Any],
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a client was made")

    make(refuse)


@pytest.mark.parametrize(
    "read",
    [
        lambda make_client: CloudFormationGateway(given.REGION, make_client=make_client).stack(
            given.STACK_ID
        ),
        lambda make_client: StepFunctionsGateway(given.REGION, MACHINE, make_client).running(),
        lambda make_client: StepFunctionsGateway(given.REGION, MACHINE, make_client).start("a", {}),
    ],
    ids=["CloudFormation", "running", "start"],
)
def test_a_client_that_cannot_be_made_is_no_passing_trouble(
    read: Callable[[MakeClient], Any],
) -> None:
    def refuse(*_: object) -> None:
        raise ValueError("no url")

    # An ApiError would be waited out.
    with pytest.raises(ValueError, match="no url"):
        read(refuse)


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
