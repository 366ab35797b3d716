"""Whose an endpoint is: a foreign name, a leftover of one's own, and what that allows."""

import pytest

from local.comprehend import Admin
from tests.functional.emulated import classifier, endpoint_arn, role
from tests.functional.provider.cloudformation import (
    BROKEN,
    CLASSIFIER,
    LOGICAL_ID_TAG,
    REQUEST_TAG,
    STACK_TAG,
    CloudFormation,
    Json,
    stack_id,
)

NAMED: Json = {**CLASSIFIER, "EndpointName": "mine"}
FOREIGN = {
    "no tags": {},
    "other tags": {"owner": "somebody"},
    "another stack": {STACK_TAG: stack_id("other"), LOGICAL_ID_TAG: "Sentiment"},
    "another resource": {STACK_TAG: stack_id("demo"), LOGICAL_ID_TAG: "Other"},
    "half of ours": {STACK_TAG: stack_id("demo")},
}


@pytest.mark.parametrize("whose", FOREIGN)
def test_a_create_under_a_foreign_name_is_an_error_that_names_it(
    cfn: CloudFormation, admin: Admin, whose: str
) -> None:
    admin.put_endpoint("mine", classifier(), tags=FOREIGN[whose])
    before = admin.endpoints()
    failed = cfn.create(NAMED).failed("EndpointName", endpoint_arn("mine"))
    assert failed.changes == []
    assert failed.waits == 0
    assert not failed.physical_id.startswith("arn:")
    assert cfn.delete().succeeded().changes == []
    assert admin.endpoints() == before


@pytest.mark.parametrize("status", ["CREATING", "UPDATING", "FAILED"])
def test_a_foreign_endpoint_is_left_alone_whatever_its_status(
    cfn: CloudFormation, admin: Admin, status: str
) -> None:
    admin.put_endpoint("mine", classifier(), status=status, tags={"owner": "somebody"})
    assert cfn.create(NAMED).failed("EndpointName").changes == []
    assert list(cfn.statuses()) == ["mine"]


def test_a_foreign_endpoint_that_is_going_away_makes_room(
    cfn: CloudFormation, admin: Admin
) -> None:
    admin.put_endpoint("mine", classifier(), status="DELETING")
    assert cfn.create(NAMED).succeeded().changes == ["CreateEndpoint"]
    assert cfn.endpoint()["Tags"][STACK_TAG] == cfn.stack_id


def test_a_name_that_is_taken_between_look_and_creation_is_not_touched(
    cfn: CloudFormation, admin: Admin
) -> None:
    event = cfn.event("Create", NAMED)
    operation = cfn.send(event)
    operation.step()
    admin.put_endpoint("mine", classifier(), tags={"owner": "somebody"})
    before = admin.endpoints()
    cfn.runner.run(operation)
    (answer,) = cfn.receiver.answers(event["ResponseURL"])
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("EndpointName")
    assert admin.endpoints() == before


@pytest.mark.parametrize("code", ["ResourceInUseException", "InternalServerException"])
def test_a_name_that_is_taken_during_the_creation_is_not_touched(
    cfn: CloudFormation, admin: Admin, code: str
) -> None:
    """The call is refused, and only the next look shows why."""
    event = cfn.event("Create", NAMED)
    operation = cfn.send(event)
    admin.add_fault("CreateEndpoint", code=code, times=2)
    while not admin.calls("CreateEndpoint"):
        operation.step()
    admin.put_endpoint("mine", classifier(), tags={"owner": "somebody"})
    cfn.runner.run(operation)
    (answer,) = cfn.receiver.answers(event["ResponseURL"])
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("EndpointName")
    cfn.properties, cfn.physical_id = NAMED, answer["PhysicalResourceId"]
    assert "DeleteEndpoint" not in cfn.delete().changes
    assert cfn.statuses() == {"mine": "IN_SERVICE"}


@pytest.mark.parametrize("status", ["CREATING", "IN_SERVICE", "UPDATING", "DELETING", "FAILED"])
def test_a_create_takes_over_what_an_earlier_request_of_its_own_left(
    cfn: CloudFormation, admin: Admin, status: str
) -> None:
    admin.put_endpoint("mine", classifier("old"), units=3, status=status, tags=cfn.own_tags())
    properties = {**NAMED, "Tags": [{"Key": "a", "Value": "1"}]}
    outcome = cfn.create(properties).succeeded()
    assert outcome.physical_id == endpoint_arn("mine")
    live = cfn.endpoint()
    assert (live["Status"], live["ModelArn"]) == ("IN_SERVICE", classifier())
    assert live["DesiredInferenceUnits"] == 1
    assert live["Tags"]["a"] == "1"
    (execution,) = outcome.operation.executions
    assert live["Tags"][REQUEST_TAG].startswith(execution.name)


def test_what_was_taken_over_is_the_creates_own_from_then_on(
    cfn: CloudFormation, admin: Admin
) -> None:
    """The clean-up of the earlier request comes late and leaves it alone."""
    admin.change_settings(create_seconds=20)
    slow = {**NAMED, "ServiceTimeout": "12"}
    earlier = cfn.send_until_answered(cfn.event("Create", slow))
    fault = admin.add_fault("DeleteEndpoint", code="ResourceInUseException")
    for _ in range(30):
        earlier.step()
    assert not earlier.done
    later = cfn.create(NAMED).succeeded()
    admin.remove_fault(fault)
    cfn.runner.run(earlier)
    assert later.changes == ["TagResource"]
    assert cfn.statuses() == {"mine": "IN_SERVICE"}


def test_a_failed_create_does_not_remove_what_it_found(cfn: CloudFormation, admin: Admin) -> None:
    arn = admin.put_endpoint("mine", classifier(), tags=cfn.own_tags())
    failed = cfn.create({**BROKEN, "EndpointName": "mine"}).failed("UpdateEndpoint")
    assert failed.physical_id == arn
    assert "DeleteEndpoint" not in failed.changes
    # It is this resource's all the same, so that the Delete that follows removes it.
    cfn.delete().succeeded()
    assert cfn.statuses() == {}


def test_an_update_of_an_endpoint_that_lost_our_tags_changes_nothing(
    cfn: CloudFormation, admin: Admin
) -> None:
    created = cfn.create(NAMED).succeeded()
    admin.remove_tags(created.physical_id)
    before = cfn.endpoint()
    for new in (
        {**NAMED, "DesiredInferenceUnits": "2"},
        {**NAMED, "DataAccessRoleArn": role()},
        {**NAMED, "Tags": [{"Key": "a", "Value": "1"}]},
        {**NAMED, "ServiceTimeout": "60"},
    ):
        failed = cfn.update(new).failed("ownership tags", created.physical_id)
        assert failed.changes == []
    assert cfn.endpoint() == before


def test_an_update_finds_an_endpoint_of_its_own_under_the_new_name(
    cfn: CloudFormation, admin: Admin
) -> None:
    """An earlier rename got as far as making it."""
    cfn.create(NAMED).succeeded()
    admin.put_endpoint("second", classifier("old"), tags=cfn.own_tags())
    updated = cfn.update({**NAMED, "EndpointName": "second"}).succeeded()
    assert "CreateEndpoint" not in updated.changes
    assert updated.physical_id == endpoint_arn("second")
    assert cfn.endpoint()["ModelArn"] == classifier()
