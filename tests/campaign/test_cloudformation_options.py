"""What users of CloudFormation can ask of it: what the model then sends, row by row of
docs/cloudformation-events.md.
"""

import pytest

from testing.cloudformation import Carried, Stack
from testing.events import DeletionPolicy, Fate
from tests.campaign.script import NEW, OLD, UPDATED, Script, badly, created, told, well

RETAINS = [DeletionPolicy.RETAIN, DeletionPolicy.RETAIN_EXCEPT_ON_CREATE]


@pytest.mark.parametrize("policy", RETAINS)
@pytest.mark.parametrize("how", ["it leaves the template", "the stack is deleted"])
def test_e17_what_is_retained_gets_no_delete_and_its_events_say_so(
    policy: DeletionPolicy, how: str
) -> None:
    script, stack = created()
    stack.deletion_policy = policy
    script.play(stack.delete() if how == "the stack is deleted" else stack.update({}))
    assert len(script.requests) == 1
    assert ("DELETE_SKIPPED", "X") in told(stack)
    assert stack.status.endswith("_COMPLETE")
    assert stack.retained == {"X"}
    assert stack.resources["A"].is_gone


def test_e17_a_replaced_one_is_retained_and_the_resource_may_come_back_as_a_create() -> None:
    script, stack = created(well("Y"), well("Z"))
    stack.deletion_policy = DeletionPolicy.RETAIN
    script.play(stack.update({"A": NEW}))
    assert stack.retained == {"X"}
    assert not stack.resources["A"].is_gone
    script.play(stack.update({}))
    script.play(stack.update({"A": NEW}))
    assert stack.retained == {"X", "Y"}
    assert script.sent()[1:] == [UPDATED, ("Create", "", "y", "")]
    assert stack.resources["A"].physical_id == "Z"


@pytest.mark.parametrize(
    ("policy", "deleted"), [*zip(DeletionPolicy, [True, False, True], strict=True)]
)
@pytest.mark.parametrize("failed", [True, False], ids=["it fails", "a sibling fails"])
def test_e17_a_creation_that_is_rolled_back_is_deleted_unless_it_is_retained(
    policy: DeletionPolicy, deleted: bool, failed: bool
) -> None:
    script = Script(badly("X") if failed else well("X"), well("X"))
    stack = Stack(script, "demo")
    stack.deletion_policy = policy
    script.play(stack.create({"A": OLD}, sibling_fails=True))
    assert script.sent()[1:] == ([("Delete", "X", "x", "")] if deleted else [])
    assert told(stack)[-2] == (f"DELETE_{'COMPLETE' if deleted else 'SKIPPED'}", "X")
    assert stack.status == "ROLLBACK_COMPLETE"


@pytest.mark.parametrize(("policy", "deleted"), [*zip(RETAINS, [False, True], strict=True)])
def test_e17_what_a_rolled_back_update_has_made_is_deleted_unless_it_is_retained(
    policy: DeletionPolicy, deleted: bool
) -> None:
    script, stack = created(well("Y"), well("X"), well("Y"))
    stack.deletion_policy = policy
    script.play(stack.update({"A": NEW}, sibling_fails=True))
    assert script.sent()[3:] == ([("Delete", "Y", "y", "")] if deleted else [])
    assert stack.retained == (set() if deleted else {"Y"})
    assert stack.resources["A"].physical_id == "X"


def test_e27_a_failed_resource_goes_back_alone_where_what_succeeds_is_preserved() -> None:
    script, stack = created(badly("X"), well("B"), well("X"))
    begun = len(stack.events)
    script.play(stack.update({"A": NEW, "B": NEW}, preserve=True))
    assert script.sent()[1:] == [UPDATED, ("Create", "", "y", ""), ("Update", "X", "x", "y")]
    assert told(stack, since=begun) == [
        ("UPDATE_IN_PROGRESS", ""),
        ("UPDATE_IN_PROGRESS", "X"),
        ("CREATE_IN_PROGRESS", "none"),
        ("UPDATE_FAILED", "X"),
        ("CREATE_COMPLETE", "B"),
        ("UPDATE_IN_PROGRESS", "X"),
        ("UPDATE_COMPLETE", "X"),
        ("UPDATE_FAILED", ""),
    ]
    assert stack.resources["A"].properties == OLD


def test_e27_a_sibling_that_fails_cancels_nothing_that_is_preserved() -> None:
    script, stack = created(well("X"))
    course = stack.update({"A": NEW}, preserve=True)
    is_over = next(course)
    stack.cancel()
    assert not is_over()
    script.requests[1].end(Fate.ANSWERED)
    script.play(course)
    assert stack.status == "UPDATE_FAILED"
    assert stack.resources["A"].properties == NEW


@pytest.mark.parametrize(("carried", "held"), [(Carried.NEW, "Y"), (Carried.OLD, "X")])
def test_e27_a_replacement_is_refused_after_its_answer(carried: Carried, held: str) -> None:
    script, stack = created(well("Y"), well("X"), well("X"), well("Y"))
    script.play(stack.update({"A": NEW}, carried=carried, preserve=True))
    assert script.sent()[1:] == [UPDATED, ("Update", held, "x", "y")]
    assert ("UPDATE_FAILED", "Y") in told(stack)
    assert ("UPDATE_COMPLETE", "Y") not in told(stack)
    assert stack.resources["A"].physical_id == "X"
    script.play(stack.delete())
    left = [("Delete", "Y", "y", "")] if held == "Y" else []
    assert script.sent()[3:] == [("Delete", "X", "x", ""), *left]


@pytest.mark.parametrize("first", [True, False], ids=["before it", "in the clean-up"])
def test_e28_a_create_that_failed_and_was_kept_is_deleted_when_it_is_tried_again(
    first: bool,
) -> None:
    script, stack = created(badly("B"), well("B") if first else well("C"), well("C"))
    stack.deletes_failed_first = first
    script.play(stack.update({"A": OLD, "B": NEW}, preserve=True))
    assert (stack.status, stack.resources["B"].status) == ("UPDATE_FAILED", "CREATE_FAILED")
    script.play(stack.update({"A": OLD, "B": NEW}))
    again = [("Delete", "B", "y", ""), ("Create", "", "y", "")]
    assert script.sent()[2:] == (again if first else again[::-1])
    assert stack.status == "UPDATE_COMPLETE"
    assert stack.resources["B"].ids.keys() == {"C"}


def test_e29_what_could_not_be_deleted_is_left_by_force() -> None:
    script, stack = created(badly("X"))
    script.play(stack.delete())
    script.play(stack.delete(force=True))
    assert len(script.requests) == 2
    assert told(stack)[-5:] == [
        ("DELETE_FAILED", "X"),
        ("DELETE_FAILED", ""),
        ("DELETE_IN_PROGRESS", ""),
        ("DELETE_SKIPPED", "X"),
        ("DELETE_COMPLETE", ""),
    ]
    assert (stack.skipped, stack.retained) == ({"X"}, set())
