"""Every error of every call: waited out or reported, and always one answer.

The campaign plays each at every call of every operation; here are the outcome and its words.
"""

from typing import Any

import pytest

from local.comprehend import Admin
from local.comprehend.model import api_model
from provider.model.polling import TAGS_GRANT_LATE
from testing.events import Json
from testing.one_resource import FLYWHEEL, NAMED, OneResource, Outcome, tags

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
    # Unknown codes: the HTTP status decides.
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

OLD: Json = {**NAMED, **tags(old="1"), "ServiceTimeout": "24"}
UPDATES: dict[str, Json] = {
    "UpdateEndpoint": {**OLD, "DesiredInferenceUnits": "2"},
    "TagResource": OLD | tags(old="1", new="1"),
    "UntagResource": {**OLD, "Tags": []},
    "DescribeEndpoint": {**OLD, "DesiredInferenceUnits": "2"},
    "ListTagsForResource": {**OLD, "DesiredInferenceUnits": "2"},
}
CALLS = ("CreateEndpoint", "DeleteEndpoint", *UPDATES)
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
        for operation in CALLS
        for code in sorted({*api_model().error_codes(operation), *common})
        if (operation, code) not in FOUND
    ]


def run(cfn: OneResource, operation: str, **fault: Any) -> Outcome:
    """A request that makes the call, which a fault hits."""
    if operation not in ("CreateEndpoint", "DescribeFlywheel"):
        cfn.given(OLD)
        # On a new endpoint, a permission that its tags grant may lag.
        cfn.account.clock.advance(TAGS_GRANT_LATE)
    cfn.admin.add_fault(operation, **fault)
    if operation == "DeleteEndpoint":
        return cfn.delete()
    if operation in UPDATES:
        return cfn.update(UPDATES[operation])
    return cfn.create(FLYWHEEL if operation == "DescribeFlywheel" else OLD)


def assert_all_can_be_undone(cfn: OneResource, operation: str) -> None:
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
    listed = {code for each in CALLS for code in api_model().error_codes(each)}
    assert listed <= OUTCOME.keys()
    assert len(api_model().error_codes("CreateEndpoint")) == 8


@pytest.mark.parametrize(("operation", "code"), cases())
def test_an_error_that_comes_once(cfn: OneResource, operation: str, code: str) -> None:
    # The SDK itself tries again what looks passing: two in a row are one to the provider.
    times, status = 2 if OUTCOME[code] == WAIT else 1, STATUS.get(code)
    outcome = run(cfn, operation, code=code, status=status, times=times, message="Boom.")
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
def test_an_error_that_stays_is_waited_out_until_the_deadline_and_then_reported(
    cfn: OneResource, operation: str, code: str
) -> None:
    outcome = run(cfn, operation, code=code, status=STATUS.get(code), message="Boom.")
    outcome.failed("Timed out", f"{code} from {operation}: Boom")
    assert outcome.seconds < 24
    assert_all_can_be_undone(cfn, operation)


@pytest.mark.parametrize(
    "code", sorted({*api_model().error_codes("DescribeFlywheel"), "AccessDeniedException"})
)
def test_an_error_of_describe_flywheel(cfn: OneResource, code: str) -> None:
    times = 2 if OUTCOME[code] == WAIT else 1
    outcome = run(cfn, "DescribeFlywheel", code=code, status=STATUS.get(code), times=times)
    if OUTCOME[code] == WAIT:
        outcome.succeeded()
    else:
        assert outcome.failed().reason.startswith(f"{code} from DescribeFlywheel")
        assert outcome.changes == []
    cfn.delete().succeeded()
    assert cfn.statuses() == {}


def test_an_endpoint_that_goes_between_two_reads_is_gone(cfn: OneResource, admin: Admin) -> None:
    """It is described, and there is none when its tags are read."""
    cfn.given(OLD)
    gone = {"code": "ResourceNotFoundException", "status": 404}
    admin.add_fault("ListTagsForResource", **gone)
    admin.add_fault("DescribeEndpoint", **gone, from_nth=2)
    cfn.delete().succeeded()


@pytest.mark.timeout(10)
def test_an_endpoint_that_is_gone_for_one_call_and_there_for_another_is_waited_for(
    cfn: OneResource, admin: Admin
) -> None:
    arn = cfn.given(OLD)
    admin.add_fault("DeleteEndpoint", code="ResourceNotFoundException", status=404)
    deleting = cfn.send_until_called(cfn.event("Delete", OLD), "DeleteEndpoint")
    # One more observation at once is fine, but not one after the other.
    assert len(admin.calls("DeleteEndpoint")) <= 2
    admin.remove_endpoint(arn)
    cfn.finish(deleting).succeeded()


@pytest.mark.parametrize("how", [{"drop": "after"}, {"body": "malformed"}, {"body": "empty"}])
@pytest.mark.parametrize("operation", [*CALLS, "DescribeFlywheel"])
def test_an_answer_that_is_lost_or_cannot_be_read(
    cfn: OneResource, operation: str, how: dict[str, str]
) -> None:
    """The call took its effect; the campaign plays each at every call."""
    run(cfn, operation, times=2, **how).succeeded()
    assert_all_can_be_undone(cfn, operation)


def test_an_error_that_comes_after_the_effect_makes_no_second_endpoint(cfn: OneResource) -> None:
    failing = {"code": "InternalServerException", "after_effect": True, "times": 2}
    run(cfn, "CreateEndpoint", **failing).succeeded()
    assert list(cfn.statuses()) == ["mine"]


@pytest.mark.parametrize("code", ["InvalidRequestException", "AccessDeniedException"])
def test_a_creation_that_is_refused_after_a_lost_one_leaves_nothing(
    cfn: OneResource, admin: Admin, code: str
) -> None:
    """A first try took effect and its answer was lost; the next one is refused for good."""
    admin.add_fault("CreateEndpoint", drop="after", times=1)
    outcome = run(cfn, "CreateEndpoint", code=code)
    admin.clear_faults()
    if outcome.answer["Status"] == "FAILED":
        cfn.delete().succeeded()
        assert cfn.statuses() == {}
    else:
        assert cfn.statuses() == {"mine": "IN_SERVICE"}
