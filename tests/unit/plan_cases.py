"""Every combination of facts that the plan can meet, each with a real request and endpoint."""

from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from itertools import product
from typing import NamedTuple

from provider.contract.event import Request
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


REMOVALS = frozenset(Goal) - {Goal.ENSURE}
ENSURE_CALLS = (Call.CREATE, Call.UPDATE, Call.REVIVE, Call.DELETE, Call.ADOPT)
ENSURE_REFUSALS = (None, *ENSURE_CALLS, Call.TAG)
REMOVE_CALLS = (Call.CREATE, Call.ADOPT, Call.DELETE, Call.GIVE_BACK)
REMOVE_REFUSALS = (None, Call.DELETE, Call.GIVE_BACK)
ANSWERS = (None, True, False)

Submitted = tuple[Call | None, Trace | None]


def submitted(calls: tuple[Call, ...]) -> tuple[Submitted, ...]:
    return ((None, None), *product(calls, Trace))


def progresses(accepted: Call | None) -> tuple[Progress, ...]:
    """Without an accepted update, settings are as asked or they are not."""
    updated = accepted is not None and accepted.updates
    return tuple(Progress) if updated else (Progress.MATCHES, Progress.DIFFERS)


def cases() -> Iterator[Case]:
    goal = Goal.ENSURE
    for sent, refused, answer in product(submitted(ENSURE_CALLS), ENSURE_REFUSALS, ANSWERS):
        for asking in (Asking.CREATE, Asking.UPDATE, Asking.ROLLBACK):
            if asking is Asking.ROLLBACK and sent[0] is not None:
                # It waits for the update that it undoes only before its own first change.
                continue
            yield Case(goal, asking, None, None, None, None, None, *sent, refused, answer)
            for live in product(Status, Ownership, progresses(sent[0]), Tags):
                yield Case(goal, asking, *live, None, *sent, refused, answer)
    for goal, sent, refused, answer in product(
        sorted(REMOVALS), submitted(REMOVE_CALLS), REMOVE_REFUSALS, ANSWERS
    ):
        yield Case(goal, Asking.DELETE, None, None, None, None, None, *sent, refused, answer)
        for status, whose, mark in product(Status, Ownership, Mark):
            yield Case(goal, Asking.DELETE, status, whose, None, None, mark, *sent, refused, answer)


# ---------------------------------------------------------------- The world that they make

SENT = Settings.of(inference_units=2)
BEFORE = given.settings()
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

TEMPLATE = given.TEMPLATE | {
    "EndpointName": "reviews",
    "DesiredInferenceUnits": "2",
    "Tags": [{"Key": "team", "Value": "search"}],
}
OLD_TEMPLATE = given.TEMPLATE | {"EndpointName": "reviews"}
BUSY = {
    Asking.CREATE: StackView("CREATE_IN_PROGRESS"),
    Asking.UPDATE: StackView("UPDATE_IN_PROGRESS"),
    Asking.ROLLBACK: StackView("UPDATE_ROLLBACK_IN_PROGRESS"),
    Asking.DELETE: StackView(),
}
"""The stack, at receipt and for as long as it waits."""
GONE = StackView("DELETE_IN_PROGRESS")


def request(asking: Asking) -> Request:
    if asking is Asking.CREATE:
        return given.request(properties=TEMPLATE)
    if asking is Asking.DELETE:
        return given.request("Delete", physical_id=given.ARN, properties=TEMPLATE)
    return given.request("Update", physical_id=given.ARN, properties=TEMPLATE, old=OLD_TEMPLATE)


@cache
def asked(asking: Asking) -> Asked:
    received = NOW - (10 if asking is Asking.ROLLBACK else 600)
    return Asked(request(asking), received, NOW + 3000, stack=BUSY[asking])


@cache
def endpoint(
    status: Status, whose: Ownership, progress: Progress | None, tags: Tags | None
) -> Endpoint:
    desired, current = UNITS[progress or Progress.MATCHES]
    user_tags = {} if tags in (Tags.DIFFER, Tags.SET) else USER_TAGS
    live = given.endpoint(
        status=status,
        inference_units=desired,
        tags=OWNERSHIP_TAGS_OF[whose] | user_tags,
        message="The model cannot be loaded.",
    )
    return given.showing(live, inference_units=current)


def live_of(case: Case) -> Endpoint | None:
    if case.status is None or case.whose is None:
        return None
    return endpoint(case.status, case.whose, case.progress, case.tags)


def task_of(case: Case) -> Task:
    accepted = refused = mark = None
    if case.accepted is not None:
        at = NOW - (GRACE if case.trace is Trace.OVERDUE else GRACE - 1)
        is_seen = case.trace is Trace.SEEN
        accepted = Submission(case.accepted, at, seen=is_seen, settings=SENT, before=BEFORE)
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


