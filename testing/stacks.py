"""What CloudFormation's read calls say."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from provider.contract.event import Reply
from provider.model.stack import StackEvent, StackRecord, StackView
from testing.interception import HISTORY, READ, AroundCall, Site

if TYPE_CHECKING:
    from testing.cloudformation import Stack


class Stacks:
    """Says of each stack what the model of it is, unless a test has it say something else.

    Of a stack that is not `known`, CloudFormation knows nothing.
    """

    def __init__(self, around: AroundCall) -> None:
        self.known: dict[str, Stack] = {}
        """The stacks, by id."""
        self.said: dict[str, StackView] = {}
        """What is said of a stack instead, by id."""
        self.every = StackView()
        """What is said of any other stack."""
        self._around = around

    def view(self, reply: Reply) -> StackView:
        """DescribeStacks and DescribeStackResource."""
        seen: StackView = self._around(
            Site(READ), lambda: self.look(reply.stack_id, reply.logical_id)
        )
        return seen

    def look(self, stack_id: str, logical_id: str) -> StackView:
        """What a view shows, whoever gets between."""
        if stack_id in self.said:
            return self.said[stack_id]
        stack = self.known.get(stack_id)
        return self.every if stack is None else stack.view(logical_id)

    def stack(self, stack_id: str) -> StackRecord | None:
        """DescribeStacks. It cannot be hit by itself: it is read together with the events."""
        stack = self.known.get(stack_id)
        return None if stack is None else StackRecord(stack.status, root_id=stack.root_id)

    def events(self, stack_id: str) -> Iterator[StackEvent]:
        """DescribeStackEvents, the newest first."""
        happened: list[StackEvent] = self._around(
            Site(HISTORY), lambda: self.known[stack_id].events if stack_id in self.known else []
        )
        return reversed(happened)
