"""How long things may take, and how often they are looked at.

Every number and every result is in seconds.
"""

from __future__ import annotations

import hashlib

GRACE = 120
"""After this long, a change that Comprehend accepted but never showed is overdue."""

SETTLING = 30
"""So long a rollback that finds nothing to undo looks again: an update that was accepted just
before it may take a moment to show, how long is not documented."""

ROLE_GRACE = 300
"""So long a new role may be refused: IAM takes up to some two minutes to spread it."""

MAX_DELIVERIES = 8
"""Steps that try to deliver one answer before it goes to the queue; about four minutes."""

_QUICK = 2
_QUICK_UNTIL = 60
_STEADY = 2.4
_STEADY_UNTIL = 1200
_SLOW = 5
_CLEAN_UP_PAUSE = 5
_CLEAN_UP_LIMIT = 3600
_BACKOFF_GROWTH = 3
_BACKOFF_EASING = 6 / 7
_LONGEST_BACKOFF = 240


def deadline(received: float, timeout: int) -> float:
    """Give the time by which an operation must be decided: ServiceTimeout, less what it takes to
    send the answer (a quarter of a short timeout, at most a minute).
    """
    return received + timeout - min(60.0, timeout / 4)


def poll_pause(elapsed: float) -> float:
    """Give the time to the next look, while no call is throttled: a second at least.

    Two seconds in the first minute. Then looks are 2.4 seconds apart, whatever a step takes: the
    next one is at a multiple of that. After twenty minutes five seconds, which nobody notices then.

    Three state transitions for each look (USD 0.000025 each) and a third of a second of a function
    with 256 MB make USD 0.0000763. An endpoint that takes ten minutes is looked at 29 + 225 times:
    USD 0.0194. One that gets ready at any moment is answered within 1.2 seconds and two steps, the
    median, and 95 % within 2.3.

    Each look costs nine of the 25,000 events that an execution may have: 30 + 475 + 480 in an
    hour, and 720 in the hour of a clean-up, make 15,345.
    """
    if elapsed < _QUICK_UNTIL:
        return _QUICK
    if elapsed < _STEADY_UNTIL:
        left = _STEADY - elapsed % _STEADY
        return left if left >= 1 else left + _STEADY
    return _SLOW


def clean_up_pause() -> int:
    """Give the time to the next look at an endpoint that is being removed after the answer."""
    return _CLEAN_UP_PAUSE


def backed_off(backoff: float, *, throttled: bool) -> float:
    """Give the back-off after a look: three times as long where a call was throttled, else a
    seventh shorter, and none where that is less than the shortest.

    Comprehend's rates are the account's: ten calls a second of each kind, which a thousand
    operations share and none of them knows of the others. So each finds out by itself how often it
    may look. At most every four minutes it does: then more than two thousand can.
    """
    if throttled:
        return min(_LONGEST_BACKOFF, _BACKOFF_GROWTH * max(backoff, _QUICK))
    eased = backoff * _BACKOFF_EASING
    return eased if eased > _QUICK else 0.0


def spread(pause: float, backoff: float, left: float, lot: float) -> float:
    """Give the time to the next look, kept away by a back-off.

    Args:
        pause: the time without one, and the least.
        left: the time to the deadline. At most a quarter of it is waited: who is late looks more
            often, and always once more.
        lot: from 0 to 1; it spreads the looks of operations that began together, from half of the
            back-off to one and a half.
    """
    return max(pause, int(min(backoff * (0.5 + lot), left / 4)))


def lot(*drawn_for: object) -> float:
    """Draw a number from 0 to 1: by a digest, so that a step that is repeated draws the same."""
    digest = hashlib.sha256("\0".join(map(str, drawn_for)).encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32


def clean_up_deadline(now: float) -> float:
    """Give the time after which clean-up reports what it could not remove."""
    return now + _CLEAN_UP_LIMIT


def delivery_pause(tries: int) -> int:
    """Give the time to the next try at delivering an answer: 2, 4, 8, … at most a minute."""
    return int(min(60, 2**tries))
