"""The watchman's round: what it reads of whom, and that one endpoint's trouble is that one's."""

import json
import logging
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from provider import on_watch
from provider.calls import PATIENT_CONFIG
from provider.endpoint import Listed
from provider.errors import ApiError
from provider.identity import LOGICAL_ID_TAG, REQUEST_TAG, STACK_TAG
from provider.observability import SERVICE, Telemetry
from provider.records import ResourceRecord, StackEvent, StackRecord
from provider.standing import Round, Standing
from provider.watch import MARGIN, PAUSE, OutOfTimeError, World, watch
from tests.unit import given

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MADE = NOW - timedelta(days=10)
THROTTLED = ApiError("Call", "Throttling", "Rate exceeded")
TAGS = {STACK_TAG: given.STACK_ID, LOGICAL_ID_TAG: "Sentiment", REQUEST_TAG: "d1ce"}
THERE, GONE = StackRecord("UPDATE_COMPLETE"), StackRecord("DELETE_COMPLETE", NOW)


def arn(name: str) -> str:
    return given.ARN.replace("reviews", name)


def listed(name: str, **changes: Any) -> Listed:
    return replace(Listed(arn(name), "IN_SERVICE", 1, MADE), **changes)


@dataclass
class Aws:
    """All that the watchman reads, as told; an error is raised where one stands for an answer."""

    endpoints: list[Listed | Exception] = field(default_factory=list)
    tags: dict[str, Any] = field(default_factory=dict)
    """By the endpoint's name: tags, None, or an error; or a list of them, for one look each."""
    stack: StackRecord | Exception | None = THERE
    resource: ResourceRecord | Exception | None = None
    events: list[StackEvent | Exception] = field(default_factory=list)
    running: frozenset[str] | Exception = frozenset()
    calls: list[str] = field(default_factory=list)
    paused: list[float] = field(default_factory=list)
    most_calls: int = 10_000
    """After so many calls the time is over."""

    def world(self) -> World:
        return World(
            comprehend=_Comprehend(self),
            stacks=_Stacks(self),
            executions=_Executions(self),
            log=Telemetry(None, "Watch"),
            now=lambda: NOW,
            enough_time=lambda: len(self.calls) < self.most_calls,
            pause=self.paused.append,
        )

    def called(self, name: str, answer: Any) -> Any:
        self.calls.append(name)
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass
class _Comprehend:
    aws: Aws

    def endpoints(self) -> Iterator[Listed]:
        for each in self.aws.endpoints:
            yield self.aws.called("ListEndpoints", each)

    def tags(self, arn: str) -> dict[str, str] | None:
        told = self.aws.tags.get(arn.rpartition("/")[2], TAGS)
        answer = told.pop(0) if isinstance(told, list) else told
        found: dict[str, str] | None = self.aws.called("ListTagsForResource", answer)
        return found


@dataclass
class _Stacks:
    aws: Aws

    def stack(self, stack_id: str) -> StackRecord | None:
        assert stack_id == given.STACK_ID
        found: StackRecord | None = self.aws.called("DescribeStacks", self.aws.stack)
        return found

    def resource(self, stack_id: str, logical_id: str) -> ResourceRecord | None:
        assert (stack_id, logical_id) == (given.STACK_ID, "Sentiment")
        found: ResourceRecord | None = self.aws.called("DescribeStackResource", self.aws.resource)
        return found

    def events(self, stack_id: str) -> Iterator[StackEvent]:
        assert stack_id == given.STACK_ID
        for each in self.aws.events:
            yield self.aws.called("DescribeStackEvents", each)


@dataclass
class _Executions:
    aws: Aws

    def running(self) -> frozenset[str]:
        found: frozenset[str] = self.aws.called("ListExecutions", self.aws.running)
        return found


def standings(found: Round) -> dict[str, Standing]:
    return {each.endpoint.arn.rpartition("/")[2]: each.verdict.standing for each in found.findings}


def reviews(**about: Any) -> Aws:
    """One endpoint of ours."""
    return Aws(**{"endpoints": [listed("reviews")]} | about)


def skipped(name: str = "reviews", at: datetime = NOW) -> StackEvent:
    return StackEvent(arn(name), "DELETE_SKIPPED", at)


OTHERWISE = StackEvent(arn("other"), "UPDATE_COMPLETE", NOW)
LISTED = ResourceRecord(arn("reviews"), "CREATE_COMPLETE", NOW)


