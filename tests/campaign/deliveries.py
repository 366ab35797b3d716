"""Faults of the delivery: CloudFormation's end does not take the answer, or does not say so."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from provider.aws.delivery import SOCKET_TIMEOUT
from testing.interception import PUT, Interception
from testing.world import World
from tests.campaign.expected import Expected
from tests.campaign.faults import FOR_EVER, Counted, Times


class PutHow(StrEnum):
    """What becomes of the answer's PUT."""

    REFUSED = "refused"
    RESET = "reset"
    SLOW_BEFORE = "too slow, not taken"
    SLOW_AFTER = "too slow, but taken"
    S400 = "400"
    S403 = "403"
    S408 = "408"
    S429 = "429"
    S500 = "500"
    S503 = "503"


@dataclass(frozen=True)
class PutTrouble:
    """CloudFormation does not take the answer, the first so many times."""

    how: PutHow
    tries: int
    patient = False

    def interception(self) -> Interception:
        return Counted(PUT, Times.ALWAYS, self._treat, self.tries)

    def _treat(self, world: World, carry_out: Callable[[], Any]) -> int:
        if self.how is PutHow.REFUSED:
            raise ConnectionRefusedError
        if self.how is PutHow.RESET:
            raise ConnectionResetError
        if self.how in (PutHow.SLOW_BEFORE, PutHow.SLOW_AFTER):
            if self.how is PutHow.SLOW_AFTER:
                carry_out()
            world.clock.advance(SOCKET_TIMEOUT)
            raise TimeoutError
        return int(self.how)

    def expected(self) -> Expected:
        # What the pre-signed URL refuses for good is not tried again.
        final = self.how is PutHow.S403 or self.tries == FOR_EVER
        undeliverable = final and self.how is not PutHow.SLOW_AFTER
        return Expected(undeliverable=undeliverable, success=not undeliverable)

    def __str__(self) -> str:
        return f"{self.how} {'for ever' if self.tries == FOR_EVER else f'{self.tries} times'}"
