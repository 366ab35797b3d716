"""The meaning of an AWS error: waited out or reported, who has to act, and what the reason says."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ParamValidationError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError
from botocore.session import Session

from provider.aws.comprehend import ComprehendGateway
from provider.aws.errors import api_errors
from provider.contract.errors import Blame
from provider.model.api_errors import (
    CONNECTION,
    ApiError,
    describe,
    is_denied,
    is_name_taken,
    is_quota,
    is_role_not_ready,
    is_throttled,
    meaning,
    proves_beyond_repair,
)
from tests.unit import given

USER, SERVICE, PROVIDER = Blame

# Whether an error is waited out, and who has to act if it stays.
OF_COMPREHEND = {
    "InvalidRequestException": (False, USER),
    "ResourceInUseException": (True, SERVICE),
    "ResourceLimitExceededException": (False, USER),
    "ResourceNotFoundException": (False, USER),
    "ResourceUnavailableException": (True, USER),
    "TooManyRequestsException": (True, SERVICE),
    "TooManyTagsException": (False, USER),
    "TooManyTagKeysException": (False, USER),
    "ConcurrentModificationException": (True, SERVICE),
    "InternalServerException": (True, SERVICE),
}
# The common errors of the API reference, and what the SDK itself treats as throttling.
OF_ANY_SERVICE = {
    "ThrottlingException": (True, SERVICE),
    "Throttling": (True, SERVICE),
    "ThrottledException": (True, SERVICE),
    "RequestLimitExceeded": (True, SERVICE),
    "RequestThrottled": (True, SERVICE),
    "RequestThrottledException": (True, SERVICE),
    "SlowDown": (True, SERVICE),
    "InternalFailure": (True, SERVICE),
    "InternalError": (True, SERVICE),
    "ServiceUnavailable": (True, SERVICE),
    "ServiceUnavailableException": (True, SERVICE),
    "RequestTimeout": (True, SERVICE),
    "RequestTimeoutException": (True, SERVICE),
    CONNECTION: (True, SERVICE),
    "AccessDeniedException": (False, PROVIDER),
    "AccessDenied": (False, PROVIDER),
    "NotAuthorized": (False, PROVIDER),
    "UnauthorizedOperation": (False, PROVIDER),
    "ExpiredToken": (False, PROVIDER),
    "ExpiredTokenException": (False, PROVIDER),
    "IncompleteSignature": (False, PROVIDER),
    "IncompleteSignatureException": (False, PROVIDER),
    "InvalidClientTokenId": (False, PROVIDER),
    "InvalidSignatureException": (False, PROVIDER),
    "MissingAuthenticationToken": (False, PROVIDER),
    "MissingAuthenticationTokenException": (False, PROVIDER),
    "OptInRequired": (False, PROVIDER),
    "SignatureDoesNotMatch": (False, PROVIDER),
    "UnrecognizedClientException": (False, PROVIDER),
    "ValidationException": (False, USER),
    "KmsKeyValidationException": (False, USER),
    "UnsupportedLanguageException": (False, USER),
}
KNOWN = OF_COMPREHEND | OF_ANY_SERVICE
CALLS: dict[str, Callable[[ComprehendGateway], object]] = {
    "CreateEndpoint": lambda comprehend: comprehend.create("x", given.settings(), "token", {}),
    "UpdateEndpoint": lambda comprehend: comprehend.update(given.ARN, given.settings()),
    "DeleteEndpoint": lambda comprehend: comprehend.delete(given.ARN),
    "DescribeEndpoint": lambda comprehend: comprehend.find(given.ARN),
    "TagResource": lambda comprehend: comprehend.tag(given.ARN, {"a": "b"}),
    "UntagResource": lambda comprehend: comprehend.untag(given.ARN, ["a"]),
    "ListTagsForResource": lambda comprehend: comprehend.tags(given.ARN),
    "DescribeFlywheel": lambda comprehend: comprehend.flywheel_kind(given.FLYWHEEL),
    "ListEndpoints": lambda comprehend: list(comprehend.endpoints()),
}
NOT_FOUND = "ResourceNotFoundException"


def test_the_table_names_every_error_in_the_sdk_s_model() -> None:
    model = Session().get_service_model("comprehend")
    shapes = [each for name in CALLS for each in model.operation_model(name).error_shapes]
    assert OF_COMPREHEND.keys() == {shape.name for shape in shapes}


# The status of an error differs between the API reference and the service.
@pytest.mark.parametrize("status", [0, 400, 404, 500])
@pytest.mark.parametrize("code", KNOWN)
def test_a_known_code_is_what_counts_whatever_the_status(code: str, status: int) -> None:
    found = meaning(ApiError("UpdateEndpoint", code, "", status))
    assert (found.transient, found.blame) == KNOWN[code]
    assert found.advice.endswith(".")


@pytest.mark.parametrize(
    ("status", "transient", "blame"),
    [
        (0, False, PROVIDER),
        (404, False, PROVIDER),
        (429, True, SERVICE),
        (500, True, SERVICE),
        (502, True, SERVICE),
    ],
)
@pytest.mark.parametrize("code", ["SomethingOfTomorrow", ""])
def test_an_unknown_code_is_final_unless_the_status_says_that_the_service_failed(
    code: str, status: int, transient: bool, blame: Blame
) -> None:
    found = meaning(ApiError("UpdateEndpoint", code, "", status))
    assert (found.transient, found.blame) == (transient, blame)


@pytest.mark.parametrize("code", ["SerializationException", "SomethingOfTomorrow", ""])
@pytest.mark.parametrize(
    ("call", "blame"),
    [
        ("CreateEndpoint", USER),
        ("UpdateEndpoint", USER),
        ("TagResource", USER),
        ("DescribeFlywheel", USER),
        ("DescribeEndpoint", PROVIDER),
        ("DescribeStackEvents", PROVIDER),
    ],
)
def test_a_request_that_aws_does_not_understand_is_the_template_s_fault_if_it_sends_properties(
    call: str, code: str, blame: Blame
) -> None:
    found = meaning(ApiError(call, code, "", 400))
    assert (found.transient, found.blame) == (False, blame)


def test_a_role_that_the_provider_may_not_pass_is_the_user_s_to_have_added() -> None:
    message = f"User is not authorized to perform: iam:PassRole on resource: {given.ROLE}"
    found = meaning(ApiError("CreateEndpoint", "AccessDeniedException", message, 400))
    assert (found.transient, found.blame) == (False, USER)
    assert found.advice.startswith("DataAccessRoleArn ")


@pytest.mark.parametrize(
    ("code", "status", "throttled"),
    [
        ("TooManyRequestsException", 400, True),
        ("Throttling", 400, True),
        ("SomethingOfTomorrow", 429, True),
        ("ResourceInUseException", 400, False),
        ("InternalServerException", 500, False),
    ],
)
def test_a_throttled_call_is_known_by_its_code_or_status(
    code: str, status: int, throttled: bool
) -> None:
    assert is_throttled(ApiError("UpdateEndpoint", code, "", status)) is throttled


@pytest.mark.parametrize(
    ("says", "codes"),
    [
        pytest.param(
            lambda error: proves_beyond_repair(error, None),
            {
                "InvalidRequestException",
                "KmsKeyValidationException",
                NOT_FOUND,
                "UnsupportedLanguageException",
                "ValidationException",
            },
            id="beyond repair: not permission, quota, throttling, 5xx, in use, or not ready",
        ),
        pytest.param(is_name_taken, {"ResourceInUseException"}, id="the name is taken"),
        pytest.param(is_quota, {"ResourceLimitExceededException"}, id="a quota"),
        pytest.param(
            is_denied,
            {"AccessDeniedException", "AccessDenied", "NotAuthorized", "UnauthorizedOperation"},
            id="denied",
        ),
    ],
)
def test_what_follows_from_a_refusal_follows_from_its_code(
    says: Callable[[ApiError], bool], codes: set[str]
) -> None:
    asked = (*KNOWN, "SomethingOfTomorrow")
    assert {code for code in asked if says(ApiError("UpdateEndpoint", code, "", 400))} == codes


def test_a_role_that_may_not_be_passed_is_not_a_denied_call_of_the_provider_s() -> None:
    # No tag that shows late changes it.
    message = f"User is not authorized to perform: iam:PassRole on resource: {given.ROLE}"
    assert not is_denied(ApiError("UpdateEndpoint", "AccessDeniedException", message, 400))


@pytest.mark.parametrize(
    ("code", "message", "role", "not_ready"),
    [
        ("InvalidRequestException", f"Role {given.ROLE} is not valid", given.ROLE, True),
        ("InvalidRequestException", "Could not assume the data access role", given.ROLE, True),
        ("InvalidRequestException", f"{given.ROLE.upper()}: invalid", given.ROLE, True),
        ("InvalidRequestException", "The ModelArn is not valid", given.ROLE, False),
        ("InvalidRequestException", "Role is not valid", None, False),
        ("AccessDeniedException", "Could not assume the role", given.ROLE, False),
    ],
)
def test_a_role_that_iam_has_not_propagated_is_known_by_its_error_and_proves_nothing(
    code: str, message: str, role: str | None, not_ready: bool
) -> None:
    error = ApiError("CreateEndpoint", code, message, 400)
    assert is_role_not_ready(error, role) is not_ready
    is_proof = code == "InvalidRequestException" and not not_ready
    assert proves_beyond_repair(error, role) is is_proof


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("Limit reached.", ": Limit reached."),
        ("Limit\n  reached", ": Limit reached."),
        ("", "."),
    ],
)
def test_an_error_is_described_code_first_then_the_call_then_the_message(
    message: str, said: str
) -> None:
    error = ApiError("CreateEndpoint", "TooManyTagsException", message)
    assert describe(error) == f"TooManyTagsException from CreateEndpoint{said}"


ANSWER: Any = {
    "Error": {"Code": "TooManyTagsException", "Message": "Too many."},
    "ResponseMetadata": {"HTTPStatusCode": 400},
}


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (
            ClientError(ANSWER, "TagResource"),
            ApiError("TagResource", "TooManyTagsException", "Too many.", 400),
        ),
        (ClientError({}, "TagResource"), ApiError("TagResource", "Unknown", "")),
        # The parameter comes from the template.
        (
            ParamValidationError(report="too small"),
            ApiError(
                "TagResource",
                "InvalidRequestException",
                "Parameter validation failed:\ntoo small",
            ),
        ),
        *(
            (error, ApiError("TagResource", CONNECTION, type(error).__name__))
            for error in (
                ConnectTimeoutError(endpoint_url="https://x"),
                ReadTimeoutError(endpoint_url="https://x"),
                EndpointConnectionError(endpoint_url="https://x"),
                ConnectionClosedError(endpoint_url="https://x"),
                ResponseParserError("not json"),
                ValueError("not json"),
                KeyError("Tags"),
            )
        ),
    ],
)
def test_an_error_of_the_sdk_becomes_the_provider_s(raised: Exception, expected: ApiError) -> None:
    with pytest.raises(ApiError) as caught, api_errors("TagResource"):
        raise raised
    assert caught.value == expected


@pytest.mark.parametrize("code", [NOT_FOUND, "InternalServerException"])
@pytest.mark.parametrize("name", CALLS)
def test_an_error_of_comprehend_is_raised_and_counted_unless_it_says_that_there_is_none(
    name: str, code: str
) -> None:
    class Refusing:
        def __getattr__(self, _: str) -> Any:
            def refuse(**_: object) -> None:
                raise ClientError({"Error": {"Code": code}}, name)

            return refuse

    counted: list[tuple[str, ...]] = []
    gateway = ComprehendGateway(
        given.REGION, lambda *error: counted.append(error), make_client=lambda *_: Refusing()
    )
    if code == NOT_FOUND and name in ("DescribeEndpoint", "ListTagsForResource"):
        assert CALLS[name](gateway) is None
        assert counted == []
        return
    with pytest.raises(ApiError) as caught:
        CALLS[name](gateway)
    assert (caught.value.call, caught.value.code) == (name, code)
    assert counted == [(name, code)]


def test_errors_that_say_the_same_are_equal_so_that_a_state_can_keep_them() -> None:
    error = ApiError("Call", "Code", "message", 400)
    assert error == ApiError("Call", "Code", "message", 400)
    assert hash(error) == hash(ApiError("Call", "Code", "message", 400))
    assert error != ApiError("Call", "Code", "message", 500)
    assert ApiError(**error.as_dict()) == error  # type: ignore[arg-type]
