"""Where the emulator's time comes from: the system, or a hand that a test moves."""

import threading
import time
from collections.abc import Callable

Clock = Callable[[], float]
"""A function giving the time as seconds since 1970-01-01 UTC; it never goes back."""


def system_clock() -> Clock:
    """A clock that starts at the system's time and keeps going where that is set back."""
    offset = time.time() - time.monotonic()
    return lambda: offset + time.monotonic()


class ManualClock:
    """A clock that stands still until `advance` moves it.

    `start` is in seconds since 1970-01-01 UTC; the default is an arbitrary whole second.
    """

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        self._now = start
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self._now

    def advance(self, seconds: float) -> float:
        """Moves the clock by `seconds` (not negative) and gives the new time."""
        if seconds < 0:
            raise ValueError("a clock does not go back")
        with self._lock:
            self._now += seconds
            return self._now
