"""The report of a scan: a line for each endpoint, and a message that a person can act on."""

from datetime import UTC, datetime
from typing import Any

import pytest

from provider.model.endpoint import ListedEndpoint
from provider.model.ownership import adoption_tags
from provider.orphans.classification import (
    Classification,
    Finding,
    Owner,
    ScanResult,
    Verdict,
    owner,
)
from provider.orphans.report import MAX_MESSAGE, line, message, summary
from tests.unit import given

MADE = datetime(2026, 11, 13, 12, tzinfo=UTC)
UNKNOWN, IN_USE, IDLE = Classification.UNKNOWN, Classification.IN_USE, Classification.IDLE


def finding(
    classification: Classification = Classification.ORPHANED, name: str = "reviews", **about: Any
) -> Finding:
    return Finding(
        ListedEndpoint(
            about.get("arn", given.arn(name)), "IN_SERVICE", about.get("inference_units", 1), MADE
        ),
        about.get("owner", Owner(given.STACK_ID, "Sentiment", "d1ce")),
        Verdict(
            classification, about.get("why", "its stack was deleted"), about.get("since", MADE)
        ),
    )


def about(*findings: Finding, usage_unread: str = "") -> tuple[str, str] | None:
    result = ScanResult([*findings], 0, usage_unread)
    return message(result, given.ACCOUNT, given.REGION)


def written(*findings: Finding, usage_unread: str = "") -> tuple[str, str]:
    """The subject and the text of the message about some endpoints."""
    subject_and_text = about(*findings, usage_unread=usage_unread)
    assert subject_and_text is not None
    return subject_and_text


def test_a_line_has_every_key_whatever_is_not_known() -> None:
    known, unknown = line(finding()), line(finding(owner=None, since=None))
    assert list(known) == list(unknown)
    assert (unknown["stack"], unknown["logical_id"], unknown["since"]) == ("", "", "")
    assert known["since"] == "2026-11-13T12:00:00Z"


def test_what_nobody_has_to_act_on_makes_no_message() -> None:
    fine = set(Classification) - {UNKNOWN, IDLE, Classification.ORPHANED}
    assert about(*map(finding, fine)) is None
    assert about() is None
    assert about(usage_unread="AccessDenied from GetMetricData") is None


def test_the_message_says_how_many_where_and_what_they_cost_together() -> None:
    subject, text = written(
        finding(inference_units=2), finding(UNKNOWN, "b"), finding(IN_USE, "c", inference_units=9)
    )
    assert subject == f"Comprehend endpoints in {given.REGION}: 1 orphaned, 1 unknown"
    assert text.startswith(
        "Comprehend endpoints that CloudFormation stacks made in account "
        f"{given.ACCOUNT}, region {given.REGION}: 1 orphaned, 1 unknown. Together they cost USD "
        "129.60 a day (USD 3888.00 a month) at the list price, used or not. Nothing was changed or "
        "deleted.\n\n"
    )


def test_the_message_says_what_to_do_with_an_orphan() -> None:
    _, text = written(finding(inference_units=2))
    assert text.endswith(
        f"{given.ARN}\n"
        "  2 inference units, USD 86.40 a day (USD 2592.00 a month); since 2026-11-13T12:00:00Z.\n"
        "  Why: its stack was deleted.\n"
        f"  Its tags name Sentiment of {given.STACK_ID}.\n"
        "  Make sure that nobody uses it, then delete it:\n"
        f"  aws comprehend delete-endpoint --region {given.REGION} --endpoint-arn {given.ARN}"
    )


def test_the_message_tells_nobody_to_delete_what_may_be_in_use() -> None:
    _, text = written(finding(UNKNOWN, why="Throttling from DescribeStacks"))
    assert "Why: Throttling from DescribeStacks." in text
    assert "docs/troubleshooting.md" in text
    assert "delete-endpoint" not in text


