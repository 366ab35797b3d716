"""An account in which several operations are under way at once, in turns (testing/turns.py)."""

import contextlib
import io
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from testing.account import Account, Operation
from testing.functions import Functions
from testing.interception import AroundInvocation
from testing.turns import Turns

NO_QUOTA = 10**9
"""Each process has clients of its own, and so a quota of second tries of its own. Here one client
stands for those of all processes: their quotas are not played."""


class Log(io.TextIOBase):
    """Takes what the functions print, and keeps nothing of it but whether it holds a secret."""

    def __init__(self) -> None:
        self.secrets = 0

    def write(self, text: str) -> int:
        self.secrets += "X-Amz-Signature" in text
        return len(text)


class ConcurrentFunctions(Functions):
    """Functions of which several are under way at once."""

    @contextlib.contextmanager
    def _printing(self) -> Iterator[None]:
        # The end of one invocation would take the log away from the others: `running` has it.
        yield

    @contextlib.contextmanager
    def running(self, log: Log) -> Iterator[None]:
        """Has what is printed meanwhile go to a log."""
        with contextlib.redirect_stdout(log):
            yield


class ConcurrentAccount(Account):
    """An account whose operations have threads of their own."""

    _here = threading.local()
    functions: ConcurrentFunctions

    def __init__(self, settings: Mapping[str, Any], clock: Turns, **options: Any) -> None:
        super().__init__(settings, clock=clock, retry_quota=NO_QUOTA, **options)

    def _functions(self, invocation: AroundInvocation) -> ConcurrentFunctions:
        return ConcurrentFunctions(self._outside(), invocation)

    @property
    def _operation(self) -> Operation | None:
        return getattr(self._here, "operation", None)

    @_operation.setter
    def _operation(self, operation: Operation | None) -> None:
        self._here.operation = operation
