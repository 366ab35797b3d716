"""Stand-ins for what an operation talks to: they do as they are told and remember it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from provider.aws.delivery import deliver
from provider.contract.event import Request
from provider.contract.properties import Settings
from provider.model.api_errors import ApiError
from provider.model.endpoint import Endpoint, Status
from provider.model.installation import Installation
from provider.model.naming import Kind
from provider.model.stack import StackEvent, StackRecord
from provider.reconcile.receipt import Receipt
from provider.reconcile.services import Services
from provider.reconcile.state import State
from provider.telemetry import Telemetry
from tests.unit import given


@dataclass
class FakeComprehend:
    """One endpoint, or none. What is begun stays under way until the test says otherwise."""

    live: Endpoint | None = None
    fails: dict[str, ApiError] = field(default_factory=dict)
    """The error that an operation answers with, by its name in the API."""
    fails_after: Callable[[], None] = lambda: None
    """What happens meanwhile, whenever an operation fails."""
    calls: list[str] = field(default_factory=list)

    def _called(self, operation: str) -> None:
        self.calls.append(operation)
        if operation in self.fails:
            self.fails_after()
            raise self.fails[operation]

    def find(self, arn: str) -> Endpoint | None:
        self._called("DescribeEndpoint")
        return self.live if self.live is not None and self.live.arn == arn else None

    def tags(self, arn: str) -> dict[str, str] | None:
        self._called("ListTagsForResource")
        return None if self.live is None or self.live.arn != arn else dict(self.live.tags)

    def flywheel_kind(self, flywheel_arn: str) -> Kind | None:
        self._called("DescribeFlywheel")
        return Kind.CLASSIFIER

    def create(self, name: str, settings: Settings, token: str, tags: Mapping[str, str]) -> str:
        self._called("CreateEndpoint")
        arn = given.ARN.replace("reviews", name)
        began = Clock().now
        self.live = Endpoint(arn, Status.CREATING, settings, created=began, tags=dict(tags))
        return arn

    def update(self, arn: str, settings: Settings) -> None:
        self._called("UpdateEndpoint")
        self._becomes(Status.UPDATING)

    def delete(self, arn: str) -> None:
        self._called("DeleteEndpoint")
        self._becomes(Status.DELETING)

    def tag(self, arn: str, tags: Mapping[str, str]) -> None:
        self._called("TagResource")

    def untag(self, arn: str, keys: Iterable[str]) -> None:
        self._called("UntagResource")

    def _becomes(self, status: Status) -> None:
        assert self.live is not None
        self.live = replace(self.live, status=status)


@dataclass
class FakeCloudFormation:
    """A CloudFormation that knows one stack and its events, the newest first, or none."""

    record: StackRecord | None = None
    happened: list[StackEvent] = field(default_factory=list)
    fails: ApiError | None = None
    asked: list[str] = field(default_factory=list)
    """The stacks of which the record or the events were read."""

    def stack(self, stack_id: str) -> StackRecord | None:
        self._asked(stack_id)
        return self.record

    def events(self, stack_id: str) -> Iterator[StackEvent]:
        self._asked(stack_id)
        yield from self.happened

    def _asked(self, stack_id: str) -> None:
        self.asked.append(stack_id)
        if self.fails is not None:
            raise self.fails


@dataclass
class FakeExecutions:
    """The executions that run, and the states of those that were started."""

    starts: dict[str, float] = field(default_factory=dict)
    started: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    fails: ApiError | None = None

    def start(self, name: str, state: Mapping[str, Any]) -> bool:
        if self.fails is not None:
            raise self.fails
        return self.started.setdefault(name, state) is state

    def running(self) -> Mapping[str, float]:
        if self.fails is not None:
            raise self.fails
        return self.starts


@dataclass
class Clock:
    """A time that passes only when it is told to."""

    now: float = 1_700_000_000.0
    slept: float = 0.0
    """Seconds that a function has waited instead of the state machine."""

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds


@dataclass
class Delivered:
    """What was sent, and to where; ``error`` refuses it."""

    error: Exception | None = None
    bodies: list[dict[str, Any]] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)

    def __call__(self, url: str, body: Mapping[str, Any]) -> None:
        self.urls.append(url)
        self.bodies.append(dict(body))
        if self.error is not None:
            raise self.error


def services(
    comprehend: FakeComprehend,
    cloudformation: FakeCloudFormation | None = None,
    clock: Clock | None = None,
    delivered: Delivered | None = None,
    installation: Installation | None = None,
    executions: FakeExecutions | None = None,
) -> Services:
    """What an operation talks to, all of it played."""
    clock = clock or Clock()
    return Services(
        comprehend=comprehend,
        cloudformation=cloudformation or FakeCloudFormation(),
        executions=executions or FakeExecutions(),
        log=Telemetry(given.reply(), "Test"),
        now=clock,
        sleep=clock.sleep,
        deliver=delivered or deliver,
        installation=installation or Installation(),
    )


def received(event: Mapping[str, Any], request: Request, services: Services) -> State:
    """The state with which an operation's execution starts."""
    receipt = Receipt(event, request, services.now(), services.installation)
    return {"Create": receipt.create, "Update": receipt.update, "Delete": receipt.delete}[
        request.operation
    ]()
