"""Who owns an endpoint: a foreign name, a leftover of the resource itself, and what each allows."""

import pytest

from local.comprehend import Admin
from testing.arns import classifier, endpoint_arn, role, stack_arn
from testing.one_resource import (
    LOGICAL_ID_TAG,
    NAMED,
    RENAMED,
    STACK_TAG,
    OneResource,
    tags,
)

OLD = 200
"""Seconds: younger than that, an endpoint's tags might show late."""

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
    cfn.account.clock.advance(OLD)
    before = admin.endpoints()
    failed = cfn.create(NAMED).failed("EndpointName", endpoint_arn("mine"))
    assert failed.changes == []
    assert failed.waits == 0
    assert failed.physical_id.startswith("failed/")
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
def test_a_create_clears_its_name_of_what_an_earlier_request_of_its_own_left(
    cfn: OneResource, admin: Admin, status: str
) -> None:
    cfn.comes_to("CREATE_IN_PROGRESS")
    cfn.account.clock.advance(60)
    admin.put_endpoint("mine", classifier("old"), units=3, status=status, tags=cfn.own_tags())
    outcome = cfn.create({**NAMED, **tags(a="1")}).succeeded()
    assert outcome.changes[-1] == "CreateEndpoint"
    assert cfn.statuses() == {"mine": "IN_SERVICE"}
    live = cfn.endpoint()
    assert (live["ModelArn"], live["DesiredInferenceUnits"]) == (classifier(), 1)
    assert live["Tags"]["a"] == "1"


def test_a_create_waits_for_an_older_execution_that_sees_to_what_it_made(
    cfn: OneResource, admin: Admin
) -> None:
    admin.change_settings(create_seconds=20)
    slow = {**NAMED, "ServiceTimeout": "12"}
    earlier = cfn.send_until_answered(cfn.event("Create", slow))
    admin.change_settings(create_seconds=2)
    later = cfn.send(cfn.event("Create", NAMED))
    cfn.account.run(earlier, later)
    cfn.finish(later).succeeded()
    calls = [each["operation"] for each in admin.calls()]
    assert [each for each in calls if each in ("CreateEndpoint", "DeleteEndpoint")] == [
        "CreateEndpoint",
        "DeleteEndpoint",
        "CreateEndpoint",
    ]
    assert cfn.statuses() == {"mine": "IN_SERVICE"}


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


def test_a_rename_clears_the_new_name_of_what_an_earlier_rename_left(
    cfn: OneResource, admin: Admin
) -> None:
    cfn.given(NAMED)
    cfn.account.clock.advance(60)
    admin.put_endpoint("second", classifier("old"), tags=cfn.own_tags())
    updated = cfn.update(RENAMED).succeeded()
    assert updated.changes == ["DeleteEndpoint", "CreateEndpoint"]
    assert updated.physical_id == endpoint_arn("second")
    assert cfn.endpoint()["ModelArn"] == classifier()
