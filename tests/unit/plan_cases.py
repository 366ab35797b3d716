"""Every combination of facts that the plan can meet, each with a real request and endpoint."""

from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import cache
from itertools import product
from typing import NamedTuple

from provider.contract.properties import Settings
from provider.model import failures
from provider.model.actions import (
    Action,
    Ask,
    Create,
    Delete,
    Done,
    Fail,
    Proof,
    Question,
    Retag,
    Update,
    Wait,
)
from provider.model.api_errors import ApiError
from provider.model.diff import Progress
from provider.model.endpoint import Endpoint, Status
from provider.model.failures import Failure
from provider.model.ownership import (
    ADOPT_TAG,
    REQUEST_TAG,
    Ownership,
    adoption_mark,
    claim_mark,
    offer,
    ownership_tags,
)
from provider.model.plan import Asked, Known, plan
from provider.model.polling import GRACE
from provider.model.stack import StackView
from provider.model.task import Call, Goal, Refusal, Scope, Submission, Task
from tests.unit import given

NOW = 1_700_000_000.0
REFUSED = ApiError("UpdateEndpoint", "ResourceLimitExceededException", "Limit is 10.", 400)

# ---------------------------------------------------------------- The facts


class Asking(StrEnum):
    """The request."""

    CREATE = "a Create under an explicit name, which can adopt"
    UPDATE = "an Update"
    ROLLBACK = "an Update that rolls back one which may show late"
    DELETE = "a Delete, or a clean-up"


class Tags(StrEnum):
    """The user's tags."""

    AS_ASKED = "as asked"
    DIFFER = "different"
    SET = "different, but this request has set them already"


class Trace(StrEnum):
    """What the last accepted change has shown since."""

    PENDING = "nothing yet"
    SEEN = "its effect"
    OVERDUE = "nothing in all the time that it may take"


class Mark(StrEnum):
    """The ``…:request`` tag of the endpoint that a clean-up found first."""

    NONE = "not noted"
    SAME = "still the same"
    OTHER = "another one"


class Case(NamedTuple):
    """One combination. None stands for a fact that does not exist, such as an absent endpoint's.

    ``answer`` is CloudFormation's to the question whether a Create or Update is still wanted, or
    whether a trial is over; None if it was not asked yet.
    """

    goal: Goal
    asking: Asking
    status: Status | None
    whose: Ownership | None
    progress: Progress | None
    tags: Tags | None
    mark: Mark | None
    accepted: Call | None
    trace: Trace | None
    refused: Call | None
    answer: bool | None


ENSURE_CALLS = (Call.CREATE, Call.UPDATE, Call.REVIVE, Call.DELETE, Call.ADOPT)
"""Not TAG: a task keeps by a flag that the user's tags were set, not as its last change."""
REMOVE_CALLS = (Call.CREATE, Call.ADOPT, Call.DELETE, Call.GIVE_BACK)
UPDATES = frozenset({Call.UPDATE, Call.REVIVE})


def submitted(*calls: Call) -> tuple[tuple[Call | None, Trace | None], ...]:
    return ((None, None), *product(calls, Trace))


def cases() -> Iterator[Case]:
    answers = (None, True, False)
    refusals: tuple[Call | None, ...] = (None, *ENSURE_CALLS, Call.TAG)
    for sent, refused, answer in product(submitted(*ENSURE_CALLS), refusals, answers):
        # Without an accepted update, settings are as asked or they are not.
        compared = Progress if sent[0] in UPDATES else (Progress.MATCHES, Progress.DIFFERS)
        for asking in (Asking.CREATE, Asking.UPDATE, Asking.ROLLBACK):
            if asking is Asking.ROLLBACK and sent[0] is not None:
                # It waits for the update that it undoes only before its own first change.
                continue
            for live in ((None,) * 4, *product(Status, Ownership, compared, Tags)):
                yield Case(Goal.ENSURE, asking, *live, None, *sent, refused, answer)
    refusals = (None, Call.DELETE, Call.GIVE_BACK)
    goals = (Goal.DELETE, Goal.DELETE_IF_OURS, Goal.CLEAN_UP)
    for goal, sent, refused, answer in product(goals, submitted(*REMOVE_CALLS), refusals, answers):
        for status, whose, mark in ((None,) * 3, *product(Status, Ownership, Mark)):
            yield Case(goal, Asking.DELETE, status, whose, None, None, mark, *sent, refused, answer)


# ---------------------------------------------------------------- The world that they make

SENT = Settings.of(inference_units=2)
UNITS = {
    Progress.MATCHES: (2, 2),
    Progress.MOVED_ON: (5, 5),
    Progress.AS_BEFORE: (1, 1),
    Progress.DIFFERS: (2, 1),
}
"""The units that the endpoint desires, and those that are in service."""

_OFFER = {ADOPT_TAG: offer(given.reply())}
_EARLIER = given.reply(request_id="an-earlier-one")
OWNERSHIP_TAGS_OF = {
    Ownership.FOREIGN: {},
    Ownership.OFFERED: _OFFER,
    Ownership.ON_TRIAL: _OFFER | ownership_tags(_EARLIER) | adoption_mark(_EARLIER, NOW),
    Ownership.ADOPTED: _OFFER | ownership_tags(given.reply()) | adoption_mark(given.reply(), NOW),
    Ownership.EARLIER: ownership_tags(_EARLIER),
    Ownership.CLAIMED: ownership_tags(_EARLIER) | claim_mark(given.reply(), NOW),
    Ownership.MADE: ownership_tags(given.reply()),
}
USER_TAGS = {"team": "search"}

