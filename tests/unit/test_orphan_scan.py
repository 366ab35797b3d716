"""One orphan scan: what it reads, and that trouble with one endpoint concerns no other."""

from datetime import timedelta
from typing import Any

import pytest

from provider.aws.clients import PATIENT_CONFIG
from provider.model.api_errors import ApiError
from provider.model.ownership import ADOPT_TAG, REQUEST_TAG
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
    classifications,
    event,
    listed,
    skipped,
)

IN_USE, IN_PROGRESS, RETAINED, ORPHANED, UNKNOWN = Classification
STACK, RESOURCE, EVENT = "DescribeStacks", "DescribeStackResource", "DescribeStackEvents"
LIST, EXECUTIONS, READ_TAGS = "ListEndpoints", "ListExecutions", "ListTagsForResource"
OLDER = skipped(at=MADE - timedelta(seconds=1))
HELD = event("UPDATE_COMPLETE")


@pytest.mark.parametrize(
    ("about", "expected", "reads"),
    [
        pytest.param({"has": LISTED}, IN_USE, [STACK, RESOURCE], id="in use: no event"),
        pytest.param(
            {"listed": [listed(status="DELETING")]}, IN_PROGRESS, [], id="being deleted: no stack"
        ),
        pytest.param(
            {"record": GONE, "happened": [OTHERWISE, skipped(), OTHERWISE]},
            RETAINED,
            [STACK, RESOURCE, EVENT, EVENT],
            id="retained: events until one shows it",
        ),
        # Before an alarm, the tags are read again.
        pytest.param(
            {"record": GONE, "happened": [OTHERWISE, OLDER, OTHERWISE]},
            ORPHANED,
            [STACK, RESOURCE, EVENT, EVENT, READ_TAGS],
            id="orphaned: no event from before it was made",
        ),
        # It was its stack's again: what let it go since has not kept it on purpose.
        pytest.param(
            {"record": GONE, "happened": [OTHERWISE, HELD, skipped(), OTHERWISE]},
            ORPHANED,
            [STACK, RESOURCE, EVENT, EVENT, READ_TAGS],
            id="orphaned: no event from before the newest that shows it held",
        ),
        pytest.param(
            {"record": None}, ORPHANED, [STACK, READ_TAGS], id="no stack: no resource, no events"
        ),
        pytest.param(
            {"record": GONE, "executions": {"d1ce": 1.0}},
            IN_PROGRESS,
            [STACK, RESOURCE],
            id="its execution still runs",
        ),
        pytest.param(
            {"record": GONE, "executions": {"other": 1.0}},
            ORPHANED,
            [STACK, RESOURCE, READ_TAGS],
            id="another one's execution runs",
        ),
    ],
)
def test_no_more_is_read_than_is_needed(
    about: dict[str, Any], expected: Classification, reads: list[str]
) -> None:
    aws = Aws(**about)
    assert classifications(scan(aws.services())) == {"reviews": expected}
    assert aws.calls == [LIST, EXECUTIONS, READ_TAGS, *reads]


@pytest.mark.parametrize(
    "about",
    [
        pytest.param({"tagged": {"reviews": THROTTLED}}, id="tags"),
        pytest.param({"record": THROTTLED}, id="stack"),
        pytest.param({"has": THROTTLED}, id="resource"),
        pytest.param({"happened": [OTHERWISE, THROTTLED]}, id="events"),
        pytest.param({"executions": THROTTLED}, id="executions"),
        pytest.param({"tagged": {"reviews": [TAGS, THROTTLED]}}, id="tags before the alarm"),
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
        pytest.param([TAGS, None], ScanResult([], 0), id="gone before the alarm"),
        pytest.param({"team": "shop"}, ScanResult([], 1), id="without the provider's tags"),
        pytest.param({ADOPT_TAG: "shop/Sentiment"}, ScanResult([], 1), id="only offered"),
    ],
)
def test_what_is_gone_is_left_out_and_what_is_foreign_is_counted(
    tags: Any, expected: ScanResult
) -> None:
    assert scan(Aws(tagged={"reviews": tags}).services()) == expected


@pytest.mark.parametrize("later", [TAGS | {REQUEST_TAG: "a-later-one"}, {"team": "shop"}])
def test_what_was_made_again_or_adopted_before_the_alarm_is_in_progress(later: Any) -> None:
    aws = Aws(record=GONE, tagged={"reviews": [TAGS, later]})
    assert classifications(scan(aws.services())) == {"reviews": IN_PROGRESS}


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
    aws = Aws(listed=[listed(str(number)) for number in range(4)], has=LISTED)
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
