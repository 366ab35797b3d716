"""The sequences of events with which CloudFormation rolls an update back.

The campaign plays each kind of update with its rollback; here are the cases that it has not.
"""

import pytest

from local.comprehend import Admin
from testing.arns import classifier, endpoint_arn, flywheel, role
from testing.events import Json
from testing.one_resource import (
    CLASSIFIER,
    FLYWHEEL,
    NAMED,
    RECOGNIZER,
    RENAMED,
    OneResource,
    tags,
)

LARGER: Json = {"DesiredInferenceUnits": "2"}
ROLLED_BACK = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"


def without_times(endpoint: Json) -> Json:
    times = ("LastModifiedTime", "StatusSince")
    return {name: value for name, value in endpoint.items() if name not in times}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(NAMED, {**NAMED, **FLYWHEEL, **LARGER}, id="flywheel added, units"),
        pytest.param({**NAMED, **FLYWHEEL}, NAMED, id="flywheel removed"),
        pytest.param(NAMED, {**NAMED, **tags(a="1")}, id="tags"),
    ],
)
def test_an_update_in_place_is_undone(cfn: OneResource, old: Json, new: Json) -> None:
    arn = cfn.given(old)
    before = cfn.endpoint()
    cfn.update(new).succeeded()
    assert cfn.roll_back(old).succeeded().physical_id == arn
    assert without_times(cfn.endpoint()) == without_times(before)


def test_a_role_that_was_added_under_an_explicit_name_does_not_stop_the_rollback(
    cfn: OneResource,
) -> None:
    arn = cfn.given(NAMED)
    cfn.update({**NAMED, "DataAccessRoleArn": role(), **LARGER}).succeeded()
    assert cfn.roll_back(NAMED).succeeded().physical_id == arn
    assert cfn.endpoint()["DesiredInferenceUnits"] == 1


def test_a_role_that_was_added_under_a_generated_name_stays_after_the_rollback(
    cfn: OneResource,
) -> None:
    """It was added in place, so nothing was replaced that could be gone back to."""
    created = cfn.create(CLASSIFIER).succeeded()
    cfn.update({**CLASSIFIER, "DataAccessRoleArn": role(), **LARGER}).succeeded()
    assert cfn.roll_back(CLASSIFIER).succeeded().physical_id == created.physical_id
    assert cfn.endpoint()["DesiredInferenceUnits"] == 1
    assert list(cfn.statuses().values()) == ["IN_SERVICE"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(NAMED, RENAMED, id="rename"),
        pytest.param(CLASSIFIER, RECOGNIZER, id="another kind"),
        pytest.param({**CLASSIFIER, "DataAccessRoleArn": role()}, CLASSIFIER, id="role removed"),
    ],
)
@pytest.mark.parametrize("carries", ["new", "old", "none"])
def test_a_replacement_is_undone_and_the_old_endpoint_is_left_as_it_was(
    cfn: OneResource, admin: Admin, old: Json, new: Json, carries: str
) -> None:
    """With the new id, with the old one, or with nothing but the Delete of the new endpoint."""
    created = cfn.create(old).succeeded()
    # Its template never said this: it was scaled.
    admin.change_units(created.physical_id, 4)
    before = cfn.endpoint()
    replaced = cfn.update(new).succeeded()
    if carries == "none":
        cfn.clean_up(replaced.physical_id, new, "UPDATE_ROLLBACK_IN_PROGRESS").succeeded()
    else:
        carrying = created.physical_id if carries == "old" else replaced.physical_id
        back = cfn.roll_back(old, carrying=carrying).succeeded()
        assert back.physical_id == created.physical_id
        assert {"CreateEndpoint", "UpdateEndpoint"}.isdisjoint(back.changes)
        cfn.clean_up(replaced.physical_id, new, ROLLED_BACK).succeeded()
    assert [without_times(each) for each in admin.endpoints()] == [without_times(before)]


