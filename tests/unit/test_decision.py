"""The decision as a table: what is asked, what is there, what was submitted, what to do next."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import product

import pytest

from provider.changes import Progress
from provider.decision import Change, Goal, Move, Sent, Submitted, There, Trace, decide
from provider.endpoint import Status
from provider.identity import Whose

ENSURE = frozenset({Goal.ENSURE})
REMOVE = frozenset(Goal) - ENSURE
OURS = frozenset(whose for whose in Whose if whose.is_ours)
NOT_OURS = frozenset(Whose) - OURS
LENT = frozenset({Whose.ON_TRIAL, Whose.TAKEN})
"""Taken over from their owner, and not for good."""
UPDATED = frozenset({Sent.UPDATE, Sent.REVIVE})
WAITING = frozenset({Trace.NONE_YET})
REFUSED = frozenset(Change)
TO_TAKE = frozenset({Whose.OFFERED, Whose.ON_TRIAL})
BOTH = (False, True)

Case = tuple[Goal, There | None, Submitted]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: where a case fits every pattern, the move is the row's.

    What a row does not mention may be anything.
    """

    why: str
    move: Move
    goal: AbstractSet[Goal] = frozenset(Goal)
    there: AbstractSet[bool] = frozenset({True, False})
    status: AbstractSet[Status] = frozenset(Status)
    whose: AbstractSet[Whose] = frozenset(Whose)
    progress: AbstractSet[Progress] = frozenset(Progress)
    tags_differ: AbstractSet[bool] = frozenset({True, False})
    may_change_yet: AbstractSet[bool] = frozenset({True, False})
    sent: AbstractSet[Sent] = frozenset(Sent)
    trace: AbstractSet[Trace] = frozenset(Trace)
    refused: AbstractSet[Change | None] = frozenset({None, *Change})

    def fits(self, case: Case) -> bool:
        goal, there, submitted = case
        if goal not in self.goal or (there is not None) not in self.there:
            return False
        if (
            submitted.sent not in self.sent
            or submitted.trace not in self.trace
            or submitted.refused not in self.refused
        ):
            return False
        return there is None or (
            there.status in self.status
            and there.whose in self.whose
            and there.progress in self.progress
            and there.tags_differ in self.tags_differ
            and there.may_change_yet in self.may_change_yet
        )


ABSENT = frozenset({False})
PRESENT = frozenset({True})

