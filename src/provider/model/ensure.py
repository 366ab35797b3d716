"""The plan for an endpoint that must exist as the template says (Create, Update)."""

from __future__ import annotations

from provider.contract.event import Operation
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
from provider.model.api_errors import proves_beyond_repair
from provider.model.asked import Asked, Known
from provider.model.diff import (
    Progress,
    differences_from,
    progress,
    settings_diff,
    tag_diff,
)
from provider.model.endpoint import Endpoint, Status
from provider.model.leftover import (
    Left,
    remove_leftover,
    tags_may_show,
    wait_for_older,
)
from provider.model.naming import REPLACE, client_request_token, operation_of, parse_endpoint_arn
from provider.model.ownership import (
    Owner,
    Ownership,
    adoption_tags,
    ownership,
    ownership_tags,
)
from provider.model.polling import EXECUTION_PAUSE, TAGS_SHOW_LATE
from provider.model.stack import Direction
from provider.model.task import Call, Scope, Task

_BUSY = frozenset({Status.CREATING, Status.UPDATING})


def plan_ensure(
    asked: Asked, task: Task, live: Endpoint | None, known: Known, now: float
) -> Action:
    """Give the next action for an endpoint that must exist as the template says.

    1. None exists: create it. 2. One is being deleted: wait until its name is free. 3. It is this
    request's, or the resource's: bring it to what the template says. 4. It carries none of the
    provider's tags: they may show late, or it is somebody else's. 5. It is offered, or it is a
    leftover of this resource: see :func:`_plan_others`.
    """
    if live is None:
        return _wait_for_older_update(asked, task, known) or _plan_absent(asked, task, now)
    own = ownership(task.marks or {}, asked.request.reply)
    is_own_work = own.is_ours and own.execution == asked.execution
    if live.status is Status.DELETING:
        made = task.has_accepted is Call.CREATE or (is_own_work and not own.is_adopted)
        if made and task.has_accepted is not Call.DELETE:
            return Fail(failures.vanished(live.arn))
        # Whoever owns it, this resource can have its name once it is gone.
        return Wait("the endpoint under this name is being deleted")
    if is_own_work or (own.is_ours and _is_the_resource(asked, task, live)):
        return _plan_own(asked, task, live, own, known, now)
    if own.is_unmarked:
        return _plan_unmarked(asked, task, live, known, now)
    if own.owner is Owner.OTHER or live.arn == asked.request.physical_id:
        return _plan_foreign(asked, task, live, known)
    return _plan_others(asked, task, live, own, known, now)


def _is_the_resource(asked: Asked, task: Task, live: Endpoint) -> bool:
    """Say whether an endpoint with the resource's tags is its endpoint already."""
    return live.arn == asked.request.physical_id or task.direction is Direction.BACK


def _plan_absent(asked: Asked, task: Task, now: float) -> Action:
    if task.refused is not None and task.refused.call is Call.CREATE:
        deleted = task.arn if task.replaced else None
        replaces = asked.request.physical_id not in (None, task.arn)
        return Fail(failures.refused(task.refused.error, deleted, replaces=replaces))
    if task.has_accepted is Call.CREATE:
        # An accepted creation may show late. One that showed and is gone was deleted on purpose:
        # making it again would leave an endpoint behind a deleted stack.
        if task.is_pending(now):
            return Wait("the endpoint does not show yet")
        return Fail(failures.vanished(str(task.arn)))
    return _create(asked, task)


def _create(asked: Asked, task: Task) -> Create:
    request = asked.request
    identity = parse_endpoint_arn(task.arn)
    own = ownership_tags(request.reply, asked.execution)
    return Create(
        name=identity.name if identity else "",
        settings=request.new.settings,
        tags=asked.installation.tags_for(request.new.tags, own) | own,
        token=client_request_token(request.reply, task.creations + 1),
    )


# ---------------------------------------------------------------- Somebody else's, perhaps


def _plan_unmarked(asked: Asked, task: Task, live: Endpoint, known: Known, now: float) -> Action:
    """Plan for an endpoint without the provider's tags, which show late on a new one.

    CreateEndpoint tells whether it is this request's: with the token of a creation that was lost,
    it is accepted again. For anybody else's endpoint it answers that the name is taken.
    """
    if not tags_may_show(task, now):
        if task.refused is not None:
            return Fail(failures.refused(task.refused.error))
        return _plan_foreign(asked, task, live, known)
    if task.has_accepted is Call.CREATE:
        if live.status is Status.FAILED:
            return Fail(failures.creation_failed(live, asked.request.physical_id))
        return Wait("the ownership tags do not show yet")
    is_in_place = live.arn == asked.request.physical_id and not task.may_have_created
    if is_in_place or task.taken or task.refused is not None:
        return Wait("the ownership tags may show yet")
    return _create(asked, task)


