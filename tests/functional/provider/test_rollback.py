"""The sequences of events with which CloudFormation rolls an update back."""

import pytest

from local.comprehend import Admin
from tests.functional.emulated import classifier, endpoint_arn, flywheel, role
from tests.functional.provider.cloudformation import (
    BROKEN,
    CLASSIFIER,
    FLYWHEEL,
    RECOGNIZER,
    CloudFormation,
    Json,
)

NAMED: Json = {**CLASSIFIER, "EndpointName": "x"}
RENAMED: Json = {**CLASSIFIER, "EndpointName": "y"}
ROLLED_BACK = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"


def without_times(endpoint: Json) -> Json:
    return {name: value for name, value in endpoint.items() if name != "LastModifiedTime"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(NAMED, {**NAMED, "DesiredInferenceUnits": "3"}, id="units"),
        pytest.param(NAMED, {**NAMED, "ModelArn": classifier("reviews/version/v2")}, id="model"),
        pytest.param(NAMED, {**NAMED, **FLYWHEEL}, id="flywheel added"),
        pytest.param({**NAMED, **FLYWHEEL}, NAMED, id="flywheel removed"),
        pytest.param(NAMED, {**NAMED, "Tags": [{"Key": "a", "Value": "1"}]}, id="tags"),
        pytest.param(
            {**NAMED, "DataAccessRoleArn": role()},
            {**NAMED, "DataAccessRoleArn": role("other")},
            id="role",
        ),
    ],
)
def test_an_update_in_place_is_undone(cfn: CloudFormation, old: Json, new: Json) -> None:
    created = cfn.create(old).succeeded()
    before = cfn.endpoint()
    cfn.update(new).succeeded()
    back = cfn.roll_back(old).succeeded()
    assert back.physical_id == created.physical_id
    assert without_times(cfn.endpoint()) == without_times(before)


def test_a_role_that_was_added_under_an_explicit_name_does_not_stop_the_rollback(
    cfn: CloudFormation,
) -> None:
    created = cfn.create(NAMED).succeeded()
    cfn.update({**NAMED, "DataAccessRoleArn": role(), "DesiredInferenceUnits": "2"}).succeeded()
    back = cfn.roll_back(NAMED).succeeded()
    assert back.physical_id == created.physical_id
    assert cfn.endpoint()["DesiredInferenceUnits"] == 1


def test_a_role_that_was_added_under_a_generated_name_is_gone_after_the_rollback(
    cfn: CloudFormation,
) -> None:
    cfn.create(CLASSIFIER).succeeded()
    with_role = {**CLASSIFIER, "DataAccessRoleArn": role()}
    cfn.update(with_role).succeeded()
    replaced = str(cfn.physical_id)
    back = cfn.roll_back(CLASSIFIER).succeeded()
    if back.physical_id != replaced:
        cfn.clean_up(replaced, with_role, ROLLED_BACK).succeeded()
    assert "DataAccessRoleArn" not in cfn.endpoint()
    assert len(cfn.statuses()) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(NAMED, RENAMED, id="rename"),
        pytest.param(CLASSIFIER, RENAMED, id="a name given"),
        pytest.param(CLASSIFIER, RECOGNIZER, id="another kind"),
        pytest.param({**CLASSIFIER, "DataAccessRoleArn": role()}, CLASSIFIER, id="role removed"),
    ],
)
@pytest.mark.parametrize("carries", ["new", "old"])
def test_a_replacement_is_undone_whichever_id_the_rollback_carries(
    cfn: CloudFormation, admin: Admin, old: Json, new: Json, carries: str
) -> None:
    created = cfn.create(old).succeeded()
    # The old endpoint was scaled since, which its template never said.
    admin.change_units(created.physical_id, 4)
    before = cfn.endpoint()
    replaced = cfn.update(new).succeeded()
    assert replaced.physical_id != created.physical_id
    carrying = created.physical_id if carries == "old" else replaced.physical_id

    back = cfn.roll_back(old, carrying=carrying).succeeded()
    assert back.physical_id == created.physical_id
    assert "CreateEndpoint" not in back.changes
    assert "UpdateEndpoint" not in back.changes
    cfn.clean_up(replaced.physical_id, new, ROLLED_BACK).succeeded()
    assert [without_times(each) for each in admin.endpoints()] == [without_times(before)]


@pytest.mark.parametrize("new", [RENAMED, RECOGNIZER], ids=["rename", "another kind"])
def test_a_replacement_is_undone_where_the_delete_comes_alone(
    cfn: CloudFormation, admin: Admin, new: Json
) -> None:
    created = cfn.create(NAMED).succeeded()
    before = cfn.endpoint()
    replaced = cfn.update(new).succeeded()
    cfn.clean_up(replaced.physical_id, new, "UPDATE_ROLLBACK_IN_PROGRESS").succeeded()
    assert admin.endpoints() == [before]
    assert before["EndpointArn"] == created.physical_id


def test_a_rollback_finds_the_old_endpoint_gone_and_makes_it_again(
    cfn: CloudFormation, admin: Admin
) -> None:
    created = cfn.create(NAMED).succeeded()
    replaced = cfn.update(RENAMED).succeeded()
    admin.remove_endpoint(created.physical_id)
    back = cfn.roll_back(NAMED).succeeded()
    assert back.physical_id == created.physical_id
    cfn.clean_up(replaced.physical_id, RENAMED, ROLLED_BACK).succeeded()
    assert cfn.statuses() == {"x": "IN_SERVICE"}


