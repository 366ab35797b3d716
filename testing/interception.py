"""Where something can get between the provider and the world, for one request at a time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from testing.account import Operation
    from testing.world import World

PUT = "PUT"
START, RUNNING = "StartExecution", "ListExecutions"
READ, HISTORY = "DescribeStacks", "DescribeStackEvents"
OTHERS = frozenset({PUT, START, RUNNING, READ, HISTORY})
"""The calls that go to others than Comprehend: the answer, Step Functions, CloudFormation."""

FUNCTION_TIMEOUT = 180
"""Seconds that an invocation may take; template.yaml, Globals."""


class ProcessGoneError(BaseException):
    """The function's process ends here, whatever the code would do about an Exception."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


@dataclass(frozen=True)
class Site:
    """One try of one call: one of OTHERS, or an operation of Comprehend."""

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_comprehend(self) -> bool:
        return self.name not in OTHERS


AroundCall = Callable[[Site, Callable[[], Any]], Any]
"""Gets between a call and what carries it out: `Interception.call` without the world."""

AroundInvocation = Callable[[str, Any, Callable[[Any], Any]], Any]
"""Gets between Lambda and a function: `Interception.invocation` without the world."""


def call_through(site: Site, carry_out: Callable[[], Any]) -> Any:
    """Carries a call out."""
    return carry_out()


def invoke_through(function: str, event: Any, carry_out: Callable[[Any], Any]) -> Any:
    """Invokes a function."""
    return carry_out(event)


class Interception:
    """Lets everything through; what hits a request is a subclass.

    Only the invocations for the request that it was set for (`World.intercept`), and the calls that
    they make, come through here.
    """

    def step(self, world: "World", operation: "Operation") -> None:
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
        or an OSError. Of StartExecution it is a bool, of ListExecutions names and their starts, of
        DescribeStacks a StackRecord or None, of DescribeStackEvents a list, the newest first; each
        of these may also raise the provider's ApiError.
        """
        return carry_out()
