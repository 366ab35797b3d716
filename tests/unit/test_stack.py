"""What CloudFormation says of a stack: which request is abandoned, whose trial is over."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from provider.contract.event import Operation
from provider.model.stack import StackEvent, StackView, has_completed_since, why_abandoned
from tests.unit import given


def view(status: str, listed: bool | None = True, resource: str | None = None) -> StackView:
    return StackView(status, listed, resource)


CREATE, UPDATE = Operation.CREATE, Operation.UPDATE
UNKNOWN = StackView()
CREATING, UPDATING = view("CREATE_IN_PROGRESS"), view("UPDATE_IN_PROGRESS")
ROLLING_BACK = view("UPDATE_ROLLBACK_IN_PROGRESS")
ROLLED_BACK = view("UPDATE_ROLLBACK_COMPLETE")
UNDOING = view("UPDATE_ROLLBACK_IN_PROGRESS", resource="UPDATE_IN_PROGRESS")
NOT_LISTED = view("CREATE_IN_PROGRESS", listed=False)
A_ROLLBACK = "the stack is rolling back (UPDATE_ROLLBACK_IN_PROGRESS)"
UNDONE = view("UPDATE_ROLLBACK_IN_PROGRESS", resource="UPDATE_COMPLETE")


class Case(NamedTuple):
    """A request, the stack when it arrived and now, and why the request is abandoned, if it is."""

    operation: Operation
    at_receipt: StackView
    now: StackView
    why: str | None = None


CASES = {
    "a create goes on": Case(CREATE, CREATING, CREATING),
    "an update goes on": Case(UPDATE, UPDATING, UPDATING),
    "an update is the rollback's own": Case(UPDATE, ROLLING_BACK, ROLLING_BACK),
    "the resource is being created": Case(
        CREATE, CREATING, view("CREATE_IN_PROGRESS", resource="CREATE_IN_PROGRESS")
    ),
    "a stack in an operation of another kind": Case(
        UPDATE, view("REVIEW_IN_PROGRESS"), view("REVIEW_IN_PROGRESS")
    ),
    # What is unknown changes nothing.
    "never known": Case(CREATE, UNKNOWN, UNKNOWN),
    "no longer known": Case(UPDATE, UPDATING, UNKNOWN),
    "a rollback that may have been under way at receipt": Case(UPDATE, UNKNOWN, ROLLING_BACK),
    "the resource could not be read": Case(CREATE, CREATING, view("CREATE_IN_PROGRESS", None)),
    "the resource could not be read again": Case(
        UPDATE, UNDOING, view("UPDATE_ROLLBACK_IN_PROGRESS", None)
    ),
    "whether the resource's status ever follows is not known": Case(UPDATE, UNDONE, UNDONE),
    "the resource was never listed": Case(CREATE, NOT_LISTED, NOT_LISTED),
    "whether the resource was ever listed is not known": Case(
        CREATE, view("CREATE_IN_PROGRESS", None), NOT_LISTED
    ),
    # The stack or the resource is done with the request.
    "the stack is being deleted": Case(
        CREATE, CREATING, view("DELETE_IN_PROGRESS"), "the stack is in DELETE_IN_PROGRESS"
    ),
    "the stack is deleted": Case(
        UPDATE, UNKNOWN, view("DELETE_COMPLETE", None), "the stack is in DELETE_COMPLETE"
    ),
    "a creation that is not rolled back": Case(
        CREATE, CREATING, view("CREATE_FAILED"), "the stack is in CREATE_FAILED"
    ),
    "an update that first runs when its rollback is over": Case(
        UPDATE, ROLLED_BACK, ROLLED_BACK, "the stack is in UPDATE_ROLLBACK_COMPLETE"
    ),
    "the update has completed, and what it replaced is removed": Case(
        UPDATE,
        UPDATING,
        view("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
        "the stack is in UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
    ),
    "the update's own rollback has completed": Case(
        UPDATE,
        ROLLING_BACK,
        view("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"),
        "the stack is in UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
    ),
    "the resource is being deleted": Case(
        CREATE,
        CREATING,
        view("CREATE_IN_PROGRESS", resource="DELETE_IN_PROGRESS"),
        "the resource is in DELETE_IN_PROGRESS",
    ),
    "the resource is no longer listed": Case(
        CREATE, CREATING, NOT_LISTED, "the stack no longer has the resource"
    ),
    "the rollback has finished with the resource, not with others": Case(
        UPDATE, UNDOING, UNDONE, "the resource is in UPDATE_COMPLETE already"
    ),
    # A rollback that the request is no part of.
    "a rollback began after the update": Case(UPDATE, UPDATING, ROLLING_BACK, A_ROLLBACK),
    "a rollback began after the create": Case(CREATE, CREATING, ROLLING_BACK, A_ROLLBACK),
    "a create is no part of any rollback": Case(CREATE, ROLLING_BACK, ROLLING_BACK, A_ROLLBACK),
    "nor if the stack was unknown at receipt": Case(CREATE, UNKNOWN, ROLLING_BACK, A_ROLLBACK),
}


@pytest.mark.parametrize("situation", CASES)
def test_a_request_is_abandoned_only_if_cloudformation_says_so(situation: str) -> None:
    case = CASES[situation]
    assert why_abandoned(case.operation, case.at_receipt, case.now) == case.why


@pytest.mark.parametrize(
    ("stack", "rolling_back"),
    [
        (UNKNOWN, None),
        (CREATING, False),
        (ROLLED_BACK, False),
        (ROLLING_BACK, True),
        (view("ROLLBACK_IN_PROGRESS"), True),
        (view("IMPORT_ROLLBACK_IN_PROGRESS"), True),
        (view("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"), False),
    ],
)
def test_a_rollback_is_known_by_the_stack_s_status(
    stack: StackView, rolling_back: bool | None
) -> None:
    assert stack.rolling_back is rolling_back


# The trial of an adoption.

SINCE = datetime(2026, 11, 13, 12, tzinfo=UTC)
BEFORE, AT, AFTER, LATER = -1, 0, 60, 90
"""Seconds from the adoption."""


def event(status: str, seconds: float = AFTER, about: str = given.STACK_ID) -> StackEvent:
    return StackEvent(about, status, SINCE + timedelta(seconds=seconds))


CREATED, UPDATED = event("CREATE_COMPLETE"), event("UPDATE_COMPLETE")
CLEANING_UP = event("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
CREATED_BEFORE = event("CREATE_COMPLETE", BEFORE)
CLEANING_UP_A_ROLLBACK = event("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")


@pytest.mark.parametrize(
    ("happened", "over"),
    [
        pytest.param([], False, id="nothing is known"),
        pytest.param([CREATED], True, id="created"),
        pytest.param([event("CREATE_COMPLETE", AT)], True, id="created in the same moment"),
        pytest.param([CREATED_BEFORE], False, id="created before"),
        pytest.param([UPDATED], True, id="updated"),
        pytest.param([CLEANING_UP], True, id="the replaced resource is removed"),
        pytest.param([event("CREATE_IN_PROGRESS")], False, id="not created yet"),
        pytest.param([event("CREATE_FAILED")], False, id="not created, nor rolled back"),
        pytest.param([event("ROLLBACK_IN_PROGRESS")], False, id="rolling back"),
        pytest.param([event("ROLLBACK_COMPLETE")], False, id="rolled back"),
        pytest.param([CLEANING_UP_A_ROLLBACK], False, id="update rolled back"),
        pytest.param([event("UPDATE_ROLLBACK_COMPLETE")], False, id="back to what was before"),
        pytest.param([event("DELETE_IN_PROGRESS")], False, id="deleted at once"),
        pytest.param(
            [event("DELETE_IN_PROGRESS", LATER), CREATED], True, id="created, then deleted"
        ),
        pytest.param(
            [event("UPDATE_ROLLBACK_COMPLETE", LATER), UPDATED],
            True,
            id="a later update was rolled back",
        ),
        pytest.param(
            [event("UPDATE_ROLLBACK_IN_PROGRESS"), CREATED_BEFORE],
            False,
            id="the update that adopts is rolled back",
        ),
        pytest.param([event("CREATE_COMPLETE", about=given.ARN)], False, id="only the resource"),
        pytest.param(
            [event("CREATE_COMPLETE", about=given.STACK_ID + "2")], False, id="only a nested stack"
        ),
    ],
)
def test_a_trial_is_over_once_the_stack_has_completed_an_operation(
    happened: list[StackEvent], over: bool
) -> None:
    assert has_completed_since(happened, given.STACK_ID, SINCE) is over


@pytest.mark.parametrize("last", [UPDATED, event("ROLLBACK_COMPLETE", BEFORE)])
def test_no_more_events_are_read_than_needed(last: StackEvent) -> None:
    def happened() -> Iterator[StackEvent]:
        yield event("DELETE_IN_PROGRESS", LATER)
        yield last
        raise AssertionError("another page was asked for")

    has_completed_since(happened(), given.STACK_ID, SINCE)
