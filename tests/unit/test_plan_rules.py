"""Rules of the plan that hold for every combination of facts, whatever its table says."""

from collections.abc import Callable
from copy import deepcopy

import pytest

from provider.model.diff import Progress, progress, settings_diff, tag_diff
from provider.model.endpoint import Status
from provider.model.ownership import Ownership, ownership
from provider.model.plan import plan
from provider.model.task import Call, Goal, Scope
from tests.unit import given
from tests.unit.plan_cases import (
    BEFORE,
    BY_CALL,
    CHANGES,
    DELETES,
    NOW,
    SENT,
    Asking,
    Case,
    Mark,
    Outcome,
    Tags,
    Trace,
    asked,
    decisions,
    endpoint,
    known_of,
    live_of,
    outcome_of,
    planned,
    request,
    task_of,
)

UPDATE_CALLS = frozenset({Call.UPDATE, Call.REVIVE})
TAG_CALLS = frozenset({Call.TAG, Call.ADOPT, Call.GIVE_BACK})
CALLS = {outcome: call for call, outcome in BY_CALL.items()} | dict.fromkeys(DELETES, Call.DELETE)
"""The call that each change makes."""

Rule = Callable[[Case, Outcome], bool]


def nothing_foreign_is_changed(case: Case, outcome: Outcome) -> bool:
    return case.whose is not Ownership.FOREIGN or outcome not in CHANGES


def an_offered_endpoint_is_changed_only_by_being_adopted(case: Case, outcome: Outcome) -> bool:
    offered = case.whose is Ownership.OFFERED
    return not offered or outcome not in CHANGES or outcome is Outcome.ADOPT


def only_a_create_adopts(case: Case, outcome: Outcome) -> bool:
    return outcome is not Outcome.ADOPT or case.asking is Asking.CREATE


def an_endpoint_that_may_have_to_be_given_back_is_never_deleted(
    case: Case, outcome: Outcome
) -> bool:
    # An Update comes only after the stack has completed the operation that adopted the endpoint.
    on_trial = case.whose is Ownership.ON_TRIAL and case.asking in (Asking.CREATE, Asking.DELETE)
    is_over = case.goal is not Goal.ENSURE and case.answer is True
    is_lent = case.whose is Ownership.ADOPTED or (on_trial and not is_over)
    return not is_lent or outcome not in DELETES


def only_an_adopted_endpoint_is_given_back(case: Case, outcome: Outcome) -> bool:
    adopted = case.whose in (Ownership.ON_TRIAL, Ownership.ADOPTED)
    return outcome is not Outcome.GIVE_BACK or adopted


def a_trial_is_asked_about_only_on_trial(case: Case, outcome: Outcome) -> bool:
    return outcome is not Outcome.ASK_TRIAL_OVER or case.whose is Ownership.ON_TRIAL


def a_clean_up_removes_only_what_the_request_made_or_adopted(case: Case, outcome: Outcome) -> bool:
    if case.goal is not Goal.CLEAN_UP or outcome not in CHANGES:
        return True
    pairs = {
        (Outcome.DELETE_MADE, Ownership.MADE),
        (Outcome.GIVE_BACK, Ownership.ADOPTED),
    }
    return (outcome, case.whose) in pairs


def a_removal_changes_nothing_but_deletes_or_gives_back(case: Case, outcome: Outcome) -> bool:
    removes = outcome in DELETES or outcome is Outcome.GIVE_BACK
    return case.goal is Goal.ENSURE or outcome not in CHANGES or removes


def every_deletion_has_the_proof_of_its_goal(case: Case, outcome: Outcome) -> bool:
    proof = {
        Goal.ENSURE: Outcome.DELETE_REPLACED,
        Goal.DELETE: Outcome.DELETE_NAMED,
        Goal.DELETE_IF_OURS: Outcome.DELETE_LEFT_BEHIND,
        Goal.CLEAN_UP: Outcome.DELETE_MADE,
    }
    return outcome not in DELETES or outcome is proof[case.goal]


