"""One orphan scan: what it reads, and that trouble with one endpoint concerns no other."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from provider.aws.clients import PATIENT_CONFIG
from provider.model.api_errors import ApiError
from provider.model.ownership import ADOPT_TAG, LOGICAL_ID_TAG, REQUEST_TAG
from provider.orphans.classification import Classification, ScanResult
from provider.orphans.scan import MARGIN, PAUSE, OutOfTimeError, scan
from tests.unit import given
from tests.unit.orphan_world import (
    DAY,
    GONE,
    IDLE_DAYS,
    LISTED,
    LONG_AGO,
    MADE,
    NOW,
    OTHERWISE,
    STALE,
    TAGS,
    THROTTLED,
    Aws,
    classifications,
    listed,
    skipped,
)

IN_USE, IDLE, IN_PROGRESS, RETAINED, ORPHANED, UNKNOWN = Classification
STACK, RESOURCE, EVENT = "DescribeStacks", "DescribeStackResource", "DescribeStackEvents"
LIST, EXECUTIONS, READ_TAGS = "ListEndpoints", "ListExecutions", "ListTagsForResource"
USE = "GetMetricData"
OLDER = skipped(at=MADE - timedelta(seconds=1))
MIDNIGHT = (NOW - IDLE_DAYS * DAY).replace(hour=0)
IN_USE_FOR_LONG: dict[str, Any] = {"listed": [listed(created=LONG_AGO)], "has": LISTED}


@pytest.mark.parametrize(
    ("about", "expected", "reads"),
    [
        pytest.param({"has": LISTED}, IN_USE, [STACK, RESOURCE], id="in use: no event"),
        pytest.param(
            {"listed": [listed(status="DELETING")]}, IN_PROGRESS, [], id="being deleted: no stack"
        ),
        pytest.param(
            {"record": GONE, "happened": [OTHERWISE, skipped(), OTHERWISE, OLDER, OTHERWISE]},
            RETAINED,
            [STACK, RESOURCE, *[EVENT] * 4],
            id="retained: no event from before it was made",
        ),
        pytest.param(
            {"record": GONE, "happened": [OTHERWISE, OLDER, OTHERWISE]},
            ORPHANED,
            [STACK, RESOURCE, EVENT, EVENT],
            id="orphaned: no event from before it was made",
        ),
        pytest.param({"record": None}, ORPHANED, [STACK], id="no stack: no resource, no events"),
        pytest.param(
            {"record": GONE, "executions": {"d1ce": 1.0}},
            IN_PROGRESS,
            [STACK, RESOURCE],
            id="its execution still runs",
        ),
        pytest.param(
            {"record": GONE, "executions": {"other": 1.0}},
            ORPHANED,
            [STACK, RESOURCE],
            id="another one's execution runs",
        ),
    ],
)
def test_no_more_is_read_than_is_needed_and_only_an_orphan_is_read_twice(
    about: dict[str, Any], expected: Classification, reads: list[str]
) -> None:
    aws = Aws(**about)
    times = 2 if expected is ORPHANED else 1
    assert classifications(scan(aws.services())) == {"reviews": expected}
    assert aws.calls == [LIST, *[EXECUTIONS, READ_TAGS, *reads] * times]
    assert aws.paused == [STALE + 1] * (times - 1)


@pytest.mark.parametrize(
    "about",
    [
        pytest.param({"tagged": {"reviews": THROTTLED}}, id="tags"),
        pytest.param({"record": THROTTLED}, id="stack"),
        pytest.param({"has": THROTTLED}, id="resource"),
        pytest.param({"happened": [OTHERWISE, THROTTLED]}, id="events"),
        pytest.param({"executions": THROTTLED}, id="executions"),
        pytest.param({"tagged": {"reviews": [TAGS, THROTTLED]}}, id="tags, the second time"),
        pytest.param({"later": {"record": THROTTLED}}, id="stack, the second time"),
        pytest.param({"later": {"executions": THROTTLED}}, id="executions, the second time"),
    ],
)
def test_what_cannot_be_read_leaves_it_unknown(about: dict[str, Any]) -> None:
    (finding,) = scan(Aws(**about).services()).findings
    assert finding.verdict.classification is UNKNOWN
    assert finding.verdict.why == "Throttling from Call: Rate exceeded"


@pytest.mark.parametrize(
    ("about", "expected"), [({"has": LISTED}, IN_USE), ({"happened": [skipped()]}, RETAINED)]
)
def test_executions_that_cannot_be_listed_hide_neither_use_nor_retention(
    about: dict[str, Any], expected: Classification
) -> None:
    aws = Aws(**about, executions=THROTTLED)
    assert classifications(scan(aws.services())) == {"reviews": expected}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        pytest.param(None, ScanResult([], 0), id="gone before its tags are read"),
        pytest.param([TAGS, None], ScanResult([], 0), id="gone by the second read"),
        pytest.param([TAGS, {"team": "shop"}], ScanResult([], 1), id="given back by then"),
        pytest.param({"team": "shop"}, ScanResult([], 1), id="without the provider's tags"),
        pytest.param({ADOPT_TAG: "shop/Sentiment"}, ScanResult([], 1), id="only offered"),
    ],
)
def test_what_is_gone_is_left_out_and_what_is_foreign_is_counted(
    tags: Any, expected: ScanResult
) -> None:
    assert scan(Aws(tagged={"reviews": tags}).services()) == expected


def test_an_orphan_that_is_made_again_or_adopted_by_the_second_read_is_in_progress() -> None:
    aws = Aws(record=GONE, tagged={"reviews": [TAGS, TAGS | {REQUEST_TAG: "a-later-one"}]})
    assert classifications(scan(aws.services())) == {"reviews": IN_PROGRESS}


@pytest.mark.parametrize(
    ("later", "expected"),
    [
        pytest.param({"has": LISTED}, IN_USE, id="the stack's record was stale"),
        pytest.param({"happened": [skipped()]}, RETAINED, id="the events were stale"),
        pytest.param({"executions": {"d1ce": 1.0}}, IN_PROGRESS, id="the executions were stale"),
        pytest.param({"record": GONE}, ORPHANED, id="both reads agree, for different reasons"),
    ],
)
def test_the_second_read_decides_whether_it_is_an_orphan(
    later: dict[str, Any], expected: Classification
) -> None:
    aws = Aws(later=later)
    assert classifications(scan(aws.services())) == {"reviews": expected}
    assert aws.paused == [STALE + 1]


def test_a_scan_waits_once_for_all_orphans_and_reads_nothing_else_again() -> None:
    names = [f"n{number}" for number in range(3)]
    aws = Aws(listed=[listed("reviews"), *map(listed, names)], has=LISTED)
    assert classifications(scan(aws.services())) == {"reviews": IN_USE} | dict.fromkeys(
        names, ORPHANED
    )
    assert aws.paused == [PAUSE] * 3 + [STALE + 1] + [PAUSE] * 2
    assert aws.calls.count(READ_TAGS) == 4 + 3


def test_orphans_that_there_is_no_time_to_read_again_are_unknown() -> None:
    # List, executions, tags, stack: the first read is complete, and the time is over.
    aws = Aws(record=None, most_calls=4)
    assert classifications(scan(aws.services())) == {"reviews": UNKNOWN}
    assert (len(aws.calls), aws.paused) == (4, [])


class TestIdle:
    """Endpoints that a stack has and nobody uses."""

    def test_all_that_are_in_use_and_old_enough_are_asked_about_at_once(self) -> None:
        names = ("reviews", "b", "young", "ageless")
        aws = Aws(
            listed=[
                listed("reviews", created=LONG_AGO),
                listed("young", created=MIDNIGHT + timedelta(seconds=1)),
                listed("ageless", created=None),
                listed("lost", created=LONG_AGO),
                listed("b", created=MIDNIGHT),
            ],
            tagged={name: TAGS | {LOGICAL_ID_TAG: name} for name in names},
            resources={name: replace(LISTED, physical_id=given.arn(name)) for name in names},
            used=dict.fromkeys([*names, "lost"], 0.0),
        )
        assert classifications(scan(aws.services())) == {
            "reviews": IDLE,
            "b": IDLE,
            "young": IN_USE,
            "ageless": IN_USE,
            "lost": ORPHANED,
        }
        assert aws.asked_use == [([given.arn("reviews"), given.arn("b")], MIDNIGHT, NOW)]

    def test_the_least_use_is_use(self) -> None:
        aws = Aws(**IN_USE_FOR_LONG, used={"reviews": 0.001})
        assert classifications(scan(aws.services())) == {"reviews": IN_USE}

    def test_zero_days_ask_for_none(self) -> None:
        aws = Aws(**IN_USE_FOR_LONG, used={"reviews": 0.0}, idle_days=0)
        assert classifications(scan(aws.services())) == {"reviews": IN_USE}
        assert USE not in aws.calls

    @pytest.mark.parametrize(
        ("trouble", "why"),
        [
            (THROTTLED, "Throttling from Call: Rate exceeded"),
            (RuntimeError("a secret"), "the scan failed (RuntimeError): its log has the stack"),
        ],
    )
    def test_without_an_answer_the_scan_goes_on_and_says_so(
        self, trouble: Exception, why: str
    ) -> None:
        found = scan(Aws(**IN_USE_FOR_LONG, used=trouble).services())
        assert classifications(found) == {"reviews": IN_USE}
        assert found.usage_unread.startswith(why)

    def test_without_time_the_scan_says_so_and_asks_nothing(self) -> None:
        # List, executions, tags, stack, resource.
        aws = Aws(**IN_USE_FOR_LONG, used={"reviews": 0.0}, most_calls=5)
        found = scan(aws.services())
        assert classifications(found) == {"reviews": IN_USE}
        assert found.usage_unread == "the scan's time was over"
        assert USE not in aws.calls


def test_without_endpoints_nothing_else_is_asked() -> None:
    aws = Aws(listed=[])
    assert scan(aws.services()) == ScanResult([], 0)
    assert aws.calls == []


@pytest.mark.parametrize("trouble", [THROTTLED, KeyError("Tags"), RuntimeError("a secret")])
def test_trouble_with_one_endpoint_stops_no_other_and_a_fault_is_named_by_its_class(
    trouble: Exception,
) -> None:
    aws = Aws(
        listed=[listed("reviews"), listed("b"), listed("c")],
        tagged={"b": trouble},
        has=LISTED,
        happened=[skipped("c")],
    )
    found = scan(aws.services())
    assert classifications(found) == {"reviews": IN_USE, "b": UNKNOWN, "c": RETAINED}
    why = found.findings[1].verdict.why
    assert trouble is THROTTLED or type(trouble).__name__ in why
    assert "secret" not in why


def test_an_endpoint_that_is_listed_twice_is_read_once() -> None:
    aws = Aws(listed=[listed("a"), listed("b"), listed("a")], has=LISTED)
    assert len(scan(aws.services()).findings) == 2


def test_it_keeps_below_the_rate_at_which_tags_may_be_read() -> None:
    aws = Aws(listed=[listed(str(number), status="DELETING") for number in range(4)])
    scan(aws.services())
    assert aws.paused == [PAUSE] * 3
    # Comprehend, quotas: ListTagsForResource, 10 a second; half of it is for operations.
    assert 1 / PAUSE <= 5


@pytest.mark.parametrize(
    ("aws", "error"),
    [
        pytest.param(Aws(listed=[listed("a"), THROTTLED]), ApiError, id="it breaks off"),
        pytest.param(
            Aws(listed=[listed("a"), listed("b")], most_calls=2), OutOfTimeError, id="too slow"
        ),
    ],
)
def test_a_part_of_the_list_is_no_report(aws: Aws, error: type[Exception]) -> None:
    with pytest.raises(error):
        scan(aws.services())
    assert set(aws.calls) == {LIST}


@pytest.mark.parametrize("calls", range(4, 9))
def test_what_there_is_no_time_for_is_unknown_without_a_call_or_a_pause(calls: int) -> None:
    # The endpoint that is under way when the time is over, and the other two.
    aws = Aws(
        listed=[listed("a"), listed("b"), listed("c")],
        record=GONE,
        happened=[OTHERWISE] * 50,
        most_calls=calls,
    )
    assert classifications(scan(aws.services())) == dict.fromkeys("abc", UNKNOWN)
    assert len(aws.calls) == calls
    assert aws.paused == []


def test_the_margin_suffices_for_a_slow_call_and_a_slow_report() -> None:
    config: Any = PATIENT_CONFIG
    tries = config.retries["total_max_attempts"]
    # Between two tries the SDK waits a random part of 1, 2, 4, ... seconds, at most 20.
    waits = sum(min(20, 2**number) for number in range(tries - 1))
    slowest = tries * (config.connect_timeout + config.read_timeout) + waits
    assert 2 * slowest < MARGIN
    assert slowest > STALE + 1
