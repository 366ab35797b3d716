"""The plan: the one next action for a task, with everything that it sends.

It is pure and total. Every step of every operation calls it, and a step that is lost or repeated
gets the same action again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from provider.contract.event import Operation, Request
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
from provider.model.diff import Progress, progress, settings_diff, tag_diff
from provider.model.endpoint import Endpoint, Status
from provider.model.failures import Failure
from provider.model.installation import Installation
from provider.model.naming import client_request_token, parse_endpoint_arn
from provider.model.ownership import (
    OWNERSHIP_TAGS,
    REQUEST_TAG,
    Ownership,
    adoption_mark,
    claim_mark,
    offer,
    ownership_tags,
)
from provider.model.polling import SETTLING
from provider.model.stack import StackView, why_abandoned
from provider.model.task import Call, Goal, Refusal, Scope, Task


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for: the same in every step of its operation.

    Args:
        received: when the request arrived, in seconds since the epoch.
        deadline: when the answer must be decided, in seconds since the epoch.
        stack: what CloudFormation said when the request arrived.
        old_was_sent: whether an update to the old properties can have reached Comprehend. One with
            invalid properties, or beyond what the installation allows, never does.
    """

    request: Request
    received: float
    deadline: float
    installation: Installation = field(default_factory=Installation)
    stack: StackView = field(default_factory=StackView)
    old_was_sent: bool = True

    @property
    def can_adopt(self) -> bool:
        """Whether the request may adopt: only a Create, under a name that the template gives."""
        request = self.request
        return request.operation is Operation.CREATE and request.new.endpoint_name is not None


@dataclass(frozen=True, slots=True)
class Known:
    """The answers to questions, since the endpoint was last observed; None is not asked yet."""

    stack: StackView | None = None
    trial_over: bool | None = None


def plan(asked: Asked, task: Task, live: Endpoint | None, known: Known, now: float) -> Action:
    """Give the next action.

    If it is to ask CloudFormation, the caller asks, and plans again with the answer.

    Args:
        asked: what the request asks for.
        task: the goal, what was submitted, and whose the endpoint was when its tags were last read.
        live: the endpoint as just observed; None if there is none.
        known: what CloudFormation has answered since.
        now: seconds since the epoch.
    """
    if task.goal is not Goal.ENSURE:
        return _remove(task, live, known, now)
    action = _ensure(asked, task, live, now)
    if isinstance(action, Wait | Fail):
        return action
    # Before each change, and before success, CloudFormation must still want it.
    if known.stack is None:
        return Ask(Question.STILL_WANTED)
    request = asked.request
    why = why_abandoned(request.operation, asked.stack, known.stack)
    if why is not None:
        is_left = task.may_have_created and task.arn != request.physical_id
        return Fail(failures.abandoned(why, task.arn if is_left else None))
    if not isinstance(action, Done) and now >= asked.deadline:
        return Fail(timed_out(asked, task, now))
    return action


def timed_out(asked: Asked, task: Task, now: float) -> Failure:
    """Give the failure of an operation whose deadline has passed."""
    timeout = asked.request.new.timeout
    seconds = now - asked.received
    return failures.timed_out(seconds, timeout, task.arn, task.status, task.trouble)


# ---------------------------------------------------------------- Create and Update


def _ensure(asked: Asked, task: Task, live: Endpoint | None, now: float) -> Action:
    """Plan for an endpoint that must exist as the template says.

    1. None exists: create it. 2. One is being deleted: wait until its name is free. 3. It is not
    this resource's: fail. 4. It is being created or updated: wait. 5. It is offered: adopt it.
    6. It is FAILED: revive it by an update, else delete it and make it again. 7. It is in service:
    update it, then its tags.
    """
    if live is None:
        return _ensure_absent(asked, task, now)
    whose = _ownership(asked, task)
    if live.status is Status.DELETING:
        made = task.has_accepted is Call.CREATE or whose is Ownership.MADE
        if made and task.has_accepted is not Call.DELETE:
            return Fail(failures.vanished(live.arn))
        # Whoever owns it, this resource can have its name once it is gone.
        return Wait("the endpoint under this name is being deleted")
    if whose is Ownership.FOREIGN:
        tag = offer(asked.request.reply) if asked.can_adopt else None
        return Fail(failures.foreign(live.arn, asked.request.physical_id, tag))
    if live.status in (Status.CREATING, Status.UPDATING):
        return Wait(f"the endpoint is in {live.status}")
    if whose in (Ownership.OFFERED, Ownership.ON_TRIAL):
        return _adopt(asked, task, now)
    if live.status is Status.FAILED:
        return _ensure_failed(asked, task, live, whose, now)
    return _ensure_in_service(asked, task, live, whose, now)