def _plan_foreign(asked: Asked, task: Task, live: Endpoint, known: Known) -> Action:
    """Plan for an endpoint that is somebody else's.

    An Update that goes back must not fail if it has nothing to change.
    """
    request = asked.request
    if live.arn == request.physical_id and request.operation is Operation.UPDATE:
        lacks = settings_diff(request.new, request.old, live, task.scope) or tag_diff(
            request.new.tags, request.old.tags, live.tags, task.scope
        )
        if not lacks and task.direction is None and known.lacks(Question.STANDING):
            return Ask(Question.STANDING)
        if not lacks and task.direction is not Direction.FORWARD:
            # Without a direction the request may be out of date, which decides.
            return known.second_read(Question.STANDING) or Done(live)
    is_others = ownership(task.marks or {}, request.reply).owner is Owner.OTHER
    if is_others and live.arn != request.physical_id and known.lacks(Question.OWNER):
        return Ask(Question.OWNER)
    marks = task.marks or {}
    return Fail(failures.foreign(live.arn, request, marks, history=known.owner))


def _plan_others(
    asked: Asked, task: Task, live: Endpoint, own: Ownership, known: Known, now: float
) -> Action:
    """Plan for an endpoint that this request did not make, at the ARN of its properties.

    1. An older execution of the resource may be removing it: wait. 2. It is offered: adopt it.
    3. It is a leftover of this resource: delete it first. 4. Otherwise it is not taken.
    """
    if own.is_ours:
        waiting = wait_for_older(known)
        if waiting is not None:
            return waiting
    if own.is_offered:
        return _adopt(asked, task, live, now)
    if task.refused is not None:
        return Fail(failures.refused(task.refused.error))
    if task.has_accepted is Call.DELETE and task.is_pending(now):
        return Wait("the deletion does not show yet")
    found = remove_leftover(own, known)
    if not isinstance(found, Left):
        return found
    if found.denied is not None:
        return Fail(failures.refused(found.denied))
    return Fail(failures.foreign(live.arn, asked.request, task.marks or {}, found.why))


def _adopt(asked: Asked, task: Task, live: Endpoint, now: float) -> Action:
    """Adopt an offered endpoint, which changes nothing but tags."""
    if live.status in _BUSY:
        return Wait(f"the endpoint is in {live.status}")
    if live.status is Status.FAILED:
        return Fail(failures.cannot_adopt_failed(live))
    differences = differences_from(asked.request.new, live)
    if differences:
        return Fail(failures.cannot_adopt(live.arn, differences))
    if task.refused is not None and task.refused.call is Call.ADOPT:
        return Fail(failures.refused(task.refused.error))
    if task.has_accepted is Call.ADOPT and task.is_pending(now):
        return Wait("the ownership tags do not show yet")
    if task.has_accepted is Call.ADOPT and task.is_seen:
        # This request adopted it, and somebody has given it back on purpose.
        return Fail(failures.given_back(live.arn))
    return Retag(Call.ADOPT, adoption_tags(asked.request.reply, asked.execution, asked.received))


# ---------------------------------------------------------------- The resource's own endpoint


def _plan_own(
    asked: Asked, task: Task, live: Endpoint, own: Ownership, known: Known, now: float
) -> Action:
    if live.status in _BUSY:
        return Wait(f"the endpoint is in {live.status}")
    if task.has_accepted is Call.DELETE and task.is_pending(now):
        return Wait("the deletion does not show yet")
    waiting = _wait_for_older_update(asked, task, known)
    if waiting is not None:
        return waiting
    if live.status is Status.FAILED:
        return _plan_failed(asked, task, live, own, known, now)
    return _plan_in_service(asked, task, live, own, now)


def _wait_for_older_update(asked: Asked, task: Task, known: Known) -> Ask | Wait | None:
    """Wait while an older update runs, so that a way back never overtakes what it undoes."""
    starts_in_place = (
        task.arn == asked.request.physical_id
        and task.scope is not Scope.NOTHING
        and task.accepted is None
        and task.tagged is None
    )
    if not (starts_in_place and asked.changes_in_place):
        return None
    if known.lacks(Question.RUNNING):
        return Ask(Question.RUNNING)
    if known.running is None:
        return None
    # A replacement does not touch this endpoint. But an update that adds a role is called one, too.
    in_place = {Operation.UPDATE.lower()} | ({REPLACE} & {operation_of(asked.execution)})
    older = [each for each in known.running.older if operation_of(each) in in_place]
    if older or not known.running.is_fresh:
        return Wait("an older update of this resource runs", EXECUTION_PAUSE)
    return None


