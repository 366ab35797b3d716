"""What can hit a request: a plain description, from which the interception is made."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from botocore.exceptions import ReadTimeoutError

from local.comprehend.errors import HTTP_STATUS
from local.comprehend.protocol import Reply
from provider.aws.comprehend import CLIENT_CONFIG
from testing.interception import Interception, Site
from testing.world import World
from tests.campaign.expected import Expected

# botocore sets its Config's attributes by name: its types do not have them.
READ_TIMEOUT: float = CLIENT_CONFIG.read_timeout  # type: ignore[attr-defined]
"""Seconds after which the SDK gives a call up."""


class Fault(Protocol):
    """A fault; its text names it in the case's id."""

    @property
    def patient(self) -> bool:
        """Whether CloudFormation waits for the end of the clean-up before it goes on."""

    def interception(self) -> Interception:
        """A new one for each run."""

    def expected(self) -> Expected:
        """What must hold all the same."""


FOR_EVER = 1_000_000
"""Tries."""


class Times(StrEnum):
    """Which tries of a call are hit; the SDK makes two of each call that fails in passing."""

    FIRST = "first"
    SECOND = "second"
    TWICE = "first two"
    ALWAYS = "always"

    def strikes(self, number: int) -> bool:
        """Whether the try with this number, from 1, is one of them."""
        return {
            Times.FIRST: number == 1,
            Times.SECOND: number == 2,
            Times.TWICE: number <= 2,
            Times.ALWAYS: True,
        }[self]


@dataclass(frozen=True)
class Nothing:
    """All is well."""

    patient = False

    def interception(self) -> Interception:
        return Interception()

    def expected(self) -> Expected:
        return Expected(success=True)

    def __str__(self) -> str:
        return "nothing"


PASSING = frozenset(
    {
        "ConcurrentModificationException",
        "InternalServerException",
        "ResourceInUseException",
        "ResourceUnavailableException",
        "ServiceUnavailable",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""What docs/troubleshooting.md and the design say is waited out."""
_GONE = "ResourceNotFoundException"
_LOOKS = ("DescribeEndpoint", "ListTagsForResource")


@dataclass(frozen=True)
class ApiError:
    """Comprehend answers with an error, and does nothing."""

    operation: str
    code: str
    times: Times
    message: str = "Injected."
    patient = False

    def interception(self) -> Interception:
        return Counted(self.operation, self.times, self._answer)

    def _answer(self, world: World, carry_out: Callable[[], Any]) -> Reply:
        return error_reply(self.code, self.message)

    def expected(self) -> Expected:
        return Expected(
            success=self.code in PASSING and self.times is not Times.ALWAYS,
            believed=self.code == _GONE and self.operation in _LOOKS,
        )

    def __str__(self) -> str:
        return f"{self.operation} {self.code} {self.times}"


@dataclass(frozen=True)
class Burst:
    """All of Comprehend is throttled, for so many tries, from a call on (from 1)."""

    first: int
    tries: int
    patient = False

    def interception(self) -> Interception:
        return _Throttling(self)

    def expected(self) -> Expected:
        return Expected(success=True)

    def __str__(self) -> str:
        return f"{self.tries} from call {self.first}"


class How(StrEnum):
    """What becomes of a call's answer."""

    DROPPED_BEFORE = "dropped before the effect"
    DROPPED_AFTER = "dropped after the effect"
    MALFORMED = "malformed"
    EMPTY = "empty"
    SLOW_BEFORE = "too slow, without the effect"
    SLOW_AFTER = "too slow, with the effect"
    SLOW = "slow, but in time"


@dataclass(frozen=True)
class LostAnswer:
    """The answer of a call to Comprehend does not come, is no answer, or is late."""

    operation: str
    how: How
    times: Times
    patient = False

    def interception(self) -> Interception:
        return Counted(self.operation, self.times, self._answer)

    def _answer(self, world: World, carry_out: Callable[[], Reply]) -> Reply:
        if self.how is How.DROPPED_BEFORE:
            return Reply(0, dropped=True)
        if self.how in (How.SLOW_BEFORE, How.SLOW_AFTER):
            if self.how is How.SLOW_AFTER:
                carry_out()
            world.clock.advance(READ_TIMEOUT)
            raise ReadTimeoutError(endpoint_url="https://comprehend.invalid")
        if self.how is How.SLOW:
            world.clock.advance(READ_TIMEOUT - 0.5)
            return carry_out()
        reply = carry_out()
        if self.how is How.DROPPED_AFTER or reply.status != 200:
            return Reply(0, dropped=True)
        body = b"" if self.how is How.EMPTY else b'{"EndpointArn": "arn:aws:compr'
        return Reply(reply.status, body, reply.headers)

    def expected(self) -> Expected:
        return Expected(success=self.times is not Times.ALWAYS or self.how is How.SLOW)

    def __str__(self) -> str:
        return f"{self.operation} {self.how} {self.times}"


@dataclass(frozen=True)
class Slowed:
    """What the request has Comprehend do takes so many seconds."""

    seconds: float
    patient = False

    def interception(self) -> Interception:
        return _Slowing(self.seconds)

    def expected(self) -> Expected:
        return Expected()

    def __str__(self) -> str:
        return f"{self.seconds:.0f} seconds"


class Counted(Interception):
    """Treats some tries of one call otherwise."""

    def __init__(
        self,
        name: str,
        times: Times,
        treat: Callable[[World, Callable[[], Any]], Any],
        most: int = FOR_EVER,
    ) -> None:
        self._name = name
        self._times = times
        self._treat = treat
        self._most = most
        self._seen = 0

    def call(self, world: World, site: Site, carry_out: Callable[[], Any]) -> Any:
        if site.name != self._name:
            return carry_out()
        self._seen += 1
        if self._seen <= self._most and self._times.strikes(self._seen):
            return self._treat(world, carry_out)
        return carry_out()


class _Throttling(Interception):
    def __init__(self, burst: Burst) -> None:
        self._burst = burst
        self._seen = 0

    def call(self, world: World, site: Site, carry_out: Callable[[], Any]) -> Any:
        if not site.is_comprehend:
            return carry_out()
        self._seen += 1
        if self._burst.first <= self._seen < self._burst.first + self._burst.tries:
            return error_reply("ThrottlingException", "Rate exceeded")
        return carry_out()


class _Slowing(Interception):
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def call(self, world: World, site: Site, carry_out: Callable[[], Any]) -> Any:
        present = world.admin.settings()
        names = ("create_seconds", "update_seconds", "delete_seconds")
        world.admin.change_settings(dict.fromkeys(names, self._seconds))
        try:
            return carry_out()
        finally:
            world.admin.change_settings({name: present[name] for name in names})


def error_reply(code: str, message: str) -> Reply:
    """An error of Comprehend's, as it is on the wire."""
    body = f'{{"__type": "{code}", "Message": "{message}"}}'.encode()
    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-errortype": code}
    return Reply(HTTP_STATUS.get(code, 400), body, headers)
