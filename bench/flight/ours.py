"""This provider as a peer: its real handlers and state machines."""

import contextlib
from collections.abc import Iterator

from bench.flight.course import Json
from testing.account import Account
from testing.concurrently import ConcurrentAccount, Log
from testing.mailbox import Put
from testing.stack_events import StackEvents
from testing.turns import Turns


class Ours:
    """What this repository deploys."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self.mailbox, self.admin = account.mailbox, account.comprehend.admin

    def carry_out(self, event: Json) -> None:
        self._happens(event)
        operation = self._account.send(event)
        while not operation.done:
            operation.step()
            for execution in operation.executions:
                # Only the newest can be asked for.
                del execution.outputs[:-20]

    def _happens(self, event: Json) -> None:
        """What CloudFormation records of a stack that is created, and rolls back if that fails."""
        stack_id, logical_id = event["StackId"], event["LogicalResourceId"]
        stacks = self._account.stacks.known
        if stack_id not in stacks:
            stacks[stack_id] = StackEvents(stack_id.split("/")[1], stack_id, self._account.clock)
        stack, kind = stacks[stack_id], event["RequestType"].upper()
        operation = "CREATE" if kind == "CREATE" else "ROLLBACK"
        stack.status = f"{operation}_IN_PROGRESS"
        stack.record(logical_id, f"{kind}_IN_PROGRESS", event.get("PhysicalResourceId", ""))

        def takes(put: Put) -> None:
            answer = put.answer()
            well = answer["Status"] == "SUCCESS"
            ended = "COMPLETE" if well else "FAILED"
            stack.record(logical_id, f"{kind}_{ended}", answer["PhysicalResourceId"])
            if well or operation == "ROLLBACK":
                stack.status = f"{operation}_{ended}"

        self.mailbox.answered[event["ResponseURL"]] = takes


@contextlib.contextmanager
def ours(clock: Turns, settings: Json) -> Iterator[Ours]:
    """A Kind."""
    account = ConcurrentAccount(settings, clock)
    with account.functions.running(Log()):
        yield Ours(account)
