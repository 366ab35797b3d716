"""Creates that fail: their id, what they remove, and the Delete that follows."""

import re

import pytest

from local.comprehend import Admin
from provider.model import polling
from testing.arns import classifier, endpoint_arn, role
from testing.events import Json
from testing.one_resource import BROKEN, CLASSIFIER, NAMED, OneResource


@pytest.mark.parametrize("name", [{}, {"EndpointName": "mine"}], ids=["generated", "explicit"])
def test_a_create_that_fails_removes_its_endpoint_and_answers_with_an_id_of_its_own(
    cfn: OneResource, name: Json
) -> None:
    outcome = cfn.create({**BROKEN, **name})
    outcome.failed("CreateEndpoint", "FAILED", "could not be loaded")
    assert re.fullmatch("failed/[0-9a-f]{32}", outcome.physical_id)
    assert outcome.changes == ["CreateEndpoint", "DeleteEndpoint"]
    assert cfn.statuses() == {}
    # The Delete that CloudFormation sends after it has nothing left to do.
    assert cfn.delete().succeeded().changes == []


def test_the_delete_may_come_while_the_failed_create_still_cleans_up(
    cfn: OneResource, admin: Admin
) -> None:
    admin.change_settings(delete_seconds=30)
    event = cfn.event("Create", BROKEN)
    creating = cfn.send_until_answered(event)
    cfn.physical_id = cfn.mailbox.answers(event["ResponseURL"])[0]["PhysicalResourceId"]
    cfn.finish(cfn.send(cfn.event("Delete", BROKEN)), creating).succeeded()
    assert cfn.statuses() == {}


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({**CLASSIFIER, "ModelArn": classifier("missing")}, "ResourceNotFoundException"),
        ({**CLASSIFIER, "DesiredInferenceUnits": "51"}, "ResourceLimitExceededException"),
    ],
)
def test_a_create_that_made_nothing_answers_with_an_id_that_takes_nothing(
    cfn: OneResource, admin: Admin, properties: Json, code: str
) -> None:
    failed = cfn.create({**properties, "EndpointName": "mine"}).failed(code)
    assert failed.reason.startswith(code)
    assert failed.physical_id.startswith("failed/")
    # Nothing may still be there, so nothing is waited for.
    deleted = cfn.delete().succeeded()
    assert (deleted.changes, deleted.waits) == ([], 0)
    # Meanwhile the name has been taken by somebody else.
    admin.put_endpoint("mine", classifier())
    assert cfn.delete().succeeded().changes == []
    assert cfn.statuses() == {"mine": "IN_SERVICE"}


def test_a_reason_of_any_length_fits_and_begins_with_the_cause(
    cfn: OneResource, admin: Admin
) -> None:
    admin.add_fault(
        "CreateEndpoint", code="InvalidRequestException", message="é\U0001f9ea\n" * 3000
    )
    failed = cfn.create(CLASSIFIER).failed()
    assert failed.reason.startswith("InvalidRequestException from CreateEndpoint: é")


def test_clean_up_leaves_a_successor_under_the_same_name_alone(
    cfn: OneResource, admin: Admin
) -> None:
    admin.change_settings(create_seconds=60)
    slow = {**NAMED, "ServiceTimeout": "12"}
    first = cfn.send_until_answered(cfn.event("Create", slow))
    first.step()  # Its first try to remove the endpoint, which is still being created.
    assert not first.done
    admin.remove_endpoint(endpoint_arn("mine"))
    cfn.finish(cfn.send(cfn.event("Create", NAMED)), first).succeeded()
    assert cfn.statuses() == {"mine": "IN_SERVICE"}


def test_an_endpoint_that_somebody_deletes_during_its_creation_is_not_made_again(
    cfn: OneResource, admin: Admin
) -> None:
    operation = cfn.send_until(
        cfn.event("Create", NAMED),
        lambda: cfn.statuses() and len(admin.calls("DescribeEndpoint")) > 1,
    )
    admin.remove_endpoint(endpoint_arn("mine"))
    assert cfn.finish(operation).failed("deleted").changes == ["CreateEndpoint"]
    assert cfn.statuses() == {}


def test_a_clean_up_that_fails_is_logged_and_does_not_change_the_answer(
    cfn: OneResource, admin: Admin
) -> None:
    admin.add_fault("DeleteEndpoint", code="AccessDeniedException")
    outcome = cfn.create(BROKEN).failed("could not be loaded")
    assert list(cfn.statuses().values()) == ["FAILED"]
    log = cfn.account.functions.log.getvalue()
    assert "could not be deleted" in log
    assert "CleanupFailures" in log
    admin.clear_faults()
    assert outcome.physical_id.startswith("failed/")
    cfn.delete().succeeded()
    assert cfn.statuses() == {}


def test_a_clean_up_without_proof_leaves_the_endpoint_and_says_so(cfn: OneResource) -> None:
    """CloudFormation has no record of the stack: somebody has written the event."""
    event = cfn.event("Create", BROKEN)
    cfn.hand_made()
    assert cfn.run(event).failed("could not be loaded").changes == ["CreateEndpoint"]
    assert list(cfn.statuses().values()) == ["FAILED"]
    log = cfn.account.functions.log.getvalue()
    assert "an endpoint is left" in log
    assert "EndpointsKept" in log


def test_a_clean_up_that_may_not_read_is_logged_too(cfn: OneResource, admin: Admin) -> None:
    operation = cfn.send_until_answered(cfn.event("Create", BROKEN))
    admin.add_fault("DescribeEndpoint", code="AccessDeniedException")
    cfn.finish(operation).failed("could not be loaded")
    assert "could not be deleted" in cfn.account.functions.log.getvalue()


def test_a_clean_up_that_never_ends_is_given_up_and_logged(
    cfn: OneResource, admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "CLEAN_UP_LIMIT", 60)
    admin.add_fault("DeleteEndpoint", code="ResourceInUseException")
    outcome = cfn.create(BROKEN).failed()
    assert 60 <= outcome.seconds_in_all < 80
    assert "could not be deleted" in cfn.account.functions.log.getvalue()


def test_an_endpoint_that_no_answer_can_hold_is_removed(cfn: OneResource) -> None:
    """In JSON each of these characters takes six bytes: together more than an answer may have."""
    failed = cfn.create(
        {**NAMED, "DataAccessRoleArn": role("\N{LATIN SMALL LETTER E WITH ACUTE}" * 900)}
    )
    failed.failed("4096")
    assert failed.physical_id.startswith("failed/")
    assert cfn.statuses() == {}