def _plan_failed(
    asked: Asked, task: Task, live: Endpoint, own: Ownership, known: Known, now: float
) -> Action:
    """Plan for the resource's endpoint in FAILED.

    1. This request made it, or its update has failed it: fail. 2. Try to revive it: with all that
    the template changes, then with its units alone. 3. If Comprehend refuses both for good, delete
    it, and make it again under its name. Never an adopted one that may have to be given back.
    """
    is_own_work = own.execution == asked.execution
    if is_own_work and own.is_adopted:
        return Fail(failures.cannot_adopt_failed(live))
    if is_own_work:
        return Fail(failures.creation_failed(live, asked.request.physical_id))
    if task.accepted is not None and task.accepted.call.is_update:
        # It was in service when an ordinary update was sent, so this is what came of it.
        if task.accepted.call is not Call.UPDATE and task.is_pending(now):
            return Wait("the change does not show yet")
        return Fail(failures.update_failed(live))
    if task.scope is Scope.NOTHING:
        # It was like that before the replacement that is undone.
        return Done(live)
    units = asked.request.new.settings.inference_units or live.settings.inference_units
    alone = Settings.of(inference_units=units)
    if task.refused is None:
        changed = settings_diff(asked.request.new, asked.request.old, live, task.scope)
        return Update(Settings({**changed.values, **alone.values}), live, Call.REVIVE)
    role_arn = asked.request.new.settings.role_arn or live.settings.role_arn
    if not (task.refused.call.is_update and proves_beyond_repair(task.refused.error, role_arn)):
        return Fail(failures.refused(task.refused.error))
    if task.refused.call is Call.REVIVE:
        return Update(alone, live, Call.REVIVE_UNITS)
    if task.refused.call is not Call.REVIVE_UNITS:
        return Fail(failures.refused(task.refused.error))
    if own.is_adopted:
        if known.lacks(Question.TRIAL):
            return Ask(Question.TRIAL)
        if not known.trial_over:
            waiting = known.second_read(Question.TRIAL)
            return waiting or Fail(failures.refused(task.refused.error))
    return Delete(Proof.REPLACED)


def _plan_in_service(
    asked: Asked, task: Task, live: Endpoint, own: Ownership, now: float
) -> Action:
    request = asked.request
    is_own_work = own.execution == asked.execution
    sent = task.accepted if task.accepted and task.accepted.call.is_update else None
    compared = Progress.MATCHES
    if sent is not None:
        compared = progress(sent.settings, sent.before, live)
    revived = sent is not None and sent.call is not Call.UPDATE
    lacking = Settings()
    if not is_own_work and (sent is None or (revived and compared is Progress.MATCHES)):
        # What this request made has what it asked for, and what it adopted stays as it was.
        lacking = settings_diff(request.new, request.old, live, task.scope)
    if task.refused is not None and not (is_own_work and task.refused.call is Call.CREATE):
        is_needless = task.refused.call.is_update and not lacking and compared is Progress.MATCHES
        if not is_needless:
            return Fail(failures.refused(task.refused.error))
    if sent is not None:
        pending = _after_update(task, live, compared, now)
        if pending is not None:
            return pending
    if lacking:
        return Update(lacking, live)
    return _retag(asked, task, live, is_own_work=is_own_work, now=now) or Done(live)


def _after_update(task: Task, live: Endpoint, compared: Progress, now: float) -> Action | None:
    """Say what an accepted update still needs; None if it is complete.

    It is never sent again, because auto scaling may change the units meanwhile.
    """
    if compared is Progress.MATCHES:
        return None
    if task.is_pending(now):
        return Wait("the update does not show yet")
    says_why = task.accepted is not None and live.message not in (None, task.accepted.message)
    if compared is Progress.DIFFERS or says_why:
        return Fail(failures.update_failed(live))
    if compared is Progress.AS_BEFORE and task.is_overdue(now):
        return Fail(failures.update_ignored(live.arn))
    return None


def _retag(
    asked: Asked, task: Task, live: Endpoint, *, is_own_work: bool, now: float
) -> Retag | Wait | None:
    """Give the change of tags that is due; None if there is none.

    Tags are set once: if somebody has changed them since, a rollback perhaps, they stay.
    """
    request, installation = asked.request, asked.installation
    old = request.old.tags
    if is_own_work:
        # New to the resource: the old tags are another endpoint's.
        tags, old = installation.tags_for(request.new.tags, live.tags), {}
    else:
        tags = installation.tags_after(request.new.tags, request.old.tags)
    diff = tag_diff(tags, old, live.tags, task.scope)
    if not diff:
        return None
    if task.tagged is None:
        return Retag(Call.TAG, dict(diff.put), diff.remove)
    if now - task.tagged < TAGS_SHOW_LATE:
        return Wait("the tags do not show yet")
    return None
