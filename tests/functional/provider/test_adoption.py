"""Moving in: a Create takes over an endpoint that its owner has tagged for it; what undoes it.

Each test says which events CloudFormation sends; their rows are in docs/cloudformation-events.md.
"""

from collections.abc import Callable
from typing import Any

import pytest

from local.comprehend import Admin
from provider.model.api_errors import ApiError
from provider.model.ownership import ADOPT_TAG
from testing.account import Account
from testing.arns import classifier, endpoint_arn, flywheel, role, stack_arn
from testing.events import Json
from testing.interception import HISTORY, Site
from testing.one_resource import (
    CLASSIFIER,
    DURATIONS,
    LOGICAL_ID_TAG,
    NAMED,
    REQUEST_TAG,
    STACK_TAG,
    OneResource,
    tags,
)

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


def tags_of(admin: Admin, name: str = "mine") -> Json:
    found = admin.endpoint(endpoint_arn(name))
    assert found is not None, f"{name} is not there"
    return dict(found["Tags"])


def is_given_back(admin: Admin) -> bool:
    return tags_of(admin) == OWNERS


# ------------------------------------------------------------------ Create


def test_a_create_takes_an_offered_endpoint_over_then_has_it_as_the_template_says(
    cfn: OneResource, admin: Admin
) -> None:
    arn = offered(admin, units=3)
    created = cfn.create({**LARGER, **tags(team="a")}).succeeded()
    # Owned first, so that its tags always tell whose it is; the template's tags last.
    assert created.changes == ["TagResource", "UpdateEndpoint", "TagResource"]
    assert created.physical_id == arn
    assert created.answer["Data"]["CurrentInferenceUnits"] == "2"
    found = tags_of(admin)
    assert found.items() >= {**OWNERS, "team": "a", STACK_TAG: cfn.stack_id}.items()
    (execution,) = created.operation.executions
    assert found[REQUEST_TAG].startswith(f"{execution.name}/adopted/")


def test_an_offered_endpoint_that_is_as_asked_gets_the_ownership_tags_alone(
    cfn: OneResource, admin: Admin
) -> None:
    offered(admin)
    assert cfn.create(NAMED).succeeded().changes == ["TagResource"]
    assert tags_of(admin).keys() == {*OWNERS, *OWNERSHIP}


def test_an_adopted_endpoint_stops_following_a_flywheel_that_the_template_does_not_name(
    cfn: OneResource, admin: Admin
) -> None:
    offered(admin, flywheel_arn=flywheel())
    created = cfn.create(NAMED).succeeded()
    assert created.answer["Data"]["FlywheelArn"] == ""
    assert "UpdateEndpoint" in created.changes


@pytest.mark.parametrize(
    "found",
    [
        pytest.param({"owner": "somebody"}, id="no offer"),
        pytest.param({ADOPT_TAG: "demo/Other"}, id="to another resource"),
        pytest.param({ADOPT_TAG: "demo2/Sentiment"}, id="to another stack"),
        pytest.param({ADOPT_TAG: "true"}, id="to nobody"),
        pytest.param({**OFFER, STACK_TAG: stack_arn("other")}, id="another stack's still"),
    ],
)
def test_what_is_not_offered_to_this_very_resource_is_not_touched(
    cfn: OneResource, admin: Admin, found: dict[str, str]
) -> None:
    offered(admin, tags=found)
    before = admin.endpoints()
    failed = cfn.create(NAMED).failed("EndpointName", ADOPT_TAG, "demo/Sentiment")
    assert failed.changes == []
    assert cfn.delete().succeeded().changes == []
    assert admin.endpoints() == before


def test_an_endpoint_under_a_generated_name_is_not_adopted(cfn: OneResource, admin: Admin) -> None:
    generated = cfn.create(CLASSIFIER).succeeded().physical_id
    cfn.delete().succeeded()
    name = generated.rpartition("/")[2]
    admin.put_endpoint(name, classifier(), tags=OWNERS)
    failed = cfn.create(CLASSIFIER).failed("EndpointName")
    assert ADOPT_TAG not in failed.reason
    assert tags_of(admin, name) == OWNERS