def only_an_endpoint_of_ours_that_is_not_being_deleted_is_deleted(
    case: Case, outcome: Outcome
) -> bool:
    may = case.status not in (None, Status.DELETING) and case.whose is not None
    return outcome not in DELETES or (may and case.whose is not None and case.whose.is_ours)


def a_later_request_s_endpoint_is_left_alone(case: Case, outcome: Outcome) -> bool:
    return case.mark is not Mark.OTHER or outcome not in CHANGES


def a_delete_succeeds_only_if_the_endpoint_is_gone_or_given_back(
    case: Case, outcome: Outcome
) -> bool:
    ours = case.whose is not None and case.whose.is_ours
    was_seen_going = (case.accepted, case.trace) == (Call.DELETE, Trace.SEEN)
    gone = case.status is None or (not ours and was_seen_going) or case.mark is Mark.OTHER
    given_back = case.whose is Ownership.OFFERED
    return case.goal is not Goal.DELETE or outcome is not Outcome.DONE or gone or given_back


def an_accepted_update_is_never_sent_again(case: Case, outcome: Outcome) -> bool:
    return case.accepted not in UPDATE_CALLS or CALLS.get(outcome) not in UPDATE_CALLS


def an_accepted_creation_is_never_sent_again(case: Case, outcome: Outcome) -> bool:
    return case.accepted is not Call.CREATE or outcome is not Outcome.CREATE


def a_refused_change_is_not_made_again(case: Case, outcome: Outcome) -> bool:
    made, refused = CALLS.get(outcome), case.refused
    same = made is refused or {made, refused} <= UPDATE_CALLS or {made, refused} <= TAG_CALLS
    return made is None or not same


def a_creation_needs_an_empty_place(case: Case, outcome: Outcome) -> bool:
    return outcome is not Outcome.CREATE or case.status is None


def a_wait_has_something_to_wait_for(case: Case, outcome: Outcome) -> bool:
    passing = case.status in (Status.CREATING, Status.UPDATING, Status.DELETING)
    to_show = case.trace is Trace.PENDING or case.asking is Asking.ROLLBACK
    return outcome is not Outcome.WAIT or passing or to_show


def an_update_of_a_healthy_endpoint_needs_a_difference(case: Case, outcome: Outcome) -> bool:
    if outcome is not Outcome.UPDATE:
        return True
    return case.status is Status.IN_SERVICE and case.progress is not Progress.MATCHES


def a_create_or_update_deletes_only_what_failed(case: Case, outcome: Outcome) -> bool:
    ensures = case.goal is Goal.ENSURE
    return not ensures or outcome not in DELETES or case.status is Status.FAILED


def a_create_or_update_succeeds_only_with_an_endpoint_of_ours_in_service(
    case: Case, outcome: Outcome
) -> bool:
    if case.goal is not Goal.ENSURE or outcome is not Outcome.DONE:
        return True
    ours = case.whose is not None and case.whose.is_ours
    return case.status is Status.IN_SERVICE and ours and case.tags is not Tags.DIFFER


def a_create_or_update_changes_or_succeeds_only_while_it_is_wanted(
    case: Case, outcome: Outcome
) -> bool:
    acts = outcome in CHANGES or outcome is Outcome.DONE
    return case.goal is not Goal.ENSURE or not acts or case.answer is True


def a_removal_is_always_wanted(case: Case, outcome: Outcome) -> bool:
    about_the_request = outcome in (Outcome.ASK_STILL_WANTED, Outcome.FAIL_ABANDONED)
    return case.goal is Goal.ENSURE or not about_the_request


def a_busy_endpoint_is_left_alone(case: Case, outcome: Outcome) -> bool:
    busy = case.status in (Status.CREATING, Status.UPDATING)
    return case.goal is not Goal.ENSURE or not busy or outcome not in CHANGES


def a_refusal_is_reported_only_if_there_was_one(case: Case, outcome: Outcome) -> bool:
    return outcome is not Outcome.FAIL_REFUSED or case.refused is not None


