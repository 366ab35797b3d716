"""Plays Lambda: runs the three functions' real handlers on copies of their events."""

import contextlib
import dataclasses
import functools
import io
import json
import logging
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from local.comprehend import ManualClock
from provider.aws import clients
from provider.aws.delivery import Connect, deliver
from provider.contract.event import Request
from provider.handlers import fallback, request, step
from provider.reconcile.services import CloudFormation, Executions, Services
from provider.telemetry import SERVICE, Telemetry
from testing.asl import TaskError
from testing.interception import AroundInvocation, ProcessGoneError, invoke_through

REQUEST, STEP, FALLBACK = "request", "step", "fallback"

Intercept = Callable[[str, Any], None]


@dataclasses.dataclass(frozen=True)
class Context:
    """The part of Lambda's context object that handlers read."""

    function_name: str
    aws_request_id: str
    function_version: str = "$LATEST"
    memory_limit_in_mb: int = 128

    @property
    def invoked_function_arn(self) -> str:
        return f"arn:aws:lambda:us-east-1:000000000000:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@dataclasses.dataclass(frozen=True)
class Outside:
    """What the functions find outside: AWS, the line to CloudFormation, the time."""

    clock: ManualClock
    cloudformation: CloudFormation
    executions: Executions
    make_client: clients.MakeClient
    connect: Connect


class Functions:
    """The three functions, by the names above.

    `before` and `after` are told of each invocation, with the function's name and its event or
    its result. What they raise ends it: before it did anything, or after it did everything.
    """

    def __init__(self, outside: Outside, around: AroundInvocation = invoke_through) -> None:
        self.log = io.StringIO()
        """What the functions printed."""
        self.before: Intercept = lambda name, event: None
        self.after: Intercept = lambda name, result: None
        self._outside = outside
        self._around = around
        self._invocations = 0
        self._deliver = functools.partial(
            deliver, pause=outside.clock.advance, connect=outside.connect
        )

    def invoke(self, name: str, event: Any) -> Any:
        """Gives the handler's result as JSON has it.

        Raises TaskError as Step Functions tells of a function's error: its class and message.
        """
        handlers = logging.getLogger(SERVICE).handlers
        formatters = [(handler, handler.formatter) for handler in handlers]
        try:
            return self._around(name, event, functools.partial(self._run, name))
        except ProcessGoneError as gone:
            raise TaskError(gone.error, json.dumps({"errorType": gone.error})) from gone
        finally:
            # An invocation inside another one, which on AWS runs in a process of its own.
            for handler, formatter in formatters:
                handler.setFormatter(formatter)

    def _run(self, name: str, event: Any) -> Any:
        self._invocations += 1
        context = Context(name, f"00000000-0000-0000-0000-{self._invocations:012}")
        try:
            self.before(name, event)
            with self._printing():
                result = _copy(self._handle(name, _copy(event), context))
            self.after(name, result)
        except TaskError:
            raise
        except Exception as error:
            cause = {
                "errorMessage": str(error),
                "errorType": type(error).__name__,
                "stackTrace": traceback.format_tb(error.__traceback__),
            }
            raise TaskError(type(error).__name__, json.dumps(cause)) from error
        return result

    def _handle(self, name: str, event: Any, context: Context) -> Any:
        outside = self._outside
        if name == REQUEST:
            return request.handler(
                event,
                context,
                lambda _: outside.executions,
                outside.clock,
                self._deliver,
            )
        if name == STEP:
            return step.handler(event, context, self._services)
        return fallback.handler(
            event, context, lambda _: outside.executions, outside.clock, self._deliver
        )

    def _services(self, request: Request, log: Telemetry) -> Services:
        outside, clock = self._outside, self._outside.clock
        real = step.connect(
            request,
            log,
            outside.make_client,
            clock,
            clock.advance,
            self._deliver,
            lambda *_: outside.executions,
        )
        return dataclasses.replace(real, cloudformation=outside.cloudformation)

    @contextlib.contextmanager
    def _printing(self) -> Iterator[None]:
        """What is printed goes to the log."""
        try:
            with contextlib.redirect_stdout(self.log):
                _redirect_logger()
                yield
        finally:
            _redirect_logger()


def _redirect_logger() -> None:
    """Has the provider's log go to what is standard output now, not when its handler was made."""
    for handler in logging.getLogger(SERVICE).handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.stream = sys.stdout


def _copy(event: Any) -> Any:
    return json.loads(json.dumps(event))
