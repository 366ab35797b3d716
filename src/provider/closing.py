"""The end of an operation: its answer is sent, then what it left behind is removed."""

from __future__ import annotations

from provider.decision import Move
from provider.errors import ApiError, DeliveryError, describe, meaning
from provider.pace import MAX_DELIVERIES, clean_up_pause, delivery_pause
from provider.removal import remove
from provider.request import Request
from provider.services import Services
from provider.state import Leftover, Next, Phase, State


def send(state: State, request: Request, services: Services) -> None:
    """Send the decided answer; where that goes on failing, have it kept in the queue.

    A step that is repeated sends the same answer again, never another one.
    """
    body = state.answer or {}
    try:
        services.deliver(request.reply.response_url, body)
    except DeliveryError as error:
        state.deliveries += 1
        if not error.final and state.deliveries < MAX_DELIVERIES:
            services.log.warning("answer not delivered yet", problem=str(error))
            state.next, state.wait_seconds = Next.WAIT, delivery_pause(state.deliveries)
            return
        services.log.error("answer undeliverable: to the queue", problem=str(error))
        state.phase, state.next = Phase.CLEAN_UP, Next.KEEP
        return
    services.log.info("answered", status=body.get("Status"))
    state.phase = Phase.CLEAN_UP
    state.next = Next.STEP if state.leftovers else Next.END


def clean_up(state: State, request: Request, services: Services) -> None:
    """Remove what a failed or cancelled operation left, one move for each endpoint."""
    now = services.now()
    going = []
    for leftover in state.leftovers:
        try:
            outcome = remove(services.comprehend, leftover, request.reply, now, services.log)
            move = outcome.move
        except ApiError as error:
            move = Move.WAIT if meaning(error).transient else Move.FAIL_REFUSED
            leftover.progression.trouble = describe(error)
        if move is Move.DONE:
            continue
        if move is Move.WAIT and now < state.clean_up_deadline:
            going.append(leftover)
            continue
        _report_left(leftover, services)
    state.leftovers = going
    state.next = Next.WAIT if going else Next.END
    state.wait_seconds = clean_up_pause() if going else 0


def _report_left(leftover: Leftover, services: Services) -> None:
    progression = leftover.progression
    refusal = describe(progression.refusal_error()) if progression.refusal else None
    services.log.clean_up_failed()
    services.log.error(
        "an endpoint could not be removed: it is billed until somebody deletes it",
        endpoint=leftover.arn,
        problem=refusal or progression.trouble or "it took too long",
    )
