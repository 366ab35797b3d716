"""The one decision: what to do next, from what is asked, what is there and what was submitted.

It knows no API, no clock and no crhelper. It is called at every step of every operation, and a
step that is lost or repeated finds the same answer again.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from provider.changes import Progress
from provider.endpoint import Status
from provider.identity import Whose


class Goal(StrEnum):
    """What is asked."""

    ENSURE = "ensure"
    """The endpoint is there, as the template says (Create, Update)."""
    DELETE = "delete"
    """The endpoint of the physical resource id is gone."""
    DELETE_IF_OURS = "delete if ours"
    """Whatever is ours at an ARN that only the properties give is gone."""
    CLEAN_UP = "clean up"
    """What this very request made is gone, and what it took over from its owner is given back."""


@dataclass(frozen=True, slots=True)
class There:
    """What is there: an endpoint at the ARN in question. (None: there is none.)"""

    status: Status
    whose: Whose
    progress: Progress = Progress.MATCHES
    """How it compares with the update that was accepted, else with what the template asks."""
    tags_differ: bool = False
    may_change_yet: bool = False
    """Whether an earlier request's update may be accepted, but not visible yet."""


class Sent(StrEnum):
    """The last change that Comprehend accepted in this operation."""

    NOTHING = "nothing"
    CREATE = "create"
    ADOPT = "adopt"
    UPDATE = "update"
    REVIVE = "revive"
    """An update of an endpoint that had FAILED."""
    DELETE = "delete"


class Trace(StrEnum):
    """What has been seen of that change since.

    Whether Describe shows a change at once or a moment later is not documented.
    """

    NONE_YET = "none yet"
    SEEN = "seen"
    """The status that the change leads to was seen."""
    OVERDUE = "overdue"
    """It was not seen in all the time in which it should have been."""


