"""Adoption: a Create or a replacement takes an endpoint that its owner offers; what undoes it.

Each test says which events CloudFormation sends; their rows are in docs/cloudformation-events.md.
"""

from collections.abc import Callable

import pytest

from local.comprehend import Admin
from provider.model.ownership import ADOPT_TAG
from testing.arns import classifier, endpoint_arn, flywheel, role, stack_arn
from testing.events import Json
from testing.one_resource import (
    CLASSIFIER,
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
OTHER: Json = {**NAMED, "EndpointName": "other"}
ROLLED_BACK = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"


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


# ------------------------------------------------------------------ What is adopted


def test_an_adoption_changes_nothing_but_tags(cfn: OneResource, admin: Admin) -> None:
    arn = offered(admin, units=2, role_arn=role())
    before = admin.endpoints()[0]
    wanted = {**LARGER, "DataAccessRoleArn": role(), **tags(team="a")}
    created = cfn.create(wanted).succeeded()
    assert created.physical_id == arn
    # Owned first, so that its tags always tell whose it is; the template's tags last.
    assert created.changes == ["TagResource", "TagResource"]
    found = tags_of(admin)
    assert found.items() >= {**OWNERS, "team": "a", STACK_TAG: cfn.stack_id}.items()
    (execution,) = created.operation.executions
    assert found[REQUEST_TAG].startswith(f"{execution.name}/adopted/")
    assert admin.endpoints()[0] | {"Tags": {}} == before | {"Tags": {}}


def test_an_endpoint_under_a_generated_name_is_adopted_too(cfn: OneResource, admin: Admin) -> None:
    generated = cfn.create(CLASSIFIER).succeeded().physical_id
    cfn.delete().succeeded()
    admin.put_endpoint(generated.rpartition("/")[2], classifier(), tags=OWNERS)
    assert cfn.create(CLASSIFIER).succeeded().changes == ["TagResource"]
    assert cfn.physical_id == generated


def test_a_replacement_adopts(cfn: OneResource, admin: Admin) -> None:
    offered(admin)
    replaced = cfn.create(OTHER).succeeded().physical_id
    assert cfn.update(NAMED).succeeded().changes == ["TagResource"]
    cfn.clean_up(replaced, OTHER).succeeded()
    assert cfn.statuses() == {"mine": "IN_SERVICE"}


DIFFERENCES: dict[str, tuple[Json, Json, str]] = {
    "units": ({"units": 3}, NAMED, "DesiredInferenceUnits is 3, the template says 1"),
    "model": ({}, {**NAMED, "ModelArn": classifier("b/version/v2")}, "the template says arn:"),
    "flywheel": ({"flywheel_arn": flywheel()}, NAMED, "the template says not set"),
    "role": ({"role_arn": role()}, NAMED, "DataAccessRoleArn is arn:"),
    "role lacking": ({}, {**NAMED, "DataAccessRoleArn": role()}, "is not set, the template says"),
}


@pytest.mark.parametrize("what", DIFFERENCES)
def test_what_differs_is_not_adopted_and_the_reason_lists_it(
    cfn: OneResource, admin: Admin, what: str
) -> None:
    has, wanted, told = DIFFERENCES[what]
    offered(admin, **has)
    before = admin.endpoints()
    failed = cfn.create(wanted).failed(told, "Write the endpoint's values", "next update")
    assert failed.changes == []
    assert cfn.delete().succeeded().changes == []
    assert admin.endpoints() == before


def test_an_endpoint_in_failed_is_not_adopted(cfn: OneResource, admin: Admin) -> None:
    admin.fail_endpoint(offered(admin), "The model's artifacts are gone.")
    failed = cfn.create(NAMED).failed("FAILED: The model's artifacts are gone", "not adopted")
    assert failed.changes == []
    assert is_given_back(admin)


@pytest.mark.parametrize("status", ["CREATING", "UPDATING"])
def test_a_busy_endpoint_is_waited_for(cfn: OneResource, admin: Admin, status: str) -> None:
    offered(admin, status=status)
    operation = cfn.send(cfn.event("Create", NAMED))
    for _ in range(3):
        operation.step()
    assert is_given_back(admin)
    cfn.finish(operation).succeeded()


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
    # Younger than that, its tags might show late.
    cfn.account.clock.advance(200)
    before = admin.endpoints()
    failed = cfn.create(NAMED).failed("EndpointName", ADOPT_TAG, "demo/Sentiment")
    assert failed.changes == []
    assert cfn.delete().succeeded().changes == []
    assert admin.endpoints() == before


# ------------------------------------------------------------------ A Create that fails


@pytest.fixture
def untaggable(admin: Admin) -> Callable[[], None]:
    """The template's tags cannot be set once the endpoint is adopted; gives what mends that."""
    fault = admin.add_fault("TagResource", code="TooManyTagsException", from_nth=2)
    return lambda: admin.remove_fault(fault)


TAGGED: Json = {**NAMED, **tags(team="a")}


def test_a_create_that_fails_gives_the_endpoint_back_and_can_be_tried_again(
    cfn: OneResource, admin: Admin, untaggable: Callable[[], None]
) -> None:
    """Create(FAILED), Delete."""
    offered(admin)
    failed = cfn.create(TAGGED).failed("TooManyTags", "gives it back")
    assert failed.changes[0] == "TagResource"
    assert failed.changes[-1] == "UntagResource"
    assert is_given_back(admin)
    assert cfn.delete().succeeded().changes == []
    assert is_given_back(admin)
    untaggable()
    assert cfn.create(TAGGED).succeeded().changes == ["TagResource", "TagResource"]


@pytest.mark.usefixtures("untaggable")
def test_a_create_that_cannot_clean_up_leaves_that_to_its_delete(
    cfn: OneResource, admin: Admin
) -> None:
    offered(admin)
    fault = admin.add_fault("UntagResource", code="InvalidRequestException")
    cfn.create(TAGGED).failed("TooManyTags")
    assert not is_given_back(admin)
    admin.remove_fault(fault)
    assert cfn.delete().succeeded().changes == ["UntagResource"]
    assert is_given_back(admin)


def test_what_could_not_be_given_back_can_be_adopted_again(
    cfn: OneResource, admin: Admin, untaggable: Callable[[], None]
) -> None:
    """Create(FAILED), Delete(FAILED) three times, and skipped; then the stack tries again."""
    offered(admin)
    fault = admin.add_fault("UntagResource", code="InvalidRequestException")
    cfn.create(TAGGED).failed("TooManyTags")
    cfn.delete().failed("InvalidRequest")
    admin.remove_fault(fault)
    untaggable()
    assert cfn.create(NAMED).succeeded().changes == ["TagResource"]


def test_an_adoption_whose_answer_was_lost_is_undone(cfn: OneResource, admin: Admin) -> None:
    offered(admin)
    event = cfn.event("Create", {**NAMED, "ServiceTimeout": "20"})
    admin.add_fault("TagResource", drop="after", times=2)
    operation = cfn.send_until_called(event, "TagResource")
    # Nothing can be observed until time is over: whether the call had its effect is not known.
    fault = admin.add_fault("DescribeEndpoint", code="InternalServerException")
    while not cfn.mailbox.answers(event["ResponseURL"]):
        operation.step()
    admin.remove_fault(fault)
    assert cfn.finish(operation).failed().physical_id.startswith("failed/")
    assert is_given_back(admin)


def test_a_create_that_is_cancelled_gives_the_endpoint_back(cfn: OneResource, admin: Admin) -> None:
    """E4: a sibling fails while the Create is in flight."""
    offered(admin)
    creating = cfn.send_until_called(cfn.event("Create", TAGGED), "TagResource")
    cfn.account.clock.advance(20)
    event = cfn.event("Delete", TAGGED, during="ROLLBACK_IN_PROGRESS")
    deleting = cfn.send(event | {"PhysicalResourceId": "demo-Sentiment-1ABCDEFGHIJKL"})
    cfn.account.run(creating, deleting)
    cfn.finish(deleting).succeeded()
    assert admin.calls("DeleteEndpoint") == []
    assert tags_of(admin).keys().isdisjoint(OWNERSHIP)


# ------------------------------------------------------------------ Delete: on trial, or final


COMPLETED = {
    "stack deleted": ["CREATE_COMPLETE"],
    "removed by a later update": ["CREATE_COMPLETE", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"],
    "deleted after a later update was rolled back": ["CREATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"],
}
NEVER_COMPLETED = {
    "rolled back": ["ROLLBACK_IN_PROGRESS"],
    "deleted while it is created": [],
    "deleted after a rollback that failed": ["ROLLBACK_IN_PROGRESS", "ROLLBACK_FAILED"],
    "not rolled back, but deleted": ["CREATE_FAILED"],
}
"""The statuses of the stack after the Create that adopted."""


def comes_to(cfn: OneResource, statuses: list[str]) -> None:
    for status in statuses:
        # What happens in the same second as the request may have been before it.
        cfn.account.clock.advance(2)
        cfn.comes_to(status)


@pytest.mark.parametrize("course", NEVER_COMPLETED)
def test_a_delete_before_the_stack_is_complete_gives_the_endpoint_back(
    cfn: OneResource, admin: Admin, course: str
) -> None:
    """E2 of a sibling, E19."""
    offered(admin)
    cfn.create(NAMED).succeeded()
    comes_to(cfn, NEVER_COMPLETED[course])
    deleted = cfn.delete().succeeded()
    assert deleted.changes == ["UntagResource"]
    assert set(deleted.parameters("UntagResource")["TagKeys"]) == OWNERSHIP
    assert is_given_back(admin)


@pytest.mark.parametrize("course", COMPLETED)
def test_a_delete_after_the_stack_is_complete_deletes(
    cfn: OneResource, admin: Admin, course: str
) -> None:
    offered(admin)
    cfn.create(NAMED).succeeded()
    comes_to(cfn, COMPLETED[course])
    assert cfn.delete().succeeded().changes == ["DeleteEndpoint"]
    assert cfn.statuses() == {}


def test_a_delete_after_a_rolled_back_update_deletes_nothing(
    cfn: OneResource, admin: Admin
) -> None:
    """E8 of a resource that the update adds: the stack was complete, but before the adoption."""
    cfn.comes_to("CREATE_COMPLETE")
    cfn.account.clock.advance(60)
    offered(admin)
    cfn.create(NAMED).succeeded()
    assert cfn.clean_up(str(cfn.physical_id), NAMED, ROLLED_BACK).changes == ["UntagResource"]
    assert is_given_back(admin)


def test_an_adoption_by_a_replacement_that_is_rolled_back_is_given_back(
    cfn: OneResource, admin: Admin
) -> None:
    offered(admin)
    old = cfn.create(OTHER).succeeded().physical_id
    comes_to(cfn, ["CREATE_COMPLETE"])
    adopted = cfn.update(NAMED).succeeded().physical_id
    assert cfn.roll_back(OTHER).succeeded().physical_id == old
    cfn.clean_up(adopted, NAMED, ROLLED_BACK).succeeded()
    assert admin.calls("DeleteEndpoint") == []
    assert is_given_back(admin)


def test_a_nested_stack_s_adoption_is_final_when_the_outermost_stack_is_complete(
    cfn: OneResource, admin: Admin
) -> None:
    """The nested one is through, then a sibling of its own fails in the stack around it."""
    root = OneResource(cfn.account, "root")
    root.comes_to("CREATE_IN_PROGRESS")
    cfn.stack.root_id = root.stack_id
    offered(admin)
    cfn.create(NAMED).succeeded()
    comes_to(cfn, ["CREATE_COMPLETE"])
    assert cfn.delete().succeeded().changes == ["UntagResource"]
    assert is_given_back(admin)
    cfn.create(NAMED).succeeded()
    comes_to(cfn, ["UPDATE_COMPLETE"])
    comes_to(root, ["CREATE_COMPLETE"])
    assert cfn.delete().succeeded().changes == ["DeleteEndpoint"]


@pytest.mark.parametrize("is_complete", [False, True])
def test_an_endpoint_whose_owner_took_the_offer_back_is_left_while_it_is_on_trial(
    cfn: OneResource, admin: Admin, is_complete: bool
) -> None:
    arn = offered(admin)
    cfn.create(NAMED).succeeded()
    comes_to(cfn, ["CREATE_COMPLETE"] if is_complete else ["ROLLBACK_IN_PROGRESS"])
    admin.remove_tags(arn, [ADOPT_TAG])
    changes = cfn.delete().succeeded().changes
    assert changes == (["DeleteEndpoint"] if is_complete else [])
    assert len(cfn.statuses()) == (not is_complete)


def test_a_giving_back_that_is_refused_fails_the_delete_and_is_done_by_the_next(
    cfn: OneResource, admin: Admin
) -> None:
    offered(admin)
    cfn.create(NAMED).succeeded()
    fault = admin.add_fault("UntagResource", code="InvalidRequestException")
    cfn.delete().failed("InvalidRequestException")
    admin.remove_fault(fault)
    assert cfn.delete().succeeded().changes == ["UntagResource"]
    assert cfn.delete().succeeded().changes == []
    assert is_given_back(admin)


def test_a_denial_right_after_an_adoption_passes(cfn: OneResource, admin: Admin) -> None:
    """What the ownership tags allow may lag behind them, also for the request that follows."""
    offered(admin)
    cfn.account.clock.advance(600)
    cfn.create(NAMED).succeeded()
    admin.add_fault("UntagResource", code="AccessDeniedException", times=2)
    cfn.run(cfn.event("Delete", NAMED, during="ROLLBACK_IN_PROGRESS")).succeeded()
    assert is_given_back(admin)


def test_a_retained_endpoint_whose_adoption_shows_late_is_given_back(
    cfn: OneResource, admin: Admin
) -> None:
    """Until it shows, the endpoint carries the tags with which it was retained."""
    cfn.create(NAMED).succeeded()
    cfn.account.clock.advance(60)
    admin.put_tags(cfn.retained(), OWNERS)
    cfn.account.clock.advance(600)
    admin.change_settings(tag_visibility_seconds=60)
    create = cfn.send_until_called(cfn.event("Create", NAMED), "TagResource")
    cfn.account.clock.advance(15)
    event = cfn.event("Delete", NAMED, during="ROLLBACK_IN_PROGRESS", PhysicalResourceId="demo-1A")
    delete = cfn.send(event)
    cfn.account.run(create, delete)
    cfn.finish(delete).succeeded()
    cfn.account.clock.advance(60)
    assert is_given_back(admin)


# ------------------------------------------------------------------ Afterwards


def test_an_adopted_endpoint_is_updated_like_any_other(cfn: OneResource, admin: Admin) -> None:
    offered(admin)
    cfn.create(NAMED).succeeded()
    comes_to(cfn, ["CREATE_COMPLETE"])
    assert cfn.update(LARGER).succeeded().changes == ["UpdateEndpoint"]
    assert tags_of(admin).items() >= OWNERS.items()
    assert cfn.roll_back(NAMED).succeeded().changes == ["UpdateEndpoint"]


@pytest.mark.parametrize("is_complete", [False, True])
def test_an_adopted_endpoint_in_failed_is_made_again_only_if_the_adoption_is_final(
    cfn: OneResource, admin: Admin, is_complete: bool
) -> None:
    offered(admin)
    arn = cfn.create(NAMED).succeeded().physical_id
    comes_to(cfn, ["CREATE_COMPLETE"] if is_complete else [])
    admin.change_settings(update_on_failed="InvalidRequestException")
    admin.fail_endpoint(arn, "The model's artifacts are gone.")
    changes = cfn.update(LARGER).changes
    assert ("DeleteEndpoint" in changes) is is_complete
    assert len(cfn.statuses()) == 1
