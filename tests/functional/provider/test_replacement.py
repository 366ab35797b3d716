"""Updates that replace the endpoint: when, under which name, and what becomes of the old one."""

import pytest

from local.comprehend import Admin
from tests.functional.emulated import classifier, endpoint_arn, flywheel, recognizer, role
from tests.functional.provider.cloudformation import (
    BROKEN,
    CLASSIFIER,
    FLYWHEEL,
    RECOGNIZER,
    CloudFormation,
    Json,
)

NAMED: Json = {**CLASSIFIER, "EndpointName": "first"}
WITH_ROLE: Json = {**CLASSIFIER, "DataAccessRoleArn": role()}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(NAMED, {**NAMED, "EndpointName": "second"}, id="renamed"),
        pytest.param(CLASSIFIER, NAMED, id="a name given"),
        pytest.param(NAMED, CLASSIFIER, id="the name left out"),
        pytest.param(CLASSIFIER, RECOGNIZER, id="another kind"),
        pytest.param(NAMED, {**RECOGNIZER, "EndpointName": "first"}, id="another kind, same name"),
        pytest.param(
            CLASSIFIER,
            {"FlywheelArn": flywheel("recognizer"), "DesiredInferenceUnits": "1"},
            id="another kind by a flywheel",
        ),
        pytest.param(WITH_ROLE, CLASSIFIER, id="role removed"),
        pytest.param(
            {**NAMED, "DataAccessRoleArn": role()},
            {**NAMED, "EndpointName": "second"},
            id="role removed and renamed",
        ),
    ],
)
def test_a_replacement_makes_a_new_endpoint_and_leaves_the_old_one_to_the_cleanup(
    cfn: CloudFormation, old: Json, new: Json
) -> None:
    created = cfn.create(old).succeeded()
    before = cfn.endpoint()
    updated = cfn.update(new).succeeded()

    assert updated.changes == ["CreateEndpoint"]
    assert updated.physical_id != created.physical_id
    assert cfn.admin.endpoint(created.physical_id) == before
    live = cfn.endpoint()
    assert live["Status"] == "IN_SERVICE"
    assert live.get("DataAccessRoleArn") == new.get("DataAccessRoleArn")

    cleaned = cfn.clean_up(created.physical_id, old).succeeded()
    assert cleaned.changes == ["DeleteEndpoint"]
    assert cfn.statuses() == {live["EndpointName"]: "IN_SERVICE"}


def test_a_replacement_brings_everything_that_the_template_says(
    cfn: CloudFormation, admin: Admin
) -> None:
    created = cfn.create(NAMED).succeeded()
    admin.change_units(created.physical_id, 9)
    tags = [{"Key": "a", "Value": "1"}]
    new = {**NAMED, "EndpointName": "second", "DataAccessRoleArn": role(), "Tags": tags}
    cfn.update(new).succeeded()
    live = cfn.endpoint()
    assert live["DesiredInferenceUnits"] == 1
    assert live["DataAccessRoleArn"] == role()
    assert live["Tags"]["a"] == "1"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(CLASSIFIER, WITH_ROLE, id="role added"),
        pytest.param(
            CLASSIFIER,
            {**CLASSIFIER, "ModelArn": classifier("other")},
            id="another model of the same kind",
        ),
        pytest.param(
            FLYWHEEL,
            {**FLYWHEEL, "FlywheelArn": flywheel("other")},
            id="another flywheel of the same kind",
        ),
        pytest.param(
            {"FlywheelArn": flywheel("recognizer"), "DesiredInferenceUnits": "1"},
            {"ModelArn": recognizer(), "DesiredInferenceUnits": "1"},
            id="from a flywheel to a model of the same kind",
        ),
    ],
)
def test_what_can_be_done_in_place_is_no_replacement(
    cfn: CloudFormation, old: Json, new: Json
) -> None:
    created = cfn.create(old).succeeded()
    updated = cfn.update(new).succeeded()
    assert updated.physical_id == created.physical_id
    assert updated.changes == ["UpdateEndpoint"]


