"""The plan for an endpoint that must be gone: what is deleted, given back, left, or reported."""

from typing import Any, NamedTuple

import pytest

from provider.contract.event import Request
from provider.model.actions import Delete, Done, Fail, Proof, Question, Retag, Wait
from provider.model.asked import Known
from provider.model.endpoint import Endpoint, Status
from provider.model.ownership import OWNERSHIP_TAGS
from provider.model.polling import GRACE, TAGS_SHOW_LATE
from provider.model.task import Call, Goal
from tests.unit import given
from tests.unit.given import Values
from tests.unit.plan_cases import (
    ADOPTED,
    ANOTHERS,
    CREATE,
    DEADLINE,
    DELETE,
    DELETE_LEFTOVER,
    FITS,
    LATE,
    MINE,
    OFFER,
    OLD,
    OLD_ADOPTED,
    OVERTAKEN,
    TRUNCATED,
    UNKNOWN,
    Fails,
    Leaves,
    Outcome,
    held,
    is_as_expected,
    known,
    live,
    planned,
    refused,
    running,
    sent,
)

CREATING, IN_SERVICE, UPDATING, DELETING, FAILED = Status
YOUNG = live({}, age=TAGS_SHOW_LATE - 1)
ON_TRIAL = OLD_ADOPTED | OFFER


class Case(NamedTuple):
    """What is there and known, what was submitted, and what comes next."""

    expected: Outcome
    live: Endpoint | None
    answers: Known
    facts: Values


def case(expected: Outcome, *about: Endpoint | Known | None, **facts: Any) -> Case:
    """A row; what it does not say is the plainest: nothing is there, and nothing forbids it."""
    found = next((each for each in about if isinstance(each, Endpoint)), None)
    answers = next((each for each in about if isinstance(each, Known)), known())
    return Case(expected, found, answers, facts)


# ---------------------------------------------------------------- A Delete of an endpoint's ARN

NAMED = {
    "it is gone": case(Done),
    "it is gone, after the deletion": case(Done, accepted=sent(Call.DELETE, seen=True)),
    "it is being deleted": case(Wait, live(status=DELETING)),
    "it is being deleted, and its tags are gone": case(Wait, live({}, status=DELETING)),
    "it is the resource's": case(Proof.NAMED, live()),
    "it has failed": case(Proof.NAMED, live(status=FAILED)),
    "it is the resource's, and offered to it": case(Proof.NAMED, live(OLD | OFFER)),
    "nobody needs to know what the stack held": case(
        Proof.NAMED, live(), known(history=None, running=None)
    ),
    "the deletion does not show yet": case(Wait, live(), accepted=sent(Call.DELETE)),
    "the deletion never showed": case(Proof.NAMED, live(), accepted=sent(Call.DELETE, GRACE)),
    "the deletion is refused": case(Fails("ResourceLimit"), live(), refused=refused(Call.DELETE)),
    "its tags may show late": case(Wait, YOUNG),
    "it has no tags": case(Fails("Tags:"), live({})),
    "it has no tags, and nobody says how old it is": case(Fails("Tags:"), live({}, created=None)),
    "it is another stack's": case(Fails("Tags:"), live(ANOTHERS)),
    "it is another stack's, and offered": case(Fails("Tags:"), live(ANOTHERS | OFFER)),
    # On trial.
    "nobody has asked about the trial": case(Question.TRIAL, live(ON_TRIAL), Known(standing=FITS)),
    "the trial is over": case(Proof.NAMED, live(ON_TRIAL), known(trial_over=True)),
    "the trial is over, and the offer was taken back": case(
        Proof.NAMED, live(OLD_ADOPTED), known(trial_over=True)
    ),
    "on trial": case(Call.GIVE_BACK, live(ON_TRIAL)),
    "on trial, says a first read": case(Wait, live(ON_TRIAL), known(first=Question.TRIAL)),
    "on trial, and the offer was taken back": case(Leaves("removed the offer"), live(OLD_ADOPTED)),
    "the trial's events cannot be read": case(
        Fails("AccessDenied"), live(ON_TRIAL), known(denied=Question.TRIAL)
    ),
    "giving back does not show yet": case(Wait, live(ON_TRIAL), accepted=sent(Call.GIVE_BACK)),
    "giving back never showed": case(
        Call.GIVE_BACK, live(ON_TRIAL), accepted=sent(Call.GIVE_BACK, GRACE)
    ),
    "giving back shows": case(
        Leaves("given back"), live(OFFER), accepted=sent(Call.GIVE_BACK, seen=True)
    ),
    "giving back shows, and the owner has taken the offer off": case(
        Leaves("given back"), YOUNG, accepted=sent(Call.GIVE_BACK, seen=True)
    ),
    "it was given back before": case(Leaves("given back"), live(OFFER)),
    # Out of date.
    "overtaken": case(Fails("abandoned"), live(), known(standing=OVERTAKEN)),
    "a status that does not fit": case(Fails("abandoned"), live(), known(standing=LATE)),
    "a status that does not fit, says a first read": case(
        Wait, live(), known(standing=LATE, first=Question.STANDING)
    ),
    "overtaken, but the deletion was sent": case(
        Done, None, known(standing=OVERTAKEN), accepted=sent(Call.DELETE, seen=True)
    ),
    "nobody has asked how it stands": case(Question.STANDING, live(), Known()),
    "the stack's events cannot be read": case(
        Fails("AccessDenied"), live(), known(denied=Question.STANDING)
    ),
    "they cannot be read, and nothing is there": case(Done, None, known(denied=Question.STANDING)),
    "an unknown stack": case(Proof.NAMED, live(), known(standing=UNKNOWN)),
    "an unknown stack ends no trial": case(Call.GIVE_BACK, live(ON_TRIAL), known(standing=UNKNOWN)),
}

