"""Requests that CloudFormation no longer waits for: what the stack's events say decides."""

from collections.abc import Callable
from typing import Any

import pytest

from local.comprehend import Admin
from provider.model.api_errors import ApiError
from provider.model.ownership import ADOPT_TAG
from testing.account import Account
from testing.events import Json
from testing.interception import HISTORY, RUNNING, Site
from testing.one_resource import CLASSIFIER, DURATIONS, NAMED, RENAMED, OneResource, tags

LARGER: Json = {**NAMED, **tags(a="1"), "DesiredInferenceUnits": "2"}

GONE_ON = (
    "DELETE_IN_PROGRESS",
    "DELETE_COMPLETE",
    "ROLLBACK_IN_PROGRESS",
    "UPDATE_ROLLBACK_IN_PROGRESS",
    "UPDATE_COMPLETE",
)
"""What a stack may come to while a request is under way."""


def is_creating(cfn: OneResource) -> bool:
    return "CREATING" in cfn.statuses().values()


@pytest.mark.parametrize("seconds", [1, 20])
@pytest.mark.parametrize("status", GONE_ON)
@pytest.mark.parametrize("made", [False, True], ids=["before the creation", "before the answer"])
def test_an_abandoned_create_leaves_nothing(
    cfn: OneResource, status: str, made: bool, seconds: int
) -> None:
    operation = cfn.send_until(
        cfn.event("Create", NAMED), lambda: is_creating(cfn) if made else cfn.account.executions
    )
    cfn.account.clock.advance(seconds)
    cfn.comes_to(status)
    cfn.finish(operation).failed("Request abandoned", status)
    assert cfn.statuses() == {}
    assert len(cfn.admin.calls("CreateEndpoint")) == made
    cfn.delete().succeeded()


@pytest.mark.parametrize("status", [each for each in GONE_ON if each != "ROLLBACK_IN_PROGRESS"])
@pytest.mark.parametrize("new", [RENAMED, LARGER], ids=["replacement", "in place"])
def test_an_abandoned_update_leaves_the_endpoint_as_it_was(
    cfn: OneResource, new: Json, status: str
) -> None:
    arn = cfn.given(NAMED)
    before = cfn.endpoint()
    operation = cfn.send_until(
        cfn.event("Update", new, NAMED),
        lambda: is_creating(cfn) if new == RENAMED else cfn.account.executions,
    )
    cfn.account.clock.advance(20)
    cfn.comes_to(status)
    assert cfn.finish(operation).failed().physical_id == arn
    assert cfn.admin.endpoints() == [before]


def test_an_update_does_not_make_a_vanished_endpoint_again_for_a_stack_that_goes(
    cfn: OneResource, admin: Admin
) -> None:
    admin.remove_endpoint(cfn.given(NAMED))
    operation = cfn.send(cfn.event("Update", LARGER, NAMED))
    operation.step()
    cfn.account.clock.advance(20)
    cfn.comes_to("DELETE_IN_PROGRESS")
    cfn.finish(operation).failed()
    assert cfn.statuses() == {}


# ------------------------------------------------------------------ Late requests


MINUTES = 20 * 60


def test_a_late_delete_leaves_what_was_brought_back(cfn: OneResource) -> None:
    """It waited in Lambda's queue while its endpoint was brought back by another operation."""
    arn = cfn.given(NAMED)
    late = cfn.late(cfn.event("Delete", NAMED), MINUTES)
    cfn.comes_to("UPDATE_COMPLETE")
    cfn.comes_to("UPDATE_IN_PROGRESS")
    cfn.run(late).failed("Request abandoned")
    assert cfn.admin.calls("DeleteEndpoint") == []
    assert cfn.admin.endpoint(arn) is not None


def test_a_delete_in_a_stack_at_rest_deletes_nothing(cfn: OneResource) -> None:
    cfn.given(NAMED)
    cfn.run(cfn.event("Delete", NAMED, during="UPDATE_COMPLETE")).failed("UPDATE_COMPLETE")
    assert cfn.admin.calls("DeleteEndpoint") == []


def test_a_delete_that_was_carried_out_succeeds_whatever_the_stack_does(cfn: OneResource) -> None:
    cfn.given(NAMED)
    deleting = cfn.send_until_called(cfn.event("Delete", NAMED), "DeleteEndpoint")
    cfn.account.clock.advance(20)
    cfn.comes_to("DELETE_FAILED")
    cfn.finish(deleting).succeeded()


def test_a_late_forward_update_is_not_taken_for_the_rollback_s_own(cfn: OneResource) -> None:
    arn = cfn.given(NAMED)
    before = cfn.endpoint()
    late = cfn.late(cfn.event("Update", LARGER, NAMED), MINUTES)
    cfn.comes_to("UPDATE_ROLLBACK_IN_PROGRESS")
    assert cfn.run(late).failed("Request abandoned").changes == []
    assert cfn.admin.endpoint(arn) == before


def test_a_request_whose_service_timeout_is_over_changes_nothing(cfn: OneResource) -> None:
    late = cfn.late(cfn.event("Create", {**NAMED, "ServiceTimeout": "600"}), MINUTES)
    assert cfn.run(late).failed("Timed out").changes == []


