"""Tags that show late, reads of CloudFormation that are old, and calls and steps that are lost."""

import itertools

import pytest

from local.comprehend import Admin
from testing.account import Account
from testing.events import Json
from testing.one_resource import (
    BROKEN,
    CLASSIFIER,
    DURATIONS,
    NAMED,
    RECOGNIZER,
    RENAMED,
    OneResource,
    tags,
)

LATE = (2, 30, 119)
"""Seconds until tags show."""
ROLLED_BACK = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"


@pytest.fixture(params=LATE)
def late(request: pytest.FixtureRequest, admin: Admin) -> int:
    seconds: int = request.param
    admin.change_settings(tag_visibility_seconds=seconds)
    return seconds


@pytest.fixture(params=["both", "none"])
def dropped(request: pytest.FixtureRequest, admin: Admin) -> str:
    """Which answers of CreateEndpoint are lost after the effect: of both tries, or of none."""
    if request.param == "both":
        admin.add_fault("CreateEndpoint", drop="after", times=2)
    return str(request.param)


@pytest.mark.usefixtures("late", "dropped")
class TestLateTags:
    @pytest.mark.parametrize("new", [NAMED, {**CLASSIFIER, **tags(a="1")}], ids=["named", "tags"])
    def test_a_create_succeeds_and_sets_no_tags_twice(self, cfn: OneResource, new: Json) -> None:
        created = cfn.create(new).succeeded()
        assert set(created.changes) == {"CreateEndpoint"}
        assert list(cfn.statuses().values()) == ["IN_SERVICE"]
        assert cfn.delete().succeeded().changes == ["DeleteEndpoint"]
        assert cfn.statuses() == {}

    @pytest.mark.parametrize("bad", [BROKEN, {**BROKEN, "EndpointName": "mine"}])
    def test_a_create_that_fails_leaves_nothing(self, cfn: OneResource, bad: Json) -> None:
        failed = cfn.create(bad).failed("CreateEndpoint")
        assert failed.physical_id.startswith("failed/")
        cfn.delete().succeeded()
        assert cfn.statuses() == {}

    @pytest.mark.parametrize("new", [RENAMED, {**RECOGNIZER, "EndpointName": "mine"}])
    def test_a_replacement_and_its_rollback_leave_one(self, cfn: OneResource, new: Json) -> None:
        arn = cfn.given(NAMED)
        cfn.account.clock.advance(200)
        replaced = cfn.update(new).succeeded().physical_id
        assert cfn.roll_back(NAMED).succeeded().physical_id == arn
        cfn.clean_up(replaced, new, ROLLED_BACK).succeeded()
        assert cfn.statuses() == {"mine": "IN_SERVICE"}

    def test_a_replacement_that_fails_leaves_the_old_one(self, cfn: OneResource) -> None:
        cfn.given(NAMED)
        bad = {**BROKEN, "EndpointName": "second"}
        cfn.update(bad).failed("CreateEndpoint")
        cfn.roll_back(NAMED, was=bad).succeeded()
        assert cfn.statuses() == {"mine": "IN_SERVICE"}

    @pytest.mark.parametrize("steps", range(1, 7))
    def test_a_create_whose_execution_dies_is_removed_by_its_delete(
        self, cfn: OneResource, steps: int
    ) -> None:
        event = cfn.event("Create", NAMED)
        creating = cfn.send(event)
        for _ in range(steps):
            if not creating.done:
                creating.step()
        for execution in creating.executions:
            execution.abort()
        cfn.account.run(creating)
        (answer, *_) = cfn.mailbox.answers(event["ResponseURL"])
        cfn.physical_id = answer["PhysicalResourceId"]
        cfn.properties = NAMED
        cfn.delete().succeeded()
        assert cfn.statuses() == {}


def test_an_update_of_tags_is_done_when_they_show(cfn: OneResource, late: int) -> None:
    cfn.create(NAMED).succeeded()
    cfn.account.clock.advance(200)
    updated = cfn.update({**NAMED, **tags(a="1")}).succeeded()
    assert updated.changes == ["TagResource"]
    assert updated.seconds >= late


def test_a_somebody_else_s_new_endpoint_is_told_by_the_token(
    cfn: OneResource, admin: Admin
) -> None:
    """It has no tags yet: CreateEndpoint says that the name is taken."""
    arn = admin.put_endpoint("mine", NAMED["ModelArn"])
    failed = cfn.create(NAMED).failed("EndpointName", arn)
    assert set(failed.changes) == {"CreateEndpoint"}
    assert 100 < failed.seconds < 200
    assert cfn.statuses() == {"mine": "IN_SERVICE"}


# ------------------------------------------------------------------ Stale reads


