"""Plays Lambda: runs the three functions' real handlers on copies of their events."""

import contextlib
import dataclasses
import functools
import io
import json
import logging
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import boto3

from local.asl import TaskError
from local.comprehend import ManualClock
from provider.aws.delivery import deliver
from provider.contract.event import Reply, Request
from provider.handlers import fallback, request, step
from provider.model.stack import StackEvent, StackRecord, StackView
from provider.reconcile.services import Executions, Services
from provider.telemetry import SERVICE, Telemetry

REQUEST, STEP, FALLBACK = "request", "step", "fallback"

Intercept = Callable[[str, Any], None]


class Stacks:
    """What CloudFormation's read calls say: of the stacks in `views`, by id, else `every`.

    Of a stack that is not in `records`, CloudFormation knows nothing.
    """

    def __init__(self) -> None:
        self.every = StackView()
        self.views: dict[str, StackView] = {}
        self.records: dict[str, StackRecord] = {}
        self.happened: dict[str, list[StackEvent]] = {}
        """The stacks' events, the oldest first."""

    def view(self, reply: Reply) -> StackView:
        return self.views.get(reply.stack_id, self.every)

    def stack(self, stack_id: str) -> StackRecord | None:
        return self.records.get(stack_id)

    def events(self, stack_id: str) -> Iterator[StackEvent]:
        return reversed(self.happened.get(stack_id, []))


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


class Functions:
    """The three functions, by the names above.

    `before` and `after` are told of each invocation, with the function's name and its event or
    its result. What they raise ends it: before it did anything, or after it did everything.
    """

    def __init__(self, clock: ManualClock, stacks: Stacks, executions: Executions) -> None:
        self.log = io.StringIO()
        """What the functions printed."""
        self.before: Intercept = lambda name, event: None
        self.after: Intercept = lambda name, result: None
        self._clock = clock
        self._stacks = stacks
        self._executions = executions
        self._invocations = 0
        # Making a client takes longer than most calls: one of each kind serves all invocations.
        self._client = functools.cache(boto3.client)

    def invoke(self, name: str, event: Any) -> Any:
        """Gives the handler's result as JSON has it.

        Raises TaskError as Step Functions tells of a function's error: its class and message.
        """
        self._invocations += 1
        context = Context(name, f"00000000-0000-0000-0000-{self._invocations:012}")
        try:
            self.before(name, event)
            with self._as_in_lambda():
                result = json.loads(json.dumps(self._handle(name, _copy(event), context)))
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
        if name == REQUEST:
            return request.handler(
                event,
                context,
                lambda *_: self._stacks,
                lambda _: self._executions,
                self._clock,
            )
        if name == STEP:
            return step.handler(event, context, self._connect)
        return fallback.handler(event, context, lambda _: self._executions)

    def _connect(self, request: Request, log: Telemetry) -> Services:
        real = step.connect(request, log)
        return dataclasses.replace(
            real,
            cloudformation=self._stacks,
            now=self._clock,
            sleep=self._clock.advance,
        )

    @contextlib.contextmanager
    def _as_in_lambda(self) -> Iterator[None]:
        """What is printed goes to the log, and a pause moves the clock instead of taking time."""
        try:
            with (
                contextlib.redirect_stdout(self.log),
                mock.patch.object(boto3, "client", self._client),
                mock.patch.object(time, "sleep", self._clock.advance),
                # Its default was bound when it was defined.
                mock.patch.dict(deliver.__kwdefaults__, pause=self._clock.advance),
            ):
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
