"""One account with endpoints of several owners in it, and what an event does to it."""

import contextlib
import io
import json
import logging
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self
from unittest import mock
from urllib.parse import urlsplit

from local.asl import TaskError
from local.comprehend import Admin, ComprehendEmulator, ManualClock
from local.functions import Functions
from local.receiver import Put, Receiver
from local.runner import Runner, environment
from provider.model.stack import StackView
from tests.functional.emulated import classifier, recognizer
from tests.functional.provider.cloudformation import (
    CHANGES,
    LOGICAL_ID_TAG,
    REQUEST_TAG,
    STACK_TAG,
    TOKEN,
    stack_id,
)

Json = dict[str, Any]

OURS = stack_id("shop")
"""The stack whose events are sent."""
LOGICAL_ID = "Sentiment"
THEIRS = stack_id("bank")
"""Another team's stack."""

_SERVICE: Json = {"create_seconds": 3, "update_seconds": 3, "delete_seconds": 3}


def owned_by(stack: str, logical_id: str) -> dict[str, str]:
    return {STACK_TAG: stack, LOGICAL_ID_TAG: logical_id, REQUEST_TAG: "an-earlier-one"}


OWNERS = {
    "mine": owned_by(OURS, LOGICAL_ID),
    "sibling": owned_by(OURS, "Other"),
    "theirs": owned_by(THEIRS, LOGICAL_ID),
    "partly": {STACK_TAG: OURS},
    "nobodys": {},
}
"""The endpoints that are there, by name, with their tags: of each name one of either kind."""


@dataclass
class Seen:
    """What one event came to."""

    event: Any
    puts: list[Put]
    calls: list[Json]
    escaped: list[tuple[str, str]]
    """The functions that raised something, with its class."""
    queue: list[Any]
    log: str
    elsewhere: list[str]
    """The hosts that were called but for the receiver's."""
    before: list[Json]
    after: list[Json]

    @property
    def changes(self) -> list[Json]:
        return [call for call in self.calls if call["operation"] in CHANGES]

    @property
    def untouched(self) -> bool:
        """Whether every endpoint that does not belong to the event's resource is as it was."""
        owner = self.event if isinstance(self.event, dict) else {}
        marks = {STACK_TAG: owner.get("StackId"), LOGICAL_ID_TAG: owner.get("LogicalResourceId")}
        return all(
            each in self.after
            for each in self.before
            if any(each["Tags"].get(key) != value for key, value in marks.items())
        )


class _Watched(Functions):
    """Functions of which it is known what they raised."""

    escaped: list[tuple[str, str]]

    def invoke(self, name: str, event: Any) -> Any:
        try:
            return super().invoke(name, event)
        except TaskError as error:
            self.escaped.append((name, error.error))
            raise


@dataclass
class World:
    """The account. An event is sent to it as it stands, whatever earlier ones did is undone."""

    runner: Runner
    receiver: Receiver
    admin: Admin
    functions: _Watched
    elsewhere: list[str] = field(default_factory=list)
    endpoints: list[Json] = field(default_factory=list)
    """What is there, as last seen."""
    _settled: list[Json] | None = None
    """What is there at first."""

    @classmethod
    @contextlib.contextmanager
    def started(cls) -> Iterator[Self]:
        clock = ManualClock()
        with ComprehendEmulator(clock=clock, **_SERVICE) as emulator, Receiver() as receiver:
            runner = Runner(clock)
            functions = _Watched(clock, runner.stacks, runner)
            runner.functions = functions
            world = cls(runner, receiver, emulator.admin, functions)
            with environment(emulator, receiver), world._alone(emulator):
                os.environ["POWERTOOLS_LOG_LEVEL"] = "DEBUG"
                yield world

    @contextlib.contextmanager
    def _listening(self) -> Iterator[io.StringIO]:
        """Takes all that anything logs, at any level, and alone: tens of thousands of events are
        too much for pytest to keep.
        """
        root, log = logging.getLogger(), io.StringIO()
        handlers, level = root.handlers[:], root.level
        root.handlers[:] = [logging.StreamHandler(log)]
        root.setLevel(logging.DEBUG)
        try:
            yield log
        finally:
            root.handlers[:] = handlers
            root.setLevel(level)

    @contextlib.contextmanager
    def _alone(self, emulator: ComprehendEmulator) -> Iterator[None]:
        """Lets nobody out: what is called but for emulator and receiver is noted and refused."""
        connect = socket.create_connection
        known = {urlsplit(emulator.url).port, urlsplit(self.receiver.url()).port}

        def guarded(address: tuple[str, int], *arguments: Any, **options: Any) -> socket.socket:
            if address[0] != "127.0.0.1" or address[1] not in known:
                # What cannot be a name is refused as the real function does.
                str(address[0]).encode("idna")
                self.elsewhere.append(str(address[0]))
                raise ConnectionRefusedError("the tests call nobody else")
            return connect(address, *arguments, **options)

        with mock.patch.object(socket, "create_connection", guarded):
            yield

    @contextlib.contextmanager
    def failing(self, function: str) -> Iterator[None]:
        """Has a function fail before it does anything."""

        def fail(name: str, _: Any) -> None:
            if name == function:
                raise TaskError("Runtime.ExitError")

        self.functions.before, usual = fail, self.functions.before
        try:
            yield
        finally:
            self.functions.before = usual

    def event(self, kind: str, properties: Any, **others: Any) -> Json:
        """An event of our stack's, well-formed but for what is given."""
        event: Json = {
            "RequestType": kind,
            "ServiceToken": TOKEN,
            "ResponseURL": self.receiver.url(),
            "StackId": OURS,
            "RequestId": "aaaaaaaa-bbbb-cccc-dddd-000000000001",
            "LogicalResourceId": LOGICAL_ID,
            "ResourceType": "Custom::ComprehendEndpoint",
            "ResourceProperties": properties,
        }
        return event | others

    def send(self, event: Any, view: StackView | None = None) -> Seen:
        """Sends an event and waits until all that it set off is over."""
        self._begin()
        self.runner.stacks.every = view or StackView()
        before = self.endpoints
        with self._listening() as log:
            operation = self.runner.send(json.loads(json.dumps(event)))
            steps = 0
            while not operation.done:
                operation.step()
                steps += 1
                assert steps < 1000, "the operation does not end"
        self.endpoints = self.admin.endpoints()
        return Seen(
            event,
            list(self.receiver.puts),
            self.admin.calls(),
            list(self.functions.escaped),
            list(self.runner.queue),
            self.functions.log.getvalue() + log.getvalue(),
            list(self.elsewhere),
            before,
            self.endpoints,
        )

    def _begin(self) -> None:
        self.functions.log.seek(0)
        self.functions.log.truncate()
        self.functions.escaped = []
        self.runner.executions.clear()
        self.runner.queue.clear()
        self.elsewhere.clear()
        self.receiver.reset()
        if self._settled is None or self.endpoints != self._settled:
            self.admin.reset()
            for name, tags in OWNERS.items():
                for model in (classifier(), recognizer()):
                    self.admin.put_endpoint(name, model, tags=tags)
            self.endpoints = self._settled = self.admin.endpoints()
        else:
            self.admin.reset_calls()