STALE = {
    "all of them half a minute": itertools.cycle([30.0]),
    "each by itself": itertools.cycle([0.0, 30.0, 5.0, 30.0, 17.0, 1.0, 29.0]),
    "falling back": itertools.cycle([0.0, 0.0, 30.0]),
}


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("how", STALE)
def test_with_stale_reads_every_sequence_ends_as_it_should(how: str) -> None:
    """Create, update, rename, its rollback, a failed replacement, a failed Create, deletion."""
    ages = STALE[how]
    account = Account(DURATIONS)
    account.stacks.stale = lambda: next(ages)
    cfn = OneResource(account)
    created = cfn.create(NAMED).succeeded().physical_id
    cfn.completes()
    larger = {**NAMED, "DesiredInferenceUnits": "2"}
    cfn.update(larger).succeeded()
    cfn.roll_back(NAMED).succeeded()
    cfn.comes_to("UPDATE_ROLLBACK_COMPLETE")
    replaced = cfn.update(RENAMED).succeeded().physical_id
    assert cfn.roll_back(NAMED).succeeded().physical_id == created
    cfn.clean_up(replaced, RENAMED, ROLLED_BACK).succeeded()
    cfn.comes_to("UPDATE_ROLLBACK_COMPLETE")
    bad = {**BROKEN, "EndpointName": "second"}
    cfn.update(bad).failed("CreateEndpoint")
    cfn.roll_back(NAMED, was=bad).succeeded()
    cfn.comes_to("UPDATE_ROLLBACK_COMPLETE")
    assert cfn.statuses() == {"mine": "IN_SERVICE"}
    assert cfn.endpoint()["DesiredInferenceUnits"] == 1
    cfn.delete().succeeded()
    other = OneResource(account, "other")
    other.create(BROKEN).failed("CreateEndpoint")
    other.delete().succeeded()
    assert cfn.statuses() == {}


@pytest.mark.parametrize("seconds", [0, 5, 29])
def test_a_genuine_update_is_not_refused_for_a_read_that_shows_the_status_before(
    cfn: OneResource, seconds: int
) -> None:
    cfn.given(NAMED)
    cfn.account.stacks.stale = lambda: 5
    cfn.account.clock.advance(seconds)
    cfn.update({**NAMED, "DesiredInferenceUnits": "2"}).succeeded()


@pytest.mark.parametrize("is_gone", [False, True], ids=["rolled back", "deleted"])
def test_an_update_that_came_late_does_nothing_on_one_stale_read(
    cfn: OneResource, is_gone: bool
) -> None:
    """Its rollback or the deletion of its stack is over; only the read does not show it yet."""
    arn = cfn.given(NAMED)
    cfn.account.clock.advance(300)
    larger = {**NAMED, "DesiredInferenceUnits": "2"}
    if is_gone:
        cfn.admin.remove_endpoint(arn)
    late = cfn.event("Update", larger, NAMED, during="UPDATE_IN_PROGRESS")
    cfn.account.clock.advance(35)
    if is_gone:
        cfn.run(cfn.event("Delete", NAMED, during="DELETE_IN_PROGRESS")).succeeded()
    else:
        back = cfn.event("Update", NAMED, larger, during="UPDATE_ROLLBACK_IN_PROGRESS")
        cfn.run(back).succeeded()
    cfn.comes_to("DELETE_COMPLETE" if is_gone else "UPDATE_ROLLBACK_COMPLETE")
    cfn.account.clock.advance(24)
    reads = iter([60.0])
    cfn.account.stacks.stale = lambda: next(reads, 0.0)
    cfn.run(late).failed("Request abandoned")
    assert cfn.admin.calls("UpdateEndpoint") == []
    assert len(cfn.statuses()) == (not is_gone)


@pytest.mark.parametrize(
    ("call", "denied"),
    [
        pytest.param("UpdateEndpoint", {**NAMED, "DesiredInferenceUnits": "2"}, id="update"),
        pytest.param("TagResource", {**NAMED, **tags(a="1")}, id="tag"),
        pytest.param("DeleteEndpoint", None, id="delete"),
    ],
)
@pytest.mark.parametrize("is_new", [True, False])
def test_a_denial_is_transient_only_on_a_new_endpoint(
    cfn: OneResource, admin: Admin, call: str, denied: Json | None, is_new: bool
) -> None:
    """What a tag allows may lag behind the call that set it."""
    cfn.create(NAMED).succeeded()
    cfn.account.clock.advance(5 if is_new else 200)
    admin.add_fault(call, code="AccessDeniedException", times=3)
    outcome = cfn.delete() if denied is None else cfn.update(denied)
    assert outcome.answer["Status"] == ("SUCCESS" if is_new else "FAILED")
