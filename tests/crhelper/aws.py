"""The services that functions call, in memory and in virtual time; every client and call is noted.

Comprehend is the emulator behind a real client of the SDK. What crhelper polls with is played in
local/polling.py.
"""

from collections.abc import Callable
from typing import Any

import boto3
from botocore import xform_name

from local.comprehend import ManualClock
from local.polling import Events, Policy, error
from tests.functional.provider.cloudformation import Json


class Stacks:
    """CloudFormation's read calls: every stack is in the status of its last event."""

    def __init__(self) -> None:
        self.statuses: dict[str, str] = {}

    def describe_stacks(self, StackName: str) -> Json:
        return {"Stacks": [{"StackStatus": self.statuses[StackName]}]}

    def describe_stack_resource(
        self,
        StackName: str,
        LogicalResourceId: str,
    ) -> Json:
        detail = {
            "LogicalResourceId": LogicalResourceId,
            "ResourceStatus": self.statuses[StackName],
        }
        return {"StackResourceDetail": detail}


class Aws:
    """Makes the clients, and says what hits their calls.

    Calls are named `service.method`, as in boto3.
    """

    def __init__(self, clock: ManualClock) -> None:
        self._real_client: Callable[..., Any] = boto3.client
        self.events = Events(clock)
        self.policy = Policy()
        self.stacks = Stacks()
        self.services: dict[str, object] = {
            "events": self.events,
            "lambda": self.policy,
            "logs": object(),
            "cloudformation": self.stacks,
        }
        """What is played in memory."""
        self.built: list[str] = []
        """The services of the clients that were made, in order."""
        self.called: list[str] = []
        self.spend: Callable[[float], object] = clock.advance
        """Lets time pass inside a function."""
        self.refused: dict[str, str] = {}
        """Calls to error codes."""
        self.raising: dict[str, list[BaseException]] = {}
        """Calls to what the next of them raise inside the function."""
        self.hanging: dict[str, int] = {}
        """Calls to Comprehend, to how many of the next the client waits for an answer in vain."""
        self.cannot_connect = 0
        """How many of the next clients of Comprehend cannot be made."""

    def client(self, service: str, **options: Any) -> Any:
        """Takes the place of boto3.client."""
        self.built.append(service)
        if service in self.services:
            return _Client(self, service)
        if service != "comprehend":
            raise ValueError(f"{service} is not played here")
        if self.cannot_connect:
            self.cannot_connect -= 1
            raise OSError("the client cannot be made")
        client: Any = self._real_client("comprehend", **options)
        timeout = client.meta.config.read_timeout
        client.meta.events.register("before-call.comprehend", self._before_call)
        client.meta.events.register(
            "before-send.comprehend", lambda event_name, **_: self._before_send(event_name, timeout)
        )
        return client

    def begin(self, call: str) -> None:
        """Notes a call, and raises what hits it."""
        self.called.append(call)
        if self.raising.get(call):
            raise self.raising[call].pop(0)
        if call in self.refused:
            operation = call.partition(".")[2].title().replace("_", "")
            raise error(operation, self.refused[call])

    def _before_call(self, model: Any, **_: Any) -> None:
        self.begin(f"comprehend.{xform_name(model.name)}")

    def _before_send(self, event_name: str, timeout: float) -> None:
        call = f"comprehend.{xform_name(event_name.rpartition('.')[2])}"
        if self.hanging.get(call):
            self.hanging[call] -= 1
            self.spend(timeout)
            # The call goes out all the same; a fault of the emulator's takes its answer away.


class _Client:
    """A client of a service that is played in memory."""

    def __init__(self, aws: Aws, service: str) -> None:
        self._aws = aws
        self._service = service

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method: Callable[..., Any] = getattr(self._aws.services[self._service], name)

        def call(**parameters: Any) -> Any:
            self._aws.begin(f"{self._service}.{name}")
            return method(**parameters)

        return call
