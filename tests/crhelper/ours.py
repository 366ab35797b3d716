"""The project itself as a subject: the real handlers and state machines, in virtual time."""

import dataclasses
import functools
import json
import os
from typing import Any
from unittest import mock

from local.asl import TaskError
from local.functions import REQUEST, Functions
from local.polling import error
from local.runner import Operation, Runner
from local.stock_crhelper import ProcessGoneError
from provider.contract.event import Request
from provider.handlers import request, step
from provider.reconcile.services import Services
from provider.telemetry import Telemetry
from tests.crhelper.subject import FUNCTION_TIMEOUT, Subject, World
from tests.functional.provider.cloudformation import Json


class Ours(Subject):
    """What this repository deploys."""

    def __init__(self, around: World) -> None:
        super().__init__(around)
        self._runner = Runner(self.clock)
        self._runner.functions = _Functions(self, self._runner)
        self.aws.services["stepfunctions"] = _StateMachines(self._runner)
        self._operations: list[Operation] = []
        environment = {"STATE_MACHINE_ARN": "provider", "POWERTOOLS_LOG_LEVEL": "DEBUG"}
        self._environment = mock.patch.dict(os.environ, environment)

    def __enter__(self) -> "Ours":
        super().__enter__()
        self._open.enter_context(self._environment)
        return self

    def deliver(self, event: Any) -> None:
        self._operations.append(self._runner.send(event))

    def due(self) -> float:
        return min((each.due for each in self._operations), default=float("inf"))

    def play(self) -> None:
        min(self._operations, key=lambda each: each.due).step()

    def new_process(self) -> None:
        """Nothing outlives an invocation but what is compiled or cached of constants."""

    def pollers(self) -> int:
        running = [each for each in self._runner.executions.values() if each.status == "RUNNING"]
        return len(running) + len(self.aws.events.rules)

    def kept(self) -> list[Any]:
        return [each["answer"] for each in self._runner.queue]


class _Functions(Functions):
    """Lambda, with an end to an invocation's time, and a process that may exit."""

    def __init__(self, subject: Subject, runner: Runner) -> None:
        super().__init__(subject.clock, runner.stacks, runner)
        self.log = subject.log
        self._client = functools.cache(subject.aws.client)
        self._subject = subject
        self._ends = 0.0
        """When the time of the invocation that runs is over."""
        subject.aws.spend = self._spend

    def invoke(self, name: str, event: Any) -> Any:
        began = self._clock()
        self._ends = began + FUNCTION_TIMEOUT
        try:
            result = super().invoke(name, event)
        except SystemExit as gone:
            raise TaskError("Runtime.ExitError", "{}") from gone
        except ProcessGoneError as gone:
            self._subject.ran_out_of_time += 1
            raise TaskError("Sandbox.Timedout", "{}") from gone
        finally:
            self._subject.busy += self._clock() - began
        return result

    def _spend(self, seconds: float) -> None:
        left = self._ends - self._clock()
        self._clock.advance(max(0.0, min(seconds, left)))
        if seconds >= left:
            raise ProcessGoneError

    def _handle(self, name: str, event: Any, context: Any) -> Any:
        if name == REQUEST:
            return request.handler(event, context, now=self._clock)
        return super()._handle(name, event, context)

    def _connect(self, request: Request, log: Telemetry) -> Services:
        return dataclasses.replace(step.connect(request, log), now=self._clock)


class _StateMachines:
    """Step Functions, as far as the request function calls it."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def start_execution(self, stateMachineArn: str, name: str, input: str) -> Json:
        if not self._runner.start(name, json.loads(input)):
            raise error("StartExecution", "ExecutionAlreadyExists")
        return {"executionArn": f"{stateMachineArn}:{name}"}
