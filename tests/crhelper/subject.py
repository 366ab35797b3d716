"""What the tests talk to: a custom resource, as CloudFormation and an operator see it."""

import contextlib
import http.client
import io
import logging
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Self
from unittest import mock

import boto3

from local.comprehend import Admin, ComprehendEmulator, ManualClock
from local.receiver import Receiver
from local.runner import environment
from tests.crhelper.aws import Aws
from tests.functional.emulated import REGION
from tests.functional.provider.cloudformation import (
    LOGICAL_ID_TAG,
    REQUEST_TAG,
    STACK_TAG,
    TOKEN,
    Json,
    stack_id,
)

FUNCTION_TIMEOUT = 180
"""Seconds that an invocation may take; template.yaml, Globals."""

HALF_AN_HOUR, HOUR = 1800, 3600
DURATIONS: Json = {"create_seconds": 4, "update_seconds": 6, "delete_seconds": 2}
"""Of the service's work; each look takes real time, and few of them are enough."""
STACK, LOGICAL_ID = stack_id("demo"), "Sentiment"
RESET, HANG = "reset", "hang"
"""How the line to CloudFormation can be out of order."""

SET_UP = ("events.put_rule", "stepfunctions.start_execution")
"""The calls by which an operation goes on beyond its first invocation: of either subject one."""
CLEAN_UP = ("events.remove_targets", "lambda.remove_permission", "events.delete_rule")
"""The calls by which that ends; an execution ends by itself."""

_LOGGERS = ("boto", "boto3", "botocore", "urllib3", "crhelper")


class BrokenError(AssertionError):
    """A behaviour does not hold. The text is the reason, the same whenever it is looked at."""


def holds(condition: object, reason: str) -> None:
    """Asserts what a number of docs/crhelper.md is about; anything else is asserted plainly.

    Raises:
        BrokenError: it does not hold, for this reason.
    """
    if not condition:
        raise BrokenError(reason)


@dataclass(frozen=True)
class World:
    """What all subjects share, one after the other: starting it takes time."""

    clock: ManualClock
    emulator: ComprehendEmulator
    receiver: Receiver
    session: boto3.Session


@contextlib.contextmanager
def world() -> Iterator[World]:
    """The emulator of Comprehend, and CloudFormation's end of the answers."""
    clock = ManualClock()
    with ComprehendEmulator(clock=clock, **DURATIONS) as emulator, Receiver() as receiver:
        yield World(clock, emulator, receiver, boto3.Session())


