"""A fleet for tests that say themselves what happens in it, event by event."""

from collections.abc import Callable

from testing.cloudformation import Course, Stack
from tests.campaign.fleet import Due, Fleet
from tests.campaign.oversight import Oversight


class Stage:
    """A fleet with two stacks, and what must hold of it."""

    def __init__(self, **settings: str) -> None:
        self.fleet = Fleet(settings)
        self.oversight = Oversight(self.fleet)
        self.one, self.two = self.fleet.stack("one"), self.fleet.stack("two")

    def begin(self, stack: Stack, course: Course, due: Due | None = None) -> None:
        self.fleet.set_off(stack, course, due)

    def play(self, stack: Stack, course: Course, due: Due | None = None) -> None:
        self.begin(stack, course, due)
        self.fleet.settle()

    def until(self, over: Callable[[], bool]) -> None:
        while not over():
            assert self.fleet.tick()

    def called(self, operation: str) -> Callable[[], bool]:
        """Whether a call has been made since now."""
        since = len(self.fleet.admin.calls())
        return lambda: any(
            call["operation"] == operation for call in self.fleet.admin.calls(since=since)
        )

    def status(self, arn: str) -> str | None:
        """An endpoint's."""
        status = self.fleet.endpoints().get(arn, {}).get("Status")
        return None if status is None else str(status)

    def problems(self) -> list[str]:
        """What does not hold when nothing is left to do."""
        with self.fleet.listening():
            self.fleet.settle()
            self.oversight.check_at_rest()
        found, self.oversight.problems = self.oversight.problems, []
        return found
