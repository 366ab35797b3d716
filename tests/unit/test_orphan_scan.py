"""One orphan scan: what it reads, and that trouble with one endpoint concerns no other."""

from datetime import timedelta
from typing import Any

import pytest

from provider.aws.clients import PATIENT_CONFIG
from provider.model.api_errors import ApiError
from provider.model.ownership import REQUEST_TAG
from provider.model.stack import ResourceRecord
from provider.orphans.classification import Classification, ScanResult
from provider.orphans.scan import MARGIN, PAUSE, OutOfTimeError, scan
from tests.unit.orphan_world import (
    GONE,
    LISTED,
    MADE,
    OTHERWISE,
    TAGS,
    THROTTLED,
    Aws,
    arn,
    classifications,
    listed,
    reviews,
    skipped,
)


class TestOneEndpoint:
    @pytest.mark.parametrize(
        ("aws", "classification", "reads"),
        [
            pytest.param(
                reviews(resource=LISTED),
                Classification.IN_USE,
                ["DescribeStacks", "DescribeStackResource"],
                id="in use: no event is read",
            ),
            pytest.param(
                reviews(endpoints=[listed("reviews", status="DELETING")]),
                Classification.IN_PROGRESS,
                [],
                id="being deleted: CloudFormation is not asked",
            ),
            pytest.param(
                reviews(stack=GONE, events=[OTHERWISE, skipped(), OTHERWISE]),
                Classification.RETAINED,
                ["DescribeStacks", "DescribeStackResource", *["DescribeStackEvents"] * 2],
                id="retained: events are read until one shows it",
            ),
            pytest.param(
                reviews(
                    stack=GONE,
                    events=[OTHERWISE, skipped(at=MADE - timedelta(seconds=1)), OTHERWISE],
                ),
                Classification.ORPHANED,
                [
                    *("DescribeStacks", "DescribeStackResource"),
                    *["DescribeStackEvents"] * 2,
                    "ListTagsForResource",
                ],
                id="orphaned: no event is read from before it was made",
            ),
            pytest.param(
                reviews(stack=None),
                Classification.ORPHANED,
                ["DescribeStacks", "ListTagsForResource"],
                id="a stack without a record has no resource and no events",
            ),
            pytest.param(
                reviews(stack=GONE, running=frozenset({"d1ce"})),
                Classification.IN_PROGRESS,
                ["DescribeStacks", "DescribeStackResource"],
                id="its execution still runs",
            ),
            pytest.param(
                reviews(stack=GONE, running=frozenset({"other"})),
                Classification.ORPHANED,
                ["DescribeStacks", "DescribeStackResource", "ListTagsForResource"],
                id="another one's execution runs",
            ),
        ],
    )
    def test_no_more_is_read_than_is_needed(
        self, aws: Aws, classification: Classification, reads: list[str]
    ) -> None:
        assert classifications(scan(aws.services())) == {"reviews": classification}
        assert aws.calls == ["ListEndpoints", "ListExecutions", "ListTagsForResource", *reads]

    @pytest.mark.parametrize(
        "aws",
        [
            reviews(tags={"reviews": THROTTLED}),
            reviews(stack=THROTTLED),
            reviews(resource=THROTTLED),
            reviews(events=[OTHERWISE, THROTTLED]),
            reviews(running=THROTTLED),
            reviews(tags={"reviews": [TAGS, THROTTLED]}),
        ],
        ids=[
            "tags",
            "stack",
            "resource",
            "events",
            "executions",
            "the second read before the alarm",
        ],
    )
    def test_what_cannot_be_read_leaves_it_unknown(self, aws: Aws) -> None:
        (finding,) = scan(aws.services()).findings

        assert finding.verdict.classification is Classification.UNKNOWN
        assert finding.verdict.why == "Throttling from Call: Rate exceeded"

    def test_executions_that_cannot_be_listed_matter_to_no_endpoint_of_a_stack(self) -> None:
        aws = reviews(resource=LISTED, running=THROTTLED)
        assert classifications(scan(aws.services())) == {"reviews": Classification.IN_USE}

    def test_executions_that_cannot_be_listed_hide_no_retention(self) -> None:
        aws = reviews(events=[skipped()], running=THROTTLED)
        assert classifications(scan(aws.services())) == {"reviews": Classification.RETAINED}

    def test_one_that_is_gone_before_its_tags_are_read_is_left_out(self) -> None:
        found = scan(reviews(tags={"reviews": None}).services())

        assert found == ScanResult([], 0)

    def test_one_that_is_gone_before_the_alarm_is_left_out(self) -> None:
        found = scan(reviews(stack=GONE, tags={"reviews": [TAGS, None]}).services())

        assert found == ScanResult([], 0)

    @pytest.mark.parametrize("tags", [{**TAGS, REQUEST_TAG: "a-later-one"}, {"team": "shop"}])
    def test_one_that_was_made_again_or_adopted_before_the_alarm_is_in_progress(
        self, tags: dict[str, str]
    ) -> None:
        found = scan(reviews(stack=GONE, tags={"reviews": [TAGS, tags]}).services())

        assert classifications(found) == {"reviews": Classification.IN_PROGRESS}

    def test_one_without_the_provider_s_tags_is_counted_and_its_stack_is_not_read(self) -> None:
        aws = reviews(tags={"reviews": {"team": "shop"}})

        assert scan(aws.services()) == ScanResult([], 1)
        assert "DescribeStacks" not in aws.calls