class TestOneEndpoint:
    @pytest.mark.parametrize(
        ("aws", "standing", "reads"),
        [
            pytest.param(
                reviews(resource=LISTED),
                Standing.IN_USE,
                ["DescribeStacks", "DescribeStackResource"],
                id="in use: no event is read",
            ),
            pytest.param(
                reviews(endpoints=[listed("reviews", status="DELETING")]),
                Standing.IN_PROGRESS,
                [],
                id="being deleted: CloudFormation is not asked",
            ),
            pytest.param(
                reviews(stack=GONE, events=[OTHERWISE, skipped(), OTHERWISE]),
                Standing.RETAINED,
                ["DescribeStacks", "DescribeStackResource", *["DescribeStackEvents"] * 2],
                id="retained: events are read until one shows it",
            ),
            pytest.param(
                reviews(
                    stack=GONE,
                    events=[OTHERWISE, skipped(at=MADE - timedelta(seconds=1)), OTHERWISE],
                ),
                Standing.ORPHANED,
                [
                    *("DescribeStacks", "DescribeStackResource"),
                    *["DescribeStackEvents"] * 2,
                    "ListTagsForResource",
                ],
                id="orphaned: no event is read from before it was made",
            ),
            pytest.param(
                reviews(stack=None),
                Standing.ORPHANED,
                ["DescribeStacks", "ListTagsForResource"],
                id="a stack that nobody knows has no resource and no events",
            ),
            pytest.param(
                reviews(stack=GONE, running=frozenset({"d1ce"})),
                Standing.IN_PROGRESS,
                ["DescribeStacks", "DescribeStackResource"],
                id="its execution still runs",
            ),
            pytest.param(
                reviews(stack=GONE, running=frozenset({"other"})),
                Standing.ORPHANED,
                ["DescribeStacks", "DescribeStackResource", "ListTagsForResource"],
                id="another one's execution runs",
            ),
        ],
    )
    def test_no_more_is_read_than_is_needed(
        self, aws: Aws, standing: Standing, reads: list[str]
    ) -> None:
        assert standings(watch(aws.world())) == {"reviews": standing}
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
        ids=["tags", "stack", "resource", "events", "executions", "the look before the alarm"],
    )
    def test_what_cannot_be_read_leaves_it_unknown(self, aws: Aws) -> None:
        (finding,) = watch(aws.world()).findings

        assert finding.verdict.standing is Standing.UNKNOWN
        assert finding.verdict.why == "Throttling from Call: Rate exceeded"

    def test_executions_that_cannot_be_listed_matter_to_no_endpoint_of_a_stack(self) -> None:
        aws = reviews(resource=LISTED, running=THROTTLED)
        assert standings(watch(aws.world())) == {"reviews": Standing.IN_USE}

    def test_executions_that_cannot_be_listed_hide_no_retention(self) -> None:
        aws = reviews(events=[skipped()], running=THROTTLED)
        assert standings(watch(aws.world())) == {"reviews": Standing.RETAINED}

    def test_one_that_is_gone_before_its_tags_are_read_is_left_out(self) -> None:
        found = watch(reviews(tags={"reviews": None}).world())

        assert found == Round([], 0)

    def test_one_that_is_gone_before_the_alarm_is_left_out(self) -> None:
        found = watch(reviews(stack=GONE, tags={"reviews": [TAGS, None]}).world())

        assert found == Round([], 0)

    @pytest.mark.parametrize("tags", [{**TAGS, REQUEST_TAG: "a-later-one"}, {"team": "shop"}])
    def test_one_that_was_made_anew_or_taken_over_before_the_alarm_is_in_progress(
        self, tags: dict[str, str]
    ) -> None:
        found = watch(reviews(stack=GONE, tags={"reviews": [TAGS, tags]}).world())

        assert standings(found) == {"reviews": Standing.IN_PROGRESS}

    def test_one_with_other_tags_than_ours_is_counted_and_not_looked_at(self) -> None:
        aws = reviews(tags={"reviews": {"team": "shop"}})

        assert watch(aws.world()) == Round([], 1)
        assert "DescribeStacks" not in aws.calls


