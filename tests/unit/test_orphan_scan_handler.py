"""The orphan scan function: each scan is logged and measured, and a message is sent."""

import json
import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC
from types import SimpleNamespace
from typing import Any

import pytest

from provider.handlers import orphan_scan
from provider.model.api_errors import ApiError
from provider.model.ownership import LOGICAL_ID_TAG
from provider.orphans.classification import Classification
from provider.orphans.scan import MARGIN
from provider.telemetry import SERVICE, Telemetry
from tests.unit import given
from tests.unit.orphan_world import LISTED, LONG_AGO, STALE, TAGS, THROTTLED, Aws, listed

TOPIC = f"arn:aws:sns:{given.REGION}:{given.ACCOUNT}:endpoints"


@dataclass
class Context:
    """What Lambda says of an invocation."""

    seconds: float = 900
    aws_request_id: str = "a-run"
    invoked_function_arn: str = (
        f"arn:aws:lambda:{given.REGION}:{given.ACCOUNT}:function:orphan-scan"
    )

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


@dataclass
class Sent:
    """A topic that remembers its messages; ``error`` refuses them."""

    error: Exception | None = None
    messages: list[tuple[str, str, str]] = field(default_factory=list)

    def __call__(self, arn: str) -> Any:
        def publish(subject: str, message: str) -> None:
            self.messages.append((arn, subject, message))
            if self.error is not None:
                raise self.error

        return SimpleNamespace(publish=publish)


