"""The proof *never held*: whether an endpoint with the resource's tags is nobody's.

It is how a failed Create or replacement removes what it made, how a Delete or an Update that goes
back removes what a request before it left, and how a Create clears its name.
"""

from __future__ import annotations

from dataclasses import dataclass

from provider.model.actions import Ask, Delete, Proof, Question, Retag, Wait
from provider.model.api_errors import ApiError
from provider.model.asked import Known
from provider.model.ownership import OWNERSHIP_TAGS, Ownership
from provider.model.polling import EXECUTION_PAUSE, TAGS_SHOW_LATE
from provider.model.task import Call, Task


@dataclass(frozen=True, slots=True)
class Left:
    """There is no proof, and the endpoint stays; ``denied`` is why it could not be asked for."""

    why: str
    denied: ApiError | None = None


def wait_for_older(known: Known) -> Ask | Wait | None:
    """Wait while an older execution of the resource runs; None if none does.

    If Step Functions cannot be asked, that stops nothing, and proves nothing either.
    """
    if known.lacks(Question.RUNNING):
        return Ask(Question.RUNNING)
    running = known.running
    if running is not None and (running.older or not running.is_fresh):
        return Wait("an older execution of this resource runs", EXECUTION_PAUSE)
    return None


def tags_may_show(task: Task, now: float) -> bool:
    """Say whether an endpoint without the provider's tags is so new that they may show yet."""
    return task.created is not None and now - task.created < TAGS_SHOW_LATE


def remove_leftover(own: Ownership, known: Known) -> Ask | Wait | Delete | Retag | Left:
    """Say what to do with an endpoint that carries the resource's tags, and is not its endpoint.

    1. An older execution runs: wait. 2. A younger one made it, and runs: that one sees to it.
    3. The stack has held it: it stays. 4. Two reads must say that it has not; if they cannot, it
    stays, too.
    5. It was adopted, or its owner offers it: give it back, if the offer is still there.
    6. Otherwise delete it.
    """
    waiting = wait_for_older(known)
    if waiting is not None:
        return waiting
    if known.running is None:
        denied = known.denied[Question.RUNNING]
        return Left("the executions that run cannot be listed", denied)
    if known.running.has(own.execution):
        return Left("the execution that made it still runs, and sees to it")
    if known.lacks(Question.HISTORY):
        return Ask(Question.HISTORY)
    history = known.history
    if history is None:
        return Left("the stack's events cannot be read", known.denied[Question.HISTORY])
    if history.newest is not None:
        how = "retained it" if history.retained else "held it as its resource"
        return Left(f"the stack has {how} ({history.newest.status})")
    waiting = known.second_read(Question.HISTORY)
    if waiting is not None:
        return waiting
    if not history.is_whole:
        return Left("the stack's events do not reach back to its creation")
    if own.is_offered:
        return Retag(Call.GIVE_BACK, remove=OWNERSHIP_TAGS)
    if own.is_adopted:
        return Left("it was adopted, and its owner has removed the offer")
    return Delete(Proof.NEVER_HELD)
