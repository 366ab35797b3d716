"""Who owns an endpoint: a foreign name, a leftover of the resource itself, and what each allows."""

import pytest

from local.comprehend import Admin
from testing.arns import classifier, endpoint_arn, role, stack_arn
from testing.one_resource import (
    BROKEN,
    LOGICAL_ID_TAG,
    NAMED,
    RENAMED,
    REQUEST_TAG,
    STACK_TAG,
    OneResource,
    tags,
)

FOREIGN = {
    "no tags": {},
    "other tags": {"owner": "somebody"},
    "another stack": {STACK_TAG: stack_arn("other"), LOGICAL_ID_TAG: "Sentiment"},
    "another resource": {STACK_TAG: stack_arn("demo"), LOGICAL_ID_TAG: "Other"},
    "half of ours": {STACK_TAG: stack_arn("demo")},
}


@pytest.mark.parametrize(
    ("whose", "status"),
    [
        *((whose, "IN_SERVICE") for whose in FOREIGN),
        *(("other tags", status) for status in ("CREATING", "UPDATING", "FAILED")),
    ],
)
def test_a_create_under_a_foreign_name_is_an_error_that_names_it(
    cfn: OneResource, admin: Admin, whose: str, status: str
) -> None:
    admin.put_endpoint("mine", classifier(), status=status, tags=FOREIGN[whose])
    before = admin.endpoints()
    failed = cfn.create(NAMED).failed("EndpointName", endpoint_arn("mine"))
    assert failed.changes == []
    assert failed.waits == 0
    assert not failed.physical_id.startswith("arn:")
    assert cfn.delete().succeeded().changes == []
    assert admin.endpoints() == before


def test_a_foreign_endpoint_that_is_going_away_makes_room(cfn: OneResource, admin: Admin) -> None:
    admin.put_endpoint("mine", classifier(), status="DELETING")
    assert cfn.create(NAMED).succeeded().changes == ["CreateEndpoint"]
    assert cfn.endpoint()["Tags"][STACK_TAG] == cfn.stack_id


@pytest.mark.parametrize(
    "code", [None, "ResourceInUseException", "InternalServerException"], ids=str
)
def test_a_name_that_is_taken_during_the_create_is_not_touched(
    cfn: OneResource, admin: Admin, code: str | None
) -> None:
    """Before the call, or the call is refused and only the next observation shows why."""
    event = cfn.event("Create", NAMED)
    if code is None:
        creating = cfn.send(event)
        creating.step()
    else:
        admin.add_fault("CreateEndpoint", code=code, times=2)
        creating = cfn.send_until_called(event, "CreateEndpoint")
    admin.put_endpoint("mine", classifier(), tags={"owner": "somebody"})
    before = admin.endpoints()
    assert cfn.finish(creating).failed().reason.startswith("EndpointName")
    cfn.delete()
    assert admin.endpoints() == before


@pytest.mark.parametrize("status", ["CREATING", "IN_SERVICE", "UPDATING", "DELETING", "FAILED"])
def test_a_create_takes_over_what_an_earlier_request_of_its_own_left(
    cfn: OneResource, admin: Admin, status: str
) -> None:
    admin.put_endpoint("mine", classifier("old"), units=3, status=status, tags=cfn.own_tags())
    outcome = cfn.create({**NAMED, **tags(a="1")}).succeeded()
    assert outcome.physical_id == endpoint_arn("mine")
    live = cfn.endpoint()
    assert (live["Status"], live["ModelArn"]) == ("IN_SERVICE", classifier())
    assert live["DesiredInferenceUnits"] == 1
    assert live["Tags"]["a"] == "1"
    (execution,) = outcome.operation.executions
    assert live["Tags"][REQUEST_TAG].startswith(execution.name)


def test_what_was_taken_over_is_the_creates_own_from_then_on(
    cfn: OneResource, admin: Admin
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
    cfn.account.run(earlier)
    assert later.changes == ["TagResource"]
    assert cfn.statuses() == {"mine": "IN_SERVICE"}


def test_a_failed_create_does_not_remove_what_it_found(cfn: OneResource, admin: Admin) -> None:
    arn = admin.put_endpoint("mine", classifier(), tags=cfn.own_tags())
    failed = cfn.create({**BROKEN, "EndpointName": "mine"}).failed("UpdateEndpoint")
    assert failed.physical_id == arn
    assert "DeleteEndpoint" not in failed.changes
    # It is this resource's, so the Delete that follows removes it.
    cfn.delete().succeeded()
    assert cfn.statuses() == {}


def test_an_update_of_an_endpoint_that_lost_our_tags_changes_nothing(
    cfn: OneResource, admin: Admin
) -> None:
    arn = cfn.given(NAMED)
    admin.remove_tags(arn)
    before = cfn.endpoint()
    for new in (
        {**NAMED, "DesiredInferenceUnits": "2"},
        {**NAMED, "DataAccessRoleArn": role()},
        {**NAMED, **tags(a="1")},
        {**NAMED, "ServiceTimeout": "60"},
    ):
        failed = cfn.update(new).failed("ownership tags", arn)
        assert failed.changes == []
    assert cfn.endpoint() == before


def test_an_update_finds_an_endpoint_of_its_own_under_the_new_name(
    cfn: OneResource, admin: Admin
) -> None:
    """An earlier rename got as far as making it."""
    cfn.given(NAMED)
    admin.put_endpoint("second", classifier("old"), tags=cfn.own_tags())
    updated = cfn.update(RENAMED).succeeded()
    assert "CreateEndpoint" not in updated.changes
    assert updated.physical_id == endpoint_arn("second")
    assert cfn.endpoint()["ModelArn"] == classifier()
