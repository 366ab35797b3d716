"""Entry point of the request function: CloudFormation's event comes in here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from provider import wiring, workflow
from provider.answer import rejection
from provider.delivery import deliver
from provider.errors import MalformedEventError
from provider.executions import Executions
from provider.observability import Telemetry
from provider.request import Request, parse_reply, parse_request
from provider.resource import route
from provider.state import State


def handler(
    event: Any,
    context: Any,
    connect: wiring.Connect = wiring.connect,
    executions: Callable[[Request], Executions] = wiring.executions,
) -> None:
    """Start the execution that carries a request out and answers it.

    Whatever it raises, Lambda calls it twice more with the same event, and then the last resort.
    """
    try:
        request = parse_request(event)
    except MalformedEventError as error:
        _reject(event, error)
        return
    log = Telemetry(request.reply, request.operation)

    def begin(*_: object) -> None:
        state = workflow.begin(event, request, connect(request, log))
        _start(state, request, log, executions(request))

    def misplaced(*_: object) -> None:
        log.error("a later step of an operation does not belong here: it was ignored")

    try:
        route(event, context, first=begin, later=misplaced)
    except Exception:
        log.exception("the request function failed: Lambda tries again")
        raise


def _start(state: State, request: Request, log: Telemetry, executions: Executions) -> None:
    name = workflow.execution_name(request)
    if executions.start(name, state.dump()):
        log.info("execution started", execution=name)
    else:
        log.info("a duplicate of a request that has its execution: nothing to do", execution=name)


def _reject(event: Any, error: MalformedEventError) -> None:
    """Answer what is no proper request where that is possible, else log why not."""
    reply = parse_reply(event)
    kind = str(event.get("RequestType")) if isinstance(event, dict) else type(event).__name__
    log = Telemetry(reply, kind)
    log.error("not a CloudFormation request", problems=error.problems)
    if reply is None:
        return
    deliver(reply.response_url, rejection(reply, error))
