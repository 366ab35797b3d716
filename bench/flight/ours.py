"""This provider as a peer: its real handlers and state machines."""

import contextlib
from collections.abc import Iterator
from typing import Any
from unittest import mock

from bench.flight.course import Account, Json
from local.load.concurrently import ConcurrentRunner, Log
from provider.stack import StackView


class Ours:
    """What this repository deploys."""

    def __init__(self, account: Account) -> None:
        self._runner = ConcurrentRunner(account.clock)
        self._account = account

    def carry_out(self, event: Json) -> None:
        kind = event["RequestType"].upper()
        status = "CREATE_IN_PROGRESS" if kind == "CREATE" else "ROLLBACK_IN_PROGRESS"
        view = StackView(status, True, f"{kind}_IN_PROGRESS")
        self._runner.stacks.views[event["StackId"]] = view
        operation = self._runner.send(event)
        while not operation.done:
            operation.step()
            for execution in operation.executions:
                # Only the newest can be asked for.
                del execution.outputs[:-20]


@contextlib.contextmanager
def ours(account: Account) -> Iterator[Ours]:
    """A Kind."""
    peer = Ours(account)
    functions = peer._runner.functions
    invoke = functions.invoke

    def counted(name: str, event: Any) -> Any:
        with account.invocation():
            return invoke(name, event)

    with functions.running(Log()), mock.patch.object(functions, "invoke", counted):
        yield peer
