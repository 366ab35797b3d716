"""The report of a scan: a line for each endpoint, and a message that a person can act on."""

from datetime import UTC, datetime
from typing import Any

import pytest

from provider.model.endpoint import ListedEndpoint
from provider.model.ownership import adoption_tags
from provider.orphans.classification import Classification, Finding, Owner, Verdict, owner
from provider.orphans.report import MAX_MESSAGE, line, message
from tests.unit import given

MADE = datetime(2026, 11, 13, 12, tzinfo=UTC)
UNKNOWN, IN_USE = Classification.UNKNOWN, Classification.IN_USE


def finding(
    classification: Classification = Classification.ORPHANED, name: str = "reviews", **about: Any
) -> Finding:
    return Finding(
        ListedEndpoint(given.arn(name), "IN_SERVICE", about.get("inference_units", 1), MADE),
        about.get("owner", Owner(given.STACK_ID, "Sentiment", "d1ce")),
        Verdict(
            classification, about.get("why", "its stack was deleted"), about.get("since", MADE)
        ),
    )


def written(*findings: Finding) -> tuple[str, str]:
    """The subject and the text of the message about some endpoints."""
    subject_and_text = message(findings, given.ACCOUNT, given.REGION)
    assert subject_and_text is not None
    return subject_and_text


def test_a_line_has_every_key_whatever_is_not_known() -> None:
    known, unknown = line(finding()), line(finding(owner=None, since=None))
    assert list(known) == list(unknown)
    assert (unknown["stack"], unknown["logical_id"], unknown["since"]) == ("", "", "")
    assert known["since"] == "2026-11-13T12:00:00Z"


def test_what_nobody_has_to_act_on_makes_no_message() -> None:
    fine = set(Classification) - {UNKNOWN, Classification.ORPHANED}
    assert message([finding(each) for each in fine], given.ACCOUNT, given.REGION) is None
    assert message([], given.ACCOUNT, given.REGION) is None


def test_the_message_says_how_many_where_and_what_they_cost_together() -> None:
    subject, text = written(
        finding(inference_units=2), finding(UNKNOWN, "b"), finding(IN_USE, "c", inference_units=9)
    )
    assert subject == f"Comprehend endpoints in {given.REGION}: 1 orphaned, 1 unknown"
    assert text.startswith(
        "Comprehend endpoints that CloudFormation stacks made in account "
        f"{given.ACCOUNT}, region {given.REGION}: 1 orphaned, 1 unknown. Together they cost USD "
        "129.60 a day at the list price, used or not. Nothing was changed or deleted.\n\n"
    )


def test_the_message_says_what_to_do_with_an_orphan() -> None:
    _, text = written(finding(inference_units=2))
    assert text.endswith(
        f"{given.ARN}\n"
        "  2 inference units, USD 86.40 a day; since 2026-11-13T12:00:00Z.\n"
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


def test_the_message_says_what_is_not_known() -> None:
    _, text = written(
        finding(UNKNOWN, owner=Owner("", "", "d1ce"), since=None), finding(UNKNOWN, "b", owner=None)
    )
    assert text.count("Its tags name ? of ?.") == 1
    assert "since an unknown time" in text


def test_the_orphans_come_first_and_the_dearest_of_them() -> None:
    _, text = written(
        finding(UNKNOWN, "unknown", inference_units=9),
        finding(name="cheap", inference_units=1),
        finding(name="dear", inference_units=5),
    )
    places = [text.index(f"endpoint/{name}") for name in ("dear", "cheap", "unknown")]
    assert places == sorted(places)


@pytest.mark.parametrize("letter", ["x", "é"])
def test_the_message_stays_within_the_limits_of_sns_and_says_what_is_missing(letter: str) -> None:
    many = [finding(name=f"n{number}", why=letter * 300) for number in range(1000)]
    text = message(many, given.ACCOUNT, "a-region-" * 20)
    assert text is not None
    # Publish: Subject under 100 characters, no line breaks; Message up to 262,144 bytes.
    assert len(text[0]) < 100
    assert text[0].isprintable()
    assert MAX_MESSAGE * 0.9 < len(text[1].encode()) < 262_144
    assert text[1].endswith("See the log, operation OrphanScan.")