# The first row that fits counts.
TABLE = (
    # Delete, and clean-up.
    Row(
        "what was created may take a moment to appear, and must not be left behind",
        Move.WAIT,
        goal=REMOVE,
        there=ABSENT,
        sent={Sent.CREATE},
        trace=WAITING,
    ),
    Row("only not found is a deletion's success", Move.DONE, goal=REMOVE, there=ABSENT),
    Row(
        "what a lost call may have taken over may take a moment to show",
        Move.WAIT,
        goal={Goal.CLEAN_UP},
        whose={Whose.OFFERED},
        sent={Sent.ADOPT},
        trace=WAITING,
    ),
    Row(
        "clean-up is about what the request itself made or took over",
        Move.DONE,
        goal={Goal.CLEAN_UP},
        whose=frozenset(Whose) - {Whose.MADE, Whose.TAKEN},
    ),
    Row(
        "an invented id whose properties name somebody else's endpoint is no failure",
        Move.DONE,
        goal={Goal.DELETE_IF_OURS},
        whose=NOT_OURS,
    ),
    Row(
        "a deletion under way is waited for, whoever began it",
        Move.WAIT,
        goal=REMOVE,
        status={Status.DELETING},
    ),
    Row(
        "what is there under the name of one that was seen going is another one",
        Move.DONE,
        goal={Goal.DELETE},
        whose=NOT_OURS,
        sent={Sent.DELETE},
        trace={Trace.SEEN},
    ),
    Row(
        "an endpoint that loses its tags as it is deleted may be about to go",
        Move.WAIT,
        goal={Goal.DELETE},
        whose=NOT_OURS,
        sent={Sent.DELETE},
        trace=WAITING,
    ),
    Row(
        "an endpoint that is only offered was given back already",
        Move.DONE,
        goal={Goal.DELETE},
        whose={Whose.OFFERED},
    ),
    Row(
        "an endpoint without our tags at our ARN is not deleted, and that is said",
        Move.FAIL_FOREIGN,
        goal={Goal.DELETE},
        whose={Whose.FOREIGN},
    ),
    Row(
        "a deletion, or a giving back, that was refused for good is reported",
        Move.FAIL_REFUSED,
        goal=REMOVE,
        refused={Change.DELETE, Change.TAG},
    ),
    Row(
        "an accepted deletion may take a moment to show",
        Move.WAIT,
        goal=REMOVE,
        sent={Sent.DELETE},
        trace=WAITING,
    ),
    Row("what was taken over from its owner is given back", Move.RELEASE, goal=REMOVE, whose=LENT),
    Row("what is ours and still there is deleted", Move.DELETE, goal=REMOVE),
    # Create and Update, with nothing at the ARN.
    Row(
        "a creation that was refused for good is reported",
        Move.FAIL_REFUSED,
        there=ABSENT,
        refused={Change.CREATE},
    ),
    Row(
        "an accepted creation may take a moment to show",
        Move.WAIT,
        there=ABSENT,
        sent={Sent.CREATE},
        trace=WAITING,
    ),
    Row(
        "what was made and is gone was deleted by somebody who meant it",
        Move.FAIL_VANISHED,
        there=ABSENT,
        sent={Sent.CREATE},
    ),
    Row("what is missing is made, what vanished is made again", Move.CREATE, there=ABSENT),
    # Create and Update, with an endpoint that is going away.
    Row(
        "the provider's own deletion, to make the endpoint again, is waited for",
        Move.WAIT,
        status={Status.DELETING},
        sent={Sent.DELETE},
    ),
    Row(
        "somebody deletes what this operation has just created",
        Move.FAIL_VANISHED,
        status={Status.DELETING},
        sent={Sent.CREATE},
    ),
    Row(
        "somebody deletes what this request created in a step that was lost",
        Move.FAIL_VANISHED,
        status={Status.DELETING},
        whose={Whose.MADE},
    ),
    Row(
        "what goes away makes room under the name, whoever's it was",
        Move.WAIT,
        status={Status.DELETING},
    ),
    # Create and Update, with an endpoint.
    Row(
        "a name that somebody else holds is a clear error", Move.FAIL_FOREIGN, whose={Whose.FOREIGN}
    ),
    Row(
        "a busy endpoint is waited for",
        Move.WAIT,
        status={Status.CREATING, Status.UPDATING},
    ),
    # ... that is offered, or that an earlier try has not kept.
    Row(
        "an adoption that was refused for good is reported",
        Move.FAIL_REFUSED,
        whose=TO_TAKE,
        refused=REFUSED,
    ),
    Row(
        "an endpoint is taken over before anything of it is changed",
        Move.ADOPT,
        whose=TO_TAKE,
        sent={Sent.NOTHING},
    ),
    Row(
        "an accepted adoption may take a moment to show",
        Move.WAIT,
        whose=TO_TAKE,
        sent={Sent.ADOPT},
        trace=WAITING,
    ),
    Row(
        "an adoption that never showed is tried again",
        Move.ADOPT,
        whose=TO_TAKE,
        sent={Sent.ADOPT},
        trace={Trace.OVERDUE},
    ),
    Row(
        "what was ours in this operation was given back by somebody who meant it",
        Move.FAIL_GIVEN_BACK,
        whose=TO_TAKE,
    ),
    # ... that has FAILED.
    Row(
        "an endpoint in FAILED whose replacement was refused for good",
        Move.FAIL_REFUSED,
        status={Status.FAILED},
        refused=REFUSED - {Change.UPDATE},
    ),
    Row(
        "the creation of this operation failed",
        Move.FAIL_CREATION,
        status={Status.FAILED},
        sent={Sent.CREATE},
    ),
    Row(
        "the update of this operation left the endpoint in FAILED",
        Move.FAIL_UPDATE,
        status={Status.FAILED},
        sent={Sent.UPDATE},
    ),
    Row(
        "the creation failed that was accepted in a step that was lost",
        Move.FAIL_CREATION,
        status={Status.FAILED},
        whose={Whose.MADE},
        sent={Sent.NOTHING},
    ),
    Row(
        "an adopted endpoint in FAILED that may not be updated is not deleted",
        Move.FAIL_REFUSED,
        status={Status.FAILED},
        whose={Whose.TAKEN},
        refused={Change.UPDATE},
    ),
    Row(
        "an endpoint in FAILED that may not be updated is deleted, to be made again",
        Move.DELETE,
        status={Status.FAILED},
        refused={Change.UPDATE},
    ),
    Row(
        "an update that meets an endpoint in FAILED tries to revive it",
        Move.REVIVE,
        status={Status.FAILED},
        sent={Sent.NOTHING, Sent.ADOPT},
    ),
    Row(
        "the revival, or the deletion after it, may take a moment to show",
        Move.WAIT,
        status={Status.FAILED},
        trace=WAITING,
    ),
    Row(
        "an adopted endpoint that an update does not revive is not deleted",
        Move.FAIL_UPDATE,
        status={Status.FAILED},
        whose={Whose.TAKEN},
    ),
    Row(
        "what an update does not revive is deleted, to be made again",
        Move.DELETE,
        status={Status.FAILED},
    ),
    # ... that is in service.
    Row(
        "a change that was refused for good is reported",
        Move.FAIL_REFUSED,
        refused=REFUSED - {Change.UPDATE},
    ),
    Row(
        "so is an update, unless the endpoint is as asked without it",
        Move.FAIL_REFUSED,
        refused={Change.UPDATE},
        progress=frozenset(Progress) - {Progress.MATCHES},
    ),
    Row(
        "an accepted update may take a moment to show",
        Move.WAIT,
        sent=UPDATED,
        trace=WAITING,
        progress=frozenset(Progress) - {Progress.MATCHES},
    ),
    Row(
        "an update that is over and has not brought about what it asked",
        Move.FAIL_UPDATE,
        sent=UPDATED,
        progress={Progress.DIFFERS},
    ),
    Row(
        "an update of which nothing was ever seen, and nothing has changed",
        Move.FAIL_IGNORED,
        sent=UPDATED,
        progress={Progress.AS_BEFORE},
        trace={Trace.OVERDUE},
    ),
    Row(
        "what the template changed is changed, once; so is what was just taken over",
        Move.UPDATE,
        whose={Whose.EARLIER, Whose.TAKEN},
        progress=frozenset(Progress) - {Progress.MATCHES},
        sent=frozenset(Sent) - UPDATED,
    ),
    Row("tags come last", Move.TAG, tags_differ={True}),
    Row(
        "an update that is to be undone may not be visible yet",
        Move.WAIT,
        may_change_yet={True},
    ),
    Row("the endpoint is as asked", Move.DONE),
)


