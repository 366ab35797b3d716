"""Creates that fail: their id, what they remove, and the Delete that follows."""

import pytest

from local.comprehend import Admin
from provider.model import polling
from tests.functional.emulated import classifier, endpoint_arn, role
from tests.functional.provider.cloudformation import BROKEN, CLASSIFIER, CloudFormation, Json

NAMED: Json = {**CLASSIFIER, "EndpointName": "mine"}


@pytest.mark.parametrize("name", [{}, {"EndpointName": "mine"}], ids=["generated", "explicit"])
def test_a_create_that_fails_names_its_endpoint_and_removes_it(
    cfn: CloudFormation, name: Json
) -> None:
    outcome = cfn.create({**BROKEN, **name})
    outcome.failed("CreateEndpoint", "FAILED", "could not be loaded")
    assert outcome.physical_id == outcome.calls[0]["parameters"]["EndpointArn"]
    assert cfn.statuses() == {}
    # The Delete that CloudFormation sends after it has nothing left to do.
    assert cfn.delete().succeeded().changes == []


def test_the_delete_may_come_while_the_failed_create_still_cleans_up(
    cfn: CloudFormation, admin: Admin
) -> None:
    admin.change_settings(delete_seconds=30)
    event = cfn.event("Create", BROKEN)
    creating = cfn.send_until_answered(event)
    cfn.properties = BROKEN
    cfn.physical_id = cfn.receiver.answers(event["ResponseURL"])[0]["PhysicalResourceId"]
    deletion = cfn.event("Delete", BROKEN)
    cfn.runner.run(creating, cfn.send(deletion))
    assert cfn.receiver.answers(deletion["ResponseURL"])[0]["Status"] == "SUCCESS"
    assert cfn.statuses() == {}


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({**CLASSIFIER, "ModelArn": classifier("missing")}, "ResourceNotFoundException"),
        ({**CLASSIFIER, "DesiredInferenceUnits": "51"}, "ResourceLimitExceededException"),
    ],
)
def test_a_create_that_made_nothing_answers_with_an_id_that_reaches_nothing(
    cfn: CloudFormation, admin: Admin, properties: Json, code: str
) -> None:
    failed = cfn.create({**properties, "EndpointName": "mine"}).failed(code)
    assert failed.reason.startswith(code)
    assert not failed.physical_id.startswith("arn:")
    # Meanwhile the name has been taken by somebody else.
    admin.put_endpoint("mine", classifier())
    deleted = cfn.delete().succeeded()
    assert deleted.calls == []
    assert cfn.statuses() == {"mine": "IN_SERVICE"}


def test_a_reason_of_any_length_fits_and_begins_with_the_cause(
    cfn: CloudFormation, admin: Admin
) -> None:
    admin.add_fault(
        "CreateEndpoint", code="InvalidRequestException", message="é\U0001f9ea\n" * 3000
    )
    failed = cfn.create(CLASSIFIER).failed()
    assert failed.reason.startswith("InvalidRequestException from CreateEndpoint: é")


def test_clean_up_leaves_a_successor_under_the_same_name_alone(
    cfn: CloudFormation, admin: Admin
) -> None:
    admin.change_settings(create_seconds=60)
    slow = {**NAMED, "ServiceTimeout": "12"}
    first = cfn.send_until_answered(cfn.event("Create", slow))
    first.step()  # Its first try to remove the endpoint, which is still being created.
    assert not first.done
    admin.remove_endpoint(endpoint_arn("mine"))
    second = cfn.event("Create", NAMED)
    cfn.runner.run(first, cfn.send(second))
    assert cfn.receiver.answers(second["ResponseURL"])[0]["Status"] == "SUCCESS"
    assert cfn.statuses() == {"mine": "IN_SERVICE"}


def test_clean_up_waits_for_an_endpoint_that_cannot_be_deleted_yet(
    cfn: CloudFormation, admin: Admin
) -> None:
    admin.change_settings(create_seconds=120)
    outcome = cfn.create({**NAMED, "ServiceTimeout": "20"}).failed("CREATING")
    assert outcome.physical_id == endpoint_arn("mine")
    assert cfn.statuses() == {}
    assert outcome.seconds < 20
    assert outcome.seconds_in_all >= 120


def test_an_endpoint_that_somebody_deletes_during_its_creation_is_not_made_again(
    cfn: CloudFormation, admin: Admin
) -> None:
    event = cfn.event("Create", NAMED)
    operation = cfn.send(event)
    while cfn.statuses() != {"mine": "CREATING"} or len(admin.calls("DescribeEndpoint")) < 2:
        operation.step()
    admin.remove_endpoint(endpoint_arn("mine"))
    cfn.runner.run(operation)
    (answer,) = cfn.receiver.answers(event["ResponseURL"])
    assert answer["Status"] == "FAILED"
    assert "deleted" in answer["Reason"]
    assert len(admin.calls("CreateEndpoint")) == 1
    assert cfn.statuses() == {}


def test_a_clean_up_that_fails_is_logged_and_does_not_change_the_answer(
    cfn: CloudFormation, admin: Admin
) -> None:
    admin.add_fault("DeleteEndpoint", code="AccessDeniedException")
    outcome = cfn.create(BROKEN).failed("could not be loaded")
    assert list(cfn.statuses().values()) == ["FAILED"]
    log = cfn.runner.functions.log.getvalue()
    assert "could not be deleted" in log
    assert "CleanupFailures" in log
    admin.clear_faults()
    assert outcome.physical_id == admin.endpoints()[0]["EndpointArn"]
    cfn.delete().succeeded()
    assert cfn.statuses() == {}


def test_a_clean_up_that_may_not_look_is_told_too(cfn: CloudFormation, admin: Admin) -> None:
    event = cfn.event("Create", BROKEN)
    operation = cfn.send_until_answered(event)
    admin.add_fault("DescribeEndpoint", code="AccessDeniedException")
    cfn.runner.run(operation)
    assert "could not be deleted" in cfn.runner.functions.log.getvalue()
    assert len(cfn.receiver.at(event["ResponseURL"])) == 1


def test_a_clean_up_that_never_ends_is_given_up_and_told(
    cfn: CloudFormation, admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "CLEAN_UP_LIMIT", 60)
    admin.add_fault("DeleteEndpoint", code="ResourceInUseException")
    outcome = cfn.create(BROKEN).failed()
    assert 60 <= outcome.seconds_in_all < 80
    assert "could not be deleted" in cfn.runner.functions.log.getvalue()


def test_an_endpoint_that_cannot_be_told_of_is_removed(cfn: CloudFormation) -> None:
    """In JSON each of these characters takes six bytes: together more than an answer may have."""
    failed = cfn.create(
        {**NAMED, "DataAccessRoleArn": role("\N{LATIN SMALL LETTER E WITH ACUTE}" * 900)}
    )
    failed.failed("4096")
    assert failed.physical_id == endpoint_arn("mine")
    assert cfn.statuses() == {}
