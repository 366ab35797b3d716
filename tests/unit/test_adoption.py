"""Whether an adoption is final, from how the operations on its stack have ended since."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from provider.adoption import is_final
from provider.records import StackEvent
from tests.unit import given

SINCE = datetime(2026, 11, 13, 12, tzinfo=UTC)
BEFORE, AT, AFTER = -1, 0, 60
"""Seconds from the adoption."""


def event(status: str, seconds: float = AFTER, about: str = given.STACK_ID) -> StackEvent:
    return StackEvent(about, status, SINCE + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("happened", "final"),
    [
        pytest.param([], False, id="nothing is known"),
        pytest.param([event("CREATE_COMPLETE")], True, id="created"),
        pytest.param([event("CREATE_COMPLETE", AT)], True, id="created in the same moment"),
        pytest.param([event("CREATE_COMPLETE", BEFORE)], False, id="created before"),
        pytest.param([event("UPDATE_COMPLETE")], True, id="updated"),
        pytest.param(
            [event("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")], True, id="what was replaced is removed"
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
            [event("CREATE_COMPLETE", about=given.ARN)], False, id="the resource alone is through"
        ),
        pytest.param(
            [event("CREATE_COMPLETE", about=given.STACK_ID + "2")],
            False,
            id="a nested stack alone is through",
        ),
    ],
)
def test_an_adoption_is_final_once_the_stack_has_ended_well(
    happened: list[StackEvent], final: bool
) -> None:
    assert is_final(happened, given.STACK_ID, SINCE) is final


@pytest.mark.parametrize("last", [event("UPDATE_COMPLETE"), event("ROLLBACK_COMPLETE", BEFORE)])
def test_no_more_events_are_read_than_are_needed(last: StackEvent) -> None:
    def happened() -> Iterator[StackEvent]:
        yield event("DELETE_IN_PROGRESS", 90)
        yield last
        raise AssertionError("another page was asked for")

    is_final(happened(), given.STACK_ID, SINCE)
