"""What the load test came to, as Markdown: the same bytes for the same figures."""

import math
import statistics
from collections.abc import Sequence
from pathlib import Path

from local import markdown
from testing.rates import RATES
from tests.load.play import Figures
from tests.load.reads import QUOTAS

PAGE = Path(__file__).with_name("page.md")
"""The page's text, with `{result}` where the table stands, `{rates}` and `{quotas}`."""

HEADINGS = (
    "In flight",
    "Operation",
    "Succeeded",
    "Lost",
    "Leaked",
    "Rate alone s",
    "Median s",
    "95 % s",
    "Last s",
    "Calls each",
    "Refused",
    "Refused most",
    "Reads each",
    "Reads refused",
    "Invocations a second",
    "Transitions a second",
)
WORDS = ("Operation", "Refused most")
"""Columns without numbers: they are on the left."""


def cells(figures: Figures) -> tuple[str, ...]:
    """A row of the table."""
    seconds, calls = sorted(figures.seconds), figures.called()
    return (
        f"{figures.size:,}",
        figures.phase.title,
        f"{figures.succeeded:,}",
        f"{figures.lost:,}",
        f"{figures.leaked:,}",
        f"{figures.rate_alone():,.0f}",
        f"{statistics.median(seconds):,.0f}",
        f"{seconds[math.ceil(len(seconds) * 0.95) - 1]:,.0f}",
        f"{seconds[-1]:,.0f}",
        f"{calls / figures.size:,.0f}",
        f"{figures.refused() / max(calls, 1):.0%}",
        figures.refused_most(),
        f"{figures.reads.total() / figures.size:,.0f}",
        f"{figures.reads_refused() / max(figures.reads.total(), 1):.0%}",
        f"{max(figures.invocations.values()):,}",
        f"{max(figures.transitions.values()):,}",
    )


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows below the headings."""
    return markdown.table(HEADINGS, rows, WORDS)


def page(rows: Sequence[Sequence[str]]) -> str:
    """The page docs/load.md."""
    text = PAGE.read_text(encoding="utf-8")
    given = {"{rates}": _rates(), "{quotas}": _quotas(), "{result}": table(rows)}
    for name, value in given.items():
        text = text.replace(name, value)
    return text


def _rates() -> str:
    rates = sorted(set(RATES.values()), reverse=True)
    return "\n".join(
        f"- {rate:g} a second: {', '.join(name for name in RATES if RATES[name] == rate)}"
        for rate in rates
    )


def _quotas() -> str:
    return "\n".join(
        f"- {name}: {quota.rate:g} a second, {quota.bucket:g} at once"
        for name, quota in QUOTAS.items()
    )
