"""Moving in: a Create takes over an endpoint that its owner has tagged for it; what undoes it.

Each test says which events CloudFormation sends; their rows are in docs/cloudformation-events.md.
"""

from datetime import UTC, datetime

import pytest

from local.comprehend import Admin
from provider.model.api_errors import ApiError
from provider.model.ownership import ADOPT_TAG
from provider.model.stack import StackEvent, StackRecord
from tests.functional.emulated import classifier, endpoint_arn, flywheel, role
from tests.functional.provider.cloudformation import (
    CLASSIFIER,
    LOGICAL_ID_TAG,
    REQUEST_TAG,
    STACK_TAG,
    CloudFormation,
    Json,
    stack_id,
)

NAMED: Json = {**CLASSIFIER, "EndpointName": "mine"}
OFFER = {ADOPT_TAG: "demo/Sentiment"}
OWNERS = {**OFFER, "owner": "somebody"}
"""The tags of an endpoint that is offered."""
OWNERSHIP = {STACK_TAG, LOGICAL_ID_TAG, REQUEST_TAG}
LARGER: Json = {**NAMED, "DesiredInferenceUnits": "2"}
UNFIT: Json = {**NAMED, "ModelArn": classifier("broken/version/v1")}
"""The service accepts an update to it, which then fails."""


def offered(admin: Admin, **changes: object) -> str:
    given = {"tags": OWNERS, **changes}
    # Which argument has which type, a mapping does not say.
    return admin.put_endpoint("mine", classifier(), **given)  # type: ignore[arg-type]


def comes_to(cfn: CloudFormation, status: str, stack: str = "", nested_in: str = "") -> None:
    """The stack gets a status, as its record and its events show; `stack` is another one's id."""
    stacks, about = cfn.runner.stacks, stack or cfn.stack_id
    at = datetime.fromtimestamp(cfn.runner.clock(), UTC)
    stacks.records[about] = StackRecord(status, root_id=nested_in or None)
    stacks.happened.setdefault(about, []).append(StackEvent(about, status, at))


def tags_of(admin: Admin, name: str = "mine") -> Json:
    found = admin.endpoint(endpoint_arn(name))
    assert found is not None, f"{name} is not there"
    return dict(found["Tags"])


def is_given_back(admin: Admin) -> bool:
    return tags_of(admin) == OWNERS


# ------------------------------------------------------------------ Create


def test_a_create_takes_an_offered_endpoint_over_then_has_it_as_the_template_says(
    cfn: CloudFormation, admin: Admin
) -> None:
    arn = offered(admin, units=3)
    created = cfn.create({**LARGER, "Tags": [{"Key": "team", "Value": "a"}]}).succeeded()
    # Owned first, so that whatever happens next, its tags tell whose it is; told last.
    assert created.changes == ["TagResource", "UpdateEndpoint", "TagResource"]
    assert created.physical_id == arn
    assert created.answer["Data"]["CurrentInferenceUnits"] == "2"
    tags = tags_of(admin)
    assert tags.items() >= {**OWNERS, "team": "a", STACK_TAG: cfn.stack_id}.items()
    (execution,) = created.operation.executions
    assert tags[REQUEST_TAG].startswith(f"{execution.name}/adopted/")


def test_an_offered_endpoint_that_is_as_asked_gets_the_ownership_tags_alone(
    cfn: CloudFormation, admin: Admin
) -> None:
    offered(admin)
    assert cfn.create(NAMED).succeeded().changes == ["TagResource"]
    assert tags_of(admin).keys() == {*OWNERS, *OWNERSHIP}


def test_an_adopted_endpoint_stops_following_a_flywheel_that_the_template_does_not_name(
    cfn: CloudFormation, admin: Admin
) -> None:
    offered(admin, flywheel_arn=flywheel())
    created = cfn.create(NAMED).succeeded()
    assert created.answer["Data"]["FlywheelArn"] == ""
    assert "UpdateEndpoint" in created.changes


