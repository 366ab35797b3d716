"""Is a Create or Update still wanted? What CloudFormation says before each change decides."""

import pytest

from local.comprehend import Admin
from testing.events import Json
from testing.one_resource import NAMED, RENAMED, OneResource, tags

LARGER: Json = {**NAMED, **tags(a="1"), "DesiredInferenceUnits": "2"}

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


def is_creating(cfn: OneResource) -> bool:
    return "CREATING" in cfn.statuses().values()


@pytest.mark.parametrize("why", UNWANTED)
@pytest.mark.parametrize("made", [False, True], ids=["before the creation", "before the answer"])
def test_an_unwanted_create_leaves_nothing(cfn: OneResource, why: str, made: bool) -> None:
    cfn.says("CREATE_IN_PROGRESS", resource="CREATE_IN_PROGRESS")
    operation = cfn.send_until(
        cfn.event("Create", NAMED), lambda: is_creating(cfn) if made else cfn.account.executions
    )
    cfn.says(*UNWANTED[why])
    cfn.finish(operation).failed("Request abandoned")
    assert cfn.statuses() == {}
    assert len(cfn.admin.calls("CreateEndpoint")) == made
    cfn.delete().succeeded()


@pytest.mark.parametrize("why", sorted(set(UNWANTED) - {"create rolling back"}))
@pytest.mark.parametrize("new", [RENAMED, LARGER], ids=["replacement", "in place"])
def test_an_unwanted_update_leaves_the_endpoint_as_it_was(
    cfn: OneResource, new: Json, why: str
) -> None:
    arn = cfn.given(NAMED)
    before = cfn.endpoint()
    cfn.says("UPDATE_IN_PROGRESS", resource="UPDATE_IN_PROGRESS")
    operation = cfn.send_until(
        cfn.event("Update", new, NAMED),
        lambda: is_creating(cfn) if new == RENAMED else cfn.account.executions,
    )
    cfn.says(*UNWANTED[why])
    assert cfn.finish(operation).failed().physical_id == arn
    assert cfn.admin.endpoints() == [before]


@pytest.mark.parametrize("at_first", ["CREATE_IN_PROGRESS", None])
@pytest.mark.parametrize("unknown", UNKNOWN)
def test_what_is_not_known_changes_nothing(
    cfn: OneResource, at_first: str | None, unknown: str
) -> None:
    cfn.says(at_first, True if at_first else None)
    operation = cfn.send(cfn.event("Create", NAMED))
    operation.step()
    cfn.says(*UNKNOWN[unknown])
    cfn.finish(operation).succeeded()
    assert cfn.statuses() == {"mine": "IN_SERVICE"}


def test_a_resource_that_was_never_seen_in_its_stack_is_not_unwanted(cfn: OneResource) -> None:
    cfn.says("CREATE_IN_PROGRESS", listed=False)
    cfn.run(cfn.event("Create", NAMED)).succeeded()
    assert cfn.statuses() == {"mine": "IN_SERVICE"}


@pytest.mark.parametrize("why", UNWANTED)
def test_a_delete_is_always_wanted(cfn: OneResource, why: str) -> None:
    cfn.given(NAMED)
    cfn.says(*UNWANTED[why])
    cfn.run(cfn.event("Delete", NAMED)).succeeded()
    assert cfn.statuses() == {}


def test_an_update_does_not_make_a_vanished_endpoint_again_for_a_stack_that_goes(
    cfn: OneResource, admin: Admin
) -> None:
    admin.remove_endpoint(cfn.given(NAMED))
    cfn.says("UPDATE_IN_PROGRESS", resource="UPDATE_IN_PROGRESS")
    operation = cfn.send(cfn.event("Update", LARGER, NAMED))
    operation.step()
    cfn.says("DELETE_IN_PROGRESS", resource="UPDATE_IN_PROGRESS")
    cfn.finish(operation).failed()
    assert cfn.statuses() == {}
