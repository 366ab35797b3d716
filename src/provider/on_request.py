"""Entry point of the request function: CloudFormation's event comes in here."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from provider import installation
from provider.answer import rejection
from provider.beginning import begin, execution_name
from provider.delivery import deliver
from provider.errors import MalformedEventError
from provider.executions import Executions, connect
from provider.observability import Telemetry
from provider.request import Request, parse_reply, parse_request
from provider.resource import route
from provider.stack import StackGateway, Stacks
from provider.state import State


def stacks_of(request: Request, log: Telemetry) -> Stacks:
    """Give the request function CloudFormation, in the stack's own region."""
    return StackGateway(request.place.region, log.api_error)


def handler(
    event: Any,
    context: Any,
    stacks: Callable[[Request, Telemetry], Stacks] = stacks_of,
    executions: Callable[[Request], Executions] = connect,
    now: Callable[[], float] = time.time,
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

    def first(*_: object) -> None:
        granted = installation.read(os.environ)
        state = begin(event, request, stacks(request, log), log, now(), granted)
        _start(state, request, log, executions(request))

    def misplaced(*_: object) -> None:
        log.error("a later step of an operation does not belong here: it was ignored")

    try:
        route(event, context, first=first, later=misplaced)
    except Exception:
        log.exception("the request function failed: Lambda tries again")
        raise


def _start(state: State, request: Request, log: Telemetry, executions: Executions) -> None:
    name = execution_name(request)
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
