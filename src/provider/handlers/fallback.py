"""Entry point of the fallback function: it answers when everything else has failed for good.

It imports only the standard library, and of this package only modules that need nothing else, so
that it works even if the other functions cannot be imported. What needs the SDK is imported when
it is used; the fallback goes on without it if that fails.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from provider.aws.delivery import deliver
from provider.contract.event import Request, parse_event
from provider.model.naming import execution_name
from provider.reconcile.fallback import Outside, answer, read

SERVICE = "comprehend-endpoint-provider"


def connect_executions(request: Request, **options: Any) -> Any:
    """Connect to the state machine that the environment names, in the stack's own region.

    ``options`` are the gateway's, of which nothing can be named here.
    """
    from provider.aws.step_functions import StepFunctionsGateway
    from provider.telemetry import quiet_libraries

    # The state holds the ResponseURL, and the SDK's debug lines hold what it sends.
    quiet_libraries()
    machine = os.environ["STATE_MACHINE_ARN"]
    return StepFunctionsGateway(request.place.region, machine, **options)


def handler(
    event: Any,
    context: Any,
    executions: Callable[[Request], Any] = connect_executions,
    now: Callable[[], float] = time.time,
    deliver: Callable[[str, Mapping[str, Any]], None] = deliver,
) -> dict[str, Any]:
    """Send the response that was already decided, else FAILED with the right id.

    Args:
        event: see :func:`provider.reconcile.fallback.read`.

    Raises:
        ValueError: the event holds no request that could be answered.
        DeliveryError: CloudFormation does not accept the response. The caller puts the request
            into the queue.
    """

    def start(request: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
        # Not at the top: the modules that it needs may be what is broken.
        from provider.reconcile.state import answering_state

        parsed = parse_event(request)
        state = answering_state(request, body, now())
        started: bool = executions(parsed).start(execution_name(parsed, request), state)
        return started

    return answer(read(event), Outside(deliver, start, _log, _count))


def _log(message: str, cause: str, about: Mapping[str, str]) -> None:
    _emit({"level": "ERROR", "message": message, "service": SERVICE, "cause": cause, **about})


def _count() -> None:
    """Count one answer of the fallback, in CloudWatch's embedded metric format."""
    dimensions = {"service": SERVICE}
    metric = {
        "Namespace": "ComprehendEndpointProvider",
        "Dimensions": [list(dimensions)],
        "Metrics": [{"Name": "FallbackAnswers", "Unit": "Count"}],
    }
    stamp = int(time.time() * 1000)
    embedded = {"_aws": {"Timestamp": stamp, "CloudWatchMetrics": [metric]}, "FallbackAnswers": 1}
    _emit(embedded | dimensions)


def _emit(line: Mapping[str, Any]) -> None:
    # Lambda sends what is printed to the log group.
    sys.stdout.write(json.dumps(line) + "\n")