def test_an_update_does_not_adopt(cfn: OneResource, admin: Admin) -> None:
    """E8: nobody could tell its rollback's Delete from the one after a success."""
    offered(admin)
    cfn.create({**CLASSIFIER, "EndpointName": "other"}).succeeded()
    failed = cfn.update(NAMED).failed("EndpointName")
    assert failed.changes == []
    assert ADOPT_TAG not in failed.reason
    assert is_given_back(admin)


def test_a_role_that_cannot_be_taken_away_is_refused_before_anything_is_changed(
    cfn: OneResource, admin: Admin
) -> None:
    offered(admin, role_arn=role())
    failed = cfn.create(NAMED).failed("DataAccessRoleArn")
    assert failed.changes == []
    assert cfn.delete().succeeded().changes == []
    assert is_given_back(admin)
    assert cfn.create({**NAMED, "DataAccessRoleArn": role()}).succeeded().changes == ["TagResource"]


@pytest.mark.parametrize("status", ["CREATING", "UPDATING"])
def test_a_busy_endpoint_is_waited_for_before_it_is_taken_over(
    cfn: OneResource, admin: Admin, status: str
) -> None:
    offered(admin, status=status)
    operation = cfn.send(cfn.event("Create", NAMED))
    for _ in range(3):
        operation.step()
    assert is_given_back(admin)
    cfn.finish(operation).succeeded()


def test_an_adopted_endpoint_in_failed_is_revived(cfn: OneResource, admin: Admin) -> None:
    offered(admin, status="FAILED")
    assert cfn.create(NAMED).succeeded().changes == ["TagResource", "UpdateEndpoint"]


@pytest.mark.parametrize("code", ["InvalidRequestException", "ResourceInUseException"])
def test_an_adopted_endpoint_in_failed_that_is_not_revived_is_given_back_not_made_again(
    cfn: OneResource, admin: Admin, code: str
) -> None:
    admin.change_settings(update_on_failed=code)
    offered(admin, status="FAILED")
    failed = cfn.create(NAMED).failed(code, "given back")
    assert "DeleteEndpoint" not in failed.changes
    assert is_given_back(admin)


# ------------------------------------------------------------------ Create that fails


@pytest.mark.parametrize("failed_update", ["failed", "reverted"])
def test_a_create_that_fails_gives_the_endpoint_back_and_can_be_tried_again(
    cfn: OneResource, admin: Admin, failed_update: str
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
    cfn: OneResource, admin: Admin
) -> None:
    offered(admin)
    fault = admin.add_fault("UntagResource", code="AccessDeniedException")
    cfn.create(UNFIT).failed("UpdateEndpoint")
    assert not is_given_back(admin)
    admin.remove_fault(fault)
    assert cfn.delete().succeeded().changes == ["UntagResource"]
    assert is_given_back(admin)


