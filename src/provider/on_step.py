"""Entry point of the step function: the state machine carries an operation on from here."""

from __future__ import annotations

from typing import Any

from provider import wiring, workflow
from provider.observability import Telemetry
from provider.request import parse_request
from provider.resource import route
from provider.state import load


def handler(
    event: dict[str, Any], context: Any, connect: wiring.Connect = wiring.connect
) -> dict[str, Any]:
    """Take an operation's state, carry it on by one step, give the new state.

    Whatever it raises, the state machine tries again with the same state, and then calls the last
    resort.
    """
    state = load(event)
    request = parse_request(state.event)
    log = Telemetry(request.reply, request.operation)

    def carry_on(*_: object) -> None:
        workflow.step(state, request, connect(request, log))

    try:
        poll = state.event | {"CrHelperPoll": True}
        route(poll, context, first=carry_on, later=carry_on)
    except Exception:
        log.exception("a step failed: the state machine tries again")
        raise
    return state.dump()