def test_removing_the_role_under_an_explicit_name_is_refused_with_the_remedy(
    cfn: CloudFormation,
) -> None:
    cfn.create({**NAMED, "DataAccessRoleArn": role()}).succeeded()
    before = cfn.endpoint()
    failed = cfn.update(NAMED).failed("DataAccessRoleArn", "EndpointName", "remove it")
    assert failed.reason.startswith("DataAccessRoleArn")
    assert failed.changes == []
    assert failed.waits == 0
    assert cfn.endpoint() == before


def test_a_role_can_come_and_go_and_come_again(cfn: CloudFormation) -> None:
    """Each removal is a replacement under the other of two names, and none is left behind."""
    cfn.create(CLASSIFIER).succeeded()
    for _ in range(2):
        cfn.update(WITH_ROLE).succeeded()
        assert cfn.endpoint()["DataAccessRoleArn"] == role()
        replaced = str(cfn.physical_id)
        removed = cfn.update(CLASSIFIER).succeeded()
        assert removed.physical_id != replaced
        cfn.clean_up(replaced, WITH_ROLE).succeeded()
        assert "DataAccessRoleArn" not in cfn.endpoint()
        assert len(cfn.statuses()) == 1


@pytest.mark.parametrize(
    "new",
    [
        pytest.param({**BROKEN, "EndpointName": "second"}, id="renamed to a broken model"),
        pytest.param(
            {**RECOGNIZER, "ModelArn": recognizer("broken/version/v1")}, id="another kind, broken"
        ),
    ],
)
def test_a_failed_replacement_answers_the_old_id_and_removes_what_it_made(
    cfn: CloudFormation, new: Json
) -> None:
    created = cfn.create(NAMED).succeeded()
    before = cfn.endpoint()
    failed = cfn.update(new).failed("CreateEndpoint", "could not be loaded")
    assert failed.physical_id == created.physical_id
    assert failed.changes[0] == "CreateEndpoint"
    assert set(failed.changes[1:]) == {"DeleteEndpoint"}
    assert cfn.admin.endpoints() == [before]


def test_the_answer_of_a_failed_replacement_does_not_wait_for_its_clean_up(
    cfn: CloudFormation, admin: Admin
) -> None:
    cfn.create(NAMED).succeeded()
    admin.change_settings(delete_seconds=600)
    event = cfn.event("Update", {**BROKEN, "EndpointName": "second"}, NAMED)
    operation = cfn.send(event)
    while not cfn.receiver.answers(event["ResponseURL"]):
        operation.step()
    assert cfn.statuses()["second"] == "FAILED"
    cfn.runner.run(operation)
    assert cfn.statuses() == {"first": "IN_SERVICE"}


def test_a_replacement_by_a_foreign_name_touches_neither(cfn: CloudFormation, admin: Admin) -> None:
    cfn.create(NAMED).succeeded()
    admin.put_endpoint("taken", classifier(), tags={"owner": "somebody"})
    before = admin.endpoints()
    failed = cfn.update({**NAMED, "EndpointName": "taken"})
    failed.failed("EndpointName", "taken", endpoint_arn("taken"))
    assert failed.changes == []
    assert admin.endpoints() == before


def test_a_failed_rename_that_was_not_rolled_back_is_undone_with_all_that_the_template_says(
    cfn: CloudFormation,
) -> None:
    """A stack may keep what a failed update has left; its next update then has those properties
    as the old ones, though the physical id is still that of the endpoint before.
    """
    cfn.create({**CLASSIFIER, "EndpointName": "mine"}).succeeded()
    cfn.says("UPDATE_IN_PROGRESS", resource="UPDATE_IN_PROGRESS")
    larger = {**CLASSIFIER, "DesiredInferenceUnits": "2"}
    new, failed = ({**larger, "EndpointName": name} for name in ("mine", "second"))
    undone = cfn.run(cfn.event("Update", new, failed)).succeeded()

    assert undone.changes == ["UpdateEndpoint"]
    assert undone.answer["Data"]["CurrentInferenceUnits"] == "2"
