"""Where the campaign can get between the provider and the world, for one request at a time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.runner import Operation

if TYPE_CHECKING:
    from tests.campaign.world import World

PUT, START, READ, HISTORY = "PUT", "StartExecution", "DescribeStacks", "DescribeStackEvents"
"""The calls that go to others than Comprehend: the answer, Step Functions, CloudFormation, of which
a Delete also reads what happened to a stack.
"""


FUNCTION_TIMEOUT = 180
"""Seconds that an invocation may take; template.yaml, Globals."""


class ProcessGoneError(BaseException):
    """The function's process ends here, whatever the code would do about an Exception."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


@dataclass(frozen=True)
class Site:
    """One try of one call: PUT, START, READ, HISTORY, or an operation of Comprehend."""

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_comprehend(self) -> bool:
        return self.name not in (PUT, START, READ, HISTORY)


class Interception:
    """Lets everything through; what hits a request is a subclass.

    Only the invocations for the one request that is the world's target, and the calls that they
    make, come through here.
    """

    def step(self, world: "World", operation: Operation) -> None:
        """Told before each step of all that the request set off: invocations, waits, choices."""

    def queued(self, world: "World") -> None:
        """Told before each message about the request goes to the queue; may raise TaskError."""

    def invocation(
        self, world: "World", function: str, event: Any, carry_out: Callable[[Any], Any]
    ) -> Any:
        """Around each invocation of a function; gives the function's result.

        May raise TaskError, Lambda's word to Step Functions, or ProcessGoneError.
        """
        return carry_out(event)

    def call(self, world: "World", site: Site, carry_out: Callable[[], Any]) -> Any:
        """Around each try of a call; gives what `carry_out` does, or raises.

        Of Comprehend that is a Reply, or botocore's HTTPClientError. Of the PUT it is the status,
        or an OSError. Of StartExecution a bool, or a ClientError; of the reads a StackView; of the
        history events, or a provider's ApiError.
        """
        return carry_out()


@dataclass
class Trace(Interception):
    """Writes down what a request is about, and what it does."""

    about: tuple[str, ...] = ()
    """RequestType, the form of the physical id that it carries, and the stack's status."""
    invocations: list[tuple[str, list[str]]] = field(default_factory=list)
    """Each with the function and the names of the calls."""

    def invocation(
        self, world: "World", function: str, event: Any, carry_out: Callable[[Any], Any]
    ) -> Any:
        if not self.invocations:
            request = world.requests[world.running]
            held = str(request.event.get("PhysicalResourceId", "")).partition(":")[0]
            self.about = (request.kind, held, world.subject.status)
        self.invocations.append((function, []))
        return carry_out(event)

    def call(self, world: "World", site: Site, carry_out: Callable[[], Any]) -> Any:
        self.invocations[-1][1].append(site.name)
        return carry_out()

    @property
    def calls(self) -> list[str]:
        """All calls, in order."""
        return [call for _, calls in self.invocations for call in calls]

    @property
    def service_calls(self) -> list[str]:
        """Those to Comprehend."""
        return [call for call in self.calls if Site(call).is_comprehend]

    @property
    def operations(self) -> list[str]:
        """The operations of Comprehend among them, each once."""
        return sorted(set(self.service_calls))

    def distinct(self) -> list[tuple[int, str, list[str]]]:
        """The invocations with their numbers, without those that only repeat the one before: a
        step that goes on waiting.
        """
        found: list[tuple[int, str, list[str]]] = []
        for number, (function, calls) in enumerate(self.invocations):
            if not found or (function, calls) != self.invocations[number - 1]:
                found.append((number, function, calls))
        return found
