"""The meaning of each error of each call: waited out, reported, or an answer in itself."""

import re
from enum import StrEnum
from typing import Any

import boto3
import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError
from botocore.session import Session
from botocore.stub import Stubber

from provider.aws.comprehend import ComprehendGateway
from provider.contract.errors import Blame, DeliveryError, MalformedEventError, ProviderError
from provider.contract.properties import Settings
from provider.model.actions import Done, Fail, Wait
from provider.model.api_errors import (
    CONNECTION,
    ApiError,
    describe,
    is_role_not_ready,
    meaning,
)
from provider.model.plan import Asked
from provider.model.task import Goal, Task
from provider.reconcile.operation import reconcile
from provider.reconcile.state import UnknownStateError
from tests.unit import given
from tests.unit.fakes import FakeComprehend, services


class Outcome(StrEnum):
    """What follows from an error."""

    WAITED = "waited out"
    REPORTED = "reported"
    ABSENT = "there is none"
    """Not an error at all: it says that there is no such endpoint."""


WAITED, REPORTED, ABSENT = Outcome.WAITED, Outcome.REPORTED, Outcome.ABSENT

# Every error of the model, of every operation that the provider calls.
TABLE: dict[str, dict[str, Outcome]] = {
    "CreateEndpoint": {
        "InvalidRequestException": REPORTED,
        "ResourceInUseException": WAITED,
        "ResourceLimitExceededException": REPORTED,
        "ResourceNotFoundException": REPORTED,
        "ResourceUnavailableException": WAITED,
        "TooManyRequestsException": WAITED,
        "TooManyTagsException": REPORTED,
        "InternalServerException": WAITED,
    },
    "UpdateEndpoint": {
        "InvalidRequestException": REPORTED,
        "ResourceInUseException": WAITED,
        "ResourceLimitExceededException": REPORTED,
        "ResourceNotFoundException": REPORTED,
        "ResourceUnavailableException": WAITED,
        "TooManyRequestsException": WAITED,
        "InternalServerException": WAITED,
    },
    "DeleteEndpoint": {
        "InvalidRequestException": REPORTED,
        "ResourceInUseException": WAITED,
        "ResourceNotFoundException": ABSENT,
        "TooManyRequestsException": WAITED,
        "InternalServerException": WAITED,
    },
    "DescribeEndpoint": {
        "InvalidRequestException": REPORTED,
        "TooManyRequestsException": WAITED,
        "ResourceNotFoundException": ABSENT,
        "InternalServerException": WAITED,
    },
    "TagResource": {
        "InvalidRequestException": REPORTED,
        "ConcurrentModificationException": WAITED,
        "ResourceNotFoundException": REPORTED,
        "TooManyTagsException": REPORTED,
        "InternalServerException": WAITED,
    },
    "UntagResource": {
        "InvalidRequestException": REPORTED,
        "ConcurrentModificationException": WAITED,
        "ResourceNotFoundException": REPORTED,
        "TooManyTagKeysException": REPORTED,
        "InternalServerException": WAITED,
    },
    "ListTagsForResource": {
        "InvalidRequestException": REPORTED,
        "ResourceNotFoundException": ABSENT,
        "InternalServerException": WAITED,
    },
    "DescribeFlywheel": {
        "InvalidRequestException": REPORTED,
        "TooManyRequestsException": WAITED,
        "ResourceNotFoundException": REPORTED,
        "InternalServerException": WAITED,
    },
    "ListEndpoints": {
        "InvalidRequestException": REPORTED,
        "TooManyRequestsException": WAITED,
        "InternalServerException": WAITED,
    },
}

ROWS = [
    (operation, code, outcome)
    for operation, errors in TABLE.items()
    for code, outcome in errors.items()
]


def call(gateway: ComprehendGateway, operation: str) -> object:
    calls: dict[str, Any] = {
        "CreateEndpoint": lambda: gateway.create("x", Settings.of(inference_units=1), "token", {}),
        "UpdateEndpoint": lambda: gateway.update(given.ARN, Settings.of(inference_units=2)),
        "DeleteEndpoint": lambda: gateway.delete(given.ARN),
        "DescribeEndpoint": lambda: gateway.find(given.ARN),
        "TagResource": lambda: gateway.tag(given.ARN, {"a": "b"}),
        "UntagResource": lambda: gateway.untag(given.ARN, ["a"]),
        "ListTagsForResource": lambda: gateway.tags(given.ARN),
        "DescribeFlywheel": lambda: gateway.flywheel_kind(given.FLYWHEEL),
        "ListEndpoints": lambda: list(gateway.endpoints()),
    }
    return calls[operation]()


