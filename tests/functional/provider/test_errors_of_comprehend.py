"""Every error of every call: waited out or reported, and always one answer."""

import pytest

from local.comprehend import Admin
from local.comprehend.model import api_model
from tests.functional.emulated import classifier, endpoint_arn
from tests.functional.provider.cloudformation import (
    CLASSIFIER,
    FLYWHEEL,
    CloudFormation,
    Json,
    Outcome,
)

WAIT, FAIL = "waited out", "reported at once"
OUTCOME = {
    # The service model's.
    "ConcurrentModificationException": WAIT,
    "InternalServerException": WAIT,
    "InvalidRequestException": FAIL,
    "ResourceInUseException": WAIT,
    "ResourceLimitExceededException": FAIL,
    "ResourceNotFoundException": FAIL,
    "ResourceUnavailableException": WAIT,
    "TooManyRequestsException": WAIT,
    "TooManyTagKeysException": FAIL,
    "TooManyTagsException": FAIL,
    # Common to all services.
    "AccessDeniedException": FAIL,
    "ExpiredTokenException": FAIL,
    "ServiceUnavailable": WAIT,
    "ThrottlingException": WAIT,
    "ValidationException": FAIL,
    # Of which nobody has heard yet: the HTTP status decides.
    "BrandNewException": FAIL,
    "BrandNewFailure": WAIT,
}
STATUS = {
    "ResourceNotFoundException": 404,
    "TooManyRequestsException": 429,
    "InternalServerException": 500,
    "ServiceUnavailable": 503,
    "BrandNewFailure": 500,
}
COMMON = [code for code in OUTCOME if code not in api_model().error_codes("CreateEndpoint")]

OLD: Json = {
    **CLASSIFIER,
    "EndpointName": "mine",
    "Tags": [{"Key": "old", "Value": "1"}],
    "ServiceTimeout": "24",
}
UPDATES: dict[str, Json] = {
    "UpdateEndpoint": {**OLD, "DesiredInferenceUnits": "2"},
    "TagResource": {**OLD, "Tags": [*OLD["Tags"], {"Key": "new", "Value": "1"}]},
    "UntagResource": {**OLD, "Tags": []},
    "ListTagsForResource": {**OLD, "DesiredInferenceUnits": "2"},
}
FOUND = {
    ("DescribeEndpoint", "ResourceNotFoundException"),
    ("ListTagsForResource", "ResourceNotFoundException"),
    ("DeleteEndpoint", "ResourceNotFoundException"),
}
"""No errors but answers: there is no such endpoint."""
NOT_COMMON = {
    # Only meaningful where the model lists them.
    "ConcurrentModificationException",
    "TooManyTagKeysException",
}


def cases() -> list[tuple[str, str]]:
    """Each operation with each of its codes, and those that any call can meet."""
    common = [code for code in COMMON if code not in NOT_COMMON]
    return [
        (operation, code)
        for operation in ("CreateEndpoint", "DeleteEndpoint", "DescribeEndpoint", *UPDATES)
        for code in sorted({*api_model().error_codes(operation), *common})
        if (operation, code) not in FOUND
    ]


def run(cfn: CloudFormation, operation: str) -> Outcome:
    """A request that makes the call."""
    if operation == "DeleteEndpoint":
        return cfn.delete()
    if operation in UPDATES:
        return cfn.update(UPDATES[operation])
    return cfn.create(OLD)


def prepared(cfn: CloudFormation, operation: str) -> CloudFormation:
    if operation not in ("CreateEndpoint", "DescribeEndpoint", "DescribeFlywheel"):
        cfn.given(OLD)
    return cfn


def assert_all_can_be_undone(cfn: CloudFormation, operation: str) -> None:
    """What CloudFormation sends after a failure succeeds once the service is well again."""
    cfn.admin.clear_faults()
    if operation in UPDATES:
        cfn.roll_back(OLD, was=UPDATES[operation]).succeeded()
        assert cfn.endpoint()["Status"] == "IN_SERVICE"
        assert cfn.endpoint()["DesiredInferenceUnits"] == 1
        assert "old" in cfn.endpoint()["Tags"]
        assert "new" not in cfn.endpoint()["Tags"]
    cfn.delete().succeeded()
    assert cfn.statuses() == {}


def test_every_error_of_the_service_model_has_an_outcome() -> None:
    operations = ("CreateEndpoint", "DeleteEndpoint", "DescribeEndpoint", *UPDATES)
    listed = {code for each in operations for code in api_model().error_codes(each)}
    assert listed <= OUTCOME.keys()
    assert len(api_model().error_codes("CreateEndpoint")) == 8


@pytest.mark.parametrize(("operation", "code"), cases())
def test_an_error_that_comes_once(
    cfn: CloudFormation, admin: Admin, operation: str, code: str
) -> None:
    prepared(cfn, operation)
    # The SDK itself tries again what looks passing: two in a row are one to the provider.
    times = 2 if OUTCOME[code] == WAIT else 1
    admin.add_fault(operation, code=code, status=STATUS.get(code), times=times, message="Boom.")
    outcome = run(cfn, operation)
    if OUTCOME[code] == WAIT:
        outcome.succeeded()
    else:
        outcome.failed("Boom.")
        assert outcome.reason.startswith(f"{code} from {operation}: Boom.")
        assert outcome.seconds < 2
    assert_all_can_be_undone(cfn, operation)