def _ownership(asked: Asked, task: Task) -> Ownership:
    """Say whose the endpoint is to this request, which may not be able to adopt."""
    found = task.ownership or Ownership.FOREIGN
    if asked.can_adopt or found not in (Ownership.OFFERED, Ownership.ON_TRIAL):
        return found
    return Ownership.FOREIGN if found is Ownership.OFFERED else Ownership.EARLIER


def _ensure_absent(asked: Asked, task: Task, now: float) -> Action:
    if task.refused is not None and task.refused.call is Call.CREATE:
        return _refused(task.refused)
    if task.has_accepted is Call.CREATE:
        # An accepted creation may show late. One that showed and is gone was deleted on purpose:
        # making it again would leave an endpoint behind a deleted stack.
        if task.is_pending(now):
            return Wait("the endpoint does not show yet")
        return Fail(failures.vanished(str(task.arn)))
    request = asked.request
    identity = parse_endpoint_arn(task.arn)
    own = ownership_tags(request.reply)
    return Create(
        name=identity.name if identity else "",
        settings=request.new.settings,
        tags=asked.installation.tags_for(request.new.tags, own) | own,
        token=client_request_token(request.reply, task.creations + 1),
    )


def _adopt(asked: Asked, task: Task, now: float) -> Action:
    """Adopt before any other change: then the tags always tell who may have to give back."""
    if task.refused is not None:
        return _refused(task.refused)
    if task.has_accepted is Call.ADOPT and task.is_pending(now):
        return Wait("the ownership tags do not show yet")
    if task.accepted is None or (task.has_accepted is Call.ADOPT and not task.is_seen):
        reply = asked.request.reply
        return Retag(Call.ADOPT, ownership_tags(reply) | adoption_mark(reply, asked.received))
    # This operation adopted it, and somebody has given it back on purpose.
    return Fail(failures.given_back(str(task.arn)))


def _ensure_failed(
    asked: Asked, task: Task, live: Endpoint, whose: Ownership, now: float
) -> Action:
    if task.refused is not None and not task.refused.call.updates:
        return _refused(task.refused)
    if task.has_accepted is Call.CREATE or (task.accepted is None and whose is Ownership.MADE):
        # Without an accepted call, a step whose outcome was lost has created it.
        return Fail(failures.creation_failed(live, asked.request.physical_id))
    if task.has_accepted is Call.UPDATE:
        return Fail(failures.update_failed(live))
    # If no update revives it, it is deleted and made again; but not if it may have to be given
    # back.
    may_delete = whose is not Ownership.ADOPTED
    if task.refused is not None:
        return Delete(Proof.REPLACED) if may_delete else _refused(task.refused)
    if task.has_accepted in (None, Call.ADOPT):
        settings = asked.request.new.settings
        units = settings.inference_units or live.settings.inference_units
        everything = Settings.of(**{**settings.values, "inference_units": units})
        return Update(everything, live.settings, Call.REVIVE)
    if task.is_pending(now):
        return Wait("the change does not show yet")
    return Delete(Proof.REPLACED) if may_delete else Fail(failures.update_failed(live))


def _ensure_in_service(
    asked: Asked, task: Task, live: Endpoint, whose: Ownership, now: float
) -> Action:
    request = asked.request
    sent = task.accepted if task.accepted and task.accepted.call.updates else None
    if sent is not None:
        compared = progress(sent.settings, sent.before, live)
        lacking = Settings()
    else:
        lacking = settings_diff(request.new, request.old, live, task.scope)
        compared = Progress.DIFFERS if lacking else Progress.MATCHES
    if task.refused is not None:
        was_needless = task.refused.call.updates and compared is Progress.MATCHES
        if not was_needless:
            return _refused(task.refused)
    if sent is not None:
        pending = _after_update(task, live, compared, now)
        if pending is not None:
            return pending
    elif lacking and whose in (Ownership.EARLIER, Ownership.ADOPTED):
        return Update(lacking, live.settings)
    retag = _retag(asked, task, live, whose)
    if retag is not None:
        return retag
    if _may_be_overtaken(asked, task, now):
        return Wait("an update that this rollback undoes may show yet")
    return Done(live)


def _after_update(task: Task, live: Endpoint, compared: Progress, now: float) -> Action | None:
    """Say what an accepted update still needs; None if it is complete.

    It is never sent again, because auto scaling may change the units meanwhile.
    """
    if compared is Progress.MATCHES:
        return None
    if task.is_pending(now):
        return Wait("the update does not show yet")
    if compared is Progress.DIFFERS:
        return Fail(failures.update_failed(live))
    if compared is Progress.AS_BEFORE and task.is_overdue(now):
        return Fail(failures.update_ignored(live.arn))
    return None