@pytest.mark.parametrize("properties", [NAMED, CLASSIFIER], ids=["explicit", "generated"])
def test_a_duplicate_of_an_old_create_changes_nothing(cfn: OneResource, properties: Json) -> None:
    """Its execution's name became free again, after 90 days or with a new state machine."""
    event = cfn.event("Create", properties)
    cfn.run(event).succeeded()
    before = cfn.admin.endpoints()
    cfn.account.clock.advance(60)
    cfn.completes()
    (name,) = cfn.account.executions
    cfn.account.forget(name)
    sent = len(cfn.admin.calls())
    again = cfn.account.send(event)
    cfn.account.run(again)
    answers = {put.answer()["Status"] for put in cfn.mailbox.at(event["ResponseURL"])}
    assert answers == {"SUCCESS", "FAILED"}
    assert {call["operation"] for call in cfn.admin.calls()[sent:]} <= {
        "DescribeEndpoint",
        "ListTagsForResource",
    }
    assert cfn.admin.endpoints() == before


def test_a_rollback_does_not_overtake_the_throttled_update_that_it_undoes(
    cfn: OneResource, admin: Admin
) -> None:
    """It sees nothing to undo yet, and the update's call gets through later."""
    cfn.given(NAMED)
    fault = admin.add_fault("UpdateEndpoint", code="ThrottlingException")
    forward = cfn.send_until_called(cfn.event("Update", LARGER, NAMED), "UpdateEndpoint")
    event = cfn.event("Update", NAMED, LARGER, during="UPDATE_ROLLBACK_IN_PROGRESS")
    back = cfn.send(event)
    for _ in range(2):
        back.step()
    admin.remove_fault(fault)
    cfn.account.run(forward, back)
    cfn.finish(back).succeeded()
    assert cfn.endpoint()["DesiredInferenceUnits"] == 1


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("status", ["UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_COMPLETE"])
def test_a_lost_update_that_takes_effect_late_is_waited_for(status: str) -> None:
    """Its reply is lost, and the stack goes on before it takes effect."""
    late: list[Callable[[], Any]] = []

    def lose(site: Site, carry_out: Callable[[], Any]) -> Any:
        if site.name != "UpdateEndpoint" or late:
            return carry_out()
        late.append(carry_out)
        raise ApiError(site.name, "ConnectionError", "timed out", 0)

    cfn = OneResource(Account(DURATIONS, around=lose))
    cfn.given(NAMED)
    forward = cfn.send_until(cfn.event("Update", LARGER, NAMED), lambda: late)
    cfn.account.clock.advance(20)
    cfn.comes_to(status)
    ended = cfn.account.clock() + 60
    while cfn.account.clock() < ended:
        forward.step()
        assert not forward.done
    back = cfn.send(cfn.event("Update", NAMED, LARGER, during="UPDATE_ROLLBACK_IN_PROGRESS"))
    back.step()
    late[0]()
    cfn.account.run(forward, back)
    cfn.finish(back).succeeded()
    assert cfn.endpoint()["DesiredInferenceUnits"] == 1


# ------------------------------------------------------------------ What is not known


def test_a_stack_that_cloudformation_has_no_record_of_stops_nothing(cfn: OneResource) -> None:
    cfn.hand_made()
    event = cfn.event("Create", NAMED)
    cfn.hand_made()
    created = cfn.run(event).succeeded()
    for kind, new, old in (("Update", LARGER, NAMED), ("Delete", LARGER, None)):
        event = cfn.event(kind, new, old, PhysicalResourceId=created.physical_id)
        cfn.hand_made()
        cfn.run(event).succeeded()
    assert cfn.statuses() == {}


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("call", [HISTORY, RUNNING])
def test_what_may_not_be_read_stops_no_create_and_no_update(call: str) -> None:
    def deny(site: Site, carry_out: Any) -> Any:
        if site.name == call:
            raise ApiError(call, "AccessDenied", "No.", 400)
        return carry_out()

    cfn = OneResource(Account(DURATIONS, around=deny))
    cfn.create(NAMED).succeeded()
    cfn.update(LARGER).succeeded()
    cfn.roll_back(NAMED).succeeded()
    cfn.update(RENAMED).succeeded()
    assert cfn.statuses() == {"mine": "IN_SERVICE", "second": "IN_SERVICE"}


class Events:
    """Fails the reads of a stack's events that it is told to, so many from one on."""

    def __init__(self, code: str, times: float) -> None:
        self.is_on = False
        self._code = code
        self._times = times

    def __call__(self, site: Site, carry_out: Callable[[], Any]) -> Any:
        if site.name == HISTORY and self.is_on and self._times > 0:
            self._times -= 1
            raise ApiError(HISTORY, self._code, "No.", 400)
        return carry_out()


def adopted_in_a_completed_stack(events: Events) -> OneResource:
    cfn = OneResource(Account(DURATIONS, around=events))
    cfn.admin.put_endpoint("mine", NAMED["ModelArn"], tags={ADOPT_TAG: "demo/Sentiment"})
    cfn.create(NAMED).succeeded()
    cfn.account.clock.advance(2)
    cfn.completes()
    events.is_on = True
    return cfn


@pytest.mark.usefixtures("account")
def test_if_the_events_may_not_be_read_nothing_is_deleted() -> None:
    cfn = adopted_in_a_completed_stack(Events("AccessDenied", float("inf")))
    assert cfn.delete().failed("AccessDenied from DescribeStackEvents").changes == []
    assert "cannot be read, so it proves nothing" in cfn.account.functions.log.getvalue()


@pytest.mark.usefixtures("account")
def test_throttled_events_are_read_again() -> None:
    cfn = adopted_in_a_completed_stack(Events("Throttling", 3))
    assert cfn.delete().succeeded().changes == ["DeleteEndpoint"]