def test_a_rollback_finds_the_old_endpoint_gone_and_makes_it_again(
    cfn: OneResource, admin: Admin
) -> None:
    arn = cfn.given(NAMED)
    replaced = cfn.update(RENAMED).succeeded()
    admin.remove_endpoint(arn)
    assert cfn.roll_back(NAMED).succeeded().physical_id == arn
    cfn.clean_up(replaced.physical_id, RENAMED, ROLLED_BACK).succeeded()
    assert cfn.statuses() == {"mine": "IN_SERVICE"}


@pytest.mark.parametrize("seconds", [0, 1, 5, 20])
@pytest.mark.parametrize("steps", [1, 3, 8])
def test_a_rename_that_is_cancelled_on_its_way_leaves_nothing(
    cfn: OneResource, steps: int, seconds: int
) -> None:
    """A sibling failed: the rollback's Update arrives while the first one still runs."""
    arn = cfn.given(NAMED)
    renaming = cfn.send(cfn.event("Update", RENAMED, NAMED))
    for _ in range(steps):
        renaming.step()
    cfn.account.clock.advance(seconds)
    event = cfn.event("Update", NAMED, RENAMED, during="UPDATE_ROLLBACK_IN_PROGRESS")
    back = cfn.finish(cfn.send(event), renaming).succeeded()
    assert back.physical_id == arn
    assert cfn.statuses() == {"mine": "IN_SERVICE"}


@pytest.mark.parametrize("whose", ["ours", "foreign"])
def test_an_endpoint_under_the_abandoned_name_is_removed_if_it_is_ours(
    cfn: OneResource, admin: Admin, whose: str
) -> None:
    """The request that made it died."""
    arn = cfn.given(NAMED)
    cfn.account.clock.advance(60)
    owner = cfn.own_tags() if whose == "ours" else {"owner": "somebody"}
    admin.put_endpoint("second", classifier(), tags=owner)
    assert cfn.roll_back(NAMED, was=RENAMED).succeeded().physical_id == arn
    assert list(cfn.statuses()) == (["mine"] if whose == "ours" else ["mine", "second"])


@pytest.mark.parametrize("seconds", [1, 10, 29])
@pytest.mark.parametrize("stale", [0, 30])
def test_a_rename_that_is_tried_again_after_its_rollback_has_an_endpoint_of_its_own(
    cfn: OneResource, seconds: int, stale: int
) -> None:
    """The first one's clean-up goes on meanwhile, and leaves the second one's endpoint alone."""
    cfn.given(NAMED)
    cfn.account.clock.advance(60)
    cfn.account.stacks.stale = lambda: stale
    first = cfn.send_until_called(cfn.event("Update", RENAMED, NAMED), "CreateEndpoint")
    back = cfn.send_until_answered(
        cfn.event("Update", NAMED, RENAMED, during="UPDATE_ROLLBACK_IN_PROGRESS")
    )
    cfn.comes_to("UPDATE_ROLLBACK_COMPLETE")
    cfn.account.clock.advance(seconds)
    again = cfn.send(cfn.event("Update", RENAMED, NAMED, during="UPDATE_IN_PROGRESS"))
    cfn.account.run(first, back, again)
    assert cfn.finish(again).succeeded().physical_id == endpoint_arn("second")
    assert cfn.statuses() == {"mine": "IN_SERVICE", "second": "IN_SERVICE"}


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
    cfn: OneResource, rule: Json
) -> None:
    created = cfn.create(CLASSIFIER).succeeded()
    cfn.update({**CLASSIFIER, **LARGER}).succeeded()
    back = cfn.roll_back({**CLASSIFIER, **rule}).succeeded()
    assert back.physical_id == created.physical_id
    assert cfn.endpoint()["DesiredInferenceUnits"] == 1


def test_a_rollback_does_not_need_the_flywheel_that_is_gone(cfn: OneResource, admin: Admin) -> None:
    created = cfn.create(FLYWHEEL).succeeded()
    cfn.update({**FLYWHEEL, **LARGER}).succeeded()
    admin.add_fault("DescribeFlywheel", code="ResourceNotFoundException", status=404)
    assert cfn.roll_back(FLYWHEEL).succeeded().physical_id == created.physical_id
    assert cfn.endpoint()["DesiredInferenceUnits"] == 1
    assert cfn.endpoint()["FlywheelArn"] == flywheel()