Run = Callable[..., tuple[Any, list[dict[str, Any]]]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Invokes the handler; gives its result, or error, and the lines that it printed."""
    monkeypatch.setenv("AWS_REGION", given.REGION)

    def invoke(aws: Aws, topic: Sent | None = None, arn: str = TOPIC) -> Any:
        monkeypatch.setenv("ORPHAN_SCAN_TOPIC_ARN", arn)
        Telemetry(None, "OrphanScan")
        for handler in logging.getLogger(SERVICE).handlers:
            monkeypatch.setattr(handler, "stream", sys.stdout)
        result: Any
        try:
            result = orphan_scan.handler({}, Context(), lambda *_: aws.services(), topic or Sent())
        except Exception as error:
            result = error
        return result, [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return invoke


def one_of_each(**about: Any) -> Aws:
    """In use, orphaned, unknown and idle; and one that is not ours."""
    return Aws(
        listed=[
            listed("reviews", inference_units=2),
            listed("lost", inference_units=3),
            listed("dark"),
            listed("idle", inference_units=4, created=LONG_AGO),
            listed("foreign", inference_units=9),
        ],
        tagged={"dark": THROTTLED, "foreign": {}, "idle": TAGS | {LOGICAL_ID_TAG: "Idle"}},
        has=LISTED,
        resources={"Idle": replace(LISTED, physical_id=given.arn("idle"))},
        **{"used": {"idle": 0.0}, **about},
    )


def test_each_endpoint_has_a_line_and_the_totals_have_one(run: Run) -> None:
    result, lines = run(one_of_each())
    found = {
        line["arn"].rpartition("/")[2]: line for line in lines if line.get("message") == "endpoint"
    }
    (total,) = [line for line in lines if line.get("message") == "orphan scan finished"]

    assert {name: (line["classification"], line["level"]) for name, line in found.items()} == {
        "reviews": ("InUse", "INFO"),
        "lost": ("Orphaned", "ERROR"),
        "dark": ("Unknown", "WARNING"),
        "idle": ("Idle", "WARNING"),
    }
    expected = {
        "operation": "OrphanScan",
        "run": "a-run",
        "stack": given.STACK_ID,
        "logical_id": "Sentiment",
        "why": f"Sentiment of its stack (UPDATE_COMPLETE) is {given.ARN}",
        "inference_units": 3,
        "usd_a_day": 129.6,
        "usd_a_month": 3888.0,
        "since": "2026-11-13T12:00:00Z",
        "creation_time": "2026-11-13T12:00:00Z",
    }
    assert found["lost"] | expected == found["lost"]
    assert (total["endpoints"], total["foreign"]) == (4, 1)
    keys = ("run", "endpoints", "foreign", "classifications", "usage_unread")
    assert json.loads(json.dumps(result)) == {key: total[key] for key in keys}


def test_every_classification_is_measured_each_time_so_that_an_alarm_can_end(run: Run) -> None:
    _, lines = run(one_of_each())
    measured: dict[str, dict[str, Any]] = {}
    for line in lines:
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
            (metric,) = directive["Metrics"]
            ((value,),) = [line[metric["Name"]]]
            measured.setdefault(line["classification"], {})[metric["Name"]] = value

    assert measured == {
        "InUse": {"Endpoints": 1, "InferenceUnits": 2, "DailyCost": 86.4},
        "InProgress": {"Endpoints": 0, "InferenceUnits": 0, "DailyCost": 0},
        "Retained": {"Endpoints": 0, "InferenceUnits": 0, "DailyCost": 0},
        "Orphaned": {"Endpoints": 1, "InferenceUnits": 3, "DailyCost": 129.6},
        "Unknown": {"Endpoints": 1, "InferenceUnits": 1, "DailyCost": 43.2},
        "Idle": {"Endpoints": 1, "InferenceUnits": 4, "DailyCost": 172.8},
    }


def test_idle_endpoints_that_are_not_known_are_logged_and_not_measured_as_none(run: Run) -> None:
    result, lines = run(one_of_each(used=THROTTLED))
    (said,) = [line for line in lines if line.get("message") == "idle endpoints are not known"]
    assert (said["level"], said["problem"]) == ("WARNING", "Throttling from Call: Rate exceeded")
    assert result["usage_unread"] == said["problem"]
    measured = {line["classification"] for line in lines if "_aws" in line}
    assert measured == set(Classification) - {Classification.IDLE}


def test_a_message_goes_to_the_topic(run: Run) -> None:
    topic = Sent()
    _, lines = run(one_of_each(), topic)
    ((to, subject, text),) = topic.messages
    assert to == TOPIC
    assert subject == f"Comprehend endpoints in {given.REGION}: 1 orphaned, 1 unknown, 1 idle"
    assert given.arn("lost") in text
    assert any(line.get("message") == "message sent" for line in lines)


@pytest.mark.parametrize(
    ("aws", "arn"),
    [
        pytest.param(one_of_each(), "", id="no topic"),
        pytest.param(Aws(has=LISTED), TOPIC, id="all is well"),
    ],
)
def test_without_a_topic_or_if_all_is_well_no_message_is_sent(run: Run, aws: Aws, arn: str) -> None:
    topic = Sent()
    result, _ = run(aws, topic, arn)
    assert result["endpoints"]
    assert topic.messages == []


def test_a_message_that_sns_refuses_fails_the_scan_after_the_report(run: Run) -> None:
    refused = ApiError("Publish", "NotFound", "No topic.")
    error, lines = run(one_of_each(), Sent(refused))
    said = [line.get("message") for line in lines]
    assert error is refused
    assert "orphan scan finished" in said
    assert any("_aws" in line for line in lines)
    assert said[-1] == "the orphan scan failed: the state machine tries again"


def test_a_list_that_cannot_be_read_fails_the_scan_and_measures_nothing(run: Run) -> None:
    error, lines = run(Aws(listed=[THROTTLED]))
    assert error is THROTTLED
    assert [line["level"] for line in lines] == ["ERROR"]


def test_a_scan_has_time_until_shortly_before_the_function_s_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_REGION", given.REGION)
    monkeypatch.setenv("STATE_MACHINE_ARN", "arn:aws:states:::provider")
    context = Context()
    monkeypatch.setenv("ORPHAN_SCAN_IDLE_DAYS", "21")
    services = orphan_scan.connect(context, Telemetry(None, "OrphanScan"))
    assert services.enough_time()
    context.seconds = MARGIN
    assert not services.enough_time()
    assert services.now().tzinfo is UTC
    assert (services.idle_days, services.stale) == (21, STALE)