@pytest.mark.parametrize(
    "tags",
    [
        pytest.param({"owner": "somebody"}, id="no offer"),
        pytest.param({ADOPT_TAG: "demo/Other"}, id="to another resource"),
        pytest.param({ADOPT_TAG: "demo2/Sentiment"}, id="to another stack"),
        pytest.param({ADOPT_TAG: "true"}, id="to nobody"),
        pytest.param({**OFFER, STACK_TAG: stack_id("other")}, id="another stack's still"),
    ],
)
def test_what_is_not_offered_to_this_very_resource_is_not_touched(
    cfn: CloudFormation, admin: Admin, tags: dict[str, str]
) -> None:
    offered(admin, tags=tags)
    before = admin.endpoints()
    failed = cfn.create(NAMED).failed("EndpointName", ADOPT_TAG, "demo/Sentiment")
    assert failed.changes == []
    assert cfn.delete().succeeded().changes == []
    assert admin.endpoints() == before


def test_an_endpoint_under_a_generated_name_is_not_adopted(
    cfn: CloudFormation, admin: Admin
) -> None:
    generated = cfn.create(CLASSIFIER).succeeded().physical_id
    cfn.delete().succeeded()
    name = generated.rpartition("/")[2]
    admin.put_endpoint(name, classifier(), tags=OWNERS)
    failed = cfn.create(CLASSIFIER).failed("EndpointName")
    assert ADOPT_TAG not in failed.reason
    assert tags_of(admin, name) == OWNERS


def test_an_update_does_not_adopt(cfn: CloudFormation, admin: Admin) -> None:
    """E8: nobody could tell its rollback's Delete from the one after a success."""
    offered(admin)
    cfn.create({**CLASSIFIER, "EndpointName": "other"}).succeeded()
    failed = cfn.update(NAMED).failed("EndpointName")
    assert failed.changes == []
    assert ADOPT_TAG not in failed.reason
    assert is_given_back(admin)


def test_a_role_that_cannot_be_taken_away_is_refused_before_anything_is_changed(
    cfn: CloudFormation, admin: Admin
) -> None:
    offered(admin, role_arn=role())
    failed = cfn.create(NAMED).failed("DataAccessRoleArn")
    assert failed.changes == []
    assert cfn.delete().succeeded().changes == []
    assert is_given_back(admin)
    assert cfn.create({**NAMED, "DataAccessRoleArn": role()}).succeeded().changes == ["TagResource"]


@pytest.mark.parametrize("status", ["CREATING", "UPDATING"])
def test_a_busy_endpoint_is_waited_for_before_it_is_taken_over(
    cfn: CloudFormation, admin: Admin, status: str
) -> None:
    offered(admin, status=status)
    event = cfn.event("Create", NAMED)
    operation = cfn.send(event)
    for _ in range(3):
        operation.step()
    assert is_given_back(admin)
    cfn.runner.run(operation)
    assert cfn.receiver.answers(event["ResponseURL"])[0]["Status"] == "SUCCESS"


def test_an_adopted_endpoint_in_failed_is_revived(cfn: CloudFormation, admin: Admin) -> None:
    offered(admin, status="FAILED")
    assert cfn.create(NAMED).succeeded().changes == ["TagResource", "UpdateEndpoint"]


@pytest.mark.parametrize("code", ["InvalidRequestException", "ResourceInUseException"])
def test_an_adopted_endpoint_in_failed_that_is_not_revived_is_given_back_not_made_again(
    cfn: CloudFormation, admin: Admin, code: str
) -> None:
    admin.change_settings(update_on_failed=code)
    offered(admin, status="FAILED")
    failed = cfn.create(NAMED).failed(code, "given back")
    assert "DeleteEndpoint" not in failed.changes
    assert is_given_back(admin)


# ------------------------------------------------------------------ Create that fails


@pytest.mark.parametrize("failed_update", ["failed", "reverted"])
def test_a_create_that_fails_gives_the_endpoint_back_and_can_be_tried_again(
    cfn: CloudFormation, admin: Admin, failed_update: str
) -> None:
    """Create(FAILED), Delete."""
    admin.change_settings(failed_update=failed_update)
    offered(admin)
    failed = cfn.create(UNFIT).failed("UpdateEndpoint", "given back")
    assert failed.changes == ["TagResource", "UpdateEndpoint", "UntagResource"]
    assert not failed.physical_id.startswith("arn:")
    assert is_given_back(admin)
    assert cfn.delete().succeeded().changes == []
    assert is_given_back(admin)
    again = cfn.create(NAMED).succeeded()
    assert again.changes[0] == "TagResource"
    assert cfn.endpoint()["Status"] == "IN_SERVICE"


