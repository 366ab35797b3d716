"""Consumers' stacks: one endpoint each, by the provider that their ServiceToken names."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from bench.errors import BenchError
from bench.peers import CONSUMER, Peer
from bench.stage import Stage
from testing.arns import classifier, endpoint_arn

MODEL = classifier("reviews/version/v1")
BROKEN_MODEL = classifier("broken/version/v1")
RESOURCE = "Endpoint"
"""The endpoint's logical id in the template."""

T = TypeVar("T")


class LateError(BenchError):
    """Something that was measured did not come in time."""


def wait_for(
    what: str, condition: Callable[[], T | None], seconds: float, pause: float = 0.05
) -> T:
    """Waits until a condition gives something; what it gives. Raises LateError."""
    end = time.monotonic() + seconds
    paused = threading.Event()
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise LateError(f"{what} did not come within {seconds:g} s")
        paused.wait(pause)


@dataclass(frozen=True)
class Consumer:
    """A stack; the endpoint in it has its name."""

    stage: Stage
    peer: Peer
    name: str

    @property
    def arn(self) -> str:
        return endpoint_arn(self.name)

    def create(self, seconds: float) -> None:
        """Starts to create the stack; its endpoint takes so many seconds to get ready."""
        self.stage.aws.comprehend.admin.plan_creation(self.name, seconds)
        self._ask(self.stage.cloudformation.create_stack, {})

    def update(self, **changes: object) -> None:
        """Starts to update the stack."""
        self._ask(self.stage.cloudformation.update_stack, changes)

    def _ask(self, call: Callable[..., Any], changes: Mapping[str, object]) -> None:
        given = {"Token": self.peer.token, "Name": self.name, "Model": MODEL, **changes}
        call(
            StackName=self.name,
            TemplateBody=CONSUMER,
            Parameters=[
                {"ParameterKey": key, "ParameterValue": str(value)} for key, value in given.items()
            ],
        )

    def status(self) -> str:
        """The stack's status; empty while an operation is on its way."""
        (found,) = self.stage.cloudformation.describe_stacks(StackName=self.name)["Stacks"]
        status = str(found["StackStatus"])
        is_over = not status.endswith("_IN_PROGRESS") or "CLEANUP" in status
        return status if is_over else ""

    def finish(self, seconds: float, pause: float = 0.05) -> str:
        """Waits until the stack is at rest; its status. Raises LateError."""
        return wait_for(f"the end of the operation on {self.name}", self.status, seconds, pause)

    def events(self) -> list[Any]:
        """The stack's events, the oldest first; times are in milliseconds."""
        pages = self.stage.cloudformation.get_paginator("describe_stack_events").paginate(
            StackName=self.name
        )
        return [event for page in pages for event in page["StackEvents"]][::-1]

    def answered(self) -> float:
        """When the answer to the creation had arrived: the time of the resource's event."""
        (found,) = [
            event["Timestamp"].timestamp()
            for event in self.events()
            if event["LogicalResourceId"] == RESOURCE
            and event["ResourceStatus"] == "CREATE_COMPLETE"
        ]
        return float(found)

    def ready(self) -> float:
        """When the endpoint got ready, by the emulator's clock."""
        found = self.stage.aws.comprehend.admin.endpoint(self.arn)
        if found is None or found["Status"] != "IN_SERVICE":
            raise LateError(f"{self.name} is not in service")
        return float(found["StatusSince"])