def cases() -> Iterator[Case]:
    theres: list[There | None] = [None]
    theres += [There(*each) for each in product(Status, Whose, Progress, BOTH, BOTH)]
    refusals: tuple[Change | None, ...] = (None, *Change)
    submissions = [Submitted(*each) for each in product(Sent, Trace, refusals)]
    yield from product(Goal, theres, submissions)


ALL_CASES = tuple(cases())
DECISIONS = tuple((case, decide(*case)) for case in ALL_CASES)


def row_of(case: Case) -> int | None:
    return next((number for number, row in enumerate(TABLE) if row.fits(case)), None)


def test_the_product_is_complete() -> None:
    present = len(Status) * len(Whose) * len(Progress) * len(BOTH) ** 2
    submitted = len(Sent) * len(Trace) * (len(Change) + 1)
    assert len(set(ALL_CASES)) == len(Goal) * (present + 1) * submitted


def test_every_combination_has_a_row_and_gets_its_move_and_no_row_is_dead() -> None:
    used = set()
    for case, move in DECISIONS:
        number = row_of(case)
        assert number is not None, f"no row fits {case}"
        used.add(number)
        assert move is TABLE[number].move, f"{case}: {TABLE[number].why}"
    assert [row.why for number, row in enumerate(TABLE) if number not in used] == []


@pytest.mark.parametrize("move", Move)
def test_every_move_is_some_combination_s(move: Move) -> None:
    assert any(decided is move for _, decided in DECISIONS)


# What must hold whatever the table says: each finds the combinations that break it.


def breaking(rule: str) -> list[tuple[Case, Move]]:
    """The combinations to which a rule below does not apply as it should."""
    return [
        ((goal, there, submitted), move)
        for (goal, there, submitted), move in DECISIONS
        if not RULES[rule](goal, there, submitted, move)
    ]


def nothing_foreign_is_changed(_: Goal, there: There | None, __: Submitted, move: Move) -> bool:
    return there is None or there.whose is not Whose.FOREIGN or not move.changes