def test_a_second_try_takes_over_what_the_first_could_not_give_back(
    cfn: OneResource, admin: Admin
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


def test_an_adoption_whose_answer_was_lost_is_undone(cfn: OneResource, admin: Admin) -> None:
    offered(admin)
    event = cfn.event("Create", {**NAMED, "ServiceTimeout": "20"})
    admin.add_fault("TagResource", drop="after", times=2)
    operation = cfn.send_until_called(event, "TagResource")
    # Nothing can be looked at until time is over: whether the call had its effect is not known.
    fault = admin.add_fault("DescribeEndpoint", code="InternalServerException")
    while not cfn.mailbox.answers(event["ResponseURL"]):
        operation.step()
    admin.remove_fault(fault)
    assert not cfn.finish(operation).failed().physical_id.startswith("arn:")
    assert is_given_back(admin)


def test_a_create_that_ran_out_of_time_gives_the_endpoint_back(
    cfn: OneResource, admin: Admin
) -> None:
    admin.change_settings(update_seconds=300)
    offered(admin)
    failed = cfn.create({**LARGER, "ServiceTimeout": "20"}).failed("Timed out", "given back")
    assert "DeleteEndpoint" not in failed.changes
    assert is_given_back(admin)


def test_what_was_given_back_meanwhile_is_not_taken_again(cfn: OneResource, admin: Admin) -> None:
    """If stacks cannot be read, only this shows that there was a Delete."""
    admin.change_settings(update_seconds=30)
    arn = offered(admin)
    operation = cfn.send_until_called(cfn.event("Create", LARGER), "UpdateEndpoint")
    admin.remove_tags(arn, sorted(OWNERSHIP))
    cfn.finish(operation).failed("given back")
    assert is_given_back(admin)


# ------------------------------------------------------------------ Delete


ENDED_WELL = {
    "stack deleted": ["CREATE_COMPLETE", "DELETE_IN_PROGRESS"],
    "replaced or removed by a later update": ["UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"],
    "deleted after a later update was rolled back": [
        "CREATE_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE",
        "DELETE_IN_PROGRESS",
    ],
}
NEVER_ENDED_WELL = {
    "rolled back": ["ROLLBACK_IN_PROGRESS"],
    "deleted while it is created": ["DELETE_IN_PROGRESS"],
    "deleted after a rollback that failed": [
        "ROLLBACK_IN_PROGRESS",
        "ROLLBACK_FAILED",
        "DELETE_IN_PROGRESS",
    ],
    "not rolled back, but deleted": ["CREATE_FAILED", "DELETE_IN_PROGRESS"],
}
"""The statuses of the stack after the Create that adopted."""


@pytest.mark.parametrize("course", NEVER_ENDED_WELL)
def test_a_delete_before_the_stack_has_ended_well_gives_the_endpoint_back(
    cfn: OneResource, admin: Admin, course: str
) -> None:
    """E2 of a sibling, E19."""
    offered(admin)
    cfn.create(LARGER).succeeded()
    for status in NEVER_ENDED_WELL[course]:
        cfn.comes_to(status)
    deleted = cfn.delete().succeeded()
    assert deleted.changes == ["UntagResource"]
    assert set(deleted.parameters("UntagResource")["TagKeys"]) == OWNERSHIP
    assert is_given_back(admin)
    # Its settings stay as the template asked.
    assert cfn.endpoint()["DesiredInferenceUnits"] == 2


@pytest.mark.parametrize("course", ENDED_WELL)
def test_a_delete_after_the_stack_has_ended_well_deletes(
    cfn: OneResource, admin: Admin, course: str
) -> None:
    offered(admin)
    cfn.create(NAMED).succeeded()
    for status in ENDED_WELL[course]:
        cfn.comes_to(status)
    assert cfn.delete().succeeded().changes == ["DeleteEndpoint"]
    assert cfn.statuses() == {}


def test_a_delete_after_a_rolled_back_update_deletes_nothing(
    cfn: OneResource, admin: Admin
) -> None:
    """E8 of a resource that the update adds: the stack had ended well, but before the adoption."""
    cfn.comes_to("CREATE_COMPLETE")
    cfn.account.clock.advance(60)
    cfn.comes_to("UPDATE_IN_PROGRESS")
    offered(admin)
    cfn.create(NAMED).succeeded()
    cfn.comes_to("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
    assert cfn.delete().succeeded().changes == ["UntagResource"]
    assert is_given_back(admin)


def test_a_delete_with_an_invented_id_gives_the_endpoint_back(
    cfn: OneResource, admin: Admin
) -> None:
    """E4: the sibling fails while the Create is in flight, which goes on and finds out."""
    admin.change_settings(update_seconds=30)
    cfn.comes_to("CREATE_IN_PROGRESS")
    cfn.says("CREATE_IN_PROGRESS", resource="CREATE_IN_PROGRESS")
    offered(admin)
    creating = cfn.send_until_called(cfn.event("Create", LARGER), "UpdateEndpoint")
    cfn.comes_to("ROLLBACK_IN_PROGRESS")
    cfn.says("ROLLBACK_IN_PROGRESS", resource="DELETE_IN_PROGRESS")
    cfn.physical_id = "demo-Sentiment-1ABCDEFGHIJKL"
    deleting = cfn.send(cfn.event("Delete", LARGER))
    cfn.finish(creating, deleting).failed()
    cfn.finish(deleting).succeeded()
    assert admin.calls("DeleteEndpoint") == []
    assert is_given_back(admin)


def test_a_nested_stack_s_adoption_is_final_when_the_outermost_stack_has_ended_well(
    cfn: OneResource, admin: Admin
) -> None:
    """The nested one is through, then a sibling of its own fails in the stack around it."""
    root = OneResource(cfn.account, "root")
    cfn.stack.root_id = root.stack_id
    offered(admin)
    cfn.create(NAMED).succeeded()
    cfn.comes_to("CREATE_COMPLETE")
    root.comes_to("ROLLBACK_IN_PROGRESS")
    assert cfn.delete().succeeded().changes == ["UntagResource"]
    assert is_given_back(admin)
    cfn.create(NAMED).succeeded()
    cfn.comes_to("CREATE_COMPLETE")
    root.comes_to("CREATE_COMPLETE")
    assert cfn.delete().succeeded().changes == ["DeleteEndpoint"]


def test_an_owner_who_takes_the_tag_off_has_let_the_endpoint_go(
    cfn: OneResource, admin: Admin
) -> None:
    arn = offered(admin)
    cfn.create(NAMED).succeeded()
    admin.remove_tags(arn, [ADOPT_TAG])
    assert cfn.delete().succeeded().changes == ["DeleteEndpoint"]


class Events:
    """Fails the first reads of a stack's events, as many as it is told."""

    def __init__(self, code: str, times: float) -> None:
        self.reads = 0
        self._code = code
        self._times = times

    def __call__(self, site: Site, carry_out: Callable[[], Any]) -> Any:
        if site.name == HISTORY:
            self.reads += 1
            if self.reads <= self._times:
                raise ApiError(HISTORY, self._code, "No.", 400)
        return carry_out()


def adopted_in_a_completed_stack(events: Events) -> OneResource:
    cfn = OneResource(Account(DURATIONS, around=events))
    offered(cfn.admin)
    cfn.create(NAMED).succeeded()
    cfn.comes_to("CREATE_COMPLETE")
    return cfn


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("code", ["AccessDenied", "ValidationError"])
def test_if_the_events_cannot_be_read_nothing_is_deleted_and_that_is_logged(code: str) -> None:
    cfn = adopted_in_a_completed_stack(Events(code, float("inf")))
    assert cfn.delete().succeeded().changes == ["UntagResource"]
    assert is_given_back(cfn.admin)
    (line,) = cfn.account.functions.log.getvalue().split("events cannot be read")[1:]
    assert code in line.partition("\n")[0]


@pytest.mark.usefixtures("account")
def test_throttled_events_are_waited_for() -> None:
    events = Events("Throttling", 2)
    cfn = adopted_in_a_completed_stack(events)
    assert cfn.delete().succeeded().changes == ["DeleteEndpoint"]
    assert events.reads == 3


def test_a_giving_back_that_is_refused_fails_the_delete_and_is_done_by_the_next(
    cfn: OneResource, admin: Admin
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


def test_an_adopted_endpoint_is_updated_like_any_other(cfn: OneResource, admin: Admin) -> None:
    offered(admin)
    cfn.create(NAMED).succeeded()
    cfn.comes_to("CREATE_COMPLETE")
    assert cfn.update(LARGER).succeeded().changes == ["UpdateEndpoint"]
    assert tags_of(admin).items() >= OWNERS.items()
    assert cfn.roll_back(NAMED).succeeded().changes == ["UpdateEndpoint"]


def test_an_adopted_endpoint_in_failed_is_made_again_by_a_later_update(
    cfn: OneResource, admin: Admin
) -> None:
    offered(admin)
    arn = cfn.create(NAMED).succeeded().physical_id
    cfn.comes_to("CREATE_COMPLETE")
    admin.change_settings(update_on_failed="InvalidRequestException")
    admin.fail_endpoint(arn, "The model's artifacts are gone.")
    assert cfn.update(LARGER).succeeded().changes[-1] == "CreateEndpoint"
    assert ADOPT_TAG not in tags_of(admin)
