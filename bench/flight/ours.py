"""This provider as a peer: its real handlers and state machines."""

import contextlib
from collections.abc import Iterator

from bench.flight.course import Json
from provider.model.stack import StackView
from testing.account import Account
from testing.concurrently import ConcurrentAccount, Log
from testing.turns import Turns


class Ours:
    """What this repository deploys."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self.mailbox, self.admin = account.mailbox, account.comprehend.admin

    def carry_out(self, event: Json) -> None:
        kind = event["RequestType"].upper()
        status = "CREATE_IN_PROGRESS" if kind == "CREATE" else "ROLLBACK_IN_PROGRESS"
        view = StackView(status, True, f"{kind}_IN_PROGRESS")
        self._account.stacks.said[event["StackId"]] = view
        operation = self._account.send(event)
        while not operation.done:
            operation.step()
            for execution in operation.executions:
                # Only the newest can be asked for.
                del execution.outputs[:-20]


@contextlib.contextmanager
def ours(clock: Turns, settings: Json) -> Iterator[Ours]:
    """A Kind."""
    account = ConcurrentAccount(settings, clock)
    with account.functions.running(Log()):
        yield Ours(account)
