"""What came of many creations in flight at once."""

from collections.abc import Mapping
from dataclasses import dataclass

from local.load.play import THROTTLED


@dataclass(frozen=True)
class Flight:
    """What came of so many creations at once. Seconds are virtual, from the events on."""

    peer: str
    size: int
    seconds: tuple[float, ...]
    """When each answer to a Create came, in order."""
    seconds_of_successes: tuple[float, ...]
    """The same of the successes."""
    failures: Mapping[str, int]
    """The reasons of the Creates that failed, to how many failed by each."""
    undeleted: int
    """Of what failed: how many of CloudFormation's Deletes failed as well."""
    lost: int
    """Operations that were never answered, the Deletes among them."""
    leaked: int
    """Endpoints that are there in the end, though no stack has got them by a success."""
    calls: Mapping[tuple[str, str], int]
    """The calls that Comprehend got, by operation and outcome."""
    invocations: int
    """Of all functions together."""
    most_at_once: int
    """The most invocations that were under way at the same time: they take no time but what the SDK
    pauses, so these are the ones that wait to try again.
    """
    most_events: int
    """Events of the longest history that an execution of Step Functions had; 0 without any."""
    largest_state: int
    """The most bytes that a state's input or output had in the end."""

    @property
    def succeeded(self) -> int:
        return len(self.seconds_of_successes)

    @property
    def failed(self) -> int:
        return sum(self.failures.values())

    @property
    def called(self) -> int:
        return sum(self.calls.values())

    @property
    def refused(self) -> int:
        """Calls that were too many for Comprehend."""
        return sum(count for (_, outcome), count in self.calls.items() if outcome == THROTTLED)
