"""The result of the campaign, as Markdown: the same bytes for the same result."""

import inspect
import re
import subprocess
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path

from tests.campaign.cases import GROUPS
from tests.campaign.proofs import Proof
from tests.campaign.run import Count

ROOT = Path(__file__).parents[2]
PAGE = Path(__file__).with_name("reliability.md")
"""The page's text, with `{subject}` and `{result}` where what was played, and the table, stand."""
_ROW = re.compile(
    r"^\| ([^|*]+) \| [^|]+ \| ([\d,]+) \| [\d,]+ \| ([\d,]+) \| ([\d,]+(?: / [\d,]+)+) \|$", re.M
)
"""A group's row: its name, its cases, how many are broken, the deletions by proof."""
TRIED = ("src/provider", "statemachine")
"""What is put to the test; what a later commit changes elsewhere does not make the page stale."""


def table(counts: Mapping[str, Count]) -> str:
    """One row for each group, and their sum."""
    rows = [
        f"| {group} | {about(group)} | {count.run:,} | {count.held:,} | {len(count.broken):,} |"
        f" {_by_proof(count)} |"
        for group, count in counts.items()
    ]
    run, broken = (
        sum(count.run for count in counts.values()),
        sum(len(count.broken) for count in counts.values()),
    )
    head = [
        "| Group | What fails | Run | Held | Broken | Deletions |",
        "|---|---|---:|---:|---:|---:|",
    ]
    total = Count(proofs=_total(counts))
    last = f"| | **all** | {run:,} | {run - broken:,} | {broken:,} | {_by_proof(total)} |"
    return "\n".join([*head, *rows, last])


def _by_proof(count: Count) -> str:
    return " / ".join(f"{count.proofs[proof]:,}" for proof in Proof)


def _total(counts: Mapping[str, Count]) -> Counter[str]:
    return sum((count.proofs for count in counts.values()), Counter())


def deletions(counts: Mapping[str, Count]) -> str:
    """The calls of DeleteEndpoint in all cases, by their proof."""
    total = _total(counts)
    rows = [f"| {proof} | {total[proof]:,} |" for proof in Proof]
    return "\n".join(["| DeleteEndpoint calls by proof | |", "|---|---:|", *rows])


def about(group: str) -> str:
    """What fails the requests of a group, in the words of what makes its cases."""
    return " ".join((inspect.getdoc(GROUPS[group]) or "").split()).rstrip(".")


def report(counts: Mapping[str, Count], played: str) -> str:
    """The page docs/reliability.md; `played` is what `subject` said when it began.

    It names the groups that were not played on this source.
    """
    missing = [group for group in GROUPS if group not in counts]
    counts = {group: counts[group] for group in GROUPS if group in counts}
    broken = [
        f"- `{case}`: {'; '.join(problems)}"
        for count in counts.values()
        for case, problems in count.broken.items()
    ]
    listed = ["", "### Broken", "", *broken] if broken else []
    text = PAGE.read_text(encoding="utf-8").replace("{subject}", played)
    if missing:
        names = ", ".join(missing)
        listed += ["", f"**Not played on this source**: {names}. `make campaign` plays all groups."]
    result = [table(counts), "", deletions(counts), *listed]
    return text.replace("{result}", "\n".join(result))


def subject() -> str:
    """What was played: git's ids of the folders, which stay the same as long as they do."""
    ids = {folder: _git("rev-parse", "--short=12", f"HEAD:{folder}") for folder in TRIED}
    changed = _git("status", "--porcelain", "--", *TRIED)
    named = " and ".join(f"`{folder}` with git's tree id {each}" for folder, each in ids.items())
    return f"{named}{', and with changes that are not committed' if changed else ''}"


def held_before(page: Path, played: str, anew: Collection[str]) -> dict[str, Count]:
    """What a page says of the groups that are not played anew: nothing, if it is about another
    subject.

    Raises ValueError if some of them are broken.
    """
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    if f"Played on {played} (" not in text:
        return {}
    rows = _ROW.findall(text)
    broken = [group for group, _, count, _ in rows if count != "0" and group not in anew]
    if broken:
        raise ValueError(f"{page} lists broken cases of {', '.join(broken)}: play all groups")
    return {
        group: Count(_number(run), proofs=_read_by_proof(proofs))
        for group, run, _, proofs in rows
        if group not in anew
    }


def _read_by_proof(text: str) -> Counter[str]:
    numbers = map(_number, text.split(" / "))
    return Counter(dict(zip(map(str, Proof), numbers, strict=True)))


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()
