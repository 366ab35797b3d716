"""This provider as a peer: its real handlers and state machines."""

import contextlib
import json
from collections.abc import Iterator
from typing import Any
from unittest import mock

from bench.flight.course import Account, Json
from local.load.concurrently import ConcurrentRunner, Log
from provider.model.stack import StackView


class Ours:
    """What this repository deploys."""

    def __init__(self, account: Account, runner: ConcurrentRunner) -> None:
        self._account = account
        self._runner = runner

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
        for execution in operation.executions:
            largest = max((len(json.dumps(output)) for _, output in execution.outputs), default=0)
            self._account.execution(execution.events, largest)


@contextlib.contextmanager
def ours(account: Account) -> Iterator[Ours]:
    """A Kind."""
    runner = ConcurrentRunner(account.clock)
    invoke = runner.functions.invoke

    def counted(name: str, event: Any) -> Any:
        with account.invocation():
            return invoke(name, event)

    with runner.functions.running(Log()), mock.patch.object(runner.functions, "invoke", counted):
        yield Ours(account, runner)
