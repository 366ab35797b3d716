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

import encodings.idna  # noqa: F401 - Looking a host up imports it, which is slow in each process.
import gc
import http.client
import json
import logging
import os
import signal
import sys
import traceback
from collections.abc import Mapping
from functools import cache, partial
from typing import Any, BinaryIO

from botocore.config import Config

from provider.aws import clients, cloudformation, comprehend, delivery, step_functions
from provider.aws.step_functions import connect_executions
from provider.contract.event import Place, Request
from provider.contract.validation import parse_properties
from provider.handlers import fallback, request, step
from provider.reconcile.services import Services
from provider.telemetry import Telemetry
from testing.functions import REQUEST, STEP, Context

LONGEST = 120
"""Seconds after which a process ends by itself: far more than an invocation takes."""

PATIENCE = 60.0
"""Seconds that a call may take, and a PUT: nothing is slow here but a busy machine."""

CONFIGS = {
    "comprehend": comprehend.CLIENT_CONFIG,
    "cloudformation": cloudformation.CLIENT_CONFIG,
    "stepfunctions": step_functions.CLIENT_CONFIG,
}

PLACE = Place("aws", "us-east-1", "000000000000", "demo")
"""Of all stacks; see testing/arns.py."""

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
        # All is real but the time, which stands still while a function is at work.
        if self._name == REQUEST:
            return request.handler(
                self._event,
                self._context,
                partial(connect_executions, make_client=_client),
                self._time,
                _deliver,
            )
        if self._name == STEP:
            return step.handler(self._event, self._context, self._connect)
        executions = partial(fallback.connect_executions, make_client=_client)
        return fallback.handler(self._event, self._context, executions, self._time, _deliver)

    def _time(self) -> float:
        return float(self._now)

    def _connect(self, request: Request, log: Telemetry) -> Services:
        return step.connect(request, log, _client, self._time, lambda _: None, _deliver)


@cache
def _client(service: str, *_: object, **__: object) -> Any:
    """A client that is made once: each process has a copy, and connections of its own."""
    config = CONFIGS[service].merge(Config(connect_timeout=PATIENCE, read_timeout=PATIENCE))
    return clients.client(service, PLACE.region, config)


def _connection(host: str, port: int | None) -> http.client.HTTPSConnection:
    connection = delivery.connect_by_https(host, port)
    connection.timeout = PATIENCE
    return connection


def _deliver(url: str, body: Mapping[str, Any]) -> None:
    delivery.deliver(url, body, connect=_connection)


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
    for service in CONFIGS:
        _client(service)
    for stream in (sys.stdout, sys.stderr):
        # Typed as any text stream; the real ones can be set.
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    logging.basicConfig(level=logging.DEBUG, stream=sys.stdout)
    # So that looking for garbage does not copy all that there is.
    gc.freeze()


if __name__ == "__main__":
    main()
