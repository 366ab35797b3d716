"""The wiring of one invocation: which gateways an operation talks through."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from provider import installation
from provider.comprehend import ComprehendGateway
from provider.observability import Telemetry
from provider.request import Request
from provider.services import Services
from provider.stack import CLIENT_CONFIG, StackGateway
from provider.stack_records import StackRecordGateway

Connect = Callable[[Request, Telemetry], Services]


def connect(request: Request, log: Telemetry) -> Services:
    """Give an operation the real AWS, in the stack's own region, and the real time."""
    region = request.place.region
    return Services(
        comprehend=ComprehendGateway(region, log.api_error),
        stacks=StackGateway(region, log.api_error),
        history=StackRecordGateway(region, CLIENT_CONFIG),
        log=log,
        now=time.time,
        # Looked up when it is called: whoever plays AWS plays time as well.
        sleep=lambda seconds: time.sleep(seconds),
        installation=installation.read(os.environ),
    )