RULES: dict[str, Rule] = {
    rule.__name__: rule
    for rule in (
        nothing_foreign_is_changed,
        an_offered_endpoint_is_changed_only_by_being_adopted,
        only_a_create_adopts,
        an_endpoint_that_may_have_to_be_given_back_is_never_deleted,
        only_an_adopted_endpoint_is_given_back,
        a_trial_is_asked_about_only_on_trial,
        a_clean_up_removes_only_what_the_request_made_or_adopted,
        a_removal_changes_nothing_but_deletes_or_gives_back,
        every_deletion_has_the_proof_of_its_goal,
        only_an_endpoint_of_ours_that_is_not_being_deleted_is_deleted,
        a_later_request_s_endpoint_is_left_alone,
        a_delete_succeeds_only_if_the_endpoint_is_gone_or_given_back,
        an_accepted_update_is_never_sent_again,
        an_accepted_creation_is_never_sent_again,
        a_refused_change_is_not_made_again,
        a_creation_needs_an_empty_place,
        a_wait_has_something_to_wait_for,
        an_update_of_a_healthy_endpoint_needs_a_difference,
        a_create_or_update_deletes_only_what_failed,
        a_create_or_update_succeeds_only_with_an_endpoint_of_ours_in_service,
        a_create_or_update_changes_or_succeeds_only_while_it_is_wanted,
        a_removal_is_always_wanted,
        a_busy_endpoint_is_left_alone,
        a_refusal_is_reported_only_if_there_was_one,
    )
}


@pytest.mark.parametrize("rule", RULES)
def test_the_rule_holds_for_every_combination(rule: str) -> None:
    holds = RULES[rule]
    assert [each for each in decisions() if not holds(*each)][:5] == []


def test_a_repeated_step_gets_the_same_action_and_the_plan_changes_nothing() -> None:
    # Also that no combination raises: each is planned, here for the second time.
    for case, outcome in decisions():
        task = task_of(case)
        action = plan(asked(case.asking), task, live_of(case), known_of(case), NOW)
        assert outcome_of(case, action) is outcome
        assert task == task_of(case)


@pytest.mark.parametrize("asking", Asking)
def test_the_plan_changes_neither_the_request_nor_the_endpoint(asking: Asking) -> None:
    before = deepcopy(asked(asking))
    for case, _ in decisions():
        if case.asking is asking and case.accepted in (None, Call.UPDATE):
            live = deepcopy(live_of(case))
            planned(case)
            assert live == live_of(case)
    assert asked(asking) == before


# The world of each combination has the facts that it is made for.


@pytest.mark.parametrize("whose", Ownership)
def test_an_endpoint_s_tags_say_whose_it_is(whose: Ownership) -> None:
    live = endpoint(Status.IN_SERVICE, whose, None, None)
    assert ownership(live.tags, given.reply()) is whose


@pytest.mark.parametrize("expected", Progress)
def test_an_endpoint_s_settings_show_an_update_s_progress(expected: Progress) -> None:
    live = endpoint(Status.IN_SERVICE, Ownership.EARLIER, expected, Tags.AS_ASKED)
    assert progress(SENT, BEFORE, live) is expected


@pytest.mark.parametrize("asking", [Asking.CREATE, Asking.UPDATE, Asking.ROLLBACK])
@pytest.mark.parametrize("expected", [Progress.MATCHES, Progress.DIFFERS])
@pytest.mark.parametrize("tags", Tags)
def test_an_endpoint_differs_from_the_template_in_what_it_is_made_for(
    asking: Asking, expected: Progress, tags: Tags
) -> None:
    live = endpoint(Status.IN_SERVICE, Ownership.EARLIER, expected, tags)
    new, old = request(asking).new, request(asking).old
    scope = Scope.ALL if asking is Asking.CREATE else Scope.CHANGED
    assert bool(settings_diff(new, old, live, scope)) is (expected is Progress.DIFFERS)
    differs = tags is not Tags.AS_ASKED
    assert bool(tag_diff(new.tags, old.tags, live.tags, scope)) is differs
