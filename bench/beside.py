"""Work that goes on beside what is measured, and that nobody has to wait for after Ctrl-C."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Beside(Generic[T]):
    """Runs a function in a thread of its own, from now on.

    Unlike a pool's threads, this one ends with the process.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._results: list[T] = []
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._results.append(self._work())
        except BaseException as error:
            self._error = error

    def result(self) -> T:
        """Waits for what the function gives, or raises what it raised."""
        while self._thread.is_alive():
            # In turns, so that Ctrl-C gets through.
            self._thread.join(1.0)
        if self._error is not None:
            raise self._error
        return self._results[0]
