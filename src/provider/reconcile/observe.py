"""One observation of an endpoint: which it is, whose it is, and what the last change did."""

from __future__ import annotations

from dataclasses import replace

from provider.contract.event import Request
from provider.contract.fields import SETTINGS
from provider.model.api_errors import ApiError, meaning
from provider.model.asked import Asked
from provider.model.endpoint import Endpoint, Status
from provider.model.failures import UNKNOWN_KIND, Failure
from provider.model.naming import Kind, kind_of_model, physical_endpoint
from provider.model.ownership import Owner, ownership, providers_tags
from provider.model.polling import SHOWS_LATE
from provider.model.replacement import candidates, choose
from provider.model.task import Call, Goal, Submission, Task
from provider.reconcile.services import Comprehend

_SHOWS = {
    Call.CREATE: frozenset(Status),
    Call.UPDATE: frozenset({Status.UPDATING}),
    Call.REVIVE: frozenset({Status.UPDATING}),
    Call.REVIVE_UNITS: frozenset({Status.UPDATING}),
    Call.DELETE: frozenset({Status.DELETING}),
}
"""The statuses that show that an accepted change has begun."""

_PASSING = frozenset({Status.CREATING, Status.UPDATING, Status.DELETING})


def observe(
    asked: Asked, task: Task, comprehend: Comprehend, now: float
) -> Endpoint | Failure | None:
    """Observe a task's endpoint, and note in the task what was seen.

    Args:
        now: seconds since the epoch.

    Returns:
        The endpoint, with its tags if they were read; None if there is none; a failure if the
        properties can mean no endpoint.

    Raises:
        ApiError: the flywheel, an endpoint or its tags cannot be read.
    """
    if task.arn is None:
        return _locate(asked, task, comprehend, now)
    return _look(comprehend, task.arn, task, asked, now)


def _look(
    comprehend: Comprehend, arn: str, task: Task, asked: Asked, now: float
) -> Endpoint | None:
    """Read an endpoint and its tags.

    Tags may be read ten times a second in the whole account. So they are not read at each
    observation of an endpoint in a passing status, unless the next action may delete it, or they
    do not show yet.
    """
    live = comprehend.find(arn)
    if live is not None and _is_a_later_one(task, live):
        live = None
    if live is None:
        _note_absent(task)
        return None
    task.status = live.status.value
    if task.accepted and _shows(task.accepted, live, now):
        task.accepted = replace(task.accepted, seen=True)
    if live.status is Status.UPDATING and task.refused and task.refused.call.is_update:
        # An earlier try of the refused call took effect, or another update is under way.
        task.refused = None
    is_known = bool(task.marks) and live.created == task.created and live.status in _PASSING
    task.created = live.created
    if is_known and (task.goal is Goal.ENSURE or live.status is Status.DELETING):
        return live
    tags = comprehend.tags(arn)
    if tags is None and live.status is not Status.DELETING:
        # It went between the two calls.
        _note_absent(task)
        return None
    task.marks = providers_tags(tags or {})
    if task.has_accepted in (Call.ADOPT, Call.GIVE_BACK):
        _note_seen(asked, task)
    return replace(live, tags=tags or {})


def _shows(change: Submission, live: Endpoint, now: float) -> bool:
    """Say whether an accepted change shows: it is under way, or has begun and ended since."""
    if live.status in _SHOWS.get(change.call, frozenset()):
        return True
    if not change.call.is_update:
        return False
    has_moved = None not in (change.modified, live.modified) and live.modified != change.modified
    # Its status may show late. Or it has failed, and the endpoint has its old values.
    may_run = now - change.at < SHOWS_LATE and any(
        live.other.get(each.name) not in (None, live.settings.get(each.name)) for each in SETTINGS
    )
    return (has_moved and not may_run) or live.message not in (None, change.message)


def _is_a_later_one(task: Task, live: Endpoint) -> bool:
    """Say whether what a task has deleted is gone, and this is another one with the same name."""
    return (
        task.goal is not Goal.ENSURE
        and task.has_accepted is Call.DELETE
        and None not in (task.created, live.created)
        and live.created != task.created
    )


def _note_absent(task: Task) -> None:
    task.status, task.marks, task.taken = "", None, False


def _note_seen(asked: Asked, task: Task) -> None:
    """Note that an adoption, or its end, shows."""
    own = ownership(task.marks or {}, asked.request.reply)
    is_adopted = own.is_ours and own.execution == asked.execution
    shows = is_adopted if task.has_accepted is Call.ADOPT else own.owner is Owner.NOBODY
    if task.accepted is not None and shows:
        task.accepted = replace(task.accepted, seen=True)


def _locate(
    asked: Asked, task: Task, comprehend: Comprehend, now: float
) -> Endpoint | Failure | None:
    """Observe the endpoints that the request can mean, and keep the one that it means."""
    request = asked.request
    kind = _kind(request, comprehend)
    if isinstance(kind, Failure):
        return kind
    looks = {arn: Task(Goal.ENSURE) for arn in candidates(request, kind)}
    observed = {arn: _look(comprehend, arn, look, asked, now) for arn, look in looks.items()}
    chosen = choose(request, kind, observed, task.direction)
    if isinstance(chosen, Failure):
        return chosen
    task.arn, task.scope = chosen.arn, chosen.scope
    if chosen.arn not in observed:
        return _look(comprehend, chosen.arn, task, asked, now)
    look = looks[chosen.arn]
    task.status, task.created, task.marks = look.status, look.created, look.marks
    return observed[chosen.arn]


def _kind(request: Request, comprehend: Comprehend) -> Kind | Failure:
    """Say what kind of model the endpoint serves, which is part of its ARN."""
    settings = request.new.settings
    named = kind_of_model(settings.model_arn)
    if named is not None:
        return named
    present = physical_endpoint(request)
    if settings.flywheel_arn is None and present is not None:
        return present.kind
    try:
        trained = comprehend.flywheel_kind(settings.flywheel_arn or "")
    except ApiError as error:
        # An update, a rollback above all, must not fail because its flywheel is gone: the endpoint
        # that exists tells its kind.
        if meaning(error).transient or present is None:
            raise
        return present.kind
    if trained is not None:
        return trained
    return present.kind if present is not None else UNKNOWN_KIND
