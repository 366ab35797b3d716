"""The model of CloudFormation sends what docs/cloudformation-events.md says, row by row."""

import re
from pathlib import Path
from typing import Any

import pytest

from testing.cloudformation import CLEAN_UP_TRIES, Carried, Stack
from testing.events import Fate, in_strings
from tests.campaign.script import (
    CREATED,
    NEW,
    OLD,
    UPDATED,
    Said,
    Script,
    badly,
    created,
    told,
    well,
)

PAGE = Path(__file__).parents[2] / "docs" / "cloudformation-events.md"
ROW = re.compile(r"\bE\d+\b")

INVENTED = re.compile(r"demo-A-1\w+")


def test_e2_a_failed_create_is_deleted_by_the_id_that_it_gave() -> None:
    script = Script(badly("X"), well("X"))
    stack = Stack(script, "demo")
    script.play(stack.create({"A": OLD}))
    assert script.sent() == [CREATED, ("Delete", "X", "x", "")]
    assert stack.status == "ROLLBACK_COMPLETE"


@pytest.mark.parametrize("answer", [badly(""), None], ids=["E3 empty", "E5 none"])
def test_e3_e5_a_create_without_an_id_is_deleted_by_an_invented_one(answer: Said) -> None:
    script = Script(answer, well(""))
    script.play(Stack(script, "demo").create({"A": OLD}))
    assert INVENTED.fullmatch(script.sent()[1][1])


@pytest.mark.parametrize("deleted", [False, True], ids=["E4", "E19"])
def test_e4_e19_a_create_that_is_cancelled_is_deleted_at_once(deleted: bool) -> None:
    script = Script(None, well(""))
    stack = Stack(script, "demo")
    course = stack.create({"A": OLD})
    is_over = next(course)
    assert not is_over()
    stack.delete_now() if deleted else stack.cancel()
    assert is_over()
    script.play(course)
    assert script.requests[0].fate is Fate.CANCELLED
    assert INVENTED.fullmatch(script.sent()[1][1])
    assert stack.status == ("DELETE_COMPLETE" if deleted else "ROLLBACK_COMPLETE")


def test_e4_one_resource_that_fails_cancels_the_other_that_is_in_flight() -> None:
    script = Script(badly("X"), None, well("X"), well(""))
    stack = Stack(script, "demo")
    script.play(stack.create({"A": OLD, "B": NEW}))
    assert [request.fate for request in script.requests[:2]] == [Fate.ANSWERED, Fate.CANCELLED]
    assert [kind for kind, *_ in script.sent()] == ["Create", "Create", "Delete", "Delete"]


def test_e6_an_update_in_place_is_rolled_back_with_the_properties_exchanged() -> None:
    script, stack = created(well("X"), well("X"))
    script.play(stack.update({"A": NEW}, sibling_fails=True))
    assert script.sent()[1:] == [UPDATED, ("Update", "X", "x", "y")]
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"


def test_e7_what_was_replaced_is_deleted_in_the_clean_up() -> None:
    script, stack = created(well("Y"), well("X"))
    script.play(stack.update({"A": NEW}))
    assert script.sent()[1:] == [UPDATED, ("Delete", "X", "x", "")]
    assert stack.status == "UPDATE_COMPLETE"


@pytest.mark.parametrize(
    ("carried", "back"),
    [
        (Carried.NEW, [("Update", "Y", "x", "y")]),
        (Carried.OLD, [("Update", "X", "x", "y")]),
        (Carried.ALONE, []),
    ],
)
def test_e8_a_replacement_is_rolled_back_in_each_way(carried: Carried, back: list[Any]) -> None:
    script, stack = created(well("Y"), well("X"), well("Y"))
    script.play(stack.update({"A": NEW}, sibling_fails=True, carried=carried))
    assert script.sent()[1:] == [UPDATED, *back, ("Delete", "Y", "y", "")]
    assert stack.resources["A"].physical_id == "X"
    assert stack.resources["A"].properties == OLD


@pytest.mark.parametrize("answer", [badly("X"), None], ids=["E10", "E16"])
def test_e10_e16_an_update_that_fails_is_rolled_back_with_the_id_that_it_had(answer: Said) -> None:
    script, stack = created(answer, well("X"))
    script.play(stack.update({"A": NEW}))
    assert script.sent()[1:] == [UPDATED, ("Update", "X", "x", "y")]


def test_e9_an_update_that_is_cancelled_is_rolled_back_while_it_runs() -> None:
    script, stack = created(None, well("X"))
    course = stack.update({"A": NEW})
    is_over = next(course)
    assert not is_over()
    stack.cancel()
    assert is_over()
    script.play(course)
    assert script.requests[1].fate is Fate.CANCELLED
    assert script.sent()[2] == ("Update", "X", "x", "y")


def test_e11_the_id_of_a_failed_update_is_believed() -> None:
    script, stack = created(badly("Z"), well("X"), well("Z"))
    script.play(stack.update({"A": NEW}))
    assert script.sent()[2] == ("Update", "Z", "x", "y")