# ---------------------------------------------------------------- What no id names

OLDER_RUNS, LISTING_IS_OLD = running(given.EARLIER), running(is_fresh=False)

LEFT = {
    "nothing is there, and nothing runs": case(Done),
    "nothing is there, and an older execution runs": case(Wait, known(running=OLDER_RUNS)),
    "nothing is there, and the list is old": case(Wait, known(running=LISTING_IS_OLD)),
    "nothing is there, and executions cannot be listed": case(Done, known(denied=Question.RUNNING)),
    "nobody's": case(Done, live({})),
    "another stack's": case(Done, live(ANOTHERS)),
    "never held": case(Proof.NEVER_HELD, live()),
    "never held, and busy: the call waits until it is not": case(
        Proof.NEVER_HELD, live(status=CREATING)
    ),
    "never held, says a first read": case(Wait, live(), known(first=Question.HISTORY)),
    "nobody has asked what runs": case(Question.RUNNING, live(), Known(standing=FITS)),
    "nobody has asked what the stack held": case(Question.HISTORY, live(), known(history=None)),
    "an older execution runs": case(Wait, live(), known(running=OLDER_RUNS)),
    "the list is old": case(Wait, live(), known(running=LISTING_IS_OLD)),
    "its maker runs, and is younger": case(
        Leaves("still runs"), live(), known(running=running(younger=given.EARLIER))
    ),
    "executions cannot be listed": case(
        Fails("AccessDenied"), live(), known(denied=Question.RUNNING)
    ),
    "held": case(Leaves("CREATE_COMPLETE"), live(), known(history=held("CREATE_COMPLETE"))),
    "retained": case(Leaves("DELETE_SKIPPED"), live(), known(history=held("DELETE_SKIPPED"))),
    "held once, and offered": case(
        Leaves("DELETE_SKIPPED"), live(OLD | OFFER), known(history=held("DELETE_SKIPPED"))
    ),
    "events do not reach back": case(Leaves("reach back"), live(), known(history=TRUNCATED)),
    "events do not reach back, says a first read": case(
        Wait, live(), known(history=TRUNCATED, first=Question.HISTORY)
    ),
    "events cannot be read": case(Fails("AccessDenied"), live(), known(denied=Question.HISTORY)),
    "adopted": case(Call.GIVE_BACK, live(ON_TRIAL)),
    "adopted, whatever its trial says": case(
        Call.GIVE_BACK, live(ON_TRIAL), known(trial_over=True)
    ),
    "adopted, says a first read": case(Wait, live(ON_TRIAL), known(first=Question.HISTORY)),
    "adopted, and held since": case(
        Leaves("UPDATE_COMPLETE"), live(ON_TRIAL), known(history=held("UPDATE_COMPLETE"))
    ),
    "adopted, and the offer was taken back": case(Leaves("removed the offer"), live(OLD_ADOPTED)),
    "made, and offered": case(Call.GIVE_BACK, live(OLD | OFFER)),
    "the deletion is done": case(
        Done, known(running=OLDER_RUNS), accepted=sent(Call.DELETE, seen=True)
    ),
    "giving back shows, and the owner has taken the offer off": case(
        Leaves("given back"), live({}), accepted=sent(Call.GIVE_BACK, seen=True)
    ),
}

