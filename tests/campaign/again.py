"""A deployment that is rolled back, and tried again before reads of CloudFormation show that."""

from collections.abc import Iterator
from dataclasses import dataclass

from testing.cloudformation import Carried, Course
from testing.interception import Interception
from testing.world import World
from tests.campaign.expected import Expected
from tests.campaign.invariants import Watch
from tests.campaign.scenario import LOGICAL_ID, Scenario


@dataclass(frozen=True)
class Again:
    """A sibling fails so many seconds after an update began (None: when it is through), and so many
    seconds after the rollback the same update comes again.
    """

    fails_after: float | None
    gap: float
    carried: Carried
    patient = False

    def interception(self) -> Interception:
        return Interception()

    def expected(self) -> Expected:
        return Expected(completes=True)

    def courses(self, watch: Watch, scenario: Scenario, number: int) -> Iterator[Course]:
        """The two updates, and what fails the first."""
        yield self._updates(watch.world, scenario)
        if self.fails_after is not None:
            yield _cancellation(watch.world, self.fails_after)

    def _updates(self, world: World, scenario: Scenario) -> Course:
        stack, after = world.subject, scenario.after
        assert after is not None
        template = {LOGICAL_ID: after}
        fails = self.fails_after is None
        yield from stack.update(template, sibling_fails=fails, carried=self.carried)
        yield world.pause(self.gap)
        yield from stack.update(template)

    def __str__(self) -> str:
        when = "at the end" if self.fails_after is None else f"after {self.fails_after:g} seconds"
        return f"fails {when}, with {self.carried}, again after {self.gap:g} seconds"


def _cancellation(world: World, after: float) -> Course:
    yield world.pause(after)
    if world.subject.status == "UPDATE_IN_PROGRESS":
        world.subject.cancel()
