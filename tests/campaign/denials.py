"""Faults of Step Functions and CloudFormation: nothing is started, nothing can be read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from provider.model.api_errors import ApiError
from testing.interception import HISTORY, READ, RUNNING, START, Interception, Site
from testing.world import World
from tests.campaign.expected import Expected
from tests.campaign.faults import error_reply

READS = (READ, HISTORY, RUNNING)
"""The calls that read what others do."""


@dataclass(frozen=True)
class NotStarted:
    """StartExecution fails with an error, so many times in a row."""

    code: str
    times: int
    after: bool = False
    """It was started all the same."""
    patient = False

    def interception(self) -> Interception:
        return _NotStarting(self)

    def expected(self) -> Expected:
        return Expected(success=self.times < 3)

    def __str__(self) -> str:
        return f"{self.code}{' after the effect' if self.after else ''} {self.times} times"


class _NotStarting(Interception):
    def __init__(self, fault: NotStarted) -> None:
        self._fault = fault
        self._seen = 0

    def call(self, world: World, site: Site, carry_out: Callable[[], Any]) -> Any:
        if site.name != START:
            return carry_out()
        self._seen += 1
        if self._seen <= self._fault.times:
            if self._fault.after:
                carry_out()
            raise ApiError(START, self._fault.code, "")
        return carry_out()


@dataclass(frozen=True)
class Unreadable:
    """A stack or the executions that run cannot be read: at one read (from 1) or from one on."""

    first: int
    always: bool
    patient = False

    def interception(self) -> Interception:
        return _NotReading(self)

    def expected(self) -> Expected:
        # What is denied proves nothing: a Delete fails then, and a way back from a replacement.
        return Expected(success=not self.always, unproven=self.always)

    def __str__(self) -> str:
        return f"{'from' if self.always else 'at'} read {self.first}"


class _NotReading(Interception):
    def __init__(self, fault: Unreadable) -> None:
        self._fault = fault
        self._seen = 0

    def call(self, world: World, site: Site, carry_out: Callable[[], Any]) -> Any:
        if site.name not in READS:
            return carry_out()
        self._seen += 1
        first, always = self._fault.first, self._fault.always
        if self._seen != first and not (always and self._seen > first):
            return carry_out()
        # Once, it is throttled, which is waited out; for good, it is not allowed.
        raise ApiError(site.name, "AccessDenied" if always else "Throttling", "Injected.", 400)


@dataclass(frozen=True)
class NotYetGranted:
    """A call is denied for so many seconds after its endpoint was made, or last tagged: what is
    allowed depends on tags, which the service may know late.
    """

    operation: str
    seconds: float
    patient = False

    def interception(self) -> Interception:
        return _NotGranting(self)

    def expected(self) -> Expected:
        return Expected(success=True)

    def __str__(self) -> str:
        return f"{self.operation} for {self.seconds:g} seconds"


class _NotGranting(Interception):
    def __init__(self, fault: NotYetGranted) -> None:
        self._fault = fault
        self._tagged: dict[str, float] = {}

    def call(self, world: World, site: Site, carry_out: Callable[[], Any]) -> Any:
        arn = str(site.parameters.get("EndpointArn", site.parameters.get("ResourceArn")))
        if site.name == self._fault.operation:
            made = world.endpoints().get(arn, {}).get("CreationTime", 0.0)
            since = max(made, self._tagged.get(arn, 0.0))
            if world.clock() - since < self._fault.seconds:
                return error_reply("AccessDeniedException", "No identity-based policy allows it.")
        reply = carry_out()
        if site.name == "TagResource" and reply.status == 200:
            self._tagged[arn] = world.clock()
        return reply
