"""The result of a step, compared with what was expected."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from local.demo.seen import Endpoint, Look
from local.demo.steps import Expected, Fate, Step


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
    def fate(self) -> Fate:
        return fate_of(self.before, self.after)

    @property
    def reads(self) -> int:
        """Calls of Comprehend that only read."""
        return sum(call.reads for call in self.look.calls)

    @property
    def changes(self) -> Mapping[str, int]:
        """Calls of Comprehend that change something, by name, including refused ones."""
        return Counter(call.operation for call in self.look.calls if not call.reads)


@dataclass(frozen=True)
class Outcome:
    """How far the demo came."""

    results: tuple[Result, ...]
    failures: tuple[str, ...]
    """Why the last result is not as expected; empty if all are."""
    left: tuple[Endpoint, ...]
    """The endpoints that exist at the end."""

    @property
    def good(self) -> bool:
        return not self.failures and not self.left


def fate_of(before: str | None, after: str | None) -> Fate:
    if before is None:
        return Fate.NEVER if after is None else Fate.NEW
    if after is None:
        return Fate.GONE
    return Fate.KEPT if before == after else Fate.REPLACED


def problems(result: Result) -> list[str]:
    """A sentence for each expectation that was not met."""
    expected, look = result.step.expected, result.look
    found = []
    if not look.done:
        found.append(
            f"The step did not come to an end: the stack is in {look.status}, and the provider is "
            f"{'still' if look.working else 'not'} at work."
        )
    if look.status != expected.status:
        found.append(f"The stack is in {look.status}; expected: {expected.status}.")
    if result.fate is not expected.fate:
        found.append(
            f"The stack's endpoint was {result.before or 'none'} and is {result.after or 'none'}; "
            f"expected: {expected.fate.value}."
        )
    if dict(result.changes) != dict(expected.changes):
        found.append(
            f"The provider made the changing calls {calls_in_words(result.changes)}; "
            f"expected: {calls_in_words(expected.changes)}."
        )
    if len(look.endpoints) != expected.endpoints:
        names = ", ".join(f"{each.name} ({each.status})" for each in look.endpoints) or "none"
        found.append(f"The endpoints there are: {names}; expected: {expected.endpoints} of them.")
    found += _settings(expected, result.after, look.endpoints)
    if expected.reason and not any(expected.reason in event.reason for event in look.events):
        found.append(f"No reason in the stack's events says: {expected.reason}")
    return found


def _settings(expected: Expected, arn: str | None, endpoints: tuple[Endpoint, ...]) -> list[str]:
    """What is wrong with the endpoint of the stack's resource."""
    if expected.live is None:
        return []
    live = next((each for each in endpoints if each.arn == arn), None)
    if live is None:
        return [f"Comprehend has no endpoint {arn}."]
    wanted = expected.live
    good = Endpoint(
        arn=live.arn,
        status="IN_SERVICE",
        version=wanted.version,
        units=wanted.units,
        wanted_version=wanted.version,
        wanted_units=wanted.units,
        modified=live.modified,
    )
    name = wanted.name or live.name
    if live == good and live.name == name:
        return []
    return [
        f"The endpoint {live.name} is {live.status} with {live.serves} (asked of Comprehend: "
        f"{live.wanted}); expected: {name} in IN_SERVICE with {good.serves}."
    ]


def calls_in_words(calls: Mapping[str, int]) -> str:
    """Names and counts, such as `CreateEndpoint, 2 x UpdateEndpoint`."""
    words = (f"{count} x {name}" if count > 1 else name for name, count in sorted(calls.items()))
    return ", ".join(words) or "none"