class Subject(ABC):
    """A custom resource in an account of its own, which is there while the context is open.

    Sent an event, it has nothing done yet: `pass_time` lets everything happen that is due. Time is
    virtual, for functions that sleep too.
    """

    def __init__(self, around: World) -> None:
        self.clock = around.clock
        self.admin: Admin = around.emulator.admin
        self.receiver = around.receiver
        self.aws = Aws(around.clock)
        self.log = io.StringIO()
        """What the functions printed and all libraries logged."""
        self.line: str | None = None
        """RESET or HANG, where the line to CloudFormation is out of order."""
        self.busy = 0.0
        """Seconds that functions ran."""
        self.ran_out_of_time = 0
        """How many invocations Lambda ended because their time was over."""
        self.physical_id: str | None = None
        self.properties: Json = {}
        self._around = around
        self._requests = 0
        self._open = contextlib.ExitStack()

    def __enter__(self) -> Self:
        self.admin.reset()
        self.receiver.reset()
        enter = self._open.enter_context
        enter(environment(self._around.emulator, self.receiver, self._around.session))
        enter(mock.patch.dict(os.environ, AWS_REGION=REGION, POWERTOOLS_METRICS_DISABLED="true"))
        enter(_root_log(self.log))
        request = _request(self)
        enter(mock.patch.object(http.client.HTTPSConnection, "request", request))
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    # How it is played.

    @abstractmethod
    def deliver(self, event: Any) -> None:
        """Has Lambda invoke the function with an event, asynchronously."""

    @abstractmethod
    def due(self) -> float:
        """The time at which something happens next by itself; never: infinity."""

    @abstractmethod
    def play(self) -> None:
        """Has that happen."""

    @abstractmethod
    def new_process(self) -> None:
        """Has Lambda begin the next invocation in a new process."""

    # What an operator sees of it.

    @abstractmethod
    def pollers(self) -> int:
        """How many rules, or executions, go on by themselves."""

    @abstractmethod
    def kept(self) -> list[Any]:
        """The answers that could not be delivered, and were kept."""

    # What CloudFormation does.

    def event(self, kind: str, new: Json, old: Json | None = None, **others: Any) -> Json:
        """An event as CloudFormation sends it; `others` are set as they are given."""
        self._requests += 1
        event: Json = {
            "RequestType": kind,
            "ServiceToken": TOKEN,
            "ResponseURL": self.receiver.url(),
            "StackId": STACK,
            "RequestId": f"aaaaaaaa-bbbb-cccc-dddd-{self._requests:012}",
            "LogicalResourceId": LOGICAL_ID,
            "ResourceType": "Custom::ComprehendEndpoint",
            "ResourceProperties": {"ServiceToken": TOKEN, **new},
        }
        if kind != "Create":
            event["PhysicalResourceId"] = self.physical_id
        if kind == "Update":
            event["OldResourceProperties"] = {"ServiceToken": TOKEN, **(old or self.properties)}
        return event | others

    def send(self, event: Json) -> Json:
        """Sends an event, and gives it back."""
        self.aws.stacks.statuses[STACK] = f"{event['RequestType'].upper()}_IN_PROGRESS"
        self.deliver(event)
        return event

    def pass_time(self, seconds: float) -> None:
        """Lets time pass, and everything happen that is due until then."""
        end = self.clock() + seconds
        while (due := self.due()) <= end:
            self.clock.advance(max(0.0, due - self.clock()))
            self.play()
        self.clock.advance(max(0.0, end - self.clock()))

    def answers(self, event: Json) -> list[Json]:
        """The answers that CloudFormation took for an event."""
        return self.receiver.answers(event["ResponseURL"])

    def run(self, event: Json, seconds: float = HALF_AN_HOUR) -> Json:
        """Sends an event, lets time pass, and gives the first answer, which must be there."""
        self.send_and_wait(event, seconds)
        answers = self.answers(event)
        assert answers, f"there is no answer to the {event['RequestType']}"
        return answers[0]

    def send_and_wait(self, event: Json, seconds: float = HALF_AN_HOUR) -> None:
        """Sends an event, and lets time pass."""
        self.send(event)
        self.pass_time(seconds)

    def create(self, properties: Json) -> Json:
        """A Create, of which the stack keeps the id, and the properties for the Delete."""
        answer = self.run(self.event("Create", properties))
        self.physical_id, self.properties = answer["PhysicalResourceId"], properties
        return answer

    def update(self, properties: Json) -> Json:
        """An Update. After a success with another id than before, the old one is deleted."""
        answer = self.run(self.event("Update", properties))
        if answer["Status"] == "SUCCESS":
            old, self.physical_id = self.physical_id, answer["PhysicalResourceId"]
            if self.physical_id != old:
                self.send_and_wait(
                    self.event("Delete", self.properties) | {"PhysicalResourceId": old}
                )
            self.properties = properties
        return answer

    def delete(self) -> Json:
        """The Delete with the stack, or after a failed Create."""
        return self.run(self.event("Delete", self.properties))

    def given(self, properties: Json) -> str:
        """Puts the endpoint there as an earlier Create has left it; gives its ARN, which is the
        physical id.
        """
        self.properties = properties
        self.physical_id = self.admin.put_endpoint(
            properties["EndpointName"],
            properties["ModelArn"],
            units=int(properties["DesiredInferenceUnits"]),
            tags={STACK_TAG: STACK, LOGICAL_ID_TAG: LOGICAL_ID, REQUEST_TAG: "an earlier request"},
        )
        return self.physical_id

    def statuses(self) -> dict[str, str]:
        """All endpoints there are: names to statuses."""
        return {each["EndpointName"]: each["Status"] for each in self.admin.endpoints()}


@contextlib.contextmanager
def _root_log(stream: io.StringIO) -> Iterator[None]:
    """Lambda's handler of the root logger; the loggers' levels are as in a new process."""
    root = logging.getLogger()
    loggers = [root, *map(logging.getLogger, _LOGGERS)]
    levels = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(logging.WARNING if each is root else logging.NOTSET)
    handler = logging.StreamHandler(stream)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        for each, level in zip(loggers, levels, strict=True):
            each.setLevel(level)


def _request(subject: Subject) -> Callable[..., None]:
    """Takes the place of HTTPSConnection's: where the line is out of order, in virtual time."""
    present = http.client.HTTPSConnection.request

    def request(connection: http.client.HTTPSConnection, *given: Any, **named: Any) -> None:
        if subject.line == RESET:
            raise ConnectionResetError
        if subject.line == HANG:
            # Where no timeout was set, a mark stands for it: such a socket waits for ever.
            timeout = connection.timeout
            subject.aws.spend(timeout if isinstance(timeout, int | float) else float("inf"))
            raise TimeoutError
        present(connection, *given, **named)

    return request