def test_a_create_that_cannot_clean_up_leaves_that_to_its_delete(
    cfn: CloudFormation, admin: Admin
) -> None:
    offered(admin)
    fault = admin.add_fault("UntagResource", code="AccessDeniedException")
    cfn.create(UNFIT).failed("UpdateEndpoint")
    assert not is_given_back(admin)
    admin.remove_fault(fault)
    assert cfn.delete().succeeded().changes == ["UntagResource"]
    assert is_given_back(admin)


def test_a_second_try_takes_over_what_the_first_could_not_give_back(
    cfn: CloudFormation, admin: Admin
) -> None:
    """Update of the stack: Create(FAILED), Delete(FAILED) three times, and skipped; then again."""
    offered(admin)
    fault = admin.add_fault("UntagResource", code="AccessDeniedException")
    cfn.create(UNFIT).failed("UpdateEndpoint")
    cfn.delete().failed("AccessDenied")
    admin.remove_fault(fault)
    failed = cfn.create(UNFIT).failed("UpdateEndpoint")
    assert failed.changes == ["TagResource", "UpdateEndpoint", "UntagResource"]
    assert is_given_back(admin)


def test_an_adoption_whose_answer_was_lost_is_undone(cfn: CloudFormation, admin: Admin) -> None:
    offered(admin)
    event = cfn.event("Create", {**NAMED, "ServiceTimeout": "20"})
    operation = cfn.send(event)
    admin.add_fault("TagResource", drop="after", times=2)
    while not admin.calls("TagResource"):
        operation.step()
    # Nothing can be looked at until time is over: whether the call had its effect is not known.
    fault = admin.add_fault("DescribeEndpoint", code="InternalServerException")
    while not cfn.receiver.answers(event["ResponseURL"]):
        operation.step()
    admin.remove_fault(fault)
    cfn.runner.run(operation)
    (answer,) = cfn.receiver.answers(event["ResponseURL"])
    assert answer["Status"] == "FAILED"
    assert not answer["PhysicalResourceId"].startswith("arn:")
    assert is_given_back(admin)


def test_a_create_that_ran_out_of_time_gives_the_endpoint_back(
    cfn: CloudFormation, admin: Admin
) -> None:
    admin.change_settings(update_seconds=300)
    offered(admin)
    failed = cfn.create({**LARGER, "ServiceTimeout": "20"}).failed("Timed out", "given back")
    assert "DeleteEndpoint" not in failed.changes
    assert is_given_back(admin)


def test_what_was_given_back_meanwhile_is_not_taken_again(
    cfn: CloudFormation, admin: Admin
) -> None:
    """Where stacks cannot be read, that is all that tells of the Delete."""
    admin.change_settings(update_seconds=30)
    arn = offered(admin)
    event = cfn.event("Create", LARGER)
    operation = cfn.send(event)
    while not admin.calls("UpdateEndpoint"):
        operation.step()
    admin.remove_tags(arn, sorted(OWNERSHIP))
    cfn.runner.run(operation)
    (answer,) = cfn.receiver.answers(event["ResponseURL"])
    assert answer["Status"] == "FAILED"
    assert "given back" in answer["Reason"]
    assert is_given_back(admin)


# ------------------------------------------------------------------ Delete


def test_a_delete_that_rolls_the_adopting_create_back_deletes_nothing(
    cfn: CloudFormation, admin: Admin
) -> None:
    """E2 of a sibling: Create(SUCCESS), Delete in ROLLBACK_IN_PROGRESS."""
    comes_to(cfn, "CREATE_IN_PROGRESS")
    offered(admin)
    cfn.create(LARGER).succeeded()
    comes_to(cfn, "ROLLBACK_IN_PROGRESS")
    deleted = cfn.delete().succeeded()
    assert deleted.changes == ["UntagResource"]
    assert set(deleted.parameters("UntagResource")["TagKeys"]) == OWNERSHIP
    assert is_given_back(admin)
    # What was converged stays so.
    assert cfn.endpoint()["DesiredInferenceUnits"] == 2


