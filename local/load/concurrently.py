"""Functions and executions of which several are under way at once, in turns (local/turns.py)."""

import contextlib
import io
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import boto3
from botocore.retries.quota import RetryQuota

from local.functions import Functions
from local.runner import Operation, Runner
from local.turns import Turns
from provider.aws.delivery import deliver


class Log(io.TextIOBase):
    """Takes what the functions print, and keeps nothing of it but whether it holds a secret."""

    def __init__(self) -> None:
        self.secrets = 0

    def write(self, text: str) -> int:
        self.secrets += "X-Amz-Signature" in text
        return len(text)


@contextlib.contextmanager
def as_in_lambda(
    client: Callable[..., Any], pause: Callable[[float], object], log: Log
) -> Iterator[None]:
    """Puts around all invocations what Lambda has around each. `pause` takes virtual time."""
    with (
        contextlib.redirect_stdout(log),
        mock.patch.object(boto3, "client", client),
        mock.patch.object(time, "sleep", pause),
        mock.patch.object(RetryQuota, "acquire", _granted),
    ):
        yield


def _granted(*_: Any) -> bool:
    """Each process has clients of its own, and so a quota of second tries of its own. Here one
    client stands for those of all processes: their quotas are not played.
    """
    return True


class ConcurrentFunctions(Functions):
    """Functions of which several are under way at once."""

    @contextlib.contextmanager
    def _as_in_lambda(self) -> Iterator[None]:
        # One for each invocation would take away what the others still need.
        yield

    @contextlib.contextmanager
    def running(self, log: Log) -> Iterator[None]:
        """Has all invocations meanwhile run as in Lambda."""
        with (
            as_in_lambda(self._client, self._clock.advance, log),
            mock.patch.dict(deliver.__kwdefaults__, pause=self._clock.advance),
        ):
            yield


class ConcurrentRunner(Runner):
    """A runner whose operations have threads of their own."""

    _here = threading.local()

    def __init__(self, clock: Turns) -> None:
        super().__init__(clock)
        self.functions: ConcurrentFunctions = ConcurrentFunctions(clock, self.stacks, self)

    @property
    def _operation(self) -> Operation | None:
        return getattr(self._here, "operation", None)

    @_operation.setter
    def _operation(self, operation: Operation | None) -> None:
        self._here.operation = operation
