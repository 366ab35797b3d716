"""What an operation needs from outside: AWS, a log, the time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from provider.contract.properties import Settings
from provider.model.endpoint import Endpoint
from provider.model.installation import Installation
from provider.model.naming import Kind
from provider.model.stack import StackEvent, StackRecord
from provider.telemetry import Telemetry


class Comprehend(Protocol):
    """What an operation asks of Amazon Comprehend. Every method may raise ApiError."""

    def find(self, arn: str) -> Endpoint | None:
        """Describe an endpoint, without its tags; None if there is none."""

    def tags(self, arn: str) -> dict[str, str] | None:
        """Read an endpoint's tags; None if there is no endpoint."""

    def flywheel_kind(self, flywheel_arn: str) -> Kind | None:
        """Ask what kind of model a flywheel trains; None if the service does not say."""

    def create(self, name: str, settings: Settings, token: str, tags: Mapping[str, str]) -> str:
        """Create an endpoint and give its ARN."""

    def update(self, arn: str, settings: Settings) -> None:
        """Change an endpoint's settings."""

    def delete(self, arn: str) -> None:
        """Delete an endpoint."""

    def tag(self, arn: str, tags: Mapping[str, str]) -> None:
        """Set tags."""

    def untag(self, arn: str, keys: Iterable[str]) -> None:
        """Remove tags."""


class CloudFormation(Protocol):
    """What an operation asks of CloudFormation."""

    def stack(self, stack_id: str) -> StackRecord | None:
        """Describe a stack, also a deleted one; None if there is none. May raise ApiError."""

    def events(self, stack_id: str) -> Iterator[StackEvent]:
        """Give the events of a stack and its resources, the newest first. May raise ApiError.

        There are none of a stack that CloudFormation has no record of.
        """


class Executions(Protocol):
    """What the functions ask of Step Functions. Every method may raise ApiError."""

    def start(self, name: str, state: Mapping[str, Any]) -> bool:
        """Start an execution; False if one of this name was started before."""

    def running(self) -> Mapping[str, float]:
        """Give the executions that run: names, and when they started (seconds since the epoch)."""


@dataclass(frozen=True, slots=True)
class Services:
    """The gateways of one invocation.

    Args:
        now: gives seconds since the epoch.
        sleep: waits for some seconds.
        deliver: sends a response to a URL, or raises DeliveryError.
        installation: the installation's parameters.
    """

    comprehend: Comprehend
    cloudformation: CloudFormation
    executions: Executions
    log: Telemetry
    now: Callable[[], float]
    sleep: Callable[[float], object]
    deliver: Callable[[str, Mapping[str, Any]], None]
    installation: Installation = field(default_factory=Installation)