def test_a_delete_after_a_rolled_back_update_deletes_nothing(
    cfn: CloudFormation, admin: Admin
) -> None:
    """E8 of a resource that the update adds: the stack had ended well, but before the adoption."""
    comes_to(cfn, "CREATE_COMPLETE")
    cfn.runner.clock.advance(60)
    comes_to(cfn, "UPDATE_IN_PROGRESS")
    offered(admin)
    cfn.create(NAMED).succeeded()
    comes_to(cfn, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
    assert cfn.delete().succeeded().changes == ["UntagResource"]
    assert is_given_back(admin)


@pytest.mark.parametrize(
    "course",
    [
        pytest.param(["DELETE_IN_PROGRESS"], id="deleted while it is created"),
        pytest.param(
            ["ROLLBACK_IN_PROGRESS", "ROLLBACK_FAILED", "DELETE_IN_PROGRESS"],
            id="deleted after a rollback that failed",
        ),
        pytest.param(["CREATE_FAILED", "DELETE_IN_PROGRESS"], id="not rolled back, but deleted"),
    ],
)
def test_a_stack_that_is_deleted_before_it_ever_ended_well_gives_the_endpoint_back(
    cfn: CloudFormation, admin: Admin, course: list[str]
) -> None:
    comes_to(cfn, "CREATE_IN_PROGRESS")
    offered(admin)
    cfn.create(NAMED).succeeded()
    for status in course:
        comes_to(cfn, status)
    assert cfn.delete().succeeded().changes == ["UntagResource"]
    assert is_given_back(admin)


def test_a_delete_with_an_invented_id_gives_the_endpoint_back(
    cfn: CloudFormation, admin: Admin
) -> None:
    """E4: the sibling fails while the Create is in flight, which goes on and finds out."""
    admin.change_settings(update_seconds=30)
    comes_to(cfn, "CREATE_IN_PROGRESS")
    cfn.says("CREATE_IN_PROGRESS", resource="CREATE_IN_PROGRESS")
    offered(admin)
    event = cfn.event("Create", LARGER)
    creating = cfn.send(event)
    while not admin.calls("UpdateEndpoint"):
        creating.step()
    comes_to(cfn, "ROLLBACK_IN_PROGRESS")
    cfn.properties, cfn.physical_id = LARGER, "demo-Sentiment-1ABCDEFGHIJKL"
    cfn.says("ROLLBACK_IN_PROGRESS", resource="DELETE_IN_PROGRESS")
    deletion = cfn.event("Delete", LARGER)
    cfn.runner.run(creating, cfn.send(deletion))
    assert cfn.receiver.answers(deletion["ResponseURL"])[0]["Status"] == "SUCCESS"
    assert cfn.receiver.answers(event["ResponseURL"])[0]["Status"] == "FAILED"
    assert admin.calls("DeleteEndpoint") == []
    assert is_given_back(admin)


@pytest.mark.parametrize(
    "course",
    [
        pytest.param(["CREATE_COMPLETE", "DELETE_IN_PROGRESS"], id="stack deleted"),
        pytest.param(
            ["UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"], id="replaced or removed by a later update"
        ),
        pytest.param(
            ["CREATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "DELETE_IN_PROGRESS"],
            id="deleted after a later update was rolled back",
        ),
    ],
)
def test_a_delete_after_the_stack_has_ended_well_deletes(
    cfn: CloudFormation, admin: Admin, course: list[str]
) -> None:
    comes_to(cfn, "CREATE_IN_PROGRESS")
    offered(admin)
    cfn.create(NAMED).succeeded()
    for status in course:
        comes_to(cfn, status)
    assert cfn.delete().succeeded().changes == ["DeleteEndpoint"]
    assert cfn.statuses() == {}


def test_a_nested_stack_s_adoption_is_final_when_the_outermost_stack_has_ended_well(
    cfn: CloudFormation, admin: Admin
) -> None:
    """The nested one is through, then a sibling of its own fails in the stack around it."""
    root = stack_id("root")
    offered(admin)
    cfn.create(NAMED).succeeded()
    comes_to(cfn, "CREATE_COMPLETE", nested_in=root)
    comes_to(cfn, "ROLLBACK_IN_PROGRESS", root)
    assert cfn.delete().succeeded().changes == ["UntagResource"]
    assert is_given_back(admin)
    cfn.create(NAMED).succeeded()
    comes_to(cfn, "CREATE_COMPLETE", nested_in=root)
    comes_to(cfn, "CREATE_COMPLETE", root)
    assert cfn.delete().succeeded().changes == ["DeleteEndpoint"]


def test_an_owner_who_takes_the_tag_off_has_let_the_endpoint_go(
    cfn: CloudFormation, admin: Admin
) -> None:
    arn = offered(admin)
    cfn.create(NAMED).succeeded()
    admin.remove_tags(arn, [ADOPT_TAG])
    assert cfn.delete().succeeded().changes == ["DeleteEndpoint"]


@pytest.mark.parametrize("code", ["AccessDenied", "ValidationError"])
def test_where_the_events_cannot_be_read_nothing_is_deleted_and_that_is_logged(
    cfn: CloudFormation, admin: Admin, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    comes_to(cfn, "CREATE_IN_PROGRESS")
    offered(admin)
    cfn.create(NAMED).succeeded()
    comes_to(cfn, "CREATE_COMPLETE")

    def refuse(_: str) -> None:
        raise ApiError("DescribeStackEvents", code, "No.", 400)

    monkeypatch.setattr(cfn.runner.stacks, "events", refuse)
    assert cfn.delete().succeeded().changes == ["UntagResource"]
    assert is_given_back(admin)
    (line,) = cfn.runner.functions.log.getvalue().split("events cannot be read")[1:]
    assert code in line.partition("\n")[0]


def test_throttled_events_are_waited_for(
    cfn: CloudFormation, admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered(admin)
    cfn.create(NAMED).succeeded()
    comes_to(cfn, "CREATE_COMPLETE")
    real, tries = cfn.runner.stacks.events, []

    def throttle(about: str) -> object:
        tries.append(about)
        if len(tries) <= 2:
            raise ApiError("DescribeStackEvents", "Throttling", "Rate exceeded.", 400)
        return real(about)

    monkeypatch.setattr(cfn.runner.stacks, "events", throttle)
    assert cfn.delete().succeeded().changes == ["DeleteEndpoint"]
    assert len(tries) == 3


def test_a_giving_back_that_is_refused_fails_the_delete_and_is_done_by_the_next(
    cfn: CloudFormation, admin: Admin
) -> None:
    offered(admin)
    cfn.create(NAMED).succeeded()
    fault = admin.add_fault("UntagResource", code="AccessDeniedException")
    cfn.delete().failed("AccessDeniedException")
    admin.remove_fault(fault)
    assert cfn.delete().succeeded().changes == ["UntagResource"]
    assert cfn.delete().succeeded().changes == []
    assert is_given_back(admin)


# ------------------------------------------------------------------ Afterwards


def test_an_adopted_endpoint_is_updated_like_any_other(cfn: CloudFormation, admin: Admin) -> None:
    offered(admin)
    cfn.create(NAMED).succeeded()
    comes_to(cfn, "CREATE_COMPLETE")
    assert cfn.update(LARGER).succeeded().changes == ["UpdateEndpoint"]
    assert tags_of(admin).items() >= OWNERS.items()
    assert cfn.roll_back(NAMED).succeeded().changes == ["UpdateEndpoint"]


def test_an_adopted_endpoint_in_failed_is_made_again_by_a_later_update(
    cfn: CloudFormation, admin: Admin
) -> None:
    offered(admin)
    arn = cfn.create(NAMED).succeeded().physical_id
    comes_to(cfn, "CREATE_COMPLETE")
    admin.change_settings(update_on_failed="InvalidRequestException")
    admin.fail_endpoint(arn, "The model's artifacts are gone.")
    assert cfn.update(LARGER).succeeded().changes[-1] == "CreateEndpoint"
    assert ADOPT_TAG not in tags_of(admin)
