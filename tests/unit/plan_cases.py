"""The plan's world in its plainest form, and what each of its questions can get for an answer."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from provider.contract.event import Operation, Request
from provider.model.actions import Action, Ask, Delete, Done, Fail, Proof, Question, Wait
from provider.model.api_errors import ApiError
from provider.model.asked import Asked, Known, Running
from provider.model.endpoint import Endpoint
from provider.model.ownership import (
    ADOPT_TAG,
    STACK_TAG,
    adoption_tags,
    ownership_tags,
    providers_tags,
)
from provider.model.plan import plan
from provider.model.stack import Direction, History, StackEvent, Standing
from provider.model.task import Call, Goal, Refusal, Scope, Submission, Task
from tests.unit import given
from tests.unit.fakes import Clock
from tests.unit.given import Values

NOW = Clock().now
REQUESTED = NOW - 600
RECEIVED = REQUESTED + 0.25
DEADLINE = REQUESTED + 3540
ME = f"shop-Sentiment-update-{given.reply().digest}"
"""The execution of the request."""
NAMED: Values = {"endpoint_name": "reviews"}

# ---------------------------------------------------------------- Requests

CREATE = given.request("Create", NAMED)
OTHER = given.arn("green")
"""The physical id of a replacement's request."""


def update(
    new: Values | None = None, old: Values | None = None, physical_id: str = given.ARN
) -> Request:
    """An Update in place, to the endpoint that the plainest template names."""
    return given.request(
        "Update", NAMED | (new or {}), NAMED | (old or {}), physical_id=physical_id
    )


UPDATE = update()
REPLACE = update(old={"endpoint_name": "green"}, physical_id=OTHER)
DELETE = given.request("Delete", NAMED, physical_id=given.ARN)
DELETE_LEFTOVER = given.request("Delete", NAMED, physical_id="failed/0123")


def asked(request: Request, **changes: Any) -> Asked:
    return replace(Asked(request, ME, RECEIVED, REQUESTED, DEADLINE), **changes)


# ---------------------------------------------------------------- Tags

OFFER = {ADOPT_TAG: "shop/Sentiment"}
MINE = ownership_tags(given.reply(), ME)
OLD = ownership_tags(given.reply(), given.EARLIER)
"""Of an endpoint that an earlier request made: retained, left behind, or the resource's."""
ADOPTED = adoption_tags(given.reply(), ME, RECEIVED)
OLD_ADOPTED = adoption_tags(given.reply(), given.EARLIER, REQUESTED - 900)
ANOTHERS = OLD | {STACK_TAG: given.STACK_ID.replace("/shop/", "/till/")}

# ---------------------------------------------------------------- Answers

DENIED = ApiError("DescribeStackEvents", "AccessDenied", "Not allowed.", 403)
FITS, UNKNOWN = Standing(Direction.FORWARD), Standing()
LATE = Standing(Direction.FORWARD, "the stack is in UPDATE_COMPLETE")
OVERTAKEN = Standing(out_of_date="the stack has gone on to UPDATE_COMPLETE since", is_certain=True)
NEVER, TRUNCATED = History(is_whole=True), History()


def held(status: str) -> History:
    return History(StackEvent("Sentiment", given.ARN, status, given.at(NOW)))


def running(*names: str, is_fresh: bool = True, **younger: str) -> Running:
    """These executions, all older than the request's own; ``younger`` is one that is not."""
    starts = dict.fromkeys(names, NOW - 900) | {ME: NOW - 600}
    return Running(starts | dict.fromkeys(younger.values(), NOW - 60), ME, is_fresh)


NOBODY = running()


def known(
    *, first: Question | None = None, denied: Question | None = None, **answers: Any
) -> Known:
    """All answers, each as plain as can be: nothing forbids anything, and an adoption is on trial.

    Args:
        first: a question of which a second read must confirm the answer.
        denied: a question that cannot be answered.
    """
    plain: Values = {
        "standing": FITS,
        "history": NEVER,
        "trial_over": False,
        "running": NOBODY,
        "owner": NEVER,
    }
    if denied is not None:
        answers |= {_FIELDS[denied]: None, "denied": {denied: DENIED}}
    if first is not None:
        answers["unsettled"] = {first: 31.0}
    return Known(**plain | answers)


