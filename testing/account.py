"""One AWS account: the provider's functions, state machines and queue, and whom they call."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.comprehend import ManualClock
from testing.asl import Execution, Json, Machine, TaskError
from testing.comprehend import Comprehend
from testing.functions import FALLBACK, REQUEST, STEP, Functions, Outside
from testing.interception import (
    RUNNING,
    START,
    AroundCall,
    AroundInvocation,
    Site,
    call_through,
    invoke_through,
)
from testing.mailbox import Mailbox
from testing.stacks import Stacks

MACHINES = Path(__file__).parent.parent / "statemachine"
QUEUE, EXECUTION_HISTORY = "queue", "history"
ASYNC_PAUSES = (0, 60, 120)
"""Seconds before each of the tries that Lambda makes of an asynchronous invocation."""

Steps = Iterator[float]
"""Something under way: an item for each step, the time in seconds until the next one is due."""

_EXECUTION_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
_EXECUTION = "arn:aws:states:us-east-1:000000000000:execution:provider:"


@dataclass
class Operation:
    """What one delivery of an event set off, until nothing of it is left to do."""

    event: Any
    clock: ManualClock
    executions: list[Execution] = field(default_factory=list)
    """What was started for it: the operation's, and the fallback's."""
    steps: int = 0
    _courses: list[tuple[float, Steps]] = field(default_factory=list)

    @property
    def done(self) -> bool:
        return not self._courses

    @property
    def due(self) -> float:
        """The time of the next step; of an operation that is done, never."""
        return min((due for due, _ in self._courses), default=float("inf"))

    def step(self) -> None:
        """Makes the next step, once the clock has come to it."""
        number = min(range(len(self._courses)), key=lambda each: self._courses[each][0])
        due, course = self._courses.pop(number)
        self.clock.advance(max(0.0, due - self.clock()))
        self.steps += 1
        pause = next(course, None)
        if pause is not None:
            self._courses.insert(number, (self.clock() + pause, course))

    def begin(self, course: Steps) -> None:
        """Has a course of its own go on beside the others."""
        self._courses.append((self.clock(), course))


class Account:
    """One account: Lambda, Step Functions, the queue, Comprehend, CloudFormation's two ends.

    `settings` are the emulator's; `around` gets between the functions and all that they call,
    `invocation` between Lambda and the functions. `functions.before` is told of messages to the
    QUEUE and of reads of the EXECUTION_HISTORY too: a TaskError that it raises is how they fail.
    """

    def __init__(
        self,
        settings: Mapping[str, Any] | None = None,
        *,
        clock: ManualClock | None = None,
        around: AroundCall = call_through,
        invocation: AroundInvocation = invoke_through,
        retry_quota: int | None = None,
    ) -> None:
        self.clock = clock or ManualClock()
        self.comprehend = Comprehend(settings or {}, self.clock, around, retry_quota=retry_quota)
        self.mailbox = Mailbox(self.clock, around)
        self.stacks = Stacks(self.clock, around)
        self.functions = self._functions(invocation)
        self._around = around
        self.executions: dict[str, Execution] = {}
        """All that were started, by name: a name is taken until `forget`."""
        self._started = 0
        """How many were started."""
        self.queue: list[Any] = []
        """The messages in the queue for what cannot be delivered."""
        self._operation: Operation | None = None
        names = {
            "Partition": "aws",
            "StepFunctionArn": STEP,
            "FallbackFunctionArn": FALLBACK,
            "UndeliverableQueueUrl": QUEUE,
        }
        self._machine = Machine.read(MACHINES / "provider.asl.json", names)
        self._fallback_machine = Machine.read(MACHINES / "fallback.asl.json", names)
        self._tasks = {
            "lambda:invoke": self._invoke,
            "sqs:sendMessage": self._send_message,
            "aws-sdk:sfn:getExecutionHistory": self._history,
        }

    def _functions(self, invocation: AroundInvocation) -> Functions:
        return Functions(self._outside(), invocation)

    def _outside(self) -> Outside:
        return Outside(
            self.clock, self.stacks, self, self.comprehend.make_client, self.mailbox.connection
        )

    def send(self, event: Any) -> Operation:
        """Delivers an event to the request function; it runs with the operation's first step."""
        operation = Operation(event, self.clock)
        operation.begin(self._asynchronous(REQUEST, event, operation))
        return operation

    def resume(self, state: Json) -> Operation:
        """Goes on from an operation's state, as an execution does between two steps."""
        operation = Operation(state, self.clock)
        self._start(self._machine, f"resumed-{self._started}", state, operation)
        return operation

    def run(self, *operations: Operation) -> None:
        """Makes all steps of all operations, the earliest first."""
        while not all(operation.done for operation in operations):
            min(operations, key=lambda each: each.due).step()

    def advance(self, operation: Operation) -> None:
        """Makes one step of an operation, also from inside a step of another one."""
        outer = self._operation
        try:
            operation.step()
        finally:
            self._operation = outer

    def start(self, name: str, state: Mapping[str, Any]) -> bool:
        """StartExecution, for the function that is running. Raises ValueError for a bad name."""
        started: bool = self._around(Site(START), lambda: self.begin(name, state))
        return started

    def begin(self, name: str, state: Mapping[str, Any]) -> bool:
        """What StartExecution does, whoever gets between."""
        if not _EXECUTION_NAME.fullmatch(name):
            raise ValueError(f"no name for an execution: {name}")
        data = json.loads(json.dumps(state))
        there = self.executions.get(name)
        if there is not None:
            # The same input while it runs is answered like the first time.
            return there.status == "RUNNING" and there.input == data
        if self._operation is None:
            raise RuntimeError("no operation is under way")
        self._start(self._machine, name, data, self._operation)
        return True

    def running(self) -> Mapping[str, float]:
        """ListExecutions: those of the provider's machine that run, with their starts."""
        found: Mapping[str, float] = self._around(Site(RUNNING), self.listed)
        return found

    def listed(self) -> dict[str, float]:
        """What ListExecutions shows, whoever gets between; it is as stale as reads of stacks."""
        then = self.clock() - self.stacks.stale()
        # Two never start in the same moment, though a function takes no time here.
        return {
            each.name: each.started + number / 1000
            for number, each in enumerate(self.executions.values())
            if each.machine is self._machine and each.was_running(then)
        }

    def forget(self, name: str) -> None:
        """Makes a name free: 90 days have gone by since the execution's end, or the state machine
        was replaced.
        """
        if self.executions[name].status == "RUNNING":
            raise ValueError(f"it runs: {name}")
        del self.executions[name]

    def _start(self, machine: Machine, name: str, data: Json, operation: Operation) -> None:
        execution = Execution(machine, name, data, self._tasks, self.clock)
        self.executions[name] = execution
        self._started += 1
        operation.executions.append(execution)
        operation.begin(self._watched(execution, operation))

    def _watched(self, execution: Execution, operation: Operation) -> Steps:
        """An execution, and the rule in template.yaml for those that fail."""
        yield from execution.steps()
        if execution.status == "SUCCEEDED" or execution.machine is not self._machine:
            return
        detail = {
            "executionArn": _EXECUTION + execution.name,
            "name": execution.name,
            "status": execution.status,
            "input": json.dumps(execution.input),
        }
        name = f"fallback-{self._started}"
        self._start(self._fallback_machine, name, {"detail": detail}, operation)

    def _asynchronous(self, function: str, event: Any, operation: Operation) -> Steps:
        """An asynchronous invocation: three tries, then the destination for failures."""
        response: Any = None
        for pause in ASYNC_PAUSES:
            if pause:
                yield pause
            self._operation = operation
            try:
                self.functions.invoke(function, event)
                return
            except TaskError as error:
                response = json.loads(error.cause or "{}")
            finally:
                self._operation = None
        record = {
            "version": "1.0",
            "requestContext": {
                "functionArn": f"arn:aws:lambda:us-east-1:000000000000:function:{function}",
                "condition": "RetriesExhausted",
                "approximateInvokeCount": len(ASYNC_PAUSES),
            },
            "requestPayload": event,
            "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
            "responsePayload": response,
        }
        if function == REQUEST:
            yield from self._asynchronous(FALLBACK, record, operation)
        else:
            self.queue.append(record)

    def _invoke(self, parameters: Json) -> Json:
        result = self.functions.invoke(parameters["FunctionName"], parameters["Payload"])
        return {"ExecutedVersion": "$LATEST", "Payload": result, "StatusCode": 200}

    def _send_message(self, parameters: Json) -> Json:
        self.functions.before(QUEUE, parameters)
        self.queue.append(parameters["MessageBody"])
        return {"MessageId": f"message-{len(self.queue)}"}

    def _history(self, parameters: Json) -> Json:
        self.functions.before(EXECUTION_HISTORY, parameters)
        execution = self.executions[parameters["ExecutionArn"].removeprefix(_EXECUTION)]
        events = [
            {"StateExitedEventDetails": {"Name": name, "Output": json.dumps(output)}}
            for name, output in reversed(execution.outputs)
        ]
        return {"Events": events[: parameters["MaxResults"]]}