def _retag(asked: Asked, task: Task, live: Endpoint, whose: Ownership) -> Retag | None:
    """Give the change of tags that is due; None if there is none.

    Tags are set once: if somebody has changed them since, a rollback perhaps, they stay.
    """
    if task.tagged:
        return None
    request, installation = asked.request, asked.installation
    # A leftover of this resource becomes this request's, so that no clean-up of the earlier
    # request deletes it.
    claims = (
        task.scope is Scope.ALL and task.arn != request.physical_id and whose is Ownership.EARLIER
    )
    if claims or request.operation is Operation.CREATE:
        tags = installation.tags_for(request.new.tags, live.tags)
    else:
        tags = installation.tags_after(request.new.tags, request.old.tags)
    diff = tag_diff(tags, request.old.tags, live.tags, task.scope)
    put = dict(diff.put)
    if claims:
        put = claim_mark(request.reply, asked.received) | put
    return Retag(Call.TAG, put, diff.remove) if put or diff.remove else None


def _may_be_overtaken(asked: Asked, task: Task, now: float) -> bool:
    """Say whether the update that a rollback undoes may be accepted, but not show yet.

    CloudFormation rolls an update back while it runs if another resource fails.
    """
    request = asked.request
    settling = min(SETTLING, (asked.deadline - asked.received) / 2)
    return (
        asked.stack.rolling_back is True
        and task.scope is Scope.CHANGED
        and task.accepted is None
        and now - asked.received < settling
        and request.new.settings != request.old.settings
        and asked.old_was_sent
    )


# ---------------------------------------------------------------- Delete and clean-up


def _remove(task: Task, live: Endpoint | None, known: Known, now: float) -> Action:
    """Plan for an endpoint that must be gone.

    1. None exists: done, unless one may still show. 2. It is not what the task is about: done.
    3. It is being deleted: wait. 4. It is not this resource's: leave it. 5. It was adopted and is
    on trial: give it back. 6. Otherwise delete it.
    """
    whose = task.ownership or Ownership.FOREIGN
    if live is None:
        # What a creation made, or may have made, can show late.
        late = task.has_accepted is Call.CREATE and task.is_pending(now)
        return Wait("the endpoint may show yet") if late else Done()
    mark = live.tags.get(REQUEST_TAG)
    if task.mark is not None and mark not in (None, task.mark):
        # A later request has made or adopted another endpoint under this name.
        return Done(live)
    if task.goal is Goal.CLEAN_UP and whose not in (Ownership.MADE, Ownership.ADOPTED):
        # A call whose answer was lost may be about to adopt what is offered.
        late = task.has_accepted is Call.ADOPT and task.is_pending(now)
        if late and whose is Ownership.OFFERED:
            return Wait("the ownership tags may show yet")
        return Done(live)
    if task.goal is Goal.DELETE_IF_OURS and not whose.is_ours:
        return Done(live)
    if live.status is Status.DELETING:
        # Its tags may be gone already. It is being deleted in any case.
        return Wait("the endpoint is being deleted")
    if not whose.is_ours:
        return _remove_foreign(task, live, whose, now)
    if task.refused is not None and task.refused.call in (Call.DELETE, Call.GIVE_BACK):
        return _refused(task.refused)
    if task.has_accepted is Call.DELETE and task.is_pending(now):
        return Wait("the deletion does not show yet")
    if whose is Ownership.ON_TRIAL and known.trial_over is None:
        return Ask(Question.TRIAL_OVER)
    if whose is Ownership.ADOPTED or (whose is Ownership.ON_TRIAL and not known.trial_over):
        return Retag(Call.GIVE_BACK, remove=OWNERSHIP_TAGS)
    return Delete(_PROOFS[task.goal])


_PROOFS = {
    Goal.DELETE: Proof.NAMED,
    Goal.DELETE_IF_OURS: Proof.LEFT_BEHIND,
    Goal.CLEAN_UP: Proof.MADE,
}


def _remove_foreign(task: Task, live: Endpoint, whose: Ownership, now: float) -> Action:
    """Say what a Delete does about an endpoint that is not, or no longer, this resource's."""
    if task.has_accepted is Call.DELETE and task.is_seen:
        # Ours was seen in DELETING and is gone: this is a later one with the same name.
        return Done(live)
    if task.has_accepted is Call.DELETE and task.is_pending(now):
        return Wait("the deletion does not show yet")
    if whose is Ownership.OFFERED:
        # It was given back already, or never adopted.
        return Done(live)
    return Fail(failures.foreign(live.arn, live.arn, None))


def _refused(refusal: Refusal) -> Fail:
    """Fail with the error of the call that was refused last."""
    return Fail(failures.refused(refusal.error))
