"""The removal of one endpoint: for a Delete, or to clean up after an answer."""

from __future__ import annotations

from dataclasses import dataclass

from provider.comprehend import Comprehend
from provider.decision import Change, Move, Sent, There, decide
from provider.endpoint import Endpoint
from provider.errors import ApiError, meaning
from provider.identity import REQUEST_TAG
from provider.look import look, whose_is
from provider.observability import Telemetry
from provider.pace import GRACE
from provider.request import Reply
from provider.state import Leftover


@dataclass(frozen=True, slots=True)
class Removal:
    """What came of one step towards an endpoint's removal."""

    move: Move
    live: Endpoint | None


def remove(
    comprehend: Comprehend,
    leftover: Leftover,
    reply: Reply,
    now: float,
    log: Telemetry,
    *,
    may_change: bool = True,
    one_incarnation: bool = False,
) -> Removal:
    """Look at an endpoint and make the next move towards its being gone.

    Args:
        may_change: whether it may be deleted, not only looked at.
        one_incarnation: whether only the endpoint of the first look is meant: once a later
            request has made or taken over another one under the name, nothing is left to remove.

    Returns:
        The move: DONE once it is gone or was none of ours, WAIT while it is going, DELETE where
        it has to be deleted and ``may_change`` is off, else why it cannot be removed.

    Raises:
        ApiError: the endpoint cannot be looked at.
    """
    progression = leftover.progression
    looked_again = False
    while True:
        live = look(comprehend, leftover.arn, progression, reply, fresh=True)
        if one_incarnation and live is not None and _succeeded(leftover, live):
            return Removal(Move.DONE, live)
        there = There(live.status, whose_is(progression)) if live else None
        move = decide(leftover.goal, there, progression.submitted(now, GRACE))
        if move is not Move.DELETE or not may_change:
            return Removal(move, live)
        try:
            comprehend.delete(leftover.arn)
        except ApiError as error:
            gone = error.code == "ResourceNotFoundException"
            if gone and not looked_again:
                # Most likely it has gone between the two calls.
                looked_again = True
            elif gone or meaning(error).transient:
                progression.waits_out(error)
                return Removal(Move.WAIT, live)
            else:
                progression.refused(Change.DELETE, error)
        else:
            progression.accepted(Sent.DELETE, now)
            log.info("deleting", endpoint=leftover.arn)
            return Removal(Move.WAIT, live)


def _succeeded(leftover: Leftover, live: Endpoint) -> bool:
    """Say whether another request's endpoint is there by now; note whose the first one is."""
    mark = live.tags.get(REQUEST_TAG)
    if mark is None:
        # Its tags were not read, or are going with it.
        return False
    leftover.mark = leftover.mark or mark
    return mark != leftover.mark
