"""The orphan scan function: each scan is logged and measured, and a message is sent."""

import json
import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from provider.handlers import orphan_scan
from provider.model.api_errors import ApiError
from provider.orphans.scan import MARGIN
from provider.telemetry import SERVICE, Telemetry
from tests.unit import given
from tests.unit.orphan_world import LISTED, THROTTLED, Aws, arn, listed, reviews


class _Context:
    aws_request_id = "a-run"
    invoked_function_arn = f"arn:aws:lambda:{given.REGION}:{given.ACCOUNT}:function:orphan-scan"

    def __init__(self, seconds: float = 900) -> None:
        self.seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


def test_a_scan_has_time_until_shortly_before_the_function_s_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_REGION", given.REGION)
    monkeypatch.setenv("STATE_MACHINE_ARN", "arn:aws:states:::provider")
    context = _Context()
    services = orphan_scan.connect(context, Telemetry(None, "OrphanScan"))

    assert services.enough_time()
    context.seconds = MARGIN
    assert not services.enough_time()
    assert services.now().tzinfo is not None


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
        monkeypatch.setenv("ORPHAN_SCAN_TOPIC_ARN", arn)
        Telemetry(None, "OrphanScan")
        for handler in logging.getLogger(SERVICE).handlers:
            monkeypatch.setattr(handler, "stream", sys.stdout)
        result: Any
        try:
            result = orphan_scan.handler({}, _Context(), lambda *_: aws.services(), topic or Sent())
        except Exception as error:
            result = error
        printed = capsys.readouterr().out.splitlines()
        return result, [json.loads(line) for line in printed]

    return invoke


def one_of_each() -> Aws:
    """In use, orphaned, and unknown; and one that is not ours."""
    return Aws(
        endpoints=[
            listed("reviews", inference_units=2),
            listed("lost", inference_units=3),
            listed("dark"),
            listed("foreign", inference_units=9),
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
        (total,) = [line for line in lines if line.get("message") == "orphan scan finished"]

        assert {name: line["classification"] for name, line in endpoints.items()} == {
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
        assert lost["operation"] == "OrphanScan"
        assert lost["stack"] == given.STACK_ID
        assert lost["logical_id"] == "Sentiment"
        assert lost["why"].endswith(arn("reviews"))
        assert (lost["inference_units"], lost["usd_a_day"]) == (3, 129.6)
        assert lost["since"] == lost["creation_time"] == "2026-11-13T12:00:00Z"
        assert {line["run"] for line in [*endpoints.values(), total]} == {"a-run"}
        assert total["endpoints"] == 3
        assert total["foreign"] == 1
        assert result == {
            key: total[key] for key in ("run", "endpoints", "foreign", "classifications")
        }
        assert json.dumps(result)

    def test_every_classification_is_measured_each_time_so_that_an_alarm_can_end(
        self, run: Any
    ) -> None:
        _, lines = run(one_of_each())
        measured = {
            (line["classification"], metric["Name"]): line[metric["Name"]]
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

    def test_if_all_is_well_no_message_is_sent(self, run: Any) -> None:
        topic = Sent()
        result, _ = run(reviews(resource=LISTED), topic)

        assert result["endpoints"] == 1
        assert topic.messages == []

    def test_a_message_that_sns_refuses_fails_the_scan_after_the_report(self, run: Any) -> None:
        error, lines = run(one_of_each(), Sent(ApiError("Publish", "NotFound", "No topic.")))
        said = [line.get("message") for line in lines]

        assert isinstance(error, ApiError)
        assert "orphan scan finished" in said
        assert any("_aws" in line for line in lines)
        assert said[-1] == "the orphan scan failed: the state machine tries again"

    def test_a_list_that_cannot_be_read_fails_the_scan_and_measures_nothing(self, run: Any) -> None:
        error, lines = run(Aws(endpoints=[THROTTLED]))

        assert error is THROTTLED
        assert [line["level"] for line in lines] == ["ERROR"]
