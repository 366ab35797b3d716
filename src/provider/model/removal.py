"""The plan for an endpoint that must be gone: what is deleted, given back or left."""

from __future__ import annotations

from provider.model import failures
from provider.model.actions import Ask, Delete, Done, Fail, Proof, Question, Retag, Wait
from provider.model.asked import Asked, Known
from provider.model.endpoint import Endpoint, Status
from provider.model.leftover import (
    Left,
    remove_leftover,
    tags_may_show,
    wait_for_older,
)
from provider.model.ownership import OWNERSHIP_TAGS, Owner, Ownership, ownership
from provider.model.task import Call, Goal, Task

Removal = Ask | Wait | Delete | Retag | Done | Fail

_GIVEN_BACK = "it was given back to its owner"


def plan_removal(
    asked: Asked, task: Task, live: Endpoint | None, known: Known, now: float
) -> Removal:
    """Give the next action for an endpoint that must be gone.

    1. None exists: done, unless one may still show. 2. It is being deleted: wait. 3. It carries
    none of the provider's tags: wait while they may show, then it is somebody else's. 4. It was
    given back: done. 5. A change was refused: fail. 6. A change was accepted: wait until it shows.
    7. Whether it is the resource's is the goal's own question.
    """
    if live is None:
        return _absent(task, known, now)
    if live.status is Status.DELETING:
        # Its tags may be gone already. It is being deleted in any case.
        return Wait("the endpoint is being deleted")
    own = ownership(task.marks or {}, asked.request.reply)
    if own.is_unmarked and task.has_accepted is not Call.GIVE_BACK and tags_may_show(task, now):
        return Wait("the ownership tags may show yet")
    if own.owner is Owner.NOBODY and task.has_accepted is Call.GIVE_BACK:
        return Done(live, left=_GIVEN_BACK)
    if own.owner is Owner.NOBODY and own.is_offered:
        if task.may_show_late(now, Call.ADOPT):
            return Wait("the ownership tags may show yet")
        return Done(live, left="" if task.goal is Goal.CLEAN_UP else _GIVEN_BACK)
    if not own.is_ours:
        return _foreign(asked, task, live)
    if not own.is_adopted and task.may_show_late(now, Call.ADOPT):
        return Wait("the ownership tags may show yet")
    if task.refused is not None:
        return Fail(failures.refused(task.refused.error))
    if task.has_accepted in (Call.DELETE, Call.GIVE_BACK) and task.is_pending(now):
        return Wait("the change does not show yet")
    if task.goal is Goal.DELETE:
        return _named(own, live, known)
    return _leftover(own, live, known)


def _absent(task: Task, known: Known, now: float) -> Removal:
    if task.goal is Goal.DELETE or task.has_accepted is Call.DELETE:
        return Done()
    if task.may_show_late(now, Call.CREATE):
        return Wait("the endpoint may show yet")
    return wait_for_older(known) or Done()


def _foreign(asked: Asked, task: Task, live: Endpoint) -> Removal:
    if task.goal is Goal.DELETE:
        return Fail(failures.foreign(live.arn, asked.request, task.marks or {}))
    return Done(live)


def _named(own: Ownership, live: Endpoint, known: Known) -> Removal:
    """Plan for the endpoint whose ARN is the physical resource id of a Delete."""
    if not own.is_adopted:
        return Delete(Proof.NAMED)
    if known.lacks(Question.TRIAL):
        return Ask(Question.TRIAL)
    if known.trial_over is None:
        return Fail(failures.refused(known.denied[Question.TRIAL]))
    if known.trial_over:
        return Delete(Proof.NAMED)
    waiting = known.second_read(Question.TRIAL)
    if waiting is not None:
        return waiting
    if not own.is_offered:
        return Done(live, left="it is on trial, and its owner has removed the offer")
    return Retag(Call.GIVE_BACK, remove=OWNERSHIP_TAGS)


def _leftover(own: Ownership, live: Endpoint, known: Known) -> Removal:
    """Plan for an endpoint that only the properties of the request name."""
    found = remove_leftover(own, known)
    if not isinstance(found, Left):
        return found
    if found.denied is not None:
        return Fail(failures.refused(found.denied))
    return Done(live, left=found.why)