CLEAN_UP = LEFT | {
    "what was only offered is nobody's concern": case(Done, live(OFFER)),
    "what this request made": case(Proof.NEVER_HELD, live(MINE)),
    "what this request adopted": case(Call.GIVE_BACK, live(ADOPTED | OFFER)),
    "a creation may show late": case(Wait, accepted=sent(Call.CREATE)),
    "so may one whose reply was lost": case(Wait, unknown=sent(Call.CREATE)),
    "it never showed": case(Done, accepted=sent(Call.CREATE, GRACE)),
    "an adoption may show late": case(Wait, live(OFFER), accepted=sent(Call.ADOPT)),
    "so may a lost one": case(Wait, live(OFFER), unknown=sent(Call.ADOPT)),
    "it is not asked whether the request is wanted": case(
        Proof.NEVER_HELD, live(MINE), known(standing=OVERTAKEN)
    ),
}

DELETED_LEFTOVER = LEFT | {
    "it was given back before": case(Leaves("given back"), live(OFFER)),
    "overtaken": case(Fails("abandoned"), live(), known(standing=OVERTAKEN)),
    "the stack's events cannot be read": case(
        Fails("AccessDenied"), live(), known(denied=Question.STANDING)
    ),
}

TABLES: dict[Goal, tuple[Request, dict[str, Case]]] = {
    Goal.DELETE: (DELETE, NAMED),
    Goal.DELETE_LEFTOVER: (DELETE_LEFTOVER, DELETED_LEFTOVER),
    Goal.CLEAN_UP: (CREATE, CLEAN_UP),
}


@pytest.mark.parametrize(
    ("goal", "situation"), [(goal, each) for goal, (_, table) in TABLES.items() for each in table]
)
def test_a_removal_does_what_the_situation_asks(goal: Goal, situation: str) -> None:
    request, table = TABLES[goal]
    row = table[situation]
    action = planned(request, row.live, row.answers, goal=goal, **row.facts)
    assert is_as_expected(action, row.expected), action


def test_giving_back_removes_the_ownership_tags_and_nothing_else() -> None:
    assert planned(DELETE, live(ON_TRIAL)) == Retag(Call.GIVE_BACK, remove=OWNERSHIP_TAGS)


def test_after_the_deadline_a_delete_begins_nothing_and_a_clean_up_goes_on() -> None:
    assert isinstance(planned(DELETE, live(), now=DEADLINE), Fail)
    late = DEADLINE + 1
    found = planned(CREATE, live(MINE), goal=Goal.CLEAN_UP, now=late)
    assert found == Delete(Proof.NEVER_HELD)
