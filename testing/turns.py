"""A clock for concurrent work of which one piece runs at a time: who waits lets the next one on."""

import heapq
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from local.comprehend import ManualClock


@dataclass(order=True)
class _Wait:
    """A piece of work that goes on at a time; of several at the same time, the lot decides."""

    due: float
    lot: float
    turn: threading.Lock = field(compare=False)


class Turns(ManualClock):
    """Time for work that happens at once but is carried out in turns, and so repeatably.

    Where a piece of work under `run` advances the clock, all that is due before that goes first;
    nothing waits in real time. Of what is due at the same time any can be first, since no service
    serves its callers in the order of their coming: `seed` draws it.
    """

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        self._waits: list[_Wait] = []
        self._lots = random.Random(seed)
        self._here = threading.local()

    def run(self, work: Sequence[Callable[[], None]]) -> None:
        """Carries out all pieces of work, which begin now. Raises what one of them raised."""
        failures: list[Exception] = []
        over = _taken()

        def carry_out(one: Callable[[], None], turn: threading.Lock) -> None:
            self._here.turn = turn
            turn.acquire()
            try:
                one()
            except Exception as error:
                failures.append(error)
            finally:
                (self._next() if self._waits else over).release()

        for one in work:
            turn = _taken()
            heapq.heappush(self._waits, self._wait(self(), turn))
            # A daemon: where the main thread is interrupted, nobody gives the others their turn.
            threading.Thread(target=carry_out, args=(one, turn), daemon=True).start()
        if work:
            self._next().release()
            over.acquire()
        if failures:
            raise failures[0]

    def advance(self, seconds: float) -> float:
        """Waits, in work under `run`, until its turn at so many seconds from now."""
        turn: threading.Lock | None = getattr(self._here, "turn", None)
        if turn is None:
            return super().advance(seconds)
        if seconds < 0:
            raise ValueError("a clock does not go back")
        heapq.heappush(self._waits, self._wait(self() + seconds, turn))
        following = self._next()
        if following is not turn:
            following.release()
            turn.acquire()
        return self()

    def _wait(self, due: float, turn: threading.Lock) -> _Wait:
        return _Wait(due, self._lots.random(), turn)

    def _next(self) -> threading.Lock:
        """Moves the clock to what is due first, and gives whose turn it is."""
        first = heapq.heappop(self._waits)
        super().advance(max(0.0, first.due - self()))
        return first.turn


def _taken() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock
