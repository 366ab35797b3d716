"""Entry point of the request function, which CloudFormation calls."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from provider.aws import clients
from provider.aws.cloudformation import CloudFormationGateway
from provider.aws.delivery import deliver
from provider.aws.step_functions import StepFunctionsGateway
from provider.contract.errors import MalformedEventError
from provider.contract.event import Request, parse_event
from provider.handlers.resource import SafeResource
from provider.model.installation import read_installation
from provider.model.naming import execution_name
from provider.reconcile.receipt import Receipt, reject
from provider.reconcile.services import CloudFormation, Executions
from provider.telemetry import Telemetry


def connect_cloudformation(
    request: Request, log: Telemetry, make_client: clients.MakeClient = clients.client
) -> CloudFormation:
    """Connect to CloudFormation in the stack's own region."""
    return CloudFormationGateway(request.place.region, log.api_error, make_client=make_client)


def connect_executions(
    request: Request, make_client: clients.MakeClient = clients.client
) -> Executions:
    """Connect to the state machine that the environment names, in the stack's own region."""
    machine = os.environ["STATE_MACHINE_ARN"]
    return StepFunctionsGateway(request.place.region, machine, make_client)


def handler(
    event: Any,
    context: Any,
    cloudformation: Callable[[Request, Telemetry], CloudFormation] = connect_cloudformation,
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
        receipt = Receipt(event, request, now(), cloudformation(request, log), granted, log)
        resource = SafeResource(
            create=lambda *_: receipt.create(),
            update=lambda *_: receipt.update(),
            delete=lambda *_: receipt.delete(),
        )
        resource(event, context)
        name = execution_name(request.reply)
        if executions(request).start(name, resource.outcome.dump()):
            log.info("execution started", execution=name)
        else:
            log.info("duplicate request: its execution exists", execution=name)
    except Exception:
        log.exception("the request function failed: Lambda tries again")
        raise