def test_e12_a_delete_that_fails_blocks_the_deletion_until_it_is_sent_again() -> None:
    script, stack = created(badly("X"), well("X"))
    script.play(stack.delete())
    assert stack.status == "DELETE_FAILED"
    script.play(stack.delete())
    assert stack.status == "DELETE_COMPLETE"
    assert script.sent()[1:] == [("Delete", "X", "x", "")] * 2


def test_e12_a_delete_that_fails_in_a_clean_up_is_skipped_in_the_end() -> None:
    script, stack = created(well("Y"), *[badly("X")] * CLEAN_UP_TRIES)
    script.play(stack.update({"A": NEW}))
    assert script.sent()[2:] == [("Delete", "X", "x", "")] * CLEAN_UP_TRIES
    assert stack.status == "UPDATE_COMPLETE"
    assert stack.skipped == {"X"}


def test_e15_request_ids_come_again_where_they_are_said_to() -> None:
    script, stack = created(well("X"), well("X"))
    stack.repeats_ids = True
    script.play(stack.update({"A": NEW}))
    script.play(stack.update({"A": OLD}))
    first, second = (request.event["RequestId"] for request in script.requests[1:])
    assert first == second


def test_e18_a_rollback_that_failed_is_sent_again_when_it_is_continued() -> None:
    script, stack = created(well("X"), badly("X"), well("X"))
    script.play(stack.update({"A": NEW}, sibling_fails=True))
    assert stack.status == "UPDATE_ROLLBACK_FAILED"
    script.play(stack.continue_rollback())
    assert stack.status == "UPDATE_ROLLBACK_COMPLETE"
    assert script.sent()[2] == script.sent()[3] == ("Update", "X", "x", "y")


def test_e21_scalars_become_strings_and_the_rest_stays() -> None:
    assert in_strings({"A": 1, "B": True, "C": [{"D": 2.5}]}) == {
        "A": "1",
        "B": "true",
        "C": [{"D": "2.5"}],
    }
    script, _ = created()
    properties = script.requests[0].event["ResourceProperties"]
    assert properties["ServiceToken"] == script.requests[0].event["ServiceToken"]
    assert script.requests[0].timeout == 3600


def test_e26_what_does_not_change_gets_no_event() -> None:
    script, stack = created()
    script.play(stack.update({"A": OLD}))
    assert len(script.requests) == 1
    assert stack.status == "UPDATE_COMPLETE"


def test_e30_events_tell_of_requests_and_answers_in_their_order() -> None:
    script, stack = created(well("Y"), well("X"), well("Y"), well("Y"))
    script.play(stack.update({"A": NEW}))
    script.play(stack.delete())
    assert told(stack) == [
        ("CREATE_IN_PROGRESS", ""),
        ("CREATE_IN_PROGRESS", "none"),
        ("CREATE_COMPLETE", "X"),
        ("CREATE_COMPLETE", ""),
        ("UPDATE_IN_PROGRESS", ""),
        ("UPDATE_IN_PROGRESS", "X"),
        ("UPDATE_COMPLETE", "Y"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", ""),
        ("DELETE_IN_PROGRESS", "X"),
        ("DELETE_COMPLETE", "X"),
        ("UPDATE_COMPLETE", ""),
        ("DELETE_IN_PROGRESS", ""),
        ("DELETE_IN_PROGRESS", "Y"),
        ("DELETE_COMPLETE", "Y"),
        ("DELETE_COMPLETE", ""),
    ]


def test_e30_events_tell_when_each_answer_was_taken() -> None:
    script = Script(well("X"), well("Y"))
    begun = script.clock()
    stack = Stack(script, "demo")
    script.play(stack.create({"A": OLD, "B": NEW}))
    at = {each.physical_id: each.at.timestamp() - begun for each in stack.events}
    assert (at["X"], at["Y"], at[stack.id]) == (60, 120, 120)


@pytest.mark.parametrize("answer", [badly("X"), badly(""), None], ids=["E2", "E3", "E5"])
def test_e30_a_create_that_failed_has_the_id_that_is_deleted_then(answer: Said) -> None:
    script = Script(answer, well(""))
    stack = Stack(script, "demo")
    script.play(stack.create({"A": OLD}))
    held = script.sent()[1][1]
    assert told(stack)[2:6] == [
        ("CREATE_FAILED", held),
        ("ROLLBACK_IN_PROGRESS", ""),
        ("DELETE_IN_PROGRESS", held),
        ("DELETE_COMPLETE", held),
    ]


def test_every_row_that_the_campaign_cites_is_in_the_docs() -> None:
    here = Path(__file__).parent
    cited = {row for file in here.glob("*.py") for row in ROW.findall(file.read_text("utf-8"))}
    told = set(re.findall(r"^\| (E\d+) \|", PAGE.read_text("utf-8"), re.MULTILINE))
    assert cited <= told
    assert told == {f"E{number}" for number in range(1, len(told) + 1)}
