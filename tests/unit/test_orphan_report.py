"""The report of a scan: prices, totals, and a message that SNS takes and a person can act on."""

from datetime import UTC, datetime

import pytest

from provider.model.endpoint import ListedEndpoint
from provider.orphans.classification import Classification, Finding, Owner, ScanResult, Verdict
from provider.orphans.report import (
    MAX_MESSAGE,
    USD_PER_UNIT_SECOND,
    Total,
    line,
    message,
    summary,
    totals,
    usd_a_day,
)
from tests.unit import given

MADE = datetime(2026, 11, 13, 12, tzinfo=UTC)
OWNER = Owner(given.STACK_ID, "Sentiment", "d1ce")


def finding(
    classification: Classification = Classification.ORPHANED,
    name: str = "reviews",
    *,
    inference_units: int = 1,
    owner: Owner | None = OWNER,
    why: str = "its stack was deleted",
    since: datetime | None = MADE,
) -> Finding:
    arn = given.ARN.replace("reviews", name)
    return Finding(
        ListedEndpoint(arn, "IN_SERVICE", inference_units, MADE),
        owner,
        Verdict(classification, why, since),
    )


def message_about(*findings: Finding) -> tuple[str, str]:
    text = message(findings, given.ACCOUNT, given.REGION)
    assert text is not None
    return text


@pytest.mark.parametrize(("inference_units", "usd"), [(0, 0), (1, 43.2), (2, 86.4), (50, 2160)])
def test_a_unit_costs_some_43_dollars_a_day(inference_units: int, usd: float) -> None:
    # 0.0005 a second, on Comprehend's page of prices.
    assert USD_PER_UNIT_SECOND == 0.0005
    assert usd_a_day(inference_units) == usd


def test_every_classification_has_its_total() -> None:
    found = [
        finding(Classification.ORPHANED, inference_units=2),
        finding(Classification.ORPHANED, "b", inference_units=3),
        finding(Classification.IN_USE, "c"),
    ]

    assert totals(found) == {
        Classification.IN_USE: Total(1, 1),
        Classification.IN_PROGRESS: Total(0, 0),
        Classification.RETAINED: Total(0, 0),
        Classification.ORPHANED: Total(2, 5),
        Classification.UNKNOWN: Total(0, 0),
    }
    assert totals(found)[Classification.ORPHANED].usd_a_day == 216


def test_the_summary_counts_what_is_not_the_provider_s_too() -> None:
    given_summary = summary(ScanResult([finding()], foreign=4))

    assert given_summary["endpoints"] == 1
    assert given_summary["foreign"] == 4
    assert given_summary["classifications"]["Orphaned"] == {
        "endpoints": 1,
        "inference_units": 1,
        "usd_a_day": 43.2,
    }


def test_a_line_has_every_key_whatever_is_not_known() -> None:
    known = line(finding())
    unknown = line(finding(owner=None, since=None))

    assert list(known) == list(unknown)
    assert (unknown["stack"], unknown["logical_id"], unknown["since"]) == ("", "", "")
    assert known["since"] == "2026-11-13T12:00:00Z"


@pytest.mark.parametrize(
    "classification",
    [Classification.IN_USE, Classification.IN_PROGRESS, Classification.RETAINED],
)
def test_what_nobody_has_to_act_on_makes_no_message(classification: Classification) -> None:
    assert message([finding(classification)], given.ACCOUNT, given.REGION) is None


def test_nothing_at_all_makes_no_message() -> None:
    assert message([], given.ACCOUNT, given.REGION) is None


class TestMessage:
    def test_it_says_how_many_where_and_what_they_cost_together(self) -> None:
        subject, text = message_about(
            finding(inference_units=2),
            finding(Classification.UNKNOWN, "b"),
            finding(Classification.IN_USE, "c", inference_units=9),
        )
        first = text.partition("\n\n")[0]

        assert subject == f"Comprehend endpoints in {given.REGION}: 1 orphaned, 1 unknown"
        assert given.ACCOUNT in first
        assert given.REGION in first
        assert "1 orphaned, 1 unknown" in first
        assert "USD 129.60 a day" in first
        assert "Nothing was changed" in first

    def test_it_says_what_to_do_with_an_orphan(self) -> None:
        _, text = message_about(finding(inference_units=2))

        for part in (
            given.ARN,
            "2 inference units, USD 86.40 a day; since 2026-11-13T12:00:00Z.",
            "Why: its stack was deleted.",
            f"Its tags name Sentiment of {given.STACK_ID}.",
            "Make sure that nobody uses it",
            "aws comprehend delete-endpoint --region eu-west-1 --endpoint-arn " + given.ARN,
        ):
            assert part in text

    def test_it_tells_nobody_to_delete_what_may_be_in_use(self) -> None:
        _, text = message_about(
            finding(Classification.UNKNOWN, why="Throttling from DescribeStacks")
        )

        assert "delete-endpoint" not in text
        assert "Why: Throttling from DescribeStacks." in text
        assert "docs/troubleshooting.md" in text

    def test_the_orphans_come_first_and_the_dearest_of_them(self) -> None:
        _, text = message_about(
            finding(Classification.UNKNOWN, "unknown", inference_units=9),
            finding(name="cheap", inference_units=1),
            finding(name="dear", inference_units=5),
        )

        places = [text.index(f"endpoint/{name}") for name in ("dear", "cheap", "unknown")]
        assert places == sorted(places)

    def test_the_message_says_which_tags_are_gone(self) -> None:
        _, text = message_about(
            finding(Classification.UNKNOWN, owner=Owner("", "", "d1ce"), since=None),
            finding(Classification.UNKNOWN, "b", owner=None),
        )

        assert text.count("Its tags name ? of ?.") == 1
        assert "since an unknown time" in text

    def test_it_stays_within_the_limits_of_sns_and_says_what_is_missing(self) -> None:
        many = [
            finding(name=f"n{number:035}", why="x" * 300, inference_units=1_000_000)
            for number in range(1000)
        ]
        subject, text = message_about(
            *many, *(finding(Classification.UNKNOWN, f"u{n}") for n in range(1000))
        )

        # Publish: Subject under 100 characters, no line breaks; Message up to 262,144 bytes.
        assert len(subject) < 100
        assert subject.isprintable()
        assert MAX_MESSAGE * 0.9 < len(text.encode()) < 262_144
        assert text.endswith("See the log, operation OrphanScan.")

    def test_bytes_count_and_not_characters(self) -> None:
        _, text = message_about(
            *(finding(name=f"n{number}", why="é" * 300) for number in range(1000))
        )

        assert len(text.encode()) < 262_144

    def test_the_longest_place_name_leaves_a_subject_that_is_taken(self) -> None:
        text = message([finding()] * 3, given.ACCOUNT, "x" * 200)

        assert text is not None
        assert len(text[0]) < 100
