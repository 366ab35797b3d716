"""Updates that replace the endpoint: what is made, and what happens to the old one.

What forces a replacement is a table in tests/unit/test_replacement.py.
"""

import pytest

from local.comprehend import Admin
from testing.arns import classifier, endpoint_arn, flywheel, recognizer, role
from testing.events import Json
from testing.one_resource import (
    BROKEN,
    CLASSIFIER,
    NAMED,
    RECOGNIZER,
    RENAMED,
    OneResource,
    tags,
)

WITH_ROLE: Json = {**CLASSIFIER, "DataAccessRoleArn": role()}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(NAMED, RENAMED, id="renamed"),
        pytest.param(NAMED, CLASSIFIER, id="the name left out"),
        pytest.param(NAMED, {**RECOGNIZER, "EndpointName": "mine"}, id="another kind, same name"),
        pytest.param(
            CLASSIFIER,
            {"FlywheelArn": flywheel("recognizer"), "DesiredInferenceUnits": "1"},
            id="another kind by a flywheel",
        ),
        pytest.param(WITH_ROLE, CLASSIFIER, id="role removed"),
        pytest.param({**NAMED, "DataAccessRoleArn": role()}, RENAMED, id="role removed, renamed"),
    ],
)
def test_a_replacement_makes_a_new_endpoint_and_leaves_the_old_one_to_the_cleanup(
    cfn: OneResource, old: Json, new: Json
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
    cfn: OneResource, admin: Admin
) -> None:
    admin.change_units(cfn.given(NAMED), 9)
    cfn.update({**RENAMED, "DataAccessRoleArn": role(), **tags(a="1")}).succeeded()
    live = cfn.endpoint()
    assert live["DesiredInferenceUnits"] == 1
    assert live["DataAccessRoleArn"] == role()
    assert live["Tags"]["a"] == "1"


def test_removing_the_role_under_an_explicit_name_is_refused_with_the_remedy(
    cfn: OneResource,
) -> None:
    cfn.given({**NAMED, "DataAccessRoleArn": role()})
    before = cfn.endpoint()
    failed = cfn.update(NAMED).failed("DataAccessRoleArn", "leave EndpointName out")
    assert failed.reason.startswith("DataAccessRoleArn")
    assert failed.changes == []
    # A second read of the stack's events must say that this is no way back.
    assert failed.waits == 1
    assert cfn.endpoint() == before


def test_a_role_can_come_and_go_and_come_again(cfn: OneResource) -> None:
    """Each removal is a replacement under the other of two names, and none is left behind."""
    cfn.create(CLASSIFIER).succeeded()
    for _ in range(2):
        replaced = cfn.update(WITH_ROLE).succeeded().physical_id
        assert cfn.endpoint()["DataAccessRoleArn"] == role()
        assert cfn.update(CLASSIFIER).succeeded().physical_id != replaced
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
    cfn: OneResource, new: Json
) -> None:
    arn = cfn.given(NAMED)
    before = cfn.endpoint()
    failed = cfn.update(new).failed("CreateEndpoint", "could not be loaded")
    assert failed.physical_id == arn
    assert failed.changes[0] == "CreateEndpoint"
    assert set(failed.changes[1:]) == {"DeleteEndpoint"}
    back = cfn.roll_back(NAMED, was=new).succeeded()
    assert (back.changes, back.physical_id) == ([], arn)
    assert cfn.admin.endpoints() == [before]


def test_the_answer_of_a_failed_replacement_does_not_wait_for_its_clean_up(
    cfn: OneResource, admin: Admin
) -> None:
    cfn.given(NAMED)
    admin.change_settings(delete_seconds=600)
    event = cfn.event("Update", {**BROKEN, "EndpointName": "second"}, NAMED)
    operation = cfn.send_until_answered(event)
    assert cfn.statuses()["second"] == "FAILED"
    cfn.finish(operation).failed()
    assert cfn.statuses() == {"mine": "IN_SERVICE"}


def test_a_replacement_by_a_foreign_name_touches_neither(cfn: OneResource, admin: Admin) -> None:
    cfn.given(NAMED)
    admin.put_endpoint("second", classifier(), tags={"owner": "somebody"})
    # Younger than that, its tags might show late.
    cfn.account.clock.advance(200)
    before = admin.endpoints()
    failed = cfn.update(RENAMED).failed("EndpointName", "second", endpoint_arn("second"))
    assert failed.changes == []
    assert admin.endpoints() == before


def test_a_failed_rename_that_was_not_rolled_back_is_undone_with_all_that_the_template_says(
    cfn: OneResource,
) -> None:
    """A stack may keep what a failed update has left; its next update then has those properties
    as the old ones, though the physical id is still that of the endpoint before.
    """
    cfn.given(NAMED)
    new, failed = ({**each, "DesiredInferenceUnits": "2"} for each in (NAMED, RENAMED))
    undone = cfn.run(cfn.event("Update", new, failed)).succeeded()

    assert undone.changes == ["UpdateEndpoint"]
    assert undone.answer["Data"]["CurrentInferenceUnits"] == "2"
