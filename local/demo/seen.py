"""An observation of the embedded AWS at one moment, and what changed between two of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Endpoint:
    """An endpoint as the emulator has it."""

    arn: str
    status: str
    serves: str
    """The model's version and the units that serve now, such as `v1, 2 units`."""
    wanted: str
    """What was asked of Comprehend, in such words."""
    since: float
    """When the status began, in seconds since 1970."""

    @property
    def name(self) -> str:
        return name_of(self.arn)

    @property
    def state(self) -> str:
        """How it is, in words."""
        if self.status == "CREATING":
            return f"{self.status}, to serve {self.wanted}"
        becomes = f", to become {self.wanted}" if self.wanted != self.serves else ""
        return f"{self.status}, {self.serves}{becomes}"


@dataclass(frozen=True)
class Event:
    """An event of a stack."""

    at: float
    """Seconds since 1970."""
    subject: str
    """The logical id, or the stack's name for the stack itself."""
    status: str
    reason: str = ""


@dataclass(frozen=True)
class Call:
    """A call of Comprehend's API by the provider."""

    at: float
    """Seconds since 1970."""
    operation: str
    subject: str
    """The endpoint's name."""
    outcome: str
    """`ok`, or the error's code."""

    @property
    def reads(self) -> bool:
        """Whether the call only reads."""
        return self.operation.startswith(("Describe", "List"))


@dataclass(frozen=True)
class Look:
    """Everything at one moment; events and calls are those since the step began."""

    at: float
    """Seconds since 1970."""
    stack: str
    """Its name."""
    status: str
    """The stack's."""
    arn: str | None
    """The endpoint of the stack's resource, by its physical id."""
    working: bool
    """Whether an execution of the provider's state machine runs."""
    endpoints: tuple[Endpoint, ...] = ()
    events: tuple[Event, ...] = ()
    calls: tuple[Call, ...] = ()

    @property
    def ended_at(self) -> float | None:
        """When CloudFormation was done, in seconds since 1970; None while it has not."""
        if self.status.endswith("IN_PROGRESS"):
            return None
        # Without such an event the status is still that of the step before.
        own = (each for each in self.events if each.subject == self.stack)
        return next((each.at for each in own if each.status == self.status), None)

    @property
    def done(self) -> bool:
        """Whether CloudFormation and the provider are done."""
        return self.ended_at is not None and not self.working


class Source(StrEnum):
    """Who did what a line tells."""

    STACK = "CloudFormation"
    PROVIDER = "Provider"
    SERVICE = "Comprehend"


@dataclass(frozen=True)
class Line:
    """Something that happened in a step."""

    at: float
    """Seconds since 1970."""
    source: Source
    subject: str
    said: str
    detail: str = ""


def configuration(version: str, units: int) -> str:
    return f"{version}, {units} unit{'' if units == 1 else 's'}"


def name_of(arn: str) -> str:
    """The endpoint's name: the part of the ARN after its last slash."""
    return arn.rpartition("/")[2]


def lines_between(before: Look, after: Look) -> list[Line]:
    """What happened from one observation to the next, in order of time."""
    lines = [*_events(before, after), *_calls(before, after), *_changes(before, after)]
    return sorted(lines, key=lambda line: line.at)


def _events(before: Look, after: Look) -> Iterable[Line]:
    for event in after.events[len(before.events) :]:
        # Every operation begins with "User Initiated": that is no reason for anything.
        reason = "" if event.reason == "User Initiated" else event.reason
        yield Line(event.at, Source.STACK, event.subject, event.status, reason)


def _calls(before: Look, after: Look) -> Iterable[Line]:
    for call in after.calls[len(before.calls) :]:
        if not call.reads:
            refusal = "" if call.outcome == "ok" else f"refused: {call.outcome}"
            yield Line(call.at, Source.PROVIDER, call.subject, call.operation, refusal)


def _changes(before: Look, after: Look) -> Iterable[Line]:
    """What happened to the endpoints."""
    then = {endpoint.arn: endpoint for endpoint in before.endpoints}
    now = {endpoint.arn: endpoint for endpoint in after.endpoints}
    for arn, endpoint in now.items():
        if arn not in then or then[arn].status != endpoint.status:
            # The emulator records milliseconds. A time before the previous observation is not the
            # time of this change.
            at = endpoint.since if before.at < endpoint.since <= after.at else after.at
            serves = endpoint.serves if endpoint.status == "IN_SERVICE" else ""
            yield Line(at, Source.SERVICE, endpoint.name, endpoint.status, serves)
    for arn in then.keys() - now.keys():
        yield Line(after.at, Source.SERVICE, name_of(arn), "gone")
