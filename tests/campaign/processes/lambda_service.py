"""Lambda's side of an invocation: a program that forks a process for each, and sees how it ends.

It has imported what the functions import, and made what a warm environment of Lambda's has, so
that a process costs milliseconds. Each serves one invocation, by connections of its own. Lines of
JSON, in turns with the program that started this one:

    > {"function": ..., "event": ..., "now": ..., "number": ...}
    < {"pid": 4711}
    > go
    < {"result": ...}, or {"error": ...}
    > go
    < {"ended": 0}

A process that is killed ends at once: then the next line is {"ended": -9}.
"""

import dataclasses
import encodings.idna  # noqa: F401 - Looking a host up imports it, which is slow in each process.
import gc
import json
import logging
import os
import signal
import sys
import traceback
from typing import Any, BinaryIO

import boto3
from botocore.config import Config

from local.functions import REQUEST, STEP, Context
from provider.aws import cloudformation, comprehend, delivery, step_functions
from provider.contract.event import Place, Request
from provider.contract.validation import parse_properties
from provider.handlers import fallback, request, step
from provider.reconcile.services import Services
from provider.telemetry import Telemetry

LONGEST = 120
"""Seconds after which a process ends by itself: far more than an invocation takes."""

PATIENCE = 60.0
"""Seconds that a call may take, and a PUT: nothing is slow here but a busy machine."""

PLACE = Place("aws", "us-east-1", "000000000000", "demo")
"""Of all stacks; see tests/campaign/cloudformation.py."""

Json = dict[str, Any]


class Invocation:
    """One invocation of a function, in this process."""

    def __init__(self, order: Json) -> None:
        self._name, self._event, self._now = order["function"], order["event"], order["now"]
        self._context = Context(self._name, f"00000000-0000-0000-0000-{order['number']:012}")

    def result(self) -> Json:
        """What Lambda says of it, as JSON has it."""
        try:
            return {"result": self._handle()}
        except Exception as error:
            return {
                "error": {
                    "errorMessage": str(error),
                    "errorType": type(error).__name__,
                    "stackTrace": traceback.format_tb(error.__traceback__),
                }
            }

    def _handle(self) -> Any:
        if self._name == REQUEST:
            return request.handler(self._event, self._context, now=lambda: self._now)
        if self._name == STEP:
            return step.handler(self._event, self._context, self._connect)
        return fallback.handler(self._event, self._context)

    def _connect(self, request: Request, log: Telemetry) -> Services:
        # All is real but the time, which stands still while a function is at work.
        real = step.connect(request, log)
        return dataclasses.replace(real, now=lambda: self._now, sleep=lambda _: None)


def main() -> None:
    """Serves until its input ends, with whoever started it."""
    orders = sys.stdin.buffer
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)  # What functions print goes into their log.
        _warm_up()
        for order in orders:
            _serve(json.loads(order), orders, answers)


def _serve(order: Json, orders: BinaryIO, answers: BinaryIO) -> None:
    pid = os.fork()
    if not pid:
        _be_the_process(order, orders, answers)
    _, status = os.waitpid(pid, 0)
    _tell(answers, {"ended": os.waitstatus_to_exitcode(status)})


def _be_the_process(order: Json, orders: BinaryIO, answers: BinaryIO) -> None:
    """Never returns."""
    try:
        signal.alarm(LONGEST)
        _tell(answers, {"pid": os.getpid()})
        orders.readline()
        _tell(answers, Invocation(order).result())
        orders.readline()
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _tell(answers: BinaryIO, told: Json) -> None:
    answers.write(json.dumps(told).encode() + b"\n")
    answers.flush()


def _warm_up() -> None:
    """Makes what is slow to make, and prepares the log for processes that end without a word."""
    parse_properties({"ServiceTimeout": "1"}, PLACE)  # Compiles the schema.
    configs = {
        "comprehend": comprehend.CLIENT_CONFIG,
        "cloudformation": cloudformation.CLIENT_CONFIG,
        "stepfunctions": step_functions.CLIENT_CONFIG,
    }
    patient = Config(connect_timeout=PATIENCE, read_timeout=PATIENCE)
    make: Any = boto3.client
    clients = {
        service: make(service, region_name=PLACE.region, config=config.merge(patient))
        for service, config in configs.items()
    }
    # Each process has copies of these, and the connections that it makes by them. The SDK's own
    # function has a type for each service's name.
    boto3.client = lambda service, **_: clients[service]  # type: ignore[assignment]
    delivery.SOCKET_TIMEOUT = PATIENCE
    for stream in (sys.stdout, sys.stderr):
        # Typed as any text stream; the real ones can be set.
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    logging.basicConfig(level=logging.DEBUG, stream=sys.stdout)
    # So that looking for garbage does not copy all that there is.
    gc.freeze()


if __name__ == "__main__":
    main()