_FIELDS = {
    Question.STANDING: "standing",
    Question.HISTORY: "history",
    Question.TRIAL: "trial_over",
    Question.RUNNING: "running",
    Question.OWNER: "owner",
}
ANSWERS: dict[Question, tuple[Any, ...]] = {
    Question.STANDING: (FITS, UNKNOWN, LATE, OVERTAKEN),
    Question.HISTORY: (NEVER, TRUNCATED, held("UPDATE_COMPLETE"), held("DELETE_SKIPPED")),
    Question.TRIAL: (True, False),
    Question.RUNNING: (
        NOBODY,
        running(given.EARLIER),
        running(younger=given.EARLIER),
        running(is_fresh=False),
    ),
    Question.OWNER: (held("UPDATE_COMPLETE"), held("DELETE_SKIPPED"), TRUNCATED),
}


def every_answer(before: Known, question: Question) -> Iterator[Known]:
    """All that one can know after a question: each answer, settled or not yet, or none.

    What the executions say is settled at once, and so is what one read is enough for.
    """
    for answer in ANSWERS[question]:
        found = replace(before, **{_FIELDS[question]: answer})
        yield found
        if answer in (FITS, LATE, NEVER, False):
            yield replace(found, unsettled={**before.unsettled, question: 31.0})
    yield replace(before, denied={**before.denied, question: DENIED})


# ---------------------------------------------------------------- What was submitted


def sent(call: Call, ago: float = 1, **facts: Any) -> Submission:
    """A change that was accepted, or lost, a second ago."""
    return Submission(call, NOW - ago, **facts)


def refused(
    call: Call, code: str = "ResourceLimitExceededException", message: str = "No."
) -> Refusal:
    return Refusal(call, ApiError("Call", code, message, 400))


# ---------------------------------------------------------------- The plan


def live(tags: Mapping[str, str] = OLD, *, age: float = 3600, **changes: Any) -> Endpoint:
    """An endpoint; ``age`` is how old it is, in seconds."""
    return given.endpoint(**{"created": NOW - age, "tags": tags, **changes})


def task(
    observed: Endpoint | None,
    goal: Goal = Goal.ENSURE,
    scope: Scope = Scope.CHANGED,
    **facts: Any,
) -> Task:
    """A task whose endpoint was just observed."""
    about: Values = {"status": ""}
    if observed is not None:
        about = {"status": observed.status.value, "created": observed.created}
        about["marks"] = providers_tags(observed.tags)
    return Task(goal, **{"arn": given.ARN, "scope": scope, **about, **facts})


def planned(
    request: Request,
    observed: Endpoint | None,
    answers: Known | None = None,
    *,
    goal: Goal | None = None,
    now: float = NOW,
    about: Values | None = None,
    **facts: Any,
) -> Action:
    """The next action; ``about`` changes what is asked, ``facts`` the task."""
    if goal is None:
        goal = Goal.DELETE if request.operation is Operation.DELETE else Goal.ENSURE
    is_new = request.operation is Operation.CREATE or request.physical_id != given.ARN
    scope = facts.pop("scope", Scope.ALL if is_new else Scope.CHANGED)
    made = task(observed, goal, scope, **facts)
    return plan(asked(request, **about or {}), made, observed, answers or known(), now)


# ---------------------------------------------------------------- What it says


class Fails(NamedTuple):
    """It fails, with these words in the reason."""

    words: str


class Leaves(NamedTuple):
    """It is done, and leaves an endpoint that was to be deleted, with these words for the log."""

    words: str


Outcome = type[Wait] | type[Done] | Question | Call | Proof | Fails | Leaves
"""An action in a table: its type, question, call, proof or words."""


def outcome(action: Action) -> Outcome:
    match action:
        case Ask(question):
            return question
        case Delete(proof):
            return proof
        case Fail(failure):
            return Fails(failure.reason)
        case Done(left=left):
            return Leaves(left) if left else Done
        case Wait():
            return Wait
        case change:
            return change.call


def is_as_expected(action: Action, expected: Outcome) -> bool:
    found = outcome(action)
    if isinstance(found, Fails | Leaves) and isinstance(expected, Fails | Leaves):
        return type(found) is type(expected) and expected.words in found.words
    return found is expected