def what_is_offered_is_changed_only_by_being_taken_over(
    _: Goal, there: There | None, __: Submitted, move: Move
) -> bool:
    offered = there is not None and there.whose is Whose.OFFERED
    return not offered or not move.changes or move is Move.ADOPT


def what_may_have_to_be_given_back_is_never_deleted(
    _: Goal, there: There | None, __: Submitted, move: Move
) -> bool:
    return there is None or there.whose not in LENT or move is not Move.DELETE


def only_what_was_taken_over_is_given_back(
    _: Goal, there: There | None, __: Submitted, move: Move
) -> bool:
    return move is not Move.RELEASE or (there is not None and there.whose in LENT)


def clean_up_only_ever_removes_what_the_request_made_or_took(
    goal: Goal, there: There | None, _: Submitted, move: Move
) -> bool:
    if goal is not Goal.CLEAN_UP or not move.changes:
        return True
    pairs = {(Move.DELETE, Whose.MADE), (Move.RELEASE, Whose.TAKEN)}
    return there is not None and (move, there.whose) in pairs


def a_removal_changes_nothing_but_deletes_or_gives_back(
    goal: Goal, _: There | None, __: Submitted, move: Move
) -> bool:
    return goal is Goal.ENSURE or not move.changes or move in (Move.DELETE, Move.RELEASE)


def a_removal_never_deletes_what_is_going_already(
    _: Goal, there: There | None, __: Submitted, move: Move
) -> bool:
    return move is not Move.DELETE or (there is not None and there.status is not Status.DELETING)


def a_delete_succeeds_only_when_the_endpoint_is_gone_or_given_back(
    goal: Goal, there: There | None, submitted: Submitted, move: Move
) -> bool:
    gone = there is None or (
        there.whose in NOT_OURS and (submitted.sent, submitted.trace) == (Sent.DELETE, Trace.SEEN)
    )
    given_back = there is not None and there.whose is Whose.OFFERED
    return goal is not Goal.DELETE or move is not Move.DONE or gone or given_back


def an_accepted_update_is_never_sent_again(
    goal: Goal, _: There | None, submitted: Submitted, move: Move
) -> bool:
    return submitted.sent not in UPDATED or move not in (Move.UPDATE, Move.REVIVE)


def an_accepted_creation_is_never_sent_again(
    goal: Goal, _: There | None, submitted: Submitted, move: Move
) -> bool:
    return submitted.sent is not Sent.CREATE or move is not Move.CREATE


def a_refused_change_is_not_made_again(
    goal: Goal, _: There | None, submitted: Submitted, move: Move
) -> bool:
    made = {
        Move.CREATE: Change.CREATE,
        Move.UPDATE: Change.UPDATE,
        Move.REVIVE: Change.UPDATE,
        Move.DELETE: Change.DELETE,
        Move.ADOPT: Change.TAG,
        Move.TAG: Change.TAG,
        Move.RELEASE: Change.TAG,
    }.get(move)
    return made is None or made is not submitted.refused


def creation_needs_an_empty_place(_: Goal, there: There | None, __: Submitted, move: Move) -> bool:
    return move is not Move.CREATE or there is None


def waiting_has_something_to_wait_for(
    _: Goal, there: There | None, submitted: Submitted, move: Move
) -> bool:
    passing = {Status.CREATING, Status.UPDATING, Status.DELETING}
    under_way = there is not None and there.status in passing
    to_show = submitted.sent is not Sent.NOTHING and submitted.trace is Trace.NONE_YET
    to_undo = there is not None and there.may_change_yet
    return move is not Move.WAIT or under_way or to_show or to_undo


def an_update_of_what_serves_well_needs_a_difference(
    _: Goal, there: There | None, __: Submitted, move: Move
) -> bool:
    if move is not Move.UPDATE:
        return True
    return (
        there is not None
        and there.status is Status.IN_SERVICE
        and there.progress is not Progress.MATCHES
    )


def a_create_or_update_deletes_only_what_failed(
    goal: Goal, there: There | None, _: Submitted, move: Move
) -> bool:
    if goal is not Goal.ENSURE or move is not Move.DELETE:
        return True
    return there is not None and there.status is Status.FAILED


def a_create_or_update_succeeds_only_with_an_endpoint_of_ours_in_service(
    goal: Goal, there: There | None, _: Submitted, move: Move
) -> bool:
    if goal is not Goal.ENSURE or move is not Move.DONE:
        return True
    return (
        there is not None
        and there.status is Status.IN_SERVICE
        and there.whose in OURS
        and not there.tags_differ
    )


