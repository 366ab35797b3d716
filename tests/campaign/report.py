"""The result of the campaign, as Markdown: the same bytes for the same result."""

import inspect
from collections.abc import Mapping
from pathlib import Path

from tests.campaign.cases import GROUPS
from tests.campaign.run import Count

PAGE = Path(__file__).with_name("reliability.md")
"""The page's text, with `{result}` where the table stands."""


def table(counts: Mapping[str, Count]) -> str:
    """One row for each group, and their sum."""
    rows = [
        f"| {group} | {about(group)} | {count.run:,} | {count.held:,} | {len(count.broken):,} |"
        for group, count in counts.items()
    ]
    run, broken = (
        sum(count.run for count in counts.values()),
        sum(len(count.broken) for count in counts.values()),
    )
    head = ["| Group | What befalls | Run | Held | Broken |", "|---|---|---:|---:|---:|"]
    return "\n".join([*head, *rows, f"| | **all** | {run:,} | {run - broken:,} | {broken:,} |"])


def about(group: str) -> str:
    """What befalls the requests of a group, in the words of what makes its cases."""
    return " ".join((inspect.getdoc(GROUPS[group]) or "").split()).rstrip(".")


def report(counts: Mapping[str, Count]) -> str:
    """The page docs/reliability.md."""
    broken = [
        f"- `{case}`: {'; '.join(problems)}"
        for count in counts.values()
        for case, problems in count.broken.items()
    ]
    listed = ["", "### Broken", "", *broken] if broken else []
    text = PAGE.read_text(encoding="utf-8")
    return text.replace("{result}", "\n".join([table(counts), *listed]))