class TestARound:
    def test_without_endpoints_nothing_else_is_asked(self) -> None:
        aws = Aws()

        assert watch(aws.world()) == Round([], 0)
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

        assert standings(watch(aws.world())) == {
            "a": Standing.IN_USE,
            "b": Standing.UNKNOWN,
            "c": Standing.RETAINED,
        }

    def test_a_fault_of_its_own_is_told_by_its_class_alone(self) -> None:
        (finding,) = watch(reviews(stack=RuntimeError("anything")).world()).findings

        assert "RuntimeError" in finding.verdict.why
        assert "anything" not in finding.verdict.why

    def test_an_endpoint_that_is_listed_twice_is_looked_at_once(self) -> None:
        aws = Aws(endpoints=[listed("a"), listed("b"), listed("a")], resource=LISTED)

        assert len(watch(aws.world()).findings) == 2

    def test_it_keeps_below_the_rate_at_which_tags_may_be_read(self) -> None:
        aws = Aws(endpoints=[listed(str(number)) for number in range(4)], resource=LISTED)
        watch(aws.world())

        assert aws.paused == [PAUSE] * 3
        # Comprehend, quotas: ListTagsForResource, 10 a second; half of it is for operations.
        assert 1 / PAUSE <= 5

    def test_a_list_that_breaks_off_is_no_report(self) -> None:
        aws = Aws(endpoints=[listed("a"), THROTTLED])

        with pytest.raises(ApiError, match="Rate exceeded"):
            watch(aws.world())
        assert aws.calls == ["ListEndpoints"] * 2

    def test_a_list_that_takes_all_the_time_is_no_report(self) -> None:
        aws = Aws(endpoints=[listed("a"), listed("b")], most_calls=2)

        with pytest.raises(OutOfTimeError):
            watch(aws.world())

    @pytest.mark.parametrize("calls", range(3, 8))
    def test_what_time_does_not_suffice_for_is_unknown_without_a_call_or_a_pause(
        self, calls: int
    ) -> None:
        # Whatever is under way when the time is over, and the other two.
        aws = Aws(
            endpoints=[listed("a"), listed("b"), listed("c")],
            stack=GONE,
            events=[OTHERWISE] * 50,
            most_calls=calls + 1,
        )

        assert standings(watch(aws.world())) == dict.fromkeys("abc", Standing.UNKNOWN)
        assert len(aws.calls) == calls + 1
        assert aws.paused == []


class _Context:
    aws_request_id = "a-run"
    invoked_function_arn = f"arn:aws:lambda:{given.REGION}:{given.ACCOUNT}:function:watch"

    def __init__(self, seconds: float = 900) -> None:
        self.seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


def test_a_round_has_time_until_shortly_before_the_function_s_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_REGION", given.REGION)
    monkeypatch.setenv("STATE_MACHINE_ARN", "arn:aws:states:::provider")
    context = _Context()
    world = on_watch.connect(context, Telemetry(None, "Watch"))

    assert world.enough_time()
    context.seconds = MARGIN
    assert not world.enough_time()
    assert world.now().tzinfo is not None


def test_the_margin_suffices_for_a_slow_call_and_a_slow_report() -> None:
    config: Any = PATIENT_CONFIG
    tries = config.retries["total_max_attempts"]
    # Between two tries the SDK waits a random part of 1, 2, 4, ... seconds, at most 20.
    waits = sum(min(20, 2**number) for number in range(tries - 1))
    slowest = tries * (config.connect_timeout + config.read_timeout) + waits

    assert 2 * slowest < MARGIN


@dataclass
class Sent:
    """A topic that remembers its messages; ``error`` refuses them."""

    error: Exception | None = None
    messages: list[tuple[str, str, str]] = field(default_factory=list)

    def __call__(self, arn: str) -> Any:
        @dataclass
        class To:
            sent: "Sent"

            def publish(self, subject: str, message: str) -> None:
                self.sent.messages.append((arn, subject, message))
                if self.sent.error is not None:
                    raise self.sent.error

        return To(self)


TOPIC = f"arn:aws:sns:{given.REGION}:{given.ACCOUNT}:endpoints"


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[Any, list[dict[str, Any]]]]:
    """Invokes the handler; gives its result, or error, and the lines that it printed."""
    monkeypatch.setenv("AWS_REGION", given.REGION)

    def invoke(aws: Aws, topic: Sent | None = None, arn: str = TOPIC) -> Any:
        monkeypatch.setenv("WATCH_TOPIC_ARN", arn)
        Telemetry(None, "Watch")
        for handler in logging.getLogger(SERVICE).handlers:
            monkeypatch.setattr(handler, "stream", sys.stdout)
        result: Any
        try:
            result = on_watch.handler({}, _Context(), lambda *_: aws.world(), topic or Sent())
        except Exception as error:
            result = error
        printed = capsys.readouterr().out.splitlines()
        return result, [json.loads(line) for line in printed]

    return invoke