def planned(case: Case) -> Action:
    return plan(asked(case.asking), task_of(case), live_of(case), known_of(case), NOW)


# ---------------------------------------------------------------- What the plan says


class Outcome(StrEnum):
    """An action, by its type and its call, proof, question or failure."""

    WAIT = "wait"
    ASK_STILL_WANTED = "ask whether it is still wanted"
    ASK_TRIAL_OVER = "ask whether the trial is over"
    CREATE = "create"
    ADOPT = "adopt"
    UPDATE = "update"
    REVIVE = "revive"
    TAG = "tag"
    GIVE_BACK = "give back"
    DELETE_NAMED = "delete: it is the physical id"
    DELETE_LEFT_BEHIND = "delete: it was left behind"
    DELETE_MADE = "delete: this request made it"
    DELETE_REPLACED = "delete: it is made again"
    DONE = "done"
    FAIL_FOREIGN = "fail: not ours"
    FAIL_REFUSED = "fail: refused"
    FAIL_CREATION = "fail: the creation failed"
    FAIL_UPDATE = "fail: the update failed"
    FAIL_IGNORED = "fail: the update was ignored"
    FAIL_VANISHED = "fail: deleted meanwhile"
    FAIL_GIVEN_BACK = "fail: given back meanwhile"
    FAIL_ABANDONED = "fail: abandoned"


BY_CALL = {
    Call.CREATE: Outcome.CREATE,
    Call.ADOPT: Outcome.ADOPT,
    Call.UPDATE: Outcome.UPDATE,
    Call.REVIVE: Outcome.REVIVE,
    Call.TAG: Outcome.TAG,
    Call.GIVE_BACK: Outcome.GIVE_BACK,
}
BY_PROOF = {
    Proof.NAMED: Outcome.DELETE_NAMED,
    Proof.LEFT_BEHIND: Outcome.DELETE_LEFT_BEHIND,
    Proof.MADE: Outcome.DELETE_MADE,
    Proof.REPLACED: Outcome.DELETE_REPLACED,
}
BY_QUESTION = {
    Question.STILL_WANTED: Outcome.ASK_STILL_WANTED,
    Question.TRIAL_OVER: Outcome.ASK_TRIAL_OVER,
}
DELETES = frozenset(BY_PROOF.values())
CHANGES = frozenset(BY_CALL.values()) | DELETES


def outcome_of(case: Case, action: Action) -> Outcome:
    match action:
        case Wait():
            return Outcome.WAIT
        case Done():
            return Outcome.DONE
        case Ask(question):
            return BY_QUESTION[question]
        case Delete(proof, Call.DELETE):
            return BY_PROOF[proof]
        case Create(call=call) | Update(call=call) | Retag(call=call):
            return BY_CALL[call]
        case Fail(failure):
            made = case.accepted is Call.CREATE or case.whose is Ownership.MADE
            return failures_of(case.goal, case.asking, live_of_key(case), made)[failure]
    raise AssertionError(f"{action} is no action")


LiveKey = tuple[Status, Ownership, Progress | None, Tags | None] | None


def live_of_key(case: Case) -> LiveKey:
    if case.status is None or case.whose is None:
        return None
    return (case.status, case.whose, case.progress, case.tags)


@cache
def failures_of(goal: Goal, asking: Asking, live: LiveKey, made: bool) -> dict[Failure, Outcome]:
    """Every failure that the case may end in, in its own words."""
    is_create = asking is Asking.CREATE
    physical_id = None if is_create else given.ARN
    tag = offer(given.reply()) if is_create else None
    why = f"the stack is in {GONE.stack_status}"
    found = {
        failures.foreign(given.ARN, physical_id, tag): Outcome.FAIL_FOREIGN,
        failures.refused(REFUSED): Outcome.FAIL_REFUSED,
    }
    if goal is Goal.ENSURE:
        left = given.ARN if is_create and made else None
        found |= {
            failures.vanished(given.ARN): Outcome.FAIL_VANISHED,
            failures.given_back(given.ARN): Outcome.FAIL_GIVEN_BACK,
            failures.update_ignored(given.ARN): Outcome.FAIL_IGNORED,
            failures.abandoned(why, left): Outcome.FAIL_ABANDONED,
        }
    if goal is Goal.ENSURE and live is not None:
        shown = endpoint(*live)
        found |= {
            failures.creation_failed(shown, physical_id): Outcome.FAIL_CREATION,
            failures.update_failed(shown): Outcome.FAIL_UPDATE,
        }
    return found


@cache
def decisions() -> tuple[tuple[Case, Outcome], ...]:
    """What the plan says of every combination."""
    return tuple((case, outcome_of(case, planned(case))) for case in cases())
