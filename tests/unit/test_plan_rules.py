"""What the plan never does, in any combination of facts and answers, whatever its tables say."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from functools import cache
from itertools import product
from typing import NamedTuple

import pytest

from provider.contract.event import Operation, Request
from provider.model.actions import Action, Ask, Delete, Done, Fail, Proof, Question, Retag
from provider.model.asked import Known
from provider.model.endpoint import Endpoint, Status
from provider.model.naming import possible_arns_of_any_kind
from provider.model.ownership import ADOPT_TAG, LOGICAL_ID_TAG, REQUEST_TAG, STACK_TAG
from provider.model.plan import plan
from provider.model.polling import GRACE, TAGS_SHOW_LATE
from provider.model.stack import Direction
from provider.model.task import Call, Goal, Task
from tests.unit import given
from tests.unit.given import Values
from tests.unit.plan_cases import (
    ADOPTED,
    ANOTHERS,
    CREATE,
    DELETE,
    DELETE_LEFTOVER,
    ME,
    MINE,
    NOW,
    OFFER,
    OLD,
    OLD_ADOPTED,
    REPLACE,
    UPDATE,
    asked,
    every_answer,
    live,
    refused,
    sent,
    task,
    update,
)

# ---------------------------------------------------------------- Every combination

ASKED: tuple[tuple[Goal, Request, Direction | None], ...] = (
    (Goal.ENSURE, CREATE, None),
    (Goal.ENSURE, UPDATE, None),
    (Goal.ENSURE, update({"inference_units": 2}), Direction.FORWARD),
    *product((Goal.ENSURE,), (UPDATE, REPLACE), Direction),
    (Goal.DELETE, DELETE, None),
    (Goal.DELETE_LEFTOVER, DELETE_LEFTOVER, None),
    (Goal.CLEAN_UP, REPLACE, Direction.FORWARD),
)
UNMARKED: tuple[dict[str, str], ...] = ({}, {ADOPT_TAG: "shop/Other"})
TAGS = (
    *UNMARKED,
    OFFER,
    MINE,
    ADOPTED,
    ADOPTED | OFFER,
    OLD,
    OLD | OFFER,
    OLD_ADOPTED,
    OLD_ADOPTED | OFFER,
    ANOTHERS | OFFER,
    {REQUEST_TAG: ME},
)
STATUSES = frozenset(Status) - {Status.UPDATING}
INVALID = "InvalidRequestException"
_BEGUN = (Call.CREATE, Call.DELETE, Call.ADOPT, Call.GIVE_BACK)
SUBMITTED: tuple[Values, ...] = (
    {},
    *({"accepted": sent(call, seen=True)} for call in (*_BEGUN, Call.UPDATE)),
    *({"accepted": sent(call)} for call in _BEGUN),
    *({"accepted": sent(call, GRACE)} for call in (Call.DELETE, Call.GIVE_BACK)),
    *({"refused": refused(call)} for call in (Call.CREATE, Call.UPDATE, Call.REVIVE, Call.DELETE)),
    *({"refused": refused(call, INVALID)} for call in (Call.REVIVE, Call.REVIVE_UNITS)),
    {"taken": True},
)


class Case(NamedTuple):
    """One combination, all answers that were needed for it, and what the plan says then."""

    request: Request
    task: Task
    live: Endpoint | None
    known: Known
    action: Action


def endpoints() -> Iterator[Endpoint | None]:
    yield None
    for tags, status in product(TAGS, sorted(STATUSES)):
        yield live(tags, status=status, age=TAGS_SHOW_LATE)
        if tags in UNMARKED:
            yield live(tags, status=status, age=TAGS_SHOW_LATE - 1)


@cache
def cases() -> tuple[Case, ...]:
    found: list[Case] = []
    for (goal, request, direction), facts in product(ASKED, SUBMITTED):
        for observed in endpoints():
            about = task(observed, goal, direction=direction, **facts)
            about.creations = int(about.has_accepted is Call.CREATE)
            found += _answered(request, about, observed, Known())
    return tuple(found)


def _answered(
    request: Request, about: Task, observed: Endpoint | None, known: Known
) -> Iterator[Case]:
    """Plan, and go on with every answer to what the plan asks."""
    action = plan(asked(request), about, observed, known, NOW)
    if isinstance(action, Ask) and known.lacks(action.question):
        for answer in every_answer(known, action.question):
            yield from _answered(request, _told(about, answer), observed, answer)
    else:
        yield Case(request, about, observed, known, action)


def _told(about: Task, known: Known) -> Task:
    """Note which way the request goes, as reconcile/questions.py does."""
    found = known.standing
    if Question.STANDING in known.denied:
        return replace(about, direction=about.direction or Direction.UNKNOWN)
    if found is None or found.out_of_date or Question.STANDING in known.unsettled:
        return about
    return replace(about, direction=about.direction or found.direction)


# ---------------------------------------------------------------- The proofs, from the design


def is_ours(case: Case) -> bool:
    tags = case.live.tags if case.live else {}
    mine = (given.STACK_ID, "Sentiment")
    return (tags.get(STACK_TAG), tags.get(LOGICAL_ID_TAG)) == mine


def mark(case: Case) -> str:
    return case.live.tags.get(REQUEST_TAG, "") if case.live else ""


def was_adopted(case: Case) -> bool:
    return "/" in mark(case)


def is_settled(case: Case, question: Question) -> bool:
    return question not in case.known.unsettled and question not in case.known.denied


def is_out_of_date(case: Case) -> bool:
    return case.known.standing is None or bool(case.known.standing.out_of_date)


def is_never_held(case: Case) -> bool:
    """Two reads of what the stack held, with nobody running who could still answer with it."""
    known, request = case.known, case.request
    arns = {
        *possible_arns_of_any_kind(request, request.new),
        *possible_arns_of_any_kind(request, request.old),
    }
    return (
        known.history is not None
        and known.history.is_whole
        and known.history.newest is None
        and is_settled(case, Question.HISTORY)
        and known.running is not None
        and known.running.is_fresh
        and not known.running.older
        and mark(case).partition("/")[0] not in known.running.starts.keys() - {ME}
        and case.task.arn in arns
        and case.task.arn != request.physical_id
    )


def is_proved(case: Case, proof: Proof) -> bool:
    known, observed, about = case.known, case.live, case.task
    if observed is None or observed.status is Status.DELETING or not is_ours(case):
        return False
    is_on_trial = was_adopted(case) and known.trial_over is not True
    if proof is Proof.NAMED:
        is_named = case.request.operation is Operation.DELETE and about.goal is Goal.DELETE
        names_it = is_named and observed.arn == case.request.physical_id
        return names_it and not is_out_of_date(case) and not is_on_trial
    if proof is Proof.NEVER_HELD:
        # Only what this request itself does not need is removed, whoever listens.
        is_wanted = about.goal is Goal.CLEAN_UP or not is_out_of_date(case)
        may_act = is_wanted or (about.goal is Goal.ENSURE and known.standing is None)
        was_made = not was_adopted(case) and ADOPT_TAG not in observed.tags
        return was_made and may_act and is_never_held(case)
    was_refused = about.refused == refused(Call.REVIVE_UNITS, INVALID)
    is_its_own = observed.arn == case.request.physical_id or about.direction is Direction.BACK
    is_failed = observed.status is Status.FAILED and was_refused and about.goal is Goal.ENSURE
    return is_failed and not is_on_trial and (is_its_own or mark(case) == ME)


def is_given_back_rightly(case: Case) -> bool:
    if not is_ours(case) or case.live is None or case.live.tags.get(ADOPT_TAG) != OFFER[ADOPT_TAG]:
        return False
    if case.task.goal is Goal.DELETE:
        is_settled_trial = case.known.trial_over is False and is_settled(case, Question.TRIAL)
        return was_adopted(case) and is_settled_trial and not is_out_of_date(case)
    return case.task.goal is not Goal.ENSURE and is_never_held(case)


def is_adopted_rightly(case: Case) -> bool:
    observed, request = case.live, case.request
    return (
        observed is not None
        and case.task.goal is Goal.ENSURE
        and observed.tags.get(ADOPT_TAG) == OFFER[ADOPT_TAG]
        and (is_ours(case) or STACK_TAG not in observed.tags)
        and observed.status is Status.IN_SERVICE
        and observed.arn != request.physical_id
        and observed.settings == request.new.settings
    )


def retags(case: Case, call: Call) -> bool:
    return isinstance(case.action, Retag) and case.action.call is call


def changes(case: Case) -> bool:
    return hasattr(case.action, "call")


def call_of(case: Case) -> Call | None:
    return getattr(case.action, "call", None)


NEVER: dict[str, Callable[[Case], bool]] = {
    # Nothing is destroyed without proof, nothing is taken without an offer.
    "an endpoint is deleted without its proof": lambda case: (
        isinstance(case.action, Delete) and not is_proved(case, case.action.proof)
    ),
    "an endpoint is given back that is not on trial, or may have been held": lambda case: (
        retags(case, Call.GIVE_BACK) and not is_given_back_rightly(case)
    ),
    "an endpoint is adopted that is not offered, differs, or is no new one's": lambda case: (
        retags(case, Call.ADOPT) and not is_adopted_rightly(case)
    ),
    "an endpoint without our tags is changed, except by being adopted": lambda case: (
        case.live is not None
        and call_of(case) in {*Call} - {Call.CREATE, Call.ADOPT}
        and not is_ours(case)
    ),
    "an older endpoint without our tags has CreateEndpoint called over it": lambda case: (
        case.live is not None
        and call_of(case) is Call.CREATE
        and (STACK_TAG in case.live.tags or case.live.created == NOW - TAGS_SHOW_LATE)
    ),
    "a removal creates, updates, adopts or tags": lambda case: (
        case.task.goal is not Goal.ENSURE
        and changes(case)
        and call_of(case) not in (Call.DELETE, Call.GIVE_BACK)
    ),
    "a clean-up or a Delete without an ARN deletes what an older execution may use": lambda case: (
        case.task.goal in (Goal.CLEAN_UP, Goal.DELETE_LEFTOVER)
        and changes(case)
        and (case.known.running is None or bool(case.known.running.older))
    ),
    # A request that is out of date changes nothing more.
    "an out-of-date request changes something, or succeeds": lambda case: (
        case.task.goal is not Goal.CLEAN_UP
        and case.task.has_accepted is not Call.DELETE
        and case.known.standing is not None
        and is_out_of_date(case)
        and (changes(case) or isinstance(case.action, Done))
    ),
    "something is changed while nobody has asked whether it is wanted": lambda case: (
        case.task.goal is not Goal.CLEAN_UP
        and changes(case)
        and case.known.lacks(Question.STANDING)
    ),
    # An answer is true, and an operation ends.
    "a Create or Update succeeds without an endpoint of ours in service": lambda case: (
        case.task.goal is Goal.ENSURE
        and isinstance(case.action, Done)
        and case.task.direction in (None, Direction.FORWARD)
        and not (is_ours(case) and case.live and case.live.status is Status.IN_SERVICE)
    ),
    "a Delete succeeds while its endpoint serves, and does not say why": lambda case: (
        case.task.goal is Goal.DELETE
        and isinstance(case.action, Done)
        and case.live is not None
        and not case.action.left
    ),
    "a way back in place fails though it has nothing to change": lambda case: (
        isinstance(case.action, Fail)
        and case.request == UPDATE
        and case.task.direction is Direction.BACK
        and case.live is not None
        and case.live.status is Status.IN_SERVICE
        and (case.task.accepted, case.task.refused) == (None, None)
        and (case.known.standing is None or not is_out_of_date(case))
    ),
    "the plan asks what it knows": lambda case: isinstance(case.action, Ask),
    "an accepted creation or update is sent again": lambda case: (
        case.task.has_accepted in (Call.CREATE, Call.UPDATE)
        and call_of(case) is case.task.has_accepted
    ),
    "CreateEndpoint is called over an endpoint that has the name": lambda case: (
        case.task.taken and case.live is not None and call_of(case) is Call.CREATE
    ),
    "a refused change is made again": lambda case: (
        case.task.refused is not None and call_of(case) is case.task.refused.call
    ),
}


@pytest.mark.parametrize("wrong", NEVER)
def test_the_plan_never_does_it_in_any_combination(wrong: str) -> None:
    assert next((case for case in cases() if NEVER[wrong](case)), None) is None


def test_the_combinations_reach_every_proof_and_every_change() -> None:
    actions = [case.action for case in cases()]
    assert {each.proof for each in actions if isinstance(each, Delete)} == {*Proof}
    assert {call_of(case) for case in cases()} == {None, *Call} - {Call.TAG}
    assert len(cases()) > 40_000


def test_a_repeated_step_gets_the_same_action_and_the_plan_changes_nothing() -> None:
    for request, about, observed, known, action in cases()[::7]:
        before = deepcopy((about, known))
        assert plan(asked(request), about, observed, known, NOW) == action
        assert (about, known) == before