def test_a_failed_replacement_leaves_the_rollback_nothing_to_do(cfn: CloudFormation) -> None:
    created = cfn.create(NAMED).succeeded()
    broken = {**BROKEN, "EndpointName": "y"}
    cfn.update(broken).failed()
    back = cfn.roll_back(NAMED, was=broken).succeeded()
    assert back.changes == []
    assert back.physical_id == created.physical_id
    assert cfn.statuses() == {"x": "IN_SERVICE"}


@pytest.mark.parametrize("steps", range(1, 9))
def test_a_rename_that_is_cancelled_on_its_way_leaves_nothing(
    cfn: CloudFormation, steps: int
) -> None:
    """A sibling failed: the rollback's Update arrives while the first one still runs."""
    created = cfn.create(NAMED).succeeded()
    cfn.says("UPDATE_IN_PROGRESS", resource="UPDATE_IN_PROGRESS")
    renaming = cfn.send(cfn.event("Update", RENAMED, NAMED))
    for _ in range(steps):
        renaming.step()
    cfn.says("UPDATE_ROLLBACK_IN_PROGRESS", resource="UPDATE_IN_PROGRESS")
    event = cfn.event("Update", NAMED, RENAMED)
    cfn.runner.run(cfn.send(event), renaming)
    (answer,) = cfn.receiver.answers(event["ResponseURL"])
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", created.physical_id)
    assert cfn.statuses() == {"x": "IN_SERVICE"}


def test_an_abandoned_replacement_is_removed_though_its_request_died(
    cfn: CloudFormation, admin: Admin
) -> None:
    created = cfn.create(NAMED).succeeded()
    admin.put_endpoint("y", classifier(), tags=cfn.own_tags())
    back = cfn.roll_back(NAMED, was=RENAMED).succeeded()
    assert back.physical_id == created.physical_id
    assert cfn.statuses() == {"x": "IN_SERVICE"}


def test_an_abandoned_endpoint_that_a_later_update_takes_over_is_not_removed(
    cfn: CloudFormation, admin: Admin
) -> None:
    """The clean-up after a rollback waits for a busy endpoint, and meets its successor's."""
    cfn.create(NAMED).succeeded()
    admin.put_endpoint("y", classifier(), tags=cfn.own_tags())
    admin.add_fault("DeleteEndpoint", code="ResourceInUseException", from_nth=1)
    cfn.says("UPDATE_ROLLBACK_IN_PROGRESS", resource="UPDATE_IN_PROGRESS")
    event = cfn.event("Update", NAMED, RENAMED)
    cleaning_up = cfn.send(event)
    while not admin.calls("DeleteEndpoint"):
        cleaning_up.step()
    assert cfn.receiver.answers(event["ResponseURL"])[0]["Status"] == "SUCCESS"

    cfn.says("UPDATE_IN_PROGRESS", resource="UPDATE_IN_PROGRESS")
    taken_over = cfn.update(RENAMED).succeeded()
    admin.clear_faults()
    cfn.runner.run(cleaning_up)

    assert taken_over.physical_id == endpoint_arn("y")
    assert cfn.statuses()["y"] == "IN_SERVICE"


def test_a_foreign_endpoint_under_the_abandoned_name_is_left_alone(
    cfn: CloudFormation, admin: Admin
) -> None:
    cfn.given(NAMED)
    admin.put_endpoint("y", classifier(), tags={"owner": "somebody"})
    back = cfn.roll_back(NAMED, was=RENAMED).succeeded()
    assert back.changes == []
    assert cfn.statuses() == {"x": "IN_SERVICE", "y": "IN_SERVICE"}


@pytest.mark.parametrize(
    "rule",
    [
        {"Obsolete": "x"},
        {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]},
        {"EndpointName": "not_allowed"},
        {"ModelArn": classifier(region="eu-west-1")},
    ],
    ids=["unknown property", "tags", "name", "model"],
)
def test_a_rollback_does_not_fail_on_a_rule_that_is_younger_than_its_properties(
    cfn: CloudFormation, rule: Json
) -> None:
    created = cfn.create(CLASSIFIER).succeeded()
    new = {**CLASSIFIER, "DesiredInferenceUnits": "2"}
    cfn.update(new).succeeded()
    back = cfn.roll_back({**CLASSIFIER, **rule}).succeeded()
    assert back.physical_id == created.physical_id
    assert cfn.endpoint()["DesiredInferenceUnits"] == 1


def test_a_rollback_does_not_need_the_flywheel_that_is_gone(
    cfn: CloudFormation, admin: Admin
) -> None:
    created = cfn.create(FLYWHEEL).succeeded()
    cfn.update({**FLYWHEEL, "DesiredInferenceUnits": "2"}).succeeded()
    admin.add_fault("DescribeFlywheel", code="ResourceNotFoundException", status=404)
    back = cfn.roll_back(FLYWHEEL).succeeded()
    assert back.physical_id == created.physical_id
    assert cfn.endpoint()["DesiredInferenceUnits"] == 1
    assert cfn.endpoint()["FlywheelArn"] == flywheel()


def test_a_failed_update_and_its_rollback_end_where_they_began(cfn: CloudFormation) -> None:
    created = cfn.create(NAMED).succeeded()
    broken = {**BROKEN, "EndpointName": "x"}
    failed = cfn.update(broken).failed("UpdateEndpoint", "could not be loaded")
    assert failed.physical_id == created.physical_id
    back = cfn.roll_back(NAMED, was=broken).succeeded()
    assert back.physical_id == endpoint_arn("x")
    assert cfn.endpoint()["ModelArn"] == classifier()
    assert cfn.statuses() == {"x": "IN_SERVICE"}
