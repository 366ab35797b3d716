"""Is a Create or Update still wanted? What CloudFormation says before each change decides."""

import pytest

from local.comprehend import Admin
from tests.functional.emulated import endpoint_arn
from tests.functional.provider.cloudformation import CLASSIFIER, CloudFormation, Json

NAMED: Json = {**CLASSIFIER, "EndpointName": "mine"}
RENAMED: Json = {**CLASSIFIER, "EndpointName": "second"}

UNWANTED: dict[str, tuple[str, bool, str | None]] = {
    "stack being deleted": ("DELETE_IN_PROGRESS", True, "CREATE_IN_PROGRESS"),
    "stack deleted": ("DELETE_COMPLETE", True, "CREATE_IN_PROGRESS"),
    "resource being deleted": ("UPDATE_IN_PROGRESS", True, "DELETE_IN_PROGRESS"),
    "resource no longer listed": ("UPDATE_COMPLETE", False, None),
    "create rolling back": ("ROLLBACK_IN_PROGRESS", True, "CREATE_IN_PROGRESS"),
    "update rolling back": ("UPDATE_ROLLBACK_IN_PROGRESS", True, "UPDATE_IN_PROGRESS"),
}
UNKNOWN: dict[str, tuple[str | None, bool | None, str | None]] = {
    "nothing at all": (None, None, None),
    "nothing of the resource": ("CREATE_IN_PROGRESS", None, None),
}


def nothing_was_started(cfn: CloudFormation) -> bool:
    return not cfn.runner.executions


def nothing_is_being_created(cfn: CloudFormation) -> bool:
    return "CREATING" not in cfn.statuses().values()


MOMENTS = {
    "before the creation": nothing_was_started,
    "before the answer": nothing_is_being_created,
}


@pytest.mark.parametrize("why", UNWANTED)
@pytest.mark.parametrize("moment", MOMENTS)
def test_an_unwanted_create_leaves_nothing(cfn: CloudFormation, why: str, moment: str) -> None:
    cfn.says("CREATE_IN_PROGRESS", resource="CREATE_IN_PROGRESS")
    event = cfn.event("Create", NAMED)
    operation = cfn.send(event)
    while MOMENTS[moment](cfn):
        operation.step()
    cfn.says(*UNWANTED[why])
    cfn.runner.run(operation)
    (answer,) = cfn.receiver.answers(event["ResponseURL"])
    assert answer["Status"] == "FAILED"
    assert "Request abandoned" in answer["Reason"]
    assert cfn.statuses() == {}
    assert len(cfn.admin.calls("CreateEndpoint")) == (moment == "before the answer")
    cfn.properties, cfn.physical_id = NAMED, answer["PhysicalResourceId"]
    cfn.delete().succeeded()


@pytest.mark.parametrize("why", sorted(set(UNWANTED) - {"create rolling back"}))
def test_an_unwanted_replacement_leaves_the_old_endpoint_alone(
    cfn: CloudFormation, why: str
) -> None:
    created = cfn.create(NAMED).succeeded()
    before = cfn.endpoint()
    cfn.says("UPDATE_IN_PROGRESS", resource="UPDATE_IN_PROGRESS")
    event = cfn.event("Update", RENAMED, NAMED)
    operation = cfn.send(event)
    while nothing_is_being_created(cfn):
        operation.step()
    cfn.says(*UNWANTED[why])
    cfn.runner.run(operation)
    (answer,) = cfn.receiver.answers(event["ResponseURL"])
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", created.physical_id)
    assert cfn.admin.endpoints() == [before]


@pytest.mark.parametrize("why", sorted(set(UNWANTED) - {"create rolling back"}))
def test_an_unwanted_update_changes_nothing(cfn: CloudFormation, why: str) -> None:
    created = cfn.create(NAMED).succeeded()
    before = cfn.endpoint()
    cfn.says("UPDATE_IN_PROGRESS", resource="UPDATE_IN_PROGRESS")
    new = {**NAMED, "DesiredInferenceUnits": "2", "Tags": [{"Key": "a", "Value": "1"}]}
    event = cfn.event("Update", new, NAMED)
    operation = cfn.send(event)
    operation.step()
    cfn.says(*UNWANTED[why])
    cfn.runner.run(operation)
    (answer,) = cfn.receiver.answers(event["ResponseURL"])
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", created.physical_id)
    assert cfn.admin.endpoints() == [before]


@pytest.mark.parametrize("at_first", ["CREATE_IN_PROGRESS", None])
@pytest.mark.parametrize("unknown", UNKNOWN)
def test_what_is_not_known_changes_nothing(
    cfn: CloudFormation, at_first: str | None, unknown: str
) -> None:
    cfn.says(at_first, True if at_first else None)
    event = cfn.event("Create", NAMED)
    operation = cfn.send(event)
    operation.step()
    cfn.says(*UNKNOWN[unknown])
    cfn.runner.run(operation)
    assert cfn.receiver.answers(event["ResponseURL"])[0]["Status"] == "SUCCESS"
    assert cfn.statuses() == {"mine": "IN_SERVICE"}


def test_a_resource_that_was_never_seen_in_its_stack_is_not_unwanted(cfn: CloudFormation) -> None:
    cfn.says("CREATE_IN_PROGRESS", listed=False)
    cfn.run(cfn.event("Create", NAMED)).succeeded()
    assert cfn.statuses() == {"mine": "IN_SERVICE"}


def test_a_rollback_that_was_under_way_is_the_requests_own_cause(cfn: CloudFormation) -> None:
    cfn.given(NAMED)
    cfn.update({**NAMED, "DesiredInferenceUnits": "2"}).succeeded()
    cfn.roll_back(NAMED).succeeded()
    assert cfn.endpoint()["DesiredInferenceUnits"] == 1


@pytest.mark.parametrize("why", UNWANTED)
def test_a_delete_is_always_wanted(cfn: CloudFormation, why: str) -> None:
    cfn.given(NAMED)
    cfn.says(*UNWANTED[why])
    cfn.run(cfn.event("Delete", NAMED)).succeeded()
    assert cfn.statuses() == {}


def test_an_update_does_not_make_a_vanished_endpoint_again_for_a_stack_that_goes(
    cfn: CloudFormation, admin: Admin
) -> None:
    cfn.given(NAMED)
    admin.remove_endpoint(endpoint_arn("mine"))
    cfn.says("UPDATE_IN_PROGRESS", resource="UPDATE_IN_PROGRESS")
    event = cfn.event("Update", {**NAMED, "DesiredInferenceUnits": "2"}, NAMED)
    operation = cfn.send(event)
    operation.step()
    cfn.says("DELETE_IN_PROGRESS", resource="UPDATE_IN_PROGRESS")
    cfn.runner.run(operation)
    assert cfn.receiver.answers(event["ResponseURL"])[0]["Status"] == "FAILED"
    assert cfn.statuses() == {}