def one_of_each() -> Aws:
    """In use, orphaned, and unknown; and one that is not ours."""
    return Aws(
        endpoints=[
            listed("reviews", units=2),
            listed("lost", units=3),
            listed("dark"),
            listed("foreign", units=9),
        ],
        tags={"dark": THROTTLED, "foreign": {}},
        resource=LISTED,
    )


class TestReport:
    def test_each_endpoint_has_a_line_and_the_totals_have_one(self, run: Any) -> None:
        result, lines = run(one_of_each())
        endpoints = {
            line["arn"].rpartition("/")[2]: line
            for line in lines
            if line.get("message") == "endpoint"
        }
        (total,) = [line for line in lines if line.get("message") == "watched"]

        assert {name: line["standing"] for name, line in endpoints.items()} == {
            "reviews": "InUse",
            "lost": "Orphaned",
            "dark": "Unknown",
        }
        assert {name: line["level"] for name, line in endpoints.items()} == {
            "reviews": "INFO",
            "lost": "ERROR",
            "dark": "WARNING",
        }
        lost = endpoints["lost"]
        assert lost["operation"] == "Watch"
        assert lost["stack"] == given.STACK_ID
        assert lost["logical_id"] == "Sentiment"
        assert lost["why"].endswith(arn("reviews"))
        assert (lost["units"], lost["usd_a_day"]) == (3, 129.6)
        assert lost["since"] == lost["creation_time"] == "2026-11-13T12:00:00Z"
        assert {line["run"] for line in [*endpoints.values(), total]} == {"a-run"}
        assert total["endpoints"] == 3
        assert total["foreign"] == 1
        assert result == {key: total[key] for key in ("run", "endpoints", "foreign", "standings")}
        assert json.dumps(result)

    def test_every_standing_is_measured_each_time_so_that_an_alarm_can_end(self, run: Any) -> None:
        _, lines = run(one_of_each())
        measured = {
            (line["standing"], metric["Name"]): line[metric["Name"]]
            for line in lines
            for directive in line.get("_aws", {}).get("CloudWatchMetrics", [])
            for metric in directive["Metrics"]
        }

        assert measured == {
            ("InUse", "Endpoints"): [1],
            ("InUse", "InferenceUnits"): [2],
            ("InUse", "DailyCost"): [86.4],
            ("InProgress", "Endpoints"): [0],
            ("InProgress", "InferenceUnits"): [0],
            ("InProgress", "DailyCost"): [0],
            ("Retained", "Endpoints"): [0],
            ("Retained", "InferenceUnits"): [0],
            ("Retained", "DailyCost"): [0],
            ("Orphaned", "Endpoints"): [1],
            ("Orphaned", "InferenceUnits"): [3],
            ("Orphaned", "DailyCost"): [129.6],
            ("Unknown", "Endpoints"): [1],
            ("Unknown", "InferenceUnits"): [1],
            ("Unknown", "DailyCost"): [43.2],
        }

    def test_a_message_goes_to_the_topic(self, run: Any) -> None:
        topic = Sent()
        _, lines = run(one_of_each(), topic)
        ((to, subject, text),) = topic.messages

        assert to == TOPIC
        assert subject == f"Comprehend endpoints in {given.REGION}: 1 orphaned, 1 unknown"
        assert arn("lost") in text
        assert any(line.get("message") == "message sent" for line in lines)

    def test_without_a_topic_no_message_is_sent(self, run: Any) -> None:
        topic = Sent()
        result, _ = run(one_of_each(), topic, arn="")

        assert result["endpoints"] == 3
        assert topic.messages == []

    def test_where_all_is_well_no_message_is_sent(self, run: Any) -> None:
        topic = Sent()
        result, _ = run(reviews(resource=LISTED), topic)

        assert result["endpoints"] == 1
        assert topic.messages == []

    def test_a_message_that_is_not_taken_fails_the_round_after_the_report(self, run: Any) -> None:
        error, lines = run(one_of_each(), Sent(ApiError("Publish", "NotFound", "No topic.")))
        said = [line.get("message") for line in lines]

        assert isinstance(error, ApiError)
        assert "watched" in said
        assert any("_aws" in line for line in lines)
        assert said[-1] == "the watchman failed: the state machine tries again"

    def test_a_list_that_cannot_be_read_fails_the_round_and_measures_nothing(
        self, run: Any
    ) -> None:
        error, lines = run(Aws(endpoints=[THROTTLED]))

        assert error is THROTTLED
        assert [line["level"] for line in lines] == ["ERROR"]
