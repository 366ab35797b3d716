"""The removal of one endpoint: for a Delete, or to clean up after an answer."""

from __future__ import annotations

from dataclasses import dataclass

from provider.adoption import is_final
from provider.decision import Change, Move, Sent, There, decide
from provider.endpoint import Endpoint
from provider.errors import ApiError, describe, meaning
from provider.identity import OWNERSHIP_TAGS, REQUEST_TAG, Whose, adopted_at
from provider.look import look, whose_is
from provider.pace import GRACE
from provider.request import Reply
from provider.services import Services
from provider.state import Leftover


@dataclass(frozen=True, slots=True)
class Removal:
    """What came of one step towards an endpoint's removal."""

    move: Move
    live: Endpoint | None


def remove(
    services: Services,
    leftover: Leftover,
    reply: Reply,
    now: float,
    *,
    one_incarnation: bool = False,
) -> Removal:
    """Look at an endpoint and make the next move towards its being gone.

    Args:
        one_incarnation: whether only the endpoint of the first look is meant: once a later
            request has made or taken over another one under the name, nothing is left to remove.

    Returns:
        The move: DONE once it is gone, given back or was none of ours, WAIT while it is going,
        else why it cannot be removed.

    Raises:
        ApiError: the endpoint, or what its stack went through, cannot be looked at.
    """
    comprehend, progression = services.comprehend, leftover.progression
    looked_again = False
    while True:
        live = look(comprehend, leftover.arn, progression, reply, fresh=True)
        if one_incarnation and live is not None and _succeeded(leftover, live):
            return Removal(Move.DONE, live)
        there = There(live.status, whose_is(progression)) if live else None
        submitted = progression.submitted(now, GRACE)
        move = decide(leftover.goal, there, submitted)
        if not move.changes:
            return Removal(move, live)
        if (
            there
            and live
            and there.whose is Whose.ON_TRIAL
            and _is_ours_for_good(services, reply, live)
        ):
            move = decide(leftover.goal, There(there.status, Whose.EARLIER), submitted)
        try:
            if move is Move.RELEASE:
                comprehend.untag(leftover.arn, OWNERSHIP_TAGS)
            else:
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
                progression.refused(Change.TAG if move is Move.RELEASE else Change.DELETE, error)
        else:
            if move is Move.RELEASE:
                services.log.info("given back to its owner, not deleted", endpoint=leftover.arn)
                return Removal(Move.DONE, live)
            progression.accepted(Sent.DELETE, now)
            services.log.info("deleting", endpoint=leftover.arn)
            return Removal(Move.WAIT, live)


def _is_ours_for_good(services: Services, reply: Reply, live: Endpoint) -> bool:
    """Say whether an endpoint that was taken over from its owner need not be given back.

    Deleting cannot be undone, so what cannot be proved is taken not to be so.
    """
    since = adopted_at(live.tags)
    try:
        stack = services.history.stack(reply.stack_id)
        if since is None or stack is None:
            return False
        root_id = stack.root_id or reply.stack_id
        return is_final(services.history.events(root_id), root_id, since)
    except ApiError as error:
        if meaning(error).transient:
            raise
        services.log.warning(
            "the stack's events cannot be read: an adopted endpoint is given back, not deleted",
            endpoint=live.arn,
            problem=describe(error),
        )
        return False


def _succeeded(leftover: Leftover, live: Endpoint) -> bool:
    """Say whether another request's endpoint is there by now; note whose the first one is."""
    mark = live.tags.get(REQUEST_TAG)
    if mark is None:
        # Its tags were not read, or are going with it.
        return False
    leftover.mark = leftover.mark or mark
    return mark != leftover.mark
