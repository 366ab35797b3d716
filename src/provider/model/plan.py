"""The plan: the one next action for a task, with everything that it sends.

It is pure and total. Every step of every operation calls it, and a step that is lost or repeated
gets the same action again.
"""

from __future__ import annotations

from provider.contract.event import Operation
from provider.model import failures
from provider.model.actions import Action, Ask, Delete, Done, Fail, Question, Wait
from provider.model.asked import Asked, Known
from provider.model.endpoint import Endpoint
from provider.model.ensure import plan_ensure
from provider.model.failures import Failure
from provider.model.removal import plan_removal
from provider.model.replacement import may_replace
from provider.model.stack import OVERTAKEN_AFTER, Direction, Standing
from provider.model.task import UPDATES, Call, Goal, Task, second_read_at


def plan_before(asked: Asked, task: Task, known: Known, now: float) -> Ask | Wait | Fail | None:
    """Say what has to be known before the endpoint is observed; None if nothing is missing.

    1. Whether the request has come too late. 2. Now and then, whether it is out of date. 3. For
    certain, which way it goes, if that decides what it does.
    """
    if task.goal is Goal.CLEAN_UP or task.has_accepted is Call.DELETE:
        return None
    if task.may_show_late(now, *UPDATES):
        return None
    if task.status is None and now >= asked.deadline:
        # It has waited in a queue: nothing was done for it yet.
        return Fail(timed_out(asked, task, now))
    needs_direction = task.direction is None and _needs_direction(asked)
    stale = asked.installation.stale
    if known.lacks(Question.STANDING):
        is_due = task.checked is None or now >= second_read_at(task.checked, stale)
        return Ask(Question.STANDING) if is_due or needs_direction else None
    if known.standing is not None and known.standing.out_of_date:
        overdue = _out_of_date(asked, task, known, known.standing)
        # One read may be wrong. Until the second one, only changes and answers have to wait.
        return overdue if isinstance(overdue, Fail) or needs_direction else None
    if needs_direction and task.direction is None:
        return known.second_read(Question.STANDING)
    # A way back must not fail, and what may be one is spared the installation's own limits.
    problems = asked.problems if task.direction is not Direction.BACK else ()
    beyond = asked.beyond if task.direction is Direction.FORWARD else ()
    if problems or beyond:
        return Fail(failures.invalid((*problems, *beyond)))
    return None


def _needs_direction(asked: Asked) -> bool:
    """Say whether nothing may happen before two reads agree how the request stands.

    1. An Update, if its direction decides which endpoint it means, or whether it is refused.
    2. Whatever came late: its stack may have gone on since, which a stale read does not show.
    """
    request = asked.request
    is_update = request.operation is Operation.UPDATE
    is_late = asked.received - asked.requested > OVERTAKEN_AFTER
    decides = may_replace(request) or bool(asked.problems or asked.beyond)
    return is_late or (is_update and decides)


def plan(asked: Asked, task: Task, live: Endpoint | None, known: Known, now: float) -> Action:
    """Give the next action.

    If it is to ask, the caller asks, and plans again with the answer.

    Args:
        asked: what the request asks for.
        task: the goal, what was submitted, and the tags when they were last read.
        live: the endpoint as just observed; None if there is none.
        known: the answers since.
        now: seconds since the epoch.
    """
    if task.goal is not Goal.ENSURE:
        action: Action = plan_removal(asked, task, live, known, now)
    else:
        action = plan_ensure(asked, task, live, known, now)
    # A Delete that has been carried out succeeds, whoever listens.
    is_deleted = task.goal is not Goal.ENSURE and task.has_accepted is Call.DELETE
    always = isinstance(action, Ask | Wait | Fail) or (isinstance(action, Done) and is_deleted)
    if not always and task.goal is not Goal.CLEAN_UP:
        action = _if_wanted(asked, task, action, known, now)
    if isinstance(action, Fail) and task.may_show_late(now, *UPDATES):
        # Whoever undoes the update waits for this execution. So it must not end before it shows.
        return Wait("the update may still show")
    return action


def _if_wanted(asked: Asked, task: Task, action: Action, known: Known, now: float) -> Action:
    """Before each change, and before success, CloudFormation must still wait for the request."""
    if known.lacks(Question.STANDING):
        return Ask(Question.STANDING)
    if known.standing is None:
        # A deletion needs a request that is known not to be out of date.
        removes = task.goal is not Goal.ENSURE and not isinstance(action, Done)
        needs_it = removes or isinstance(action, Delete)
        return Fail(failures.refused(known.denied[Question.STANDING])) if needs_it else action
    if known.standing.out_of_date:
        return _out_of_date(asked, task, known, known.standing)
    if not isinstance(action, Done) and now >= asked.deadline:
        return Fail(timed_out(asked, task, now))
    return action


def _out_of_date(asked: Asked, task: Task, known: Known, found: Standing) -> Wait | Fail:
    """Give up, once it is certain that CloudFormation no longer waits for the request."""
    waiting = None if found.is_certain else known.second_read(Question.STANDING)
    if waiting is not None:
        return waiting
    is_left = task.may_have_created and task.arn != asked.request.physical_id
    return Fail(failures.abandoned(found.out_of_date, task.arn if is_left else None))


def timed_out(asked: Asked, task: Task, now: float, waits: str = "") -> Failure:
    """Give the failure of an operation whose deadline has passed.

    Args:
        waits: what it would have to wait for beyond the deadline; empty for the endpoint alone.
    """
    timeout = asked.request.new.timeout
    seconds = now - asked.requested
    return failures.timed_out(seconds, timeout, task.arn, task.status, task.trouble, waits)
