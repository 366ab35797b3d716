"""The result of a step, compared with what was expected."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from local.demo.seen import Endpoint, Look, configuration
from local.demo.steps import Fate, Step


@dataclass(frozen=True)
class Result:
    """A step as it went."""

    step: Step
    before: str | None
    """The ARN of the endpoint of the stack's resource before; None if there was none."""
    look: Look
    """The last one."""
    seconds: float
    """Until CloudFormation was done."""

    @property
    def after(self) -> str | None:
        """The ARN of the endpoint of the stack's resource after it."""
        return self.look.arn

    @property
    def live(self) -> Endpoint | None:
        """That endpoint."""
        return next((each for each in self.look.endpoints if each.arn == self.after), None)

    @property
    def fate(self) -> Fate:
        if self.before is None:
            return Fate.NEVER if self.after is None else Fate.NEW
        if self.after is None:
            return Fate.GONE
        return Fate.KEPT if self.before == self.after else Fate.REPLACED

    @property
    def reads(self) -> int:
        """Calls of Comprehend that only read."""
        return sum(call.reads for call in self.look.calls)

    @property
    def changes(self) -> Mapping[str, int]:
        """Calls of Comprehend that change something, by name, including refused ones."""
        return Counter(call.operation for call in self.look.calls if not call.reads)

    @property
    def problems(self) -> list[str]:
        """A sentence for each expectation that was not met."""
        return list(_problems(self))


@dataclass(frozen=True)
class Outcome:
    """How far the demo came."""

    results: tuple[Result, ...]
    left: tuple[Endpoint, ...]
    """The endpoints that exist at the end."""

    @property
    def good(self) -> bool:
        return not self.left and not any(result.problems for result in self.results)


def calls_in_words(calls: Mapping[str, int]) -> str:
    """Names and counts, such as `CreateEndpoint, 2 x UpdateEndpoint`."""
    words = (f"{count} x {name}" if count > 1 else name for name, count in sorted(calls.items()))
    return ", ".join(words) or "none"


def names(endpoints: tuple[Endpoint, ...]) -> str:
    return ", ".join(f"{each.name} ({each.status})" for each in endpoints)


def _problems(result: Result) -> Iterator[str]:
    expected, look, live = result.step.expected, result.look, result.live
    if not look.done:
        yield (
            f"The step did not come to an end: the stack is in {look.status}, and the provider is "
            f"{'still' if look.working else 'not'} at work."
        )
    if look.status != expected.status:
        yield f"The stack is in {look.status}; expected: {expected.status}."
    if result.fate is not expected.fate:
        yield (
            f"The stack's endpoint was {result.before or 'none'} and is {result.after or 'none'}; "
            f"expected: {expected.fate.value}."
        )
    if dict(result.changes) != dict(expected.changes):
        yield (
            f"The provider made the changing calls {calls_in_words(result.changes)}; "
            f"expected: {calls_in_words(expected.changes)}."
        )
    if len(look.endpoints) != expected.endpoints:
        there = names(look.endpoints) or "none"
        yield f"The endpoints there are: {there}; expected: {expected.endpoints} of them."
    if expected.live:
        wanted = configuration(expected.live.version, expected.live.units)
        name = expected.live.name or (live.name if live else "one with a generated name")
        found = live and (live.name, live.status, live.serves, live.wanted)
        if found != (name, "IN_SERVICE", wanted, wanted):
            there = f"{live.name}, {live.state}" if live else "none"
            yield f"The stack's endpoint is {there}; expected: {name}, IN_SERVICE, {wanted}."
    if not any(expected.reason in event.reason for event in look.events):
        yield f"No reason in the stack's events says: {expected.reason}"