class TestAScan:
    def test_without_endpoints_nothing_else_is_asked(self) -> None:
        aws = Aws()

        assert scan(aws.services()) == ScanResult([], 0)
        assert aws.calls == []

    @pytest.mark.parametrize(
        "trouble", [THROTTLED, KeyError("Tags"), RuntimeError("a fault of the provider's")]
    )
    def test_trouble_with_one_endpoint_stops_no_other(self, trouble: Exception) -> None:
        aws = Aws(
            endpoints=[listed("a"), listed("b"), listed("c")],
            tags={"b": trouble},
            resource=ResourceRecord(arn("a"), "CREATE_COMPLETE"),
            events=[skipped("c")],
        )

        assert classifications(scan(aws.services())) == {
            "a": Classification.IN_USE,
            "b": Classification.UNKNOWN,
            "c": Classification.RETAINED,
        }

    def test_a_fault_of_the_scan_s_own_is_named_by_its_class_alone(self) -> None:
        (finding,) = scan(reviews(stack=RuntimeError("anything")).services()).findings

        assert "RuntimeError" in finding.verdict.why
        assert "anything" not in finding.verdict.why

    def test_an_endpoint_that_is_listed_twice_is_read_once(self) -> None:
        aws = Aws(endpoints=[listed("a"), listed("b"), listed("a")], resource=LISTED)

        assert len(scan(aws.services()).findings) == 2

    def test_it_keeps_below_the_rate_at_which_tags_may_be_read(self) -> None:
        aws = Aws(endpoints=[listed(str(number)) for number in range(4)], resource=LISTED)
        scan(aws.services())

        assert aws.paused == [PAUSE] * 3
        # Comprehend, quotas: ListTagsForResource, 10 a second; half of it is for operations.
        assert 1 / PAUSE <= 5

    def test_a_list_that_breaks_off_is_no_report(self) -> None:
        aws = Aws(endpoints=[listed("a"), THROTTLED])

        with pytest.raises(ApiError, match="Rate exceeded"):
            scan(aws.services())
        assert aws.calls == ["ListEndpoints"] * 2

    def test_a_list_that_takes_all_the_time_is_no_report(self) -> None:
        aws = Aws(endpoints=[listed("a"), listed("b")], most_calls=2)

        with pytest.raises(OutOfTimeError):
            scan(aws.services())

    @pytest.mark.parametrize("calls", range(3, 8))
    def test_what_there_is_no_time_for_is_unknown_without_a_call_or_a_pause(
        self, calls: int
    ) -> None:
        # The endpoint that is under way when the time is over, and the other two.
        aws = Aws(
            endpoints=[listed("a"), listed("b"), listed("c")],
            stack=GONE,
            events=[OTHERWISE] * 50,
            most_calls=calls + 1,
        )

        assert classifications(scan(aws.services())) == dict.fromkeys("abc", Classification.UNKNOWN)
        assert len(aws.calls) == calls + 1
        assert aws.paused == []


def test_the_margin_suffices_for_a_slow_call_and_a_slow_report() -> None:
    config: Any = PATIENT_CONFIG
    tries = config.retries["total_max_attempts"]
    # Between two tries the SDK waits a random part of 1, 2, 4, ... seconds, at most 20.
    waits = sum(min(20, 2**number) for number in range(tries - 1))
    slowest = tries * (config.connect_timeout + config.read_timeout) + waits

    assert 2 * slowest < MARGIN
