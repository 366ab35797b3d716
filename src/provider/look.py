"""One look at an endpoint: what it is, whose it is, and what the last change came to."""

from __future__ import annotations

from dataclasses import replace

from provider.comprehend import Comprehend
from provider.decision import Change, Sent
from provider.endpoint import Endpoint, Status
from provider.identity import Whose, whose
from provider.request import Reply
from provider.state import Progression

_SHOWS = {
    Sent.CREATE: frozenset(Status),
    Sent.UPDATE: frozenset({Status.UPDATING}),
    Sent.REVIVE: frozenset({Status.UPDATING}),
    Sent.DELETE: frozenset({Status.DELETING}),
}
"""The statuses by which an accepted change is seen to have begun."""

_PASSING = frozenset({Status.CREATING, Status.UPDATING, Status.DELETING})


def look(
    comprehend: Comprehend, arn: str, progression: Progression, reply: Reply, *, fresh: bool
) -> Endpoint | None:
    """Look at an endpoint and note in ``progression`` whose it is and what was seen.

    Tags may be read ten times a second in all the account, so they are not read at each poll of
    an endpoint in a passing status, but always before something is changed.

    Args:
        fresh: read the tags whatever was known of them, because the next move may delete.

    Returns:
        The endpoint, with its tags where they were read; None where there is none.

    Raises:
        ApiError: the endpoint or its tags cannot be read.
    """
    live = comprehend.find(arn)
    progression.status = live.status.value if live else ""
    if live is None:
        progression.whose = None
        return None
    if live.status in _SHOWS.get(progression.sent, frozenset()):
        progression.seen = True
    if live.status is Status.UPDATING and progression.refused_change is Change.UPDATE:
        # An earlier try of the refused call took effect, or another update has: look again then.
        progression.refused_change, progression.refusal = None, None
    known = progression.whose is not None and live.status in _PASSING
    if known and (not fresh or live.status is Status.DELETING):
        return live
    tags = comprehend.tags(arn)
    if tags is None and live.status is not Status.DELETING:
        # It went between the two calls.
        progression.status, progression.whose = "", None
        return None
    progression.whose = whose(tags or {}, reply)
    if progression.sent is Sent.ADOPT and progression.whose is Whose.TAKEN:
        progression.seen = True
    return replace(live, tags=tags or {})


def whose_is(progression: Progression) -> Whose:
    """Give whose the endpoint was at the last look; nobody's we know is foreign."""
    return progression.whose or Whose.FOREIGN
