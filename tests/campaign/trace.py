"""Writes down what a request does, so that a campaign knows what there is to hit."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from testing.interception import Interception, Site
from testing.world import World


@dataclass
class Trace(Interception):
    """Writes down what a request is about, and what it does."""

    about: tuple[str, ...] = ()
    """RequestType, the form of the physical id that it carries, and the stack's status."""
    invocations: list[tuple[str, list[str]]] = field(default_factory=list)
    """Each with the function and the names of the calls."""

    def invocation(
        self, world: World, function: str, event: Any, carry_out: Callable[[Any], Any]
    ) -> Any:
        if not self.invocations:
            request = world.requests[world.running]
            held = str(request.event.get("PhysicalResourceId", "")).partition(":")[0]
            self.about = (request.kind, held, world.subject.status)
        self.invocations.append((function, []))
        return carry_out(event)

    def call(self, world: World, site: Site, carry_out: Callable[[], Any]) -> Any:
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
