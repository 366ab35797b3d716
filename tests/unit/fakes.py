"""Stand-ins for what an operation talks to: they do as they are told and remember it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from provider.aws.delivery import deliver
from provider.contract.event import Reply, Request
from provider.contract.properties import Settings
from provider.model.api_errors import ApiError
from provider.model.endpoint import Endpoint, Status
from provider.model.installation import Installation
from provider.model.naming import Kind
from provider.model.stack import StackEvent, StackRecord, StackView
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
        self.live = Endpoint(arn, Status.CREATING, settings, tags=dict(tags))
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
    """A CloudFormation that gives the views it is given, the last one for ever; and that knows a
    stack and its events, the newest first.
    """

    views: list[StackView] = field(default_factory=lambda: [StackView()])
    record: StackRecord | None = None
    happened: list[StackEvent] = field(default_factory=list)
    fails: ApiError | None = None
    """What a read of the stack fails with; a view never fails."""
    asked: list[str] = field(default_factory=list)
    """The stacks of which the record or the events were read."""

    def view(self, reply: Reply) -> StackView:
        return self.views.pop(0) if len(self.views) > 1 else self.views[0]

    def stack(self, stack_id: str) -> StackRecord | None:
        self.asked.append(stack_id)
        if self.fails is not None:
            raise self.fails
        return self.record

    def events(self, stack_id: str) -> Iterator[StackEvent]:
        self.asked.append(stack_id)
        yield from self.happened


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
) -> Services:
    """What an operation talks to, all of it played."""
    clock = clock or Clock()
    return Services(
        comprehend=comprehend,
        cloudformation=cloudformation or FakeCloudFormation(),
        log=Telemetry(given.reply(), "Test"),
        now=clock,
        sleep=clock.sleep,
        deliver=delivered or deliver,
        installation=installation or Installation(),
    )


def received(event: Mapping[str, Any], request: Request, services: Services) -> State:
    """The state with which an operation's execution starts."""
    receipt = Receipt(
        event,
        request,
        services.now(),
        services.cloudformation,
        services.installation,
        services.log,
    )
    return {"Create": receipt.create, "Update": receipt.update, "Delete": receipt.delete}[
        request.operation
    ]()