@pytest.mark.parametrize(
    ("operation", "code"), [case for case in cases() if OUTCOME[case[1]] == WAIT]
)
def test_an_error_that_stays_is_waited_out_until_the_deadline_and_then_told(
    cfn: CloudFormation, admin: Admin, operation: str, code: str
) -> None:
    prepared(cfn, operation)
    admin.add_fault(operation, code=code, status=STATUS.get(code), message="Boom.")
    outcome = run(cfn, operation).failed("Timed out", f"{code} from {operation}: Boom")
    assert outcome.seconds < 24
    assert_all_can_be_undone(cfn, operation)


@pytest.mark.parametrize("properties", [FLYWHEEL, {**FLYWHEEL, "EndpointName": "mine"}])
@pytest.mark.parametrize(
    "code", sorted({*api_model().error_codes("DescribeFlywheel"), "AccessDeniedException"})
)
def test_an_error_of_describe_flywheel(
    cfn: CloudFormation, admin: Admin, code: str, properties: Json
) -> None:
    times = 2 if OUTCOME[code] == WAIT else 1
    admin.add_fault("DescribeFlywheel", code=code, status=STATUS.get(code), times=times)
    outcome = cfn.create(properties)
    if OUTCOME[code] == WAIT:
        outcome.succeeded()
    else:
        assert outcome.failed().reason.startswith(f"{code} from DescribeFlywheel")
        assert outcome.changes == []
    cfn.delete().succeeded()
    assert cfn.statuses() == {}


def test_a_look_that_finds_nothing_is_no_error(cfn: CloudFormation, admin: Admin) -> None:
    """The endpoint goes between being described and being asked for its tags."""
    cfn.given(OLD)
    event = cfn.event("Delete", OLD)
    admin.add_fault("ListTagsForResource", code="ResourceNotFoundException", status=404)
    admin.add_fault("DescribeEndpoint", code="ResourceNotFoundException", status=404, from_nth=2)
    cfn.run(event).succeeded()


@pytest.mark.timeout(10)
def test_an_endpoint_that_is_gone_for_one_call_and_there_for_another_is_waited_for(
    cfn: CloudFormation, admin: Admin
) -> None:
    cfn.given(OLD)
    admin.add_fault("DeleteEndpoint", code="ResourceNotFoundException", status=404)
    event = cfn.event("Delete", OLD)
    operation = cfn.send(event)
    while not admin.calls("DeleteEndpoint"):
        operation.step()
    # One more look at once is fine, but not one after the other.
    assert len(admin.calls("DeleteEndpoint")) <= 2
    admin.remove_endpoint(endpoint_arn("mine"))
    cfn.runner.run(operation)
    assert cfn.receiver.answers(event["ResponseURL"])[0]["Status"] == "SUCCESS"


CALLS = ("CreateEndpoint", "DeleteEndpoint", "DescribeEndpoint", *UPDATES)


@pytest.mark.parametrize("how", ["before", "after"])
@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("operation", CALLS)
def test_a_connection_that_is_dropped(
    cfn: CloudFormation, admin: Admin, operation: str, how: str, times: int
) -> None:
    prepared(cfn, operation)
    admin.add_fault(operation, drop=how, times=times)
    run(cfn, operation).succeeded()
    if operation == "CreateEndpoint":
        assert list(cfn.statuses()) == ["mine"]
    assert_all_can_be_undone(cfn, operation)


@pytest.mark.parametrize("body", ["malformed", "empty"])
@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize("operation", [*CALLS, "DescribeFlywheel"])
def test_an_answer_that_cannot_be_read(
    cfn: CloudFormation, admin: Admin, operation: str, nth: int, body: str
) -> None:
    prepared(cfn, operation)
    if operation == "DescribeFlywheel":
        admin.add_fault(operation, body=body, from_nth=nth, times=2)
        cfn.create(FLYWHEEL).succeeded()
    elif operation == "DescribeEndpoint":
        cfn.given(OLD)
        admin.add_fault(operation, body=body, from_nth=nth, times=2)
        cfn.update(UPDATES["UpdateEndpoint"]).succeeded()
    else:
        admin.add_fault(operation, body=body, from_nth=nth, times=2)
        run(cfn, operation).succeeded()
    cfn.admin.clear_faults()
    cfn.delete().succeeded()
    assert cfn.statuses() == {}


def test_an_answer_after_an_error_that_came_after_the_effect(
    cfn: CloudFormation, admin: Admin
) -> None:
    """The creation took effect, and the service said that it had failed."""
    admin.add_fault("CreateEndpoint", code="InternalServerException", after_effect=True, times=2)
    cfn.create(OLD).succeeded()
    assert list(cfn.statuses()) == ["mine"]


@pytest.mark.parametrize("code", ["InvalidRequestException", "AccessDeniedException"])
def test_nothing_leaks_where_a_call_is_refused_for_good_though_it_took_effect(
    cfn: CloudFormation, admin: Admin, code: str
) -> None:
    """A first try took effect and was lost, and the next one is refused."""
    admin.add_fault("CreateEndpoint", drop="after", times=1)
    admin.add_fault("CreateEndpoint", code=code)
    outcome = cfn.create({**OLD, "ModelArn": classifier("x")})
    admin.clear_faults()
    if outcome.answer["Status"] == "FAILED":
        cfn.delete().succeeded()
        assert cfn.statuses() == {}
    else:
        assert cfn.statuses() == {"mine": "IN_SERVICE"}
