"""Entry point of the request function, which CloudFormation calls."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from provider.aws.delivery import deliver
from provider.aws.step_functions import connect_executions
from provider.contract.errors import MalformedEventError
from provider.contract.event import Request, parse_event
from provider.handlers.resource import SafeResource
from provider.model.installation import read_installation
from provider.reconcile.receipt import Receipt, reject
from provider.reconcile.services import Executions
from provider.telemetry import Telemetry


def handler(
    event: Any,
    context: Any,
    executions: Callable[[Request], Executions] = connect_executions,
    now: Callable[[], float] = time.time,
    deliver: Callable[[str, Mapping[str, Any]], None] = deliver,
) -> None:
    """Start the execution that carries a request out and answers it.

    If it raises, Lambda calls it twice more with the same event, and then the fallback.
    """
    try:
        request = parse_event(event)
    except MalformedEventError as error:
        reject(event, error, deliver)
        return
    log = Telemetry(request.reply, request.operation)
    try:
        granted = read_installation(os.environ)
        receipt = Receipt(event, request, now(), granted)
        resource = SafeResource(
            create=lambda *_: receipt.create(),
            update=lambda *_: receipt.update(),
            delete=lambda *_: receipt.delete(),
        )
        resource(event, context)
        state = resource.outcome
        name = state.execution
        if executions(request).start(name, state.dump()):
            log.info("execution started", execution=name)
        else:
            log.info("duplicate request: its execution exists", execution=name)
    except Exception:
        log.exception("the request function failed: Lambda tries again")
        raise
