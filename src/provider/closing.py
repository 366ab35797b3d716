"""The end of an operation: its answer is sent, then what it left behind is removed."""

from __future__ import annotations

from provider.decision import Move, Sent
from provider.errors import ApiError, Blame, DeliveryError, describe, meaning
from provider.observability import Telemetry
from provider.pace import MAX_DELIVERIES, clean_up_pause, delivery_pause
from provider.removal import remove
from provider.request import Request
from provider.services import Services
from provider.state import Leftover, Next, Phase, State
from provider.waiting import note, wait


def send(state: State, request: Request, services: Services) -> None:
    """Send the decided answer; where that goes on failing, have it kept in the queue.

    A step that is repeated sends the same answer again, never another one.
    """
    body = state.answer or {}
    if state.deliveries == 0:
        _report(state, request, services.log)
    try:
        services.deliver(request.reply.response_url, body)
    except DeliveryError as error:
        state.deliveries += 1
        if not error.final and state.deliveries < MAX_DELIVERIES:
            services.log.warning("answer not delivered yet", problem=str(error))
            state.next, state.wait_seconds = Next.WAIT, delivery_pause(state.deliveries)
            return
        services.log.error("answer undeliverable: to the queue", problem=str(error))
        state.phase, state.undelivered = Phase.CLEAN_UP, True
        _move_on(state)
        return
    services.log.info("answered", status=body.get("Status"))
    state.phase = Phase.CLEAN_UP
    _move_on(state)


def _report(state: State, request: Request, log: Telemetry) -> None:
    """Log and count what was decided: here, because a duplicate of the event never gets here."""
    body = state.answer or {}
    seconds = state.decided - state.received
    log.decided(request.operation, state.blame, seconds)
    about = {"endpoint": state.arn, "seconds": round(seconds, 1)}
    if state.blame is None:
        log.info("decided: SUCCESS", **about)
        return
    tell = log.warning if state.blame is Blame.USER else log.error
    tell("decided: FAILED", reason=body.get("Reason"), blame=state.blame.value, **about)


def clean_up(state: State, request: Request, services: Services) -> None:
    """Remove what a failed or cancelled operation left, one move for each endpoint."""
    now = services.now()
    going = []
    for leftover in state.leftovers:
        leftover.progression.trouble = None
        try:
            outcome = remove(services, leftover, request.reply, now, one_incarnation=True)
            move = outcome.move
        except ApiError as error:
            move = Move.WAIT if meaning(error).transient else Move.FAIL_REFUSED
            leftover.progression.waits_out(error)
        if move is Move.DONE:
            continue
        if move is Move.WAIT and now < state.clean_up_deadline:
            going.append(leftover)
            continue
        _report_left(leftover, services)
    state.leftovers = going
    _move_on(state)
    if going:
        note(state, *(leftover.progression.trouble for leftover in going))
        wait(state, request, services, now, clean_up_pause(), state.clean_up_deadline)


def _move_on(state: State) -> None:
    """Clean up what is left; then keep the answer, where nobody took it; then end.

    In this order, so that a queue that cannot be reached leaves no endpoint behind.
    """
    if state.leftovers:
        state.next = Next.STEP
    elif state.undelivered:
        state.undelivered, state.next = False, Next.KEEP
    else:
        state.next = Next.END


def _report_left(leftover: Leftover, services: Services) -> None:
    problem = leftover.progression.refusal or leftover.progression.trouble
    services.log.clean_up_failed()
    adopted = leftover.progression.sent is Sent.ADOPT
    services.log.error(
        "an adopted endpoint could not be given back: take its ownership tags off"
        if adopted
        else "an endpoint could not be removed: it is billed until somebody deletes it",
        endpoint=leftover.arn,
        problem=describe(problem) if problem else "it took too long",
    )
