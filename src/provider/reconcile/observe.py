"""One observation of an endpoint: which it is, whose it is, and what the last change did."""

from __future__ import annotations

from dataclasses import replace

from provider.contract.event import Request
from provider.model.api_errors import ApiError, meaning
from provider.model.endpoint import Endpoint, Status
from provider.model.failures import UNKNOWN_KIND, Failure
from provider.model.naming import Kind, kind_of_model, physical_endpoint
from provider.model.ownership import REQUEST_TAG, Ownership, ownership
from provider.model.plan import Asked
from provider.model.replacement import candidates, choose
from provider.model.task import Call, Goal, Task
from provider.reconcile.services import Comprehend

_SHOWS = {
    Call.CREATE: frozenset(Status),
    Call.UPDATE: frozenset({Status.UPDATING}),
    Call.REVIVE: frozenset({Status.UPDATING}),
    Call.DELETE: frozenset({Status.DELETING}),
}
"""The statuses that show that an accepted change has begun."""

_PASSING = frozenset({Status.CREATING, Status.UPDATING, Status.DELETING})


def observe(
    asked: Asked, task: Task, comprehend: Comprehend, *, cleaning_up: bool
) -> Endpoint | Failure | None:
    """Observe a task's endpoint, and note in the task what was seen.

    Args:
        cleaning_up: keep the mark of the first endpoint found, so that the clean-up never deletes
            another one that has the same name later.

    Returns:
        The endpoint, with its tags if they were read; None if there is none; a failure if the
        properties can mean no endpoint.

    Raises:
        ApiError: the flywheel, an endpoint or its tags cannot be read.
    """
    if task.arn is None:
        return _locate(asked, task, comprehend)
    live = _look(comprehend, task.arn, task, asked.request)
    if cleaning_up and live is not None:
        task.mark = task.mark or live.tags.get(REQUEST_TAG)
    return live


def _look(comprehend: Comprehend, arn: str, task: Task, request: Request) -> Endpoint | None:
    """Read an endpoint and its tags.

    Tags may be read ten times a second in the whole account. So they are not read at each
    observation of an endpoint in a passing status, unless the next action may delete it.
    """
    live = comprehend.find(arn)
    if live is None:
        task.status, task.ownership = "", None
        return None
    task.status = live.status.value
    if task.accepted and live.status in _SHOWS.get(task.accepted.call, frozenset()):
        task.accepted = replace(task.accepted, seen=True)
    if live.status is Status.UPDATING and task.refused and task.refused.call.updates:
        # An earlier try of the refused call took effect, or another update is under way.
        task.refused = None
    is_known = task.ownership is not None and live.status in _PASSING
    if is_known and (task.goal is Goal.ENSURE or live.status is Status.DELETING):
        return live
    tags = comprehend.tags(arn)
    if tags is None and live.status is not Status.DELETING:
        # It went between the two calls.
        task.status, task.ownership = "", None
        return None
    task.ownership = ownership(tags or {}, request.reply)
    if task.accepted and task.has_accepted is Call.ADOPT and task.ownership is Ownership.ADOPTED:
        task.accepted = replace(task.accepted, seen=True)
    return replace(live, tags=tags or {})


def _locate(asked: Asked, task: Task, comprehend: Comprehend) -> Endpoint | Failure | None:
    """Observe the endpoints that the request can mean, and keep the one that it means."""
    request = asked.request
    kind = _kind(request, comprehend)
    if isinstance(kind, Failure):
        return kind
    observed = {
        arn: _look(comprehend, arn, Task(Goal.ENSURE), request) for arn in candidates(request, kind)
    }
    chosen = choose(request, kind, observed, rolling_back=asked.stack.rolling_back)
    if isinstance(chosen, Failure):
        return chosen
    task.arn, task.scope = chosen.arn, chosen.scope
    if chosen.arn not in observed:
        return _look(comprehend, chosen.arn, task, request)
    live = observed[chosen.arn]
    task.status = live.status.value if live else ""
    task.ownership = ownership(live.tags, request.reply) if live else None
    return live


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
