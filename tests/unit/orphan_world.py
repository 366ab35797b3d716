"""The world that an orphan scan reads: endpoints, a stack, executions, as a test tells."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from provider.model.api_errors import ApiError
from provider.model.endpoint import ListedEndpoint
from provider.model.ownership import LOGICAL_ID_TAG, REQUEST_TAG, STACK_TAG
from provider.model.stack import ResourceRecord, StackEvent, StackRecord
from provider.orphans.classification import Classification, ScanResult
from provider.orphans.scan import PAUSE, Services
from provider.telemetry import Telemetry
from tests.unit import given

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MADE = NOW - 10 * DAY
IDLE_DAYS, STALE = 14, 30.0
LONG_AGO = NOW - 100 * DAY
THROTTLED = ApiError("Call", "Throttling", "Rate exceeded")
TAGS = {STACK_TAG: given.STACK_ID, LOGICAL_ID_TAG: "Sentiment", REQUEST_TAG: "d1ce"}
THERE, GONE = StackRecord("UPDATE_COMPLETE"), StackRecord("DELETE_COMPLETE", NOW - 3 * DAY)
LISTED = ResourceRecord(given.ARN, "CREATE_COMPLETE", NOW)
OTHERWISE = StackEvent("Other", given.arn("other"), "UPDATE_COMPLETE", NOW)


def listed(name: str = "reviews", **changes: Any) -> ListedEndpoint:
    return replace(ListedEndpoint(given.arn(name), "IN_SERVICE", 1, MADE), **changes)


def event(status: str, name: str = "reviews", at: datetime = NOW - DAY) -> StackEvent:
    return StackEvent("Sentiment", given.arn(name), status, at)


def skipped(name: str = "reviews", at: datetime = NOW - DAY) -> StackEvent:
    return event("DELETE_SKIPPED", name, at)


@dataclass
class Aws:
    """All that a scan reads, as told; an error among the answers is raised.

    It is Comprehend, CloudFormation, Step Functions and CloudWatch at once.
    """

    listed: list[ListedEndpoint | Exception] = field(default_factory=lambda: [listed()])
    tagged: dict[str, Any] = field(default_factory=dict)
    """By the endpoint's name: tags, None, or an error; or a list of them, one for each read."""
    record: StackRecord | Exception | None = THERE
    has: ResourceRecord | Exception | None = None
    resources: Mapping[str, ResourceRecord] = field(default_factory=dict)
    """By logical id, where the stack has more than one resource."""
    happened: list[StackEvent | Exception] = field(default_factory=list)
    executions: Mapping[str, float] | Exception = field(default_factory=dict)
    used: Mapping[str, float] | Exception = field(default_factory=dict)
    """By the endpoint's name: the inference units that it has consumed; all others some."""
    idle_days: int = IDLE_DAYS
    later: Mapping[str, Any] = field(default_factory=dict)
    """What is told after the wait for the second read, by the name of the field."""
    most_calls: int = 10_000
    """After so many calls the time is over."""
    calls: list[str] = field(default_factory=list)
    paused: list[float] = field(default_factory=list)
    asked_use: list[tuple[list[str], datetime, datetime]] = field(default_factory=list)

    def services(self) -> Services:
        return Services(
            comprehend=self,
            cloudformation=self,
            executions=self,
            cloudwatch=self,
            log=Telemetry(None, "OrphanScan"),
            now=lambda: NOW,
            enough_time=lambda: len(self.calls) < self.most_calls,
            pause=self._pause,
            stale=STALE,
            idle_days=self.idle_days,
        )

    def _pause(self, seconds: float) -> None:
        self.paused.append(seconds)
        if seconds > PAUSE:
            for name, told in self.later.items():
                setattr(self, name, told)

    def _answer(self, call: str, answer: Any) -> Any:
        self.calls.append(call)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def endpoints(self) -> Iterator[ListedEndpoint]:
        for each in self.listed:
            yield self._answer("ListEndpoints", each)

    def tags(self, arn: str) -> Any:
        told = self.tagged.get(arn.rpartition("/")[2], TAGS)
        return self._answer("ListTagsForResource", told.pop(0) if isinstance(told, list) else told)

    def stack(self, stack_id: str) -> Any:
        assert stack_id == given.STACK_ID
        return self._answer("DescribeStacks", self.record)

    def resource(self, stack_id: str, logical_id: str) -> Any:
        assert stack_id == given.STACK_ID
        assert logical_id in {"Sentiment", *self.resources}
        return self._answer("DescribeStackResource", self.resources.get(logical_id, self.has))

    def events(self, stack_id: str) -> Iterator[StackEvent]:
        assert stack_id == given.STACK_ID
        for each in self.happened:
            yield self._answer("DescribeStackEvents", each)

    def running(self) -> Any:
        return self._answer("ListExecutions", self.executions)

    def consumed(self, arns: Collection[str], since: datetime, until: datetime) -> dict[str, float]:
        self.asked_use.append((list(arns), since, until))
        used = self._answer("GetMetricData", self.used)
        return {arn: used.get(arn.rpartition("/")[2], 0.5) for arn in arns}


def classifications(found: ScanResult) -> dict[str, Classification]:
    return {
        each.endpoint.arn.rpartition("/")[2]: each.verdict.classification for each in found.findings
    }
