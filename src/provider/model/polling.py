"""How long operations wait: polling, back-off with jitter, deadlines, graces.

Every number and every result is in seconds.
"""

from __future__ import annotations

import hashlib

GRACE = 120
"""An accepted change that has shown no effect for this long is overdue."""

SHOWS_LATE = 15
"""After this long, an update that has moved LastModifiedTime, and is in no passing status, is over.
Until then its status may show late. How late is not documented."""

STALE = 30
"""A read of CloudFormation, or of the executions that run, may be this old. AWS calls them
eventually consistent and gives no figure: aws-cdk-cli issue 1802 saw some seconds."""

TAGS_SHOW_LATE = 120
"""Tags may show this long after the call that set them. How late is not documented: AWS's own
handlers for Comprehend wait until ListTagsForResource shows what was set."""

TAGS_GRANT_LATE = 120
"""A permission that depends on tags may be denied this long after the call that set them."""

EXECUTION_PAUSE = 5
"""Between two looks at an older execution that is waited for."""

ROLE_GRACE = 300
"""A new role may be refused for this long: IAM takes up to about two minutes to propagate it."""

QUOTA_GRACE = 600
"""A quota may still count an endpoint for this long after its deletion: how long is not documented.
Deletions take five to ten minutes."""

MAX_DELIVERIES = 8
"""Steps that try to deliver one answer before it goes to the queue; about four minutes."""

CLEAN_UP_LIMIT = 7200
"""After this long, a clean-up reports what it could not remove."""

_CLEAN_UP_QUICK_UNTIL = 1800

_QUICK = 2
_QUICK_UNTIL = 60
_STEADY = 2.4
_STEADY_UNTIL = 1200
_SLOW = 5
_BACKOFF_GROWTH = 3
_BACKOFF_EASING = 6 / 7
_LONGEST_BACKOFF = 240


def deadline(received: float, timeout: int) -> float:
    """Give the time by which an operation must be decided.

    It is ServiceTimeout less the time to send the answer: a quarter of a short timeout, at most a
    minute.
    """
    return received + timeout - min(60.0, timeout / 4)


def poll_pause(elapsed: float) -> float:
    """Give the time to the next observation, while no call is throttled: a second at least.

    Two seconds in the first minute. Then observations are 2.4 seconds apart, however long a step
    takes: the next one is at a multiple of that. After twenty minutes five seconds.

    Three state transitions for each observation (USD 0.000025 each) and a third of a second of a
    function of 256 MB make USD 0.0000763. An endpoint that takes ten minutes is observed 29 + 225
    times: USD 0.0194. Each observation costs nine of the 25,000 events that an execution may have:
    30 + 475 + 480 in an hour, and 720 in the two hours of a clean-up, make 15,345.
    """
    if elapsed < _QUICK_UNTIL:
        return _QUICK
    if elapsed < _STEADY_UNTIL:
        left = _STEADY - elapsed % _STEADY
        return left if left >= 1 else left + _STEADY
    return _SLOW


def clean_up_pause(elapsed: float) -> float:
    """Give the time to the next observation of what is removed after the answer.

    Args:
        elapsed: since the answer was decided.
    """
    return 5 if elapsed < _CLEAN_UP_QUICK_UNTIL else 15


def next_backoff(backoff: float, *, throttled: bool) -> float:
    """Give the back-off after an observation.

    It is three times as long after a throttled call, else a seventh shorter, and 0 once that is
    less than the shortest. Comprehend's rates are the account's: ten calls a second of each kind,
    shared by a thousand operations that know nothing of each other. So each finds out by itself how
    often it may observe. At four minutes, more than two thousand can.
    """
    if throttled:
        return min(_LONGEST_BACKOFF, _BACKOFF_GROWTH * max(backoff, _QUICK))
    eased = backoff * _BACKOFF_EASING
    return eased if eased > _QUICK else 0.0


def with_backoff(pause: float, backoff: float, left: float, jitter: float) -> float:
    """Lengthen a pause by a back-off.

    Args:
        pause: the time without a back-off, and the least.
        left: the time to the deadline. At most a quarter of it is waited, so that an operation
            near its deadline observes more often, and always once more.
        jitter: from 0 to 1. It spreads operations that began together, from half of the back-off to
            one and a half.
    """
    return max(pause, int(min(backoff * (0.5 + jitter), left / 4)))


def jitter(*seed: object) -> float:
    """Give a number from 0 to 1 that follows from its seed, without chance."""
    digest = hashlib.sha256("\0".join(map(str, seed)).encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32


def delivery_pause(tries: int) -> int:
    """Give the time to the next try at delivering an answer: 2, 4, 8, … at most a minute."""
    return int(min(60, 2**tries))
