"""The report of an orphan scan: what the endpoints cost, by classification, and the message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from provider.model.naming import Kind, parse_endpoint_arn
from provider.model.ownership import OWNERSHIP_TAGS
from provider.orphans.classification import Classification, Finding, ScanResult

USD_PER_UNIT_SECOND = 0.0005
"""The list price of an endpoint's inference unit, from creation to deletion, used or not. What an
account pays may differ. Source:
https://aws.amazon.com/comprehend/pricing/"""

SECONDS_A_DAY = 86_400
DAYS_A_MONTH = 30

MAX_SUBJECT = 99
"""SNS API reference, Publish, Subject: less than 100 characters."""

MAX_MESSAGE = 200_000
"""Bytes of a message: below the 262,144 that SNS takes of message and attributes (API reference,
Publish, Message)."""

_HEADINGS = {
    Classification.ORPHANED: "ORPHANED: no stack has them",
    Classification.UNKNOWN: "UNKNOWN: their owner cannot be determined",
    Classification.IDLE: "IDLE: their stacks have them, but nobody uses them",
}

_USES = {Kind.CLASSIFIER: "ClassifyDocument", Kind.RECOGNIZER: "DetectEntities"}
"""The operation that uses an endpoint of each kind (Comprehend API reference)."""


@dataclass(frozen=True, slots=True)
class Total:
    """The endpoints of one classification: how many, their inference units, their cost."""

    endpoints: int
    inference_units: int

    @property
    def usd_a_day(self) -> float:
        """USD a day at the list price."""
        return usd_a_day(self.inference_units)

    @property
    def usd_a_month(self) -> float:
        """USD in 30 days at the list price."""
        return usd_a_month(self.inference_units)


def usd_a_day(inference_units: int) -> float:
    """Give what inference units cost: USD a day at the list price."""
    return round(inference_units * USD_PER_UNIT_SECOND * SECONDS_A_DAY, 2)


def usd_a_month(inference_units: int) -> float:
    """Give what inference units cost: USD in 30 days at the list price."""
    return round(inference_units * USD_PER_UNIT_SECOND * SECONDS_A_DAY * DAYS_A_MONTH, 2)


def totals(found: ScanResult) -> dict[Classification, Total]:
    """Add up the endpoints of each classification, zeros included.

    There is no total of the idle ones if it is not known which they are: zero would be wrong.
    """
    units: dict[Classification, list[int]] = {each: [] for each in Classification}
    if found.usage_unread:
        del units[Classification.IDLE]
    for finding in found.findings:
        units[finding.verdict.classification].append(finding.endpoint.inference_units)
    return {each: Total(len(some), sum(some)) for each, some in units.items()}


def line(finding: Finding) -> dict[str, Any]:
    """Give the fields of an endpoint's line in the log. Times are ISO 8601 in UTC."""
    endpoint, owner, verdict = finding.endpoint, finding.owner, finding.verdict
    return {
        "arn": endpoint.arn,
        "stack": owner.stack_id if owner else "",
        "logical_id": owner.logical_id if owner else "",
        "classification": verdict.classification.value,
        "why": verdict.why,
        "status": endpoint.status,
        "inference_units": endpoint.inference_units,
        "usd_a_day": usd_a_day(endpoint.inference_units),
        "usd_a_month": usd_a_month(endpoint.inference_units),
        "since": _iso(verdict.since),
        "creation_time": _iso(endpoint.created),
    }


def summary(found: ScanResult) -> dict[str, Any]:
    """Give the fields of the last line in the log, which are also the function's result."""
    return {
        "endpoints": len(found.findings),
        "foreign": found.foreign,
        "classifications": {
            each.value: {
                "endpoints": total.endpoints,
                "inference_units": total.inference_units,
                "usd_a_day": total.usd_a_day,
                "usd_a_month": total.usd_a_month,
            }
            for each, total in totals(found).items()
        },
        "usage_unread": found.usage_unread,
    }


