"""Entry point of the step function, which the state machine calls."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from provider.aws import clients
from provider.aws.cloudformation import CloudFormationGateway
from provider.aws.comprehend import ComprehendGateway
from provider.aws.delivery import deliver
from provider.aws.step_functions import connect_executions
from provider.contract.event import Request
from provider.model.installation import read_installation
from provider.reconcile.operation import step
from provider.reconcile.services import Executions, Services
from provider.reconcile.state import load
from provider.telemetry import Telemetry

Connect = Callable[[Request, Telemetry], Services]


def connect(
    request: Request,
    log: Telemetry,
    make_client: clients.MakeClient = clients.client,
    now: Callable[[], float] = time.time,
    sleep: Callable[[float], object] = time.sleep,
    deliver: Callable[[str, Mapping[str, Any]], None] = deliver,
    executions: Callable[[Request, clients.MakeClient], Executions] = connect_executions,
) -> Services:
    """Connect an operation to AWS in the stack's own region, and to the real time."""
    region = request.place.region
    return Services(
        comprehend=ComprehendGateway(region, log.api_error, make_client=make_client),
        cloudformation=CloudFormationGateway(region, log.api_error, make_client=make_client),
        executions=executions(request, make_client),
        log=log,
        now=now,
        sleep=sleep,
        deliver=deliver,
        installation=read_installation(os.environ),
    )


def handler(event: dict[str, Any], context: Any, connect: Connect = connect) -> dict[str, Any]:
    """Take an operation's state, carry it on by one step, give the new state.

    If it raises, the state machine tries again with the same state, and then calls the fallback.
    """
    state = load(event)
    request = state.request()
    log = Telemetry(request.reply, request.operation)
    try:
        step(state, request, connect(request, log))
    except Exception:
        log.exception("a step failed: the state machine tries again")
        raise
    return state.dump()
