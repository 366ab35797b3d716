"""The execution of one planned change: what is sent is what was planned."""

from __future__ import annotations

from enum import StrEnum

from provider.contract.fields import SETTINGS
from provider.contract.properties import Settings
from provider.model.actions import Change, Create, Delete, Proof, Retag, Update
from provider.model.api_errors import (
    ApiError,
    is_denied,
    is_name_taken,
    is_quota,
    is_role_not_ready,
    meaning,
)
from provider.model.asked import Asked
from provider.model.ownership import ownership, providers_tags
from provider.model.polling import QUOTA_GRACE, ROLE_GRACE, TAGS_GRANT_LATE
from provider.model.task import Call, Refusal, Submission, Task
from provider.reconcile.services import Services


class Outcome(StrEnum):
    """What came of a change."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """For good; the task keeps the error."""
    GONE = "gone"
    """The endpoint does not exist."""
    LATER = "later"
    """The call has to be tried again."""


def act(change: Change, task: Task, asked: Asked, services: Services, now: float) -> Outcome:
    """Make a change, and note in the task what came of it.

    Args:
        now: seconds since the epoch.
    """
    try:
        submission = _submit(change, task, services, now)
    except ApiError as error:
        return _note(error, change.call, task, asked, services, now)
    task.accept(submission)
    if isinstance(change, Create):
        # They may show late.
        task.marks = providers_tags(change.tags)
    elif isinstance(change, Delete):
        task.replaced = change.proof is Proof.REPLACED
    return Outcome.ACCEPTED


def _submit(change: Change, task: Task, services: Services, now: float) -> Submission:
    comprehend, log, arn = services.comprehend, services.log, str(task.arn)
    match change:
        case Create():
            made = comprehend.create(change.name, change.settings, change.token, change.tags)
            task.arn = made or arn
            log.info("creating", endpoint=task.arn)
        case Update():
            comprehend.update(arn, change.settings)
            log.info("updating", endpoint=arn, settings=_by_property(change.settings))
            was = change.before
            return Submission(
                change.call,
                now,
                settings=change.settings,
                before=was.settings,
                modified=was.modified,
                message=was.message,
            )
        case Delete():
            comprehend.delete(arn)
            log.info("deleting", endpoint=arn, proof=change.proof.value)
        case Retag():
            # Removed first: an endpoint may have as many tags as it can.
            if change.remove:
                comprehend.untag(arn, change.remove)
            if change.put:
                comprehend.tag(arn, change.put)
            put, removed = sorted(change.put), list(change.remove)
            log.info(_TAGGED[change.call], endpoint=arn, put=put, removed=removed)
    return Submission(change.call, now)


_TAGGED = {
    Call.TAG: "tagged",
    Call.ADOPT: "adopting",
    Call.GIVE_BACK: "given back to its owner, not deleted",
}


def _note(
    error: ApiError, call: Call, task: Task, asked: Asked, services: Services, now: float
) -> Outcome:
    is_gone = error.code == "ResourceNotFoundException"
    if is_gone and call in (Call.DELETE, Call.GIVE_BACK):
        # Most likely it has gone between the observation and the call.
        task.trouble = error
        return Outcome.GONE
    if call is Call.CREATE and is_name_taken(error):
        # Another endpoint has the name: the next observation shows whose it is.
        task.taken, task.trouble = True, error
        return Outcome.LATER
    if not _is_transient(error, call, task, asked, now):
        task.refused = Refusal(call, error)
        return Outcome.REFUSED
    may_have_effect = error.status == 0 or error.status >= 500
    is_lost_creation = task.unknown is not None and task.unknown.call is Call.CREATE
    may_show_late = call is Call.ADOPT or call.is_update
    if may_have_effect and (call is Call.CREATE or (may_show_late and not is_lost_creation)):
        task.unknown = Submission(call, now)
    task.trouble = error
    services.log.warning("call failed: it is tried again", call=error.call, code=error.code)
    return Outcome.LATER


def _is_transient(error: ApiError, call: Call, task: Task, asked: Asked, now: float) -> bool:
    if meaning(error).transient:
        return True
    if is_denied(error) and call is not Call.CREATE:
        # What is allowed depends on tags that this or another request has just set.
        return any(now - each < TAGS_GRANT_LATE for each in _times_of_tagging(task, asked))
    makes_again = task.has_accepted is Call.DELETE or task.arn == asked.request.physical_id
    names_role = call is Call.CREATE or call.is_update
    grace = 0
    if call is Call.CREATE and makes_again and is_quota(error):
        # The quota may still count the endpoint that was deleted.
        grace = QUOTA_GRACE
    elif names_role and is_role_not_ready(error, asked.request.new.settings.role_arn):
        grace = ROLE_GRACE
    if grace and task.refused_since is None:
        task.refused_since = now
    return task.refused_since is not None and now - task.refused_since < grace


def _times_of_tagging(task: Task, asked: Asked) -> list[float]:
    """Give when the endpoint was created, when it was adopted, and when the request tagged it."""
    adopted = ownership(task.marks or {}, asked.request.reply).adopted
    times = [task.created, adopted, task.tagged]
    if task.accepted is not None and task.accepted.call in (Call.CREATE, Call.ADOPT):
        times.append(task.accepted.at)
    return [each for each in times if each is not None]


def _by_property(settings: Settings) -> dict[str, object]:
    """Name settings as the template does, for the log."""
    values = {each.prop: settings.get(each.name) for each in SETTINGS}
    return {name: value for name, value in values.items() if value is not None}