def message(result: ScanResult, account: str, region: str) -> tuple[str, str] | None:
    """Write the message about the endpoints that somebody has to look at.

    Returns:
        Subject and text, within the limits of SNS; None if nothing is orphaned, unknown or idle.
    """
    by_classification = {
        classification: sorted(
            (each for each in result.findings if each.verdict.classification is classification),
            key=lambda each: -each.endpoint.inference_units,
        )
        for classification in _HEADINGS
    }
    if not any(by_classification.values()):
        return None
    counts = ", ".join(
        f"{len(found)} {classification.value.lower()}"
        for classification, found in by_classification.items()
        if found
    )
    units = sum(
        each.endpoint.inference_units for found in by_classification.values() for each in found
    )
    parts = [
        f"Comprehend endpoints that CloudFormation stacks made in account {account}, region "
        f"{region}: {counts}. Together they cost {_cost(units)} at the list price, used or not. "
        "Nothing was changed or deleted.",
    ]
    if result.usage_unread:
        parts.append(f"Which endpoints are idle could not be determined: {result.usage_unread}.")
    for classification, found in by_classification.items():
        if found:
            parts.append(_HEADINGS[classification])
            parts += [_paragraph(each, region) for each in found]
    subject = f"Comprehend endpoints in {region}: {counts}"
    return subject[:MAX_SUBJECT], _within(MAX_MESSAGE, parts)


def _paragraph(finding: Finding, region: str) -> str:
    endpoint, owner, verdict = finding.endpoint, finding.owner, finding.verdict
    units = endpoint.inference_units
    since = _iso(verdict.since) or "an unknown time"
    lines = [
        endpoint.arn,
        f"  {units} inference unit{'' if units == 1 else 's'}, {_cost(units)}; since {since}.",
        f"  Why: {verdict.why}.",
    ]
    if owner is not None:
        lines.append(f"  Its tags name {owner.logical_id or '?'} of {owner.stack_id or '?'}.")
    return "\n".join(lines + [f"  {each}" for each in _advice(finding, region)])


def _cost(units: int) -> str:
    return f"USD {usd_a_day(units):.2f} a day (USD {usd_a_month(units):.2f} a month)"


def _advice(finding: Finding, region: str) -> tuple[str, ...]:
    arn, owner = finding.endpoint.arn, finding.owner
    if finding.verdict.classification is Classification.UNKNOWN:
        return (
            'Find out whose it is: see "What the orphan scan reports" in the provider\'s '
            "docs/troubleshooting.md.",
        )
    if finding.verdict.classification is Classification.IDLE:
        return _advice_if_idle(finding, region)
    if owner is not None and owner.is_adopted:
        return (
            "The stack adopted it, so it may still serve its owner from before. Remove its "
            "ownership tags, and leave it to that owner:",
            f"aws comprehend untag-resource --region {region} --resource-arn {arn} --tag-keys "
            + " ".join(OWNERSHIP_TAGS),
        )
    return (
        "Make sure that nobody uses it, then delete it:",
        f"aws comprehend delete-endpoint --region {region} --endpoint-arn {arn}",
    )


def _advice_if_idle(finding: Finding, region: str) -> tuple[str, ...]:
    here = parse_endpoint_arn(finding.endpoint.arn)
    operation = _USES[here.kind if here else Kind.CLASSIFIER]
    return (
        "See who has called it in the last 90 days. CloudTrail names the caller of each call:",
        f"aws cloudtrail lookup-events --region {region} --lookup-attributes "
        f"AttributeKey=EventName,AttributeValue={operation}",
        "If nobody needs it, remove its resource from the stack's template. If somebody does, see "
        "whether fewer DesiredInferenceUnits are enough. Do not delete it by hand: its stack still "
        "has it.",
    )


def _within(limit: int, parts: Sequence[str]) -> str:
    """Join as many paragraphs as fit into so many bytes; the text says if some are missing."""
    text = parts[0]
    for part in parts[1:]:
        longer = f"{text}\n\n{part}"
        if len(longer.encode()) > limit:
            rest = "The list is too long for this message. See the log, operation OrphanScan."
            return f"{text}\n\n{rest}"
        text = longer
    return text


def _iso(moment: datetime | None) -> str:
    if moment is None:
        return ""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