def test_the_message_tells_nobody_to_delete_what_a_stack_has_adopted() -> None:
    adopted = adoption_tags(given.reply(), given.EARLIER, 0)
    _, text = written(finding(owner=owner(adopted)))
    assert text.endswith(
        "  The stack adopted it, so it may still serve its owner from before. Remove its ownership "
        "tags, and leave it to that owner:\n"
        f"  aws comprehend untag-resource --region {given.REGION} --resource-arn {given.ARN} "
        "--tag-keys comprehend-endpoint-provider:stack-id comprehend-endpoint-provider:logical-id "
        "comprehend-endpoint-provider:request"
    )


@pytest.mark.parametrize(
    ("arn", "operation"),
    [
        (given.ARN, "ClassifyDocument"),
        (given.ARN.replace("document-classifier", "entity-recognizer"), "DetectEntities"),
        ("a form of ARN that is not known yet", "ClassifyDocument"),
    ],
)
def test_the_message_says_who_used_an_idle_endpoint_and_what_to_do(
    arn: str, operation: str
) -> None:
    subject, text = written(finding(IDLE, arn=arn, why="nothing has used it"))
    assert subject == f"Comprehend endpoints in {given.REGION}: 1 idle"
    assert text.endswith(
        "IDLE: their stacks have them, but nobody uses them\n\n"
        f"{arn}\n"
        "  1 inference unit, USD 43.20 a day (USD 1296.00 a month); since 2026-11-13T12:00:00Z.\n"
        "  Why: nothing has used it.\n"
        f"  Its tags name Sentiment of {given.STACK_ID}.\n"
        "  See who has called it in the last 90 days. CloudTrail names the caller of each call:\n"
        f"  aws cloudtrail lookup-events --region {given.REGION} --lookup-attributes "
        f"AttributeKey=EventName,AttributeValue={operation}\n"
        "  If nobody needs it, remove its resource from the stack's template. If somebody does, "
        "see whether fewer DesiredInferenceUnits are enough. Do not delete it by hand: its stack "
        "still has it."
    )


def test_message_and_totals_say_that_the_idle_ones_are_not_known() -> None:
    denied = "AccessDenied from GetMetricData"
    _, text = written(finding(), usage_unread=denied)
    assert f"Which endpoints are idle could not be determined: {denied}.\n\nORPHANED" in text
    told = summary(ScanResult([finding()], 0, denied))
    assert told["usage_unread"] == denied
    assert set(told["classifications"]) == set(Classification) - {IDLE}


def test_the_message_says_what_is_not_known() -> None:
    _, text = written(
        finding(UNKNOWN, owner=Owner("", "", "d1ce"), since=None), finding(UNKNOWN, "b", owner=None)
    )
    assert text.count("Its tags name ? of ?.") == 1
    assert "since an unknown time" in text


def test_the_orphans_come_first_and_the_dearest_of_them() -> None:
    _, text = written(
        finding(IDLE, "idle", inference_units=10),
        finding(UNKNOWN, "unknown", inference_units=9),
        finding(name="cheap", inference_units=1),
        finding(name="dear", inference_units=5),
    )
    places = [text.index(f"endpoint/{name}") for name in ("dear", "cheap", "unknown", "idle")]
    assert places == sorted(places)


@pytest.mark.parametrize("letter", ["x", "é"])
def test_the_message_stays_within_the_limits_of_sns_and_says_what_is_missing(letter: str) -> None:
    many = [finding(name=f"n{number}", why=letter * 300) for number in range(1000)]
    text = message(ScanResult(many, 0), given.ACCOUNT, "a-region-" * 20)
    assert text is not None
    # Publish: Subject under 100 characters, no line breaks; Message up to 262,144 bytes.
    assert len(text[0]) < 100
    assert text[0].isprintable()
    assert MAX_MESSAGE * 0.9 < len(text[1].encode()) < 262_144
    assert text[1].endswith("See the log, operation OrphanScan.")
