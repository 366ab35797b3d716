"""The fault that asks for real processes: SIGKILL, at a call, of a function and its fallback."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from testing.functions import FALLBACK, REQUEST
from testing.interception import Interception, Site
from testing.world import World
from tests.campaign.expected import Expected
from tests.campaign.mishaps import End, Killed, Killing, When

if TYPE_CHECKING:
    from tests.campaign.processes.world import ForkedWorld

FOR_GOOD = 4
"""Processes in a row: as many as the state machine, and one more than Lambda, begins."""


@dataclass(frozen=True)
class Sigkill:
    """A request's functions are killed at a call, so many invocations in a row; see Killed.

    `fallback`: it is killed at its one call, too, each time: the PUT of its answer, or
    StartExecution where the request function has failed.
    """

    killed: Killed
    fallback: When | None = None
    patient = False

    def interception(self) -> Interception:
        return _Killing(self)

    def expected(self) -> Expected:
        if self.fallback is When.BEFORE:
            return Expected(undeliverable=True)
        return self.killed.expected()

    def missed(self, world: "ForkedWorld") -> Iterator[str]:
        """What was to happen and did not: then the case says nothing."""
        deaths, meant = world.functions.deaths, self.killed
        tries = 3 if meant.function == REQUEST else 4
        expected = {meant.function: min(tries, meant.times)}
        if self.fallback:
            expected[FALLBACK] = tries
        ended = dict(Counter(death.function for death in deaths))
        if ended != expected:
            yield f"killed: SIGKILL ended {ended}, and was to end {expected}"
        # Later ones may find less to do.
        elif deaths[0].place != meant.name:
            yield f"killed: at {deaths[0].place}, and was to be at {meant.name}"

    def __str__(self) -> str:
        where, last = f"{self.killed}".removeprefix(f"{End.EXIT} "), self.fallback
        return f"{where}, fallback {last} its call" if last else where


class _Killing(Killing):
    def __init__(self, fault: Sigkill) -> None:
        super().__init__(fault.killed)
        self._fallback = fault.fallback
        self._is_last = False

    def invocation(
        self, world: World, function: str, event: Any, carry_out: Callable[[Any], Any]
    ) -> Any:
        self._is_last = function == FALLBACK
        return super().invocation(world, function, event, carry_out)

    def call(self, world: World, site: Site, carry_out: Callable[[], Any]) -> Any:
        if not (self._fallback and self._is_last):
            return super().call(world, site, carry_out)
        if self._fallback is When.AFTER:
            carry_out()
        return self.die(world)
