"""What CloudFormation's read calls say."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from provider.model.stack import StackEvent, StackRecord
from testing.interception import HISTORY, READ, AroundCall, Site
from testing.stack_events import StackEvents


class Stacks:
    """Says of each stack what its events say. Nobody knows a stack that has none."""

    def __init__(self, clock: Callable[[], float], around: AroundCall) -> None:
        self.known: dict[str, StackEvents] = {}
        """The stacks, by id."""
        self.stale: Callable[[], float] = lambda: 0.0
        """E20: how many seconds old the view is that a read shows; asked for each read."""
        self._clock = clock
        self._around = around

    def says(self, stack_id: str, status: str) -> None:
        """A stack comes to a status now. The model need not have it."""
        if stack_id not in self.known:
            name = stack_id.split("/")[1]
            self.known[stack_id] = StackEvents(name, stack_id, self._clock)
        self.known[stack_id].status = status

    def stack(self, stack_id: str) -> StackRecord | None:
        """DescribeStacks."""
        found: StackRecord | None = self._around(Site(READ), lambda: self.described(stack_id))
        return found

    def events(self, stack_id: str) -> Iterator[StackEvent]:
        """DescribeStackEvents, the newest first. As on AWS, the call is the first item's."""
        yield from self._around(Site(HISTORY), lambda: self.happened(stack_id))

    def described(self, stack_id: str) -> StackRecord | None:
        """What a read shows of a stack, whoever gets between."""
        own = [each for each in self.happened(stack_id) if each.physical_id == stack_id]
        if not own:
            return None
        deleted = own[0].at if own[0].status == "DELETE_COMPLETE" else None
        return StackRecord(own[0].status, deleted, self.known[stack_id].root_id)

    def happened(self, stack_id: str) -> list[StackEvent]:
        """What a read shows of a stack's events, the newest first, whoever gets between."""
        then = datetime.fromtimestamp(self._clock() - self.stale(), UTC)
        stack = self.known.get(stack_id)
        events = [] if stack is None else stack.events
        return [each for each in reversed(events) if each.at <= then]