BUSY = {
    Asking.CREATE: StackView("CREATE_IN_PROGRESS"),
    Asking.UPDATE: StackView("UPDATE_IN_PROGRESS"),
    Asking.ROLLBACK: StackView("UPDATE_ROLLBACK_IN_PROGRESS"),
    Asking.DELETE: StackView(),
}
"""The stack, at receipt and for as long as it waits."""
GONE = StackView("DELETE_IN_PROGRESS")


@cache
def asked(asking: Asking) -> Asked:
    received = NOW - (10 if asking is Asking.ROLLBACK else 600)
    old = {"endpoint_name": "reviews"}
    new = old | {"inference_units": 2, "tags": USER_TAGS}
    if asking is Asking.CREATE:
        request = given.request("Create", new)
    elif asking is Asking.DELETE:
        request = given.request("Delete", new, physical_id=given.ARN)
    else:
        request = given.request("Update", new, old, physical_id=given.ARN)
    return Asked(request, received, NOW + 3000, stack=BUSY[asking])


@cache
def endpoint(
    status: Status | None, whose: Ownership | None, progress: Progress | None, tags: Tags | None
) -> Endpoint | None:
    if status is None or whose is None:
        return None
    desired, current = UNITS[progress or Progress.MATCHES]
    user_tags = {} if tags in (Tags.DIFFER, Tags.SET) else USER_TAGS
    return given.endpoint(
        status=status,
        inference_units=desired,
        shows={"inference_units": current},
        tags=OWNERSHIP_TAGS_OF[whose] | user_tags,
        message="The model cannot be loaded.",
    )


def live_of(case: Case) -> Endpoint | None:
    return endpoint(case.status, case.whose, case.progress, case.tags)


def task_of(case: Case) -> Task:
    accepted = refused = mark = None
    if case.accepted is not None:
        at = NOW - (GRACE if case.trace is Trace.OVERDUE else GRACE - 1)
        is_seen = case.trace is Trace.SEEN
        accepted = Submission(case.accepted, at, is_seen, SENT, before=given.settings())
    if case.refused is not None:
        refused = Refusal(case.refused, REFUSED)
    if case.whose is not None and case.mark is Mark.SAME:
        mark = OWNERSHIP_TAGS_OF[case.whose].get(REQUEST_TAG, "a mark that is gone")
    elif case.mark is Mark.OTHER:
        mark = "another request's"
    return Task(
        case.goal,
        given.ARN,
        scope=Scope.ALL if case.asking is Asking.CREATE else Scope.CHANGED,
        accepted=accepted,
        refused=refused,
        creations=int(case.accepted is Call.CREATE),
        tagged=case.tags is Tags.SET,
        status=case.status or "",
        ownership=case.whose,
        mark=mark,
    )


def known_of(case: Case) -> Known:
    if case.answer is None:
        return Known()
    if case.goal is Goal.ENSURE:
        return Known(stack=BUSY[case.asking] if case.answer else GONE)
    return Known(trial_over=case.answer)


def planned(case: Case, task: Task) -> Action:
    return plan(asked(case.asking), task, live_of(case), known_of(case), NOW)


# ---------------------------------------------------------------- What the plan says

Outcome = type[Wait] | type[Done] | Question | Call | Proof | Callable[..., Failure]
"""An action, without what it sends: its type, question, call, proof, or the failure's function."""

CHANGES = frozenset({*Call, *Proof}) - {Call.DELETE}
"""The outcomes that change something. A deletion's is its proof."""


def outcome_of(case: Case, action: Action) -> Outcome:
    match action:
        case Wait() | Done():
            return type(action)
        case Ask(question):
            return question
        case Delete(proof):
            return proof
        case Create(call=call) | Update(call=call) | Retag(call=call):
            return call
        case Fail(failure):
            made = case.accepted is Call.CREATE or case.whose is Ownership.MADE
            live = (case.status, case.whose, case.progress, case.tags)
            return failures_of(case.asking, made, *live)[failure]


@cache
def failures_of(
    asking: Asking,
    made: bool,
    status: Status | None,
    whose: Ownership | None,
    progress: Progress | None,
    tags: Tags | None,
) -> dict[Failure, Outcome]:
    """Every failure that the case may end in, in its own words."""
    is_create = asking is Asking.CREATE
    physical_id = None if is_create else given.ARN
    tag = offer(given.reply()) if is_create else None
    left = given.ARN if is_create and made else None
    found: dict[Failure, Outcome] = {
        failures.foreign(given.ARN, physical_id, tag): failures.foreign,
        failures.refused(REFUSED): failures.refused,
        failures.vanished(given.ARN): failures.vanished,
        failures.given_back(given.ARN): failures.given_back,
        failures.update_ignored(given.ARN): failures.update_ignored,
        failures.abandoned(f"the stack is in {GONE.stack_status}", left): failures.abandoned,
    }
    live = endpoint(status, whose, progress, tags)
    if live is not None:
        found[failures.creation_failed(live, physical_id)] = failures.creation_failed
        found[failures.update_failed(live)] = failures.update_failed
    return found


@cache
def decisions() -> tuple[tuple[Case, Outcome], ...]:
    """What the plan says of every combination."""
    return tuple((case, outcome_of(case, planned(case, task_of(case)))) for case in cases())