def a_busy_endpoint_is_left_alone(goal: Goal, there: There | None, _: Submitted, m: Move) -> bool:
    busy = there is not None and there.status in (Status.CREATING, Status.UPDATING)
    return goal is not Goal.ENSURE or not busy or not m.changes


def a_refusal_is_told_only_where_there_was_one(
    _: Goal, __: There | None, submitted: Submitted, move: Move
) -> bool:
    return move is not Move.FAIL_REFUSED or submitted.refused is not None


RULES = {
    rule.__name__: rule
    for rule in (
        nothing_foreign_is_changed,
        what_is_offered_is_changed_only_by_being_taken_over,
        what_may_have_to_be_given_back_is_never_deleted,
        only_what_was_taken_over_is_given_back,
        clean_up_only_ever_removes_what_the_request_made_or_took,
        a_removal_changes_nothing_but_deletes_or_gives_back,
        a_removal_never_deletes_what_is_going_already,
        a_delete_succeeds_only_when_the_endpoint_is_gone_or_given_back,
        an_accepted_update_is_never_sent_again,
        an_accepted_creation_is_never_sent_again,
        a_refused_change_is_not_made_again,
        creation_needs_an_empty_place,
        waiting_has_something_to_wait_for,
        an_update_of_what_serves_well_needs_a_difference,
        a_create_or_update_deletes_only_what_failed,
        a_create_or_update_succeeds_only_with_an_endpoint_of_ours_in_service,
        a_busy_endpoint_is_left_alone,
        a_refusal_is_told_only_where_there_was_one,
    )
}


@pytest.mark.parametrize("rule", RULES)
def test_the_rule_holds_for_every_combination(rule: str) -> None:
    assert breaking(rule)[:5] == []


@pytest.mark.parametrize(
    ("goal", "there", "submitted", "move"),
    [
        pytest.param(
            Goal.ENSURE,
            There(Status.IN_SERVICE, Whose.EARLIER, Progress.MOVED_ON),
            Submitted(Sent.UPDATE, Trace.SEEN),
            Move.DONE,
            id="auto scaling ran while the update did: it stays as auto scaling has it",
        ),
        pytest.param(
            Goal.ENSURE,
            There(Status.IN_SERVICE, Whose.EARLIER, Progress.AS_BEFORE),
            Submitted(Sent.UPDATE, Trace.SEEN),
            Move.DONE,
            id="auto scaling has gone back to what was there before: the update had its effect",
        ),
        pytest.param(
            Goal.ENSURE,
            There(Status.IN_SERVICE, Whose.EARLIER, Progress.AS_BEFORE),
            Submitted(Sent.UPDATE, Trace.NONE_YET),
            Move.WAIT,
            id="the accepted update does not show yet",
        ),
        pytest.param(
            Goal.ENSURE,
            There(Status.IN_SERVICE, Whose.MADE, Progress.DIFFERS),
            Submitted(Sent.CREATE, Trace.SEEN),
            Move.DONE,
            id="auto scaling ran before the creation was answered",
        ),
        pytest.param(
            Goal.ENSURE,
            There(Status.IN_SERVICE, Whose.ADOPTED, Progress.DIFFERS),
            Submitted(),
            Move.DONE,
            id="adoption comes last: what differs since is auto scaling's",
        ),
        pytest.param(
            Goal.ENSURE,
            There(Status.FAILED, Whose.EARLIER, Progress.DIFFERS),
            Submitted(),
            Move.REVIVE,
            id="a rollback meets an endpoint in FAILED",
        ),
    ],
)
def test_a_situation_of_the_contract_gets_its_move(
    goal: Goal, there: There, submitted: Submitted, move: Move
) -> None:
    assert decide(goal, there, submitted) is move


def test_changing_and_failing_moves_are_told_apart() -> None:
    assert {move for move in Move if move.changes} == {
        Move.CREATE,
        Move.ADOPT,
        Move.UPDATE,
        Move.REVIVE,
        Move.TAG,
        Move.DELETE,
        Move.RELEASE,
    }
    assert {move for move in Move if move.fails} == {
        move for move in Move if move.value.startswith("fail")
    }
    assert not any(move.changes and move.fails for move in Move)
