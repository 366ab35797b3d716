"""What CloudFormation says of a stack: which request is abandoned, whose trial is over."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from provider.contract.event import Operation
from provider.model.stack import StackEvent, StackView, has_completed_since, why_abandoned
from tests.unit import given

CREATE, UPDATE = Operation.CREATE, Operation.UPDATE
BUSY = "CREATE_IN_PROGRESS"
UPDATING = "UPDATE_IN_PROGRESS"
ROLLING = "UPDATE_ROLLBACK_IN_PROGRESS"
UNKNOWN = StackView()


def view(status: str | None, listed: bool | None = True, resource: str | None = None) -> StackView:
    return StackView(status, listed, resource)


@pytest.mark.parametrize(
    ("operation", "at_receipt", "now", "why"),
    [
        pytest.param(CREATE, view(BUSY), view(BUSY), None, id="nothing has changed"),
        pytest.param(UPDATE, view(UPDATING), view(UPDATING), None, id="an update goes on"),
        pytest.param(
            UPDATE,
            view(UPDATING),
            view("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
            "the stack is in UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            id="the stack has completed",
        ),
        pytest.param(
            UPDATE,
            view("UPDATE_ROLLBACK_COMPLETE"),
            view("UPDATE_ROLLBACK_COMPLETE"),
            "the stack is in UPDATE_ROLLBACK_COMPLETE",
            id="an update that first runs when its rollback is over",
        ),
        pytest.param(
            CREATE,
            view(BUSY),
            view("CREATE_FAILED"),
            "the stack is in CREATE_FAILED",
            id="a creation that is not rolled back",
        ),
        pytest.param(
            UPDATE,
            view("REVIEW_IN_PROGRESS"),
            view("REVIEW_IN_PROGRESS"),
            None,
            id="a stack in an operation of another kind",
        ),
        # Unknown: that changes nothing.
        pytest.param(CREATE, UNKNOWN, UNKNOWN, None, id="never known"),
        pytest.param(CREATE, view(BUSY), UNKNOWN, None, id="no longer known"),
        pytest.param(UPDATE, view(UPDATING), UNKNOWN, None, id="update no longer known"),
        pytest.param(
            UPDATE,
            UNKNOWN,
            view(ROLLING),
            None,
            id="a rollback that may have been under way at receipt",
        ),
        pytest.param(
            CREATE, view(BUSY), view(BUSY, listed=None), None, id="the resource is not known"
        ),
        # The stack is being deleted, or is deleted.
        pytest.param(
            CREATE,
            view(BUSY),
            view("DELETE_IN_PROGRESS"),
            "the stack is in DELETE_IN_PROGRESS",
            id="the stack is being deleted",
        ),
        pytest.param(
            UPDATE,
            UNKNOWN,
            view("DELETE_COMPLETE", listed=None),
            "the stack is in DELETE_COMPLETE",
            id="the stack is deleted",
        ),
        pytest.param(
            CREATE,
            view(BUSY),
            view("DELETE_FAILED"),
            "the stack is in DELETE_FAILED",
            id="the stack's deletion is stuck",
        ),
        # The resource is being deleted, or is deleted.
        pytest.param(
            CREATE,
            view(BUSY),
            view(BUSY, resource="DELETE_IN_PROGRESS"),
            "the resource is in DELETE_IN_PROGRESS",
            id="the resource is being deleted",
        ),
        pytest.param(
            UPDATE,
            view(UPDATING),
            view(UPDATING, resource="DELETE_COMPLETE"),
            "the resource is in DELETE_COMPLETE",
            id="the resource is deleted",
        ),
        pytest.param(
            CREATE,
            view(BUSY),
            view(BUSY, resource="CREATE_IN_PROGRESS"),
            None,
            id="the resource is being created",
        ),
        pytest.param(
            UPDATE,
            view(UPDATING),
            view(UPDATING, listed=False),
            "the stack no longer has the resource",
            id="the resource is no longer listed",
        ),
        pytest.param(
            CREATE,
            view(BUSY, listed=False),
            view(BUSY, listed=False),
            None,
            id="the resource was never listed",
        ),
        pytest.param(
            CREATE,
            view(BUSY, listed=None),
            view(BUSY, listed=False),
            None,
            id="whether the resource was ever listed is not known",
        ),
        # A rollback.
        pytest.param(
            CREATE,
            view(BUSY),
            view("ROLLBACK_IN_PROGRESS"),
            "the stack is rolling back (ROLLBACK_IN_PROGRESS)",
            id="a create is rolled back",
        ),
        pytest.param(
            CREATE,
            view(ROLLING),
            view(ROLLING),
            f"the stack is rolling back ({ROLLING})",
            id="a create is no part of any rollback",
        ),
        pytest.param(
            CREATE,
            UNKNOWN,
            view(ROLLING),
            f"the stack is rolling back ({ROLLING})",
            id="nor if the status at receipt is unknown",
        ),
        pytest.param(
            UPDATE,
            view(UPDATING),
            view(ROLLING),
            f"the stack is rolling back ({ROLLING})",
            id="rollback began after the update",
        ),
        pytest.param(
            UPDATE, view(ROLLING), view(ROLLING), None, id="the update is the rollback's own"
        ),
        pytest.param(
            UPDATE,
            view(ROLLING),
            view("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"),
            "the stack is in UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
            id="the update's own rollback has completed",
        ),
        pytest.param(
            UPDATE,
            view(ROLLING, resource="UPDATE_IN_PROGRESS"),
            view(ROLLING, resource="UPDATE_COMPLETE"),
            "the resource is in UPDATE_COMPLETE already",
            id="the rollback has finished with the resource, not with others",
        ),
        pytest.param(
            UPDATE,
            view(ROLLING, resource="UPDATE_COMPLETE"),
            view(ROLLING, resource="UPDATE_COMPLETE"),
            None,
            id="whether the resource's status ever follows is not known",
        ),
        pytest.param(
            UPDATE,
            view(ROLLING, resource="UPDATE_IN_PROGRESS"),
            view(ROLLING, listed=None),
            None,
            id="the resource could not be read again",
        ),
    ],
)
def test_a_request_is_abandoned_only_if_cloudformation_says_so(
    operation: Operation, at_receipt: StackView, now: StackView, why: str | None
) -> None:
    assert why_abandoned(operation, at_receipt, now) == why


@pytest.mark.parametrize(
    ("status", "rolling_back"),
    [
        (None, None),
        (BUSY, False),
        ("DELETE_IN_PROGRESS", False),
        ("ROLLBACK_IN_PROGRESS", True),
        (ROLLING, True),
        ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", False),
        ("UPDATE_ROLLBACK_COMPLETE", False),
        ("IMPORT_ROLLBACK_IN_PROGRESS", True),
    ],
)
def test_a_rollback_is_known_by_the_stack_s_status(
    status: str | None, rolling_back: bool | None
) -> None:
    assert view(status).rolling_back is rolling_back


# The trial of an adoption.

SINCE = datetime(2026, 11, 13, 12, tzinfo=UTC)
BEFORE, AT, AFTER = -1, 0, 60
"""Seconds from the adoption."""


def event(status: str, seconds: float = AFTER, about: str = given.STACK_ID) -> StackEvent:
    return StackEvent(about, status, SINCE + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("happened", "over"),
    [
        pytest.param([], False, id="nothing is known"),
        pytest.param([event("CREATE_COMPLETE")], True, id="created"),
        pytest.param([event("CREATE_COMPLETE", AT)], True, id="created in the same moment"),
        pytest.param([event("CREATE_COMPLETE", BEFORE)], False, id="created before"),
        pytest.param([event("UPDATE_COMPLETE")], True, id="updated"),
        pytest.param(
            [event("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")],
            True,
            id="the replaced resource is removed",
        ),
        pytest.param([event("CREATE_IN_PROGRESS")], False, id="not created yet"),
        pytest.param([event("CREATE_FAILED")], False, id="not created, nor rolled back"),
        pytest.param([event("ROLLBACK_IN_PROGRESS")], False, id="rolling back"),
        pytest.param([event("ROLLBACK_COMPLETE")], False, id="rolled back"),
        pytest.param(
            [event("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")], False, id="update rolled back"
        ),
        pytest.param([event("UPDATE_ROLLBACK_COMPLETE")], False, id="back to what was before"),
        pytest.param([event("DELETE_IN_PROGRESS")], False, id="deleted at once"),
        pytest.param(
            [event("DELETE_IN_PROGRESS", 90), event("CREATE_COMPLETE")],
            True,
            id="created, then deleted",
        ),
        pytest.param(
            [event("UPDATE_ROLLBACK_COMPLETE", 90), event("UPDATE_COMPLETE")],
            True,
            id="a later update was rolled back",
        ),
        pytest.param(
            [event("UPDATE_ROLLBACK_IN_PROGRESS"), event("CREATE_COMPLETE", BEFORE)],
            False,
            id="the update that adopts is rolled back",
        ),
        pytest.param(
            [event("CREATE_COMPLETE", about=given.ARN)], False, id="only the resource has completed"
        ),
        pytest.param(
            [event("CREATE_COMPLETE", about=given.STACK_ID + "2")],
            False,
            id="only a nested stack has completed",
        ),
    ],
)
def test_a_trial_is_over_once_the_stack_has_completed_an_operation(
    happened: list[StackEvent], over: bool
) -> None:
    assert has_completed_since(happened, given.STACK_ID, SINCE) is over


@pytest.mark.parametrize("last", [event("UPDATE_COMPLETE"), event("ROLLBACK_COMPLETE", BEFORE)])
def test_no_more_events_are_read_than_needed(last: StackEvent) -> None:
    def happened() -> Iterator[StackEvent]:
        yield event("DELETE_IN_PROGRESS", 90)
        yield last
        raise AssertionError("another page was asked for")

    has_completed_since(happened(), given.STACK_ID, SINCE)
