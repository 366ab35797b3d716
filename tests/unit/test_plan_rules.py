"""What the plan never does, whatever the combination of facts and whatever its table says."""

from collections.abc import Callable

import pytest

from provider.model.actions import Done, Proof, Wait
from provider.model.endpoint import Status
from provider.model.ownership import Ownership
from provider.model.task import Call, Goal
from tests.unit.plan_cases import (
    CHANGES,
    UPDATES,
    Asking,
    Case,
    Mark,
    Outcome,
    Tags,
    Trace,
    asked,
    decisions,
    endpoint,
    outcome_of,
    planned,
    task_of,
)

DELETES = frozenset(Proof)
PROOFS = {
    Goal.ENSURE: Proof.REPLACED,
    Goal.DELETE: Proof.NAMED,
    Goal.DELETE_IF_OURS: Proof.LEFT_BEHIND,
    Goal.CLEAN_UP: Proof.MADE,
}
CLEAN_UPS = {(Proof.MADE, Ownership.MADE), (Call.GIVE_BACK, Ownership.ADOPTED)}
RETAGS = frozenset({Call.TAG, Call.ADOPT, Call.GIVE_BACK})


def is_ours(case: Case) -> bool:
    return case.whose is not None and case.whose.is_ours


def may_have_to_be_given_back(case: Case) -> bool:
    if case.whose is Ownership.ON_TRIAL:
        # An Update comes only after the stack has completed the operation that adopted it.
        is_over = case.goal is not Goal.ENSURE and case.answer is True
        return case.asking in (Asking.CREATE, Asking.DELETE) and not is_over
    return case.whose is Ownership.ADOPTED


def is_gone(case: Case) -> bool:
    was_seen_going = (case.accepted, case.trace) == (Call.DELETE, Trace.SEEN)
    has_a_successor = case.mark is Mark.OTHER or (was_seen_going and not is_ours(case))
    return case.status is None or has_a_successor


def calls_again(call: Call | None, outcome: Outcome) -> bool:
    if outcome not in CHANGES:
        return False
    made = Call.DELETE if outcome in DELETES else outcome
    return made is call or {made, call} <= UPDATES or {made, call} <= RETAGS


def may_show(case: Case) -> bool:
    passing = case.status in (Status.CREATING, Status.UPDATING, Status.DELETING)
    return passing or case.trace is Trace.PENDING or case.asking is Asking.ROLLBACK


NEVER: dict[str, Callable[[Case, Outcome], bool]] = {
    # Nothing is destroyed without proof, nothing is taken without an offer.
    "what is foreign is changed": lambda case, outcome: (
        case.whose is Ownership.FOREIGN and outcome in CHANGES
    ),
    "what is offered is changed, except by being adopted": lambda case, outcome: (
        case.whose is Ownership.OFFERED and outcome in CHANGES - {Call.ADOPT}
    ),
    "what may have to be given back is deleted": lambda case, outcome: (
        may_have_to_be_given_back(case) and outcome in DELETES
    ),
    "a clean-up removes what the request neither made nor adopted": lambda case, outcome: (
        case.goal is Goal.CLEAN_UP and outcome in CHANGES and (outcome, case.whose) not in CLEAN_UPS
    ),
    "a deletion has no proof, or that of another goal": lambda case, outcome: (
        outcome in DELETES and outcome is not PROOFS[case.goal]
    ),
    "what is not ours, or goes already, is deleted": lambda case, outcome: (
        outcome in DELETES and (case.status is Status.DELETING or not is_ours(case))
    ),
    "a later request's endpoint is changed": lambda case, outcome: (
        case.mark is Mark.OTHER and outcome in CHANGES
    ),
    "a Create or Update deletes what has not failed": lambda case, outcome: (
        case.goal is Goal.ENSURE and outcome in DELETES and case.status is not Status.FAILED
    ),
    "a Create or Update changes a busy endpoint": lambda case, outcome: (
        case.goal is Goal.ENSURE
        and outcome in CHANGES
        and case.status in (Status.CREATING, Status.UPDATING)
    ),
    # An answer is true.
    "a Create or Update acts while nobody says that it is wanted": lambda case, outcome: (
        case.goal is Goal.ENSURE and outcome in {*CHANGES, Done} and case.answer is not True
    ),
    "a Create or Update succeeds before the endpoint is as asked": lambda case, outcome: (
        case.goal is Goal.ENSURE
        and outcome is Done
        and (case.status is not Status.IN_SERVICE or not is_ours(case) or case.tags is Tags.DIFFER)
    ),
    "a Delete succeeds before the endpoint is gone or given back": lambda case, outcome: (
        case.goal is Goal.DELETE
        and outcome is Done
        and not is_gone(case)
        and case.whose is not Ownership.OFFERED
    ),
    # An operation ends.
    "an accepted creation or update is sent again": lambda case, outcome: (
        case.accepted in {Call.CREATE, *UPDATES} and calls_again(case.accepted, outcome)
    ),
    "a refused change is made again": lambda case, outcome: calls_again(case.refused, outcome),
    "a wait has nothing to wait for": lambda case, outcome: outcome is Wait and not may_show(case),
}


@pytest.mark.parametrize("wrong", NEVER)
def test_the_plan_never_does_it_in_any_combination(wrong: str) -> None:
    assert [each for each in decisions() if NEVER[wrong](*each)][:5] == []


def test_a_repeated_step_gets_the_same_action_and_the_plan_changes_nothing() -> None:
    for case, outcome in decisions():
        task = task_of(case)
        assert outcome_of(case, planned(case, task)) is outcome
        assert task == task_of(case)
    for asking in Asking:
        assert asked(asking) == asked.__wrapped__(asking)
    for live in {(case.status, case.whose, case.progress, case.tags) for case, _ in decisions()}:
        assert endpoint(*live) == endpoint.__wrapped__(*live)
