"""The watchman's report: what the endpoints cost, by standing, and the message about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from provider.standing import Finding, Round, Standing

USD_PER_UNIT_SECOND = 0.0005
"""What Amazon Comprehend charges for an endpoint's inference unit, from creation to deletion, used
or not. It is the list price; what an account pays may differ. Source:
https://aws.amazon.com/comprehend/pricing/"""

SECONDS_A_DAY = 86_400

MAX_SUBJECT = 99
"""SNS API reference, Publish, Subject: less than 100 characters."""

MAX_MESSAGE = 200_000
"""Bytes of a message: below the 262,144 that SNS takes of message and attributes (API reference,
Publish, Message)."""

_HEADINGS = {
    Standing.ORPHANED: (
        "ORPHANED: nobody's",
        "Make sure that nobody uses it, then delete it:",
    ),
    Standing.UNKNOWN: (
        "UNKNOWN: what would tell whose they are could not be read",
        'Find out whose it is: see "What the watchman says" in the provider\'s '
        "docs/troubleshooting.md.",
    ),
}


@dataclass(frozen=True, slots=True)
class Total:
    """The endpoints of one standing: how many, their inference units, what they cost a day."""

    endpoints: int
    units: int

    @property
    def usd_a_day(self) -> float:
        """USD a day at the list price."""
        return usd_a_day(self.units)


def usd_a_day(units: int) -> float:
    """Give what inference units cost: USD a day at the list price."""
    return round(units * USD_PER_UNIT_SECOND * SECONDS_A_DAY, 2)


def totals(findings: Iterable[Finding]) -> dict[Standing, Total]:
    """Add up the endpoints of each standing; also of those that none has."""
    units: dict[Standing, list[int]] = {each: [] for each in Standing}
    for finding in findings:
        units[finding.verdict.standing].append(finding.endpoint.units)
    return {each: Total(len(found), sum(found)) for each, found in units.items()}


def line(finding: Finding) -> dict[str, Any]:
    """Give the fields of an endpoint's line in the log. Times are ISO 8601 in UTC."""
    endpoint, owner, verdict = finding.endpoint, finding.owner, finding.verdict
    return {
        "arn": endpoint.arn,
        "stack": owner.stack_id if owner else "",
        "logical_id": owner.logical_id if owner else "",
        "standing": verdict.standing.value,
        "why": verdict.why,
        "status": endpoint.status,
        "units": endpoint.units,
        "usd_a_day": usd_a_day(endpoint.units),
        "since": _iso(verdict.since),
        "creation_time": _iso(endpoint.created),
    }


def summary(found: Round) -> dict[str, Any]:
    """Give the fields of the last line in the log, which are the function's result, too."""
    return {
        "endpoints": len(found.findings),
        "foreign": found.foreign,
        "standings": {
            each.value: {
                "endpoints": total.endpoints,
                "units": total.units,
                "usd_a_day": total.usd_a_day,
            }
            for each, total in totals(found.findings).items()
        },
    }


def message(findings: Sequence[Finding], account: str, region: str) -> tuple[str, str] | None:
    """Put what somebody has to look at into a message.

    Returns:
        Subject and text, within the limits of SNS; None where nothing is orphaned or unknown.
    """
    by_standing = {
        standing: sorted(
            (each for each in findings if each.verdict.standing is standing),
            key=lambda each: -each.endpoint.units,
        )
        for standing in _HEADINGS
    }
    if not any(by_standing.values()):
        return None
    counts = ", ".join(
        f"{len(found)} {standing.value.lower()}" for standing, found in by_standing.items() if found
    )
    units = sum(each.endpoint.units for found in by_standing.values() for each in found)
    parts = [
        f"Comprehend endpoints that CloudFormation stacks have made in account {account}, region "
        f"{region}: {counts}. Together they cost USD {usd_a_day(units):.2f} a day at the list "
        "price, used or not. Nothing was changed or removed.",
    ]
    for standing, found in by_standing.items():
        if found:
            parts.append(_HEADINGS[standing][0])
            parts += [_paragraph(each, region) for each in found]
    subject = f"Comprehend endpoints in {region}: {counts}"
    return subject[:MAX_SUBJECT], _within(MAX_MESSAGE, parts)


def _paragraph(finding: Finding, region: str) -> str:
    endpoint, owner, verdict = finding.endpoint, finding.owner, finding.verdict
    units = f"{endpoint.units} inference unit{'' if endpoint.units == 1 else 's'}"
    since = _iso(verdict.since) or "nobody knows when"
    lines = [
        endpoint.arn,
        f"  {units}, USD {usd_a_day(endpoint.units):.2f} a day; since {since}.",
        f"  Why: {verdict.why}.",
    ]
    if owner is not None:
        lines.append(f"  Its tags name {owner.logical_id or '?'} of {owner.stack_id or '?'}.")
    lines.append(f"  {_HEADINGS[verdict.standing][1]}")
    if verdict.standing is Standing.ORPHANED:
        lines.append(
            f"  aws comprehend delete-endpoint --region {region} --endpoint-arn {endpoint.arn}"
        )
    return "\n".join(lines)


def _within(limit: int, parts: Sequence[str]) -> str:
    """Join as many paragraphs as fit into so many bytes; where not all do, the text says so."""
    text = parts[0]
    for part in parts[1:]:
        longer = f"{text}\n\n{part}"
        if len(longer.encode()) > limit:
            return f"{text}\n\n... and more than fits in here: see the log, operation Watch."
        text = longer
    return text


def _iso(moment: datetime | None) -> str:
    if moment is None:
        return ""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
