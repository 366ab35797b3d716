"""What happened to one stack, as DescribeStackEvents tells it."""

from collections.abc import Callable
from datetime import UTC, datetime

from provider.model.stack import StackEvent


class StackEvents:
    """The events of a stack and of its resources (E31). A stack without any is not known."""

    def __init__(self, name: str, stack_id: str, clock: Callable[[], float]) -> None:
        self.name = name
        self.id = stack_id
        self.root_id: str | None = None
        """The outermost stack's id, if this one is nested."""
        self.events: list[StackEvent] = []
        """The oldest first."""
        self._clock = clock

    @property
    def status(self) -> str:
        """What the stack's own newest event says; empty before the first one."""
        own = (each.status for each in reversed(self.events) if each.physical_id == self.id)
        return next(own, "")

    @status.setter
    def status(self, status: str) -> None:
        self.record(self.name, status, self.id)

    def record(self, logical_id: str, status: str, physical_id: str = "") -> None:
        """Adds an event of now."""
        at = datetime.fromtimestamp(self._clock(), UTC)
        self.events.append(StackEvent(logical_id, physical_id, status, at))

    def has_sent(self, logical_id: str) -> bool:
        """Whether a resource got a Create or Update since the stack came to its status."""
        for event in reversed(self.events):
            if event.physical_id == self.id:
                break
            if event.logical_id == logical_id and not event.status.startswith("DELETE"):
                return True
        return False
