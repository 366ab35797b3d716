"""How long things may take, and how often they are looked at.

Every number and every result is in seconds.
"""

from __future__ import annotations

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
_SLOW = 5
_QUICK_UNTIL = 1200
_CLEAN_UP_PAUSE = 5
_CLEAN_UP_LIMIT = 3600


def deadline(received: float, timeout: int) -> float:
    """Give the time by which an operation must be decided: ServiceTimeout, less what it takes to
    send the answer (a quarter of a short timeout, at most a minute).
    """
    return received + timeout - min(60.0, timeout / 4)


def poll_pause(elapsed: float) -> int:
    """Give the time to the next look.

    Each round costs nine of the 25,000 events that an execution may have, and three state
    transitions: 600 rounds in the first twenty minutes and 480 in the rest of the hour.
    """
    return _QUICK if elapsed < _QUICK_UNTIL else _SLOW


def clean_up_pause() -> int:
    """Give the time to the next look at an endpoint that is being removed after the answer."""
    return _CLEAN_UP_PAUSE


def clean_up_deadline(now: float) -> float:
    """Give the time after which clean-up reports what it could not remove."""
    return now + _CLEAN_UP_LIMIT


def delivery_pause(tries: int) -> int:
    """Give the time to the next try at delivering an answer: 2, 4, 8, … at most a minute."""
    return int(min(60, 2**tries))