class Change(StrEnum):
    """A call that changes something."""

    CREATE = "CreateEndpoint"
    UPDATE = "UpdateEndpoint"
    DELETE = "DeleteEndpoint"
    TAG = "TagResource"
    """Or UntagResource."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """What was already submitted."""

    sent: Sent = Sent.NOTHING
    trace: Trace = Trace.NONE_YET
    refused: Change | None = None
    """The change that was refused for good by the last call, where one was."""


class Move(StrEnum):
    """What to do next."""

    WAIT = "wait"
    CREATE = "create"
    ADOPT = "adopt"
    """Take an offered endpoint over, by the ownership tags."""
    UPDATE = "update"
    REVIVE = "revive"
    TAG = "tag"
    DELETE = "delete"
    RELEASE = "release"
    """Give an endpoint back to its owner: take the ownership tags off."""
    DONE = "done"
    FAIL_FOREIGN = "fail: not ours"
    FAIL_REFUSED = "fail: refused"
    FAIL_CREATION = "fail: the creation failed"
    FAIL_UPDATE = "fail: the update failed"
    FAIL_IGNORED = "fail: the update was accepted but had no effect"
    FAIL_VANISHED = "fail: deleted meanwhile"
    FAIL_GIVEN_BACK = "fail: given back meanwhile"

    @property
    def changes(self) -> bool:
        """Whether the move changes something."""
        return self in _CHANGING

    @property
    def fails(self) -> bool:
        """Whether the move ends the operation with a failure."""
        return self.name.startswith("FAIL")


_CHANGING = frozenset(
    {
        Move.CREATE,
        Move.ADOPT,
        Move.UPDATE,
        Move.REVIVE,
        Move.TAG,
        Move.DELETE,
        Move.RELEASE,
    }
)


def decide(goal: Goal, there: There | None, submitted: Submitted) -> Move:
    """Give the next move. Total: every combination has one."""
    if goal is Goal.ENSURE:
        return _ensure(there, submitted)
    return _remove(goal, there, submitted)


def _remove(goal: Goal, there: There | None, submitted: Submitted) -> Move:
    if there is None:
        # What a creation made, or may have made, can take a moment to appear.
        created = submitted.sent is Sent.CREATE and submitted.trace is Trace.NONE_YET
        return Move.WAIT if created else Move.DONE
    if goal is Goal.CLEAN_UP and there.whose not in (Whose.MADE, Whose.TAKEN):
        # What is offered may be about to be taken over, by a call whose answer was lost.
        adopted = submitted.sent is Sent.ADOPT and submitted.trace is Trace.NONE_YET
        return Move.WAIT if adopted and there.whose is Whose.OFFERED else Move.DONE
    if not there.whose.is_ours and goal is Goal.DELETE_IF_OURS:
        return Move.DONE
    if there.status is Status.DELETING:
        # Tags may be gone before the endpoint is: whoever deletes it, it is going.
        return Move.WAIT
    if not there.whose.is_ours:
        return _remove_foreign(there.whose, submitted)
    if submitted.refused in (Change.DELETE, Change.TAG):
        return Move.FAIL_REFUSED
    if submitted.sent is Sent.DELETE and submitted.trace is Trace.NONE_YET:
        return Move.WAIT
    # Deleting cannot be undone: what was somebody's is given back, unless it is known to be ours
    # for good (adoption.py).
    return Move.RELEASE if there.whose in (Whose.ON_TRIAL, Whose.TAKEN) else Move.DELETE


def _remove_foreign(whose: Whose, submitted: Submitted) -> Move:
    """Say what a Delete makes of an endpoint that is not ours, or not any more."""
    if submitted.sent is Sent.DELETE and submitted.trace is Trace.SEEN:
        # Ours was seen going, and is gone: somebody has taken its name since.
        return Move.DONE
    if submitted.sent is Sent.DELETE and submitted.trace is Trace.NONE_YET:
        return Move.WAIT
    # What is offered was given back already, or never taken.
    return Move.DONE if whose is Whose.OFFERED else Move.FAIL_FOREIGN


def _ensure(there: There | None, submitted: Submitted) -> Move:
    if there is None:
        return _ensure_absent(submitted)
    if there.status is Status.DELETING:
        return _ensure_deleting(there, submitted)
    if there.whose is Whose.FOREIGN:
        return Move.FAIL_FOREIGN
    if there.status in (Status.CREATING, Status.UPDATING):
        return Move.WAIT
    if there.whose in (Whose.OFFERED, Whose.ON_TRIAL):
        return _adopt(submitted)
    if there.status is Status.FAILED:
        return _ensure_failed(there, submitted)
    return _ensure_in_service(there, submitted)


def _adopt(submitted: Submitted) -> Move:
    """Say how an endpoint is taken over: before anything of it is changed, so that whatever
    becomes of this operation, its tags tell who may have to give it back.
    """
    if submitted.refused is not None:
        return Move.FAIL_REFUSED
    if submitted.sent is Sent.NOTHING:
        return Move.ADOPT
    if submitted.sent is Sent.ADOPT and submitted.trace is not Trace.SEEN:
        return Move.WAIT if submitted.trace is Trace.NONE_YET else Move.ADOPT
    # It was ours in this operation: whoever gave it back meant it.
    return Move.FAIL_GIVEN_BACK


def _ensure_absent(submitted: Submitted) -> Move:
    if submitted.refused is Change.CREATE:
        return Move.FAIL_REFUSED
    if submitted.sent is Sent.CREATE:
        # What was accepted may take a moment to appear. What appeared and is gone was deleted by
        # somebody who meant it: making it again would leave an endpoint behind a deleted stack.
        return Move.WAIT if submitted.trace is Trace.NONE_YET else Move.FAIL_VANISHED
    return Move.CREATE


def _ensure_deleting(there: There, submitted: Submitted) -> Move:
    made_here = submitted.sent is Sent.CREATE or there.whose is Whose.MADE
    if made_here and submitted.sent is not Sent.DELETE:
        return Move.FAIL_VANISHED
    # What is going away under the name, whoever's it was, makes room for ours.
    return Move.WAIT


def _ensure_failed(there: There, submitted: Submitted) -> Move:
    if submitted.refused in (Change.CREATE, Change.DELETE, Change.TAG):
        return Move.FAIL_REFUSED
    if submitted.sent is Sent.CREATE:
        return Move.FAIL_CREATION
    if submitted.sent is Sent.UPDATE:
        return Move.FAIL_UPDATE
    if submitted.sent is Sent.NOTHING and there.whose is Whose.MADE:
        # The creation was accepted in a step whose outcome was lost.
        return Move.FAIL_CREATION
    # An endpoint that an update does not revive is deleted, and made again when it is gone; one
    # that may have to be given back is not.
    keeps = there.whose is Whose.TAKEN
    if submitted.refused is Change.UPDATE:
        return Move.FAIL_REFUSED if keeps else Move.DELETE
    if submitted.sent in (Sent.NOTHING, Sent.ADOPT):
        return Move.REVIVE
    if submitted.trace is Trace.NONE_YET:
        return Move.WAIT
    return Move.FAIL_UPDATE if keeps else Move.DELETE


def _ensure_in_service(there: There, submitted: Submitted) -> Move:
    was_needless = submitted.refused is Change.UPDATE and there.progress is Progress.MATCHES
    if submitted.refused is not None and not was_needless:
        return Move.FAIL_REFUSED
    after_update = submitted.sent in (Sent.UPDATE, Sent.REVIVE)
    if after_update:
        pending = _after_update(there.progress, submitted.trace)
        if pending is not Move.DONE:
            return pending
    elif there.whose in (Whose.EARLIER, Whose.TAKEN) and there.progress is not Progress.MATCHES:
        return Move.UPDATE
    if there.tags_differ:
        return Move.TAG
    return Move.WAIT if there.may_change_yet else Move.DONE


def _after_update(progress: Progress, trace: Trace) -> Move:
    """Say whether an accepted update is through. It is never sent again, whatever live units say:
    auto scaling may run meanwhile.
    """
    if progress is Progress.MATCHES:
        return Move.DONE
    if trace is Trace.NONE_YET:
        return Move.WAIT
    if progress is Progress.DIFFERS:
        return Move.FAIL_UPDATE
    if progress is Progress.AS_BEFORE and trace is Trace.OVERDUE:
        return Move.FAIL_IGNORED
    return Move.DONE
