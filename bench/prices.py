"""What AWS asks for what an operation uses: list prices in us-east-1, in USD."""

from dataclasses import dataclass

READ_ON = "2026-11-25"
"""The day on which these figures were compared with their pages."""

UNIT_SECOND = 0.0005
"""One inference unit for a second. Source: https://aws.amazon.com/comprehend/pricing/"""

TRANSITION = 0.025 / 1000
"""One state transition of a standard workflow; a retry is one, too.
Source: https://aws.amazon.com/step-functions/pricing/"""

INVOCATION = 0.20 / 1_000_000
ARM_GB_SECOND = 0.0000133334
X86_GB_SECOND = 0.0000166667
"""A function's invocation, and a second with a GB of memory, by architecture.
Source: https://aws.amazon.com/lambda/pricing/"""


@dataclass(frozen=True)
class Invocations:
    """What one function did: how often it ran, for how long, with how much memory."""

    count: int
    milliseconds: float
    memory_mb: int
    arm: bool

    @property
    def usd(self) -> float:
        rate = ARM_GB_SECOND if self.arm else X86_GB_SECOND
        gb_seconds = self.milliseconds / 1000 * self.memory_mb / 1024
        return self.count * INVOCATION + gb_seconds * rate


def endpoint(seconds: float, units: int = 1) -> float:
    """What an endpoint itself costs."""
    return seconds * units * UNIT_SECOND
