"""The world that an orphan scan reads: endpoints, a stack, executions, as a test tells."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from provider.model.api_errors import ApiError
from provider.model.endpoint import ListedEndpoint
from provider.model.ownership import LOGICAL_ID_TAG, REQUEST_TAG, STACK_TAG
from provider.model.stack import ResourceRecord, StackEvent, StackRecord
from provider.orphans.classification import Classification, ScanResult
from provider.orphans.scan import Services
from provider.telemetry import Telemetry
from tests.unit import given

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MADE = NOW - timedelta(days=10)
THROTTLED = ApiError("Call", "Throttling", "Rate exceeded")
TAGS = {STACK_TAG: given.STACK_ID, LOGICAL_ID_TAG: "Sentiment", REQUEST_TAG: "d1ce"}
THERE, GONE = StackRecord("UPDATE_COMPLETE"), StackRecord("DELETE_COMPLETE", NOW)


def arn(name: str) -> str:
    return given.ARN.replace("reviews", name)


def listed(name: str, **changes: Any) -> ListedEndpoint:
    return replace(ListedEndpoint(arn(name), "IN_SERVICE", 1, MADE), **changes)


@dataclass
class Aws:
    """All that a scan reads, as told; an error among the answers is raised."""

    endpoints: list[ListedEndpoint | Exception] = field(default_factory=list)
    tags: dict[str, Any] = field(default_factory=dict)
    """By the endpoint's name: tags, None, or an error; or a list of them, one for each read."""
    stack: StackRecord | Exception | None = THERE
    resource: ResourceRecord | Exception | None = None
    events: list[StackEvent | Exception] = field(default_factory=list)
    running: frozenset[str] | Exception = frozenset()
    calls: list[str] = field(default_factory=list)
    paused: list[float] = field(default_factory=list)
    most_calls: int = 10_000
    """After so many calls the time is over."""

    def services(self) -> Services:
        return Services(
            comprehend=_Comprehend(self),
            cloudformation=_CloudFormation(self),
            executions=_Executions(self),
            log=Telemetry(None, "OrphanScan"),
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

    def endpoints(self) -> Iterator[ListedEndpoint]:
        for each in self.aws.endpoints:
            yield self.aws.called("ListEndpoints", each)

    def tags(self, arn: str) -> dict[str, str] | None:
        told = self.aws.tags.get(arn.rpartition("/")[2], TAGS)
        answer = told.pop(0) if isinstance(told, list) else told
        found: dict[str, str] | None = self.aws.called("ListTagsForResource", answer)
        return found


@dataclass
class _CloudFormation:
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


def classifications(found: ScanResult) -> dict[str, Classification]:
    return {
        each.endpoint.arn.rpartition("/")[2]: each.verdict.classification for each in found.findings
    }


def reviews(**about: Any) -> Aws:
    """One endpoint of ours."""
    return Aws(**{"endpoints": [listed("reviews")]} | about)


def skipped(name: str = "reviews", at: datetime = NOW) -> StackEvent:
    return StackEvent(arn(name), "DELETE_SKIPPED", at)


OTHERWISE = StackEvent(arn("other"), "UPDATE_COMPLETE", NOW)
LISTED = ResourceRecord(arn("reviews"), "CREATE_COMPLETE", NOW)
