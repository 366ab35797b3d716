"""How an operation waits: until its next look, and longer while its calls are throttled."""

from __future__ import annotations

from provider.errors import ApiError, is_throttled
from provider.pace import backed_off, lot, spread
from provider.request import Request
from provider.services import Services
from provider.state import Next, State


def note(state: State, *troubles: ApiError | None) -> None:
    """Note whether Comprehend throttled a look, after it: ``troubles`` are what it waits out."""
    throttled = any(each is not None and is_throttled(each) for each in troubles)
    state.backoff = backed_off(state.backoff, throttled=throttled)


def wait(
    state: State, request: Request, services: Services, now: float, pause: float, until: float
) -> None:
    """Have the state machine come back. It waits whole seconds: the rest is waited here.

    Args:
        pause: seconds to the next look where no call was throttled.
        until: the deadline, in seconds since the epoch.
    """
    reply = request.reply
    drawn = lot(reply.stack_id, reply.logical_id, reply.request_id, now - state.received)
    pause = spread(pause, state.backoff, until - now, drawn)
    state.next, state.wait_seconds = Next.WAIT, int(pause)
    services.sleep(pause - state.wait_seconds)