@pytest.fixture(scope="module")
def client() -> Any:
    return boto3.client(
        "comprehend",
        region_name=given.REGION,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


class Gateway:
    """The real gateway, with a client that gives the answers that a test wants."""

    def __init__(self, client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(boto3, "client", lambda *_, **__: client)
        self.counted: list[tuple[str, str]] = []
        self.real = ComprehendGateway(
            given.REGION, lambda api, code: self.counted.append((api, code))
        )


@pytest.fixture
def gateway(client: Any, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    return Gateway(client, monkeypatch)


def snake(operation: str) -> str:
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in operation)[1:]


def test_the_table_names_every_error_of_every_operation_in_botocore_s_model() -> None:
    model = Session().get_service_model("comprehend")
    listed = {
        operation: {shape.name for shape in model.operation_model(operation).error_shapes}
        for operation in TABLE
    }
    assert {operation: set(errors) for operation, errors in TABLE.items()} == listed


def test_the_table_names_every_operation_that_the_provider_calls() -> None:
    source = (given.PACKAGE / "aws" / "comprehend.py").read_text(encoding="utf-8")
    called = re.findall(r'\._(?:call|find)\(\s*"(\w+)"', source)
    assert set(called) == set(TABLE)


def test_creation_has_eight_errors() -> None:
    assert len(TABLE["CreateEndpoint"]) == 8


@pytest.mark.parametrize(("operation", "code", "outcome"), ROWS)
def test_the_error_is_waited_out_reported_or_an_answer(
    operation: str, code: str, outcome: Outcome, gateway: Gateway, client: Any
) -> None:
    with Stubber(client) as stub:
        stub.add_client_error(snake(operation), code, "The message.", 400)
        if outcome is ABSENT and operation != "DeleteEndpoint":
            assert call(gateway.real, operation) is None
            assert gateway.counted == []
            return
        with pytest.raises(ApiError) as caught:
            call(gateway.real, operation)
    error = caught.value
    assert (error.call, error.code, error.message) == (operation, code, "The message.")
    assert gateway.counted == [(operation, code)]
    assert meaning(error).transient is (outcome is WAITED)
    assert describe(error).startswith(f"{code} from {operation}: The message. ")


@pytest.mark.parametrize("code", TABLE["DeleteEndpoint"])
def test_an_error_of_a_deletion_ends_it_or_is_waited_out(code: str) -> None:
    fake = FakeComprehend(given.endpoint())
    fake.fails["DeleteEndpoint"] = ApiError("DeleteEndpoint", code, "The message.", 400)

    def vanish() -> None:
        if code == "ResourceNotFoundException":
            fake.live = None

    fake.fails_after = vanish
    asked = Asked(given.request("Delete", physical_id=given.ARN), received=0.0, deadline=3540.0)
    action = reconcile(asked, Task(Goal.DELETE, given.ARN), services(fake))
    expected = {WAITED: Wait, REPORTED: Fail, ABSENT: Done}
    assert type(action) is expected[TABLE["DeleteEndpoint"][code]]


@pytest.mark.parametrize(
    ("code", "status", "transient", "blame"),
    [
        # The common errors of the API reference, and what the SDK itself treats as throttling.
        ("ThrottlingException", 400, True, Blame.SERVICE),
        ("Throttling", 400, True, Blame.SERVICE),
        ("ThrottledException", 400, True, Blame.SERVICE),
        ("RequestLimitExceeded", 400, True, Blame.SERVICE),
        ("RequestThrottled", 400, True, Blame.SERVICE),
        ("RequestThrottledException", 400, True, Blame.SERVICE),
        ("SlowDown", 503, True, Blame.SERVICE),
        ("InternalFailure", 500, True, Blame.SERVICE),
        ("InternalError", 500, True, Blame.SERVICE),
        ("ServiceUnavailable", 503, True, Blame.SERVICE),
        ("ServiceUnavailableException", 503, True, Blame.SERVICE),
        ("RequestTimeout", 400, True, Blame.SERVICE),
        ("RequestTimeoutException", 400, True, Blame.SERVICE),
        (CONNECTION, 0, True, Blame.SERVICE),
        ("AccessDeniedException", 400, False, Blame.PROVIDER),
        ("AccessDenied", 403, False, Blame.PROVIDER),
        ("NotAuthorized", 400, False, Blame.PROVIDER),
        ("UnauthorizedOperation", 403, False, Blame.PROVIDER),
        ("ValidationException", 400, False, Blame.USER),
        ("KmsKeyValidationException", 400, False, Blame.USER),
        ("UnsupportedLanguageException", 400, False, Blame.USER),
        # Every other code is final, unless the status says that the service failed.
        ("ExpiredTokenException", 400, False, Blame.PROVIDER),
        ("SomethingOfTomorrow", 400, False, Blame.PROVIDER),
        ("SomethingOfTomorrow", 404, False, Blame.PROVIDER),
        ("SomethingOfTomorrow", 429, True, Blame.SERVICE),
        ("SomethingOfTomorrow", 500, True, Blame.SERVICE),
        ("SomethingOfTomorrow", 502, True, Blame.SERVICE),
        ("", 0, False, Blame.PROVIDER),
        # A known code counts, because the status differs between reference and service.
        ("ResourceNotFoundException", 404, False, Blame.USER),
        ("InvalidRequestException", 500, False, Blame.USER),
        ("TooManyRequestsException", 400, True, Blame.SERVICE),
    ],
)
def test_a_common_or_unknown_code_has_a_meaning(
    code: str, status: int, transient: bool, blame: Blame
) -> None:
    found = meaning(ApiError("UpdateEndpoint", code, "", status))
    assert (found.transient, found.blame) == (transient, blame)
    assert found.advice.endswith(".")


def test_a_role_that_the_provider_may_not_pass_is_the_user_s_to_have_added() -> None:
    refused = ApiError(
        "CreateEndpoint",
        "AccessDeniedException",
        f"User is not authorized to perform: iam:PassRole on resource: {given.ROLE}",
        400,
    )
    assert not meaning(refused).transient
    assert meaning(refused).blame is Blame.USER
    assert meaning(refused).advice.startswith("DataAccessRoleArn ")


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (ConnectTimeoutError(endpoint_url="https://x"), CONNECTION),
        (ReadTimeoutError(endpoint_url="https://x"), CONNECTION),
        (EndpointConnectionError(endpoint_url="https://x"), CONNECTION),
        (ConnectionClosedError(endpoint_url="https://x"), CONNECTION),
        (ResponseParserError("not json"), CONNECTION),
        (ValueError("not json"), CONNECTION),
    ],
)
@pytest.mark.parametrize("operation", TABLE)
def test_a_call_without_a_usable_answer_is_tried_again(
    raised: Exception,
    code: str,
    operation: str,
    gateway: Gateway,
    client: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def drop(**_: object) -> None:
        raise raised

    monkeypatch.setattr(client, snake(operation), drop)
    with pytest.raises(ApiError) as caught:
        call(gateway.real, operation)
    assert caught.value.code == code
    assert meaning(caught.value).transient


def test_a_parameter_that_the_sdk_refuses_is_the_user_s(gateway: Gateway) -> None:
    with pytest.raises(ApiError) as caught:
        gateway.real.update(given.ARN, Settings.of(inference_units=0))
    assert caught.value.code == "InvalidRequestException"
    assert "DesiredInferenceUnits" in caught.value.message
    assert not meaning(caught.value).transient


@pytest.mark.parametrize(
    ("code", "message", "role", "ready"),
    [
        ("InvalidRequestException", f"Role {given.ROLE} is not valid", given.ROLE, False),
        ("InvalidRequestException", "Could not assume the data access role", given.ROLE, False),
        ("InvalidRequestException", f"{given.ROLE.upper()}: invalid", given.ROLE, False),
        ("InvalidRequestException", "The ModelArn is not valid", given.ROLE, True),
        ("InvalidRequestException", "Role is not valid", None, True),
        ("AccessDeniedException", "Could not assume the role", given.ROLE, True),
    ],
)
def test_a_role_that_iam_has_not_propagated_is_known_by_its_error(
    code: str, message: str, role: str | None, ready: bool
) -> None:
    error = ApiError("CreateEndpoint", code, message, 400)
    assert is_role_not_ready(error, role) is not ready


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("Limit reached.", ": Limit reached. "),
        ("Limit\n  reached", ": Limit reached. "),
        ("", ". "),
    ],
)
def test_an_error_is_described_code_first_then_the_message_then_what_to_do(
    message: str, said: str
) -> None:
    error = ApiError("CreateEndpoint", "TooManyTagsException", message)
    assert describe(error) == (
        f"TooManyTagsException from CreateEndpoint{said}"
        "Remove some of the endpoint's Tags; the limit is 50, including the provider's 3."
    )


def test_the_provider_s_errors_are_one_family_and_keep_what_they_were_given() -> None:
    errors: list[ProviderError] = [
        MalformedEventError(["a.", "b."]),
        UnknownStateError("a"),
        DeliveryError("a", final=True),
        ApiError("Call", "Code", "message", 400),
    ]
    assert [str(each) for each in errors] == [
        "a. b.",
        "a",
        "a",
        "Code from Call: message",
    ]


def test_errors_that_say_the_same_are_equal_so_that_a_state_can_keep_them() -> None:
    error = ApiError("Call", "Code", "message", 400)
    assert error == ApiError("Call", "Code", "message", 400)
    assert hash(error) == hash(ApiError("Call", "Code", "message", 400))
    assert error != ApiError("Call", "Code", "message", 500)
    assert ApiError(**error.as_dict()) == error  # type: ignore[arg-type]
