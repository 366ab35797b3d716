"""What this project wants of a figure, and whether a run had it."""

from dataclasses import dataclass

UNKNOWN = "What was measured does not say why; the figures are below."


@dataclass(frozen=True)
class Goal:
    """One line of the page's first table; `reason` says why a goal was missed, where it was."""

    measure: str
    wanted: str
    measured: str
    met: bool
    reason: str = UNKNOWN
