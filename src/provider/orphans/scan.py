"""One orphan scan: it reads every endpoint with the provider's tags, and changes none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from provider.contract.errors import ProviderError
from provider.model.api_errors import ApiError
from provider.model.endpoint import ListedEndpoint
from provider.model.stack import ResourceRecord, StackEvent, StackRecord, history
from provider.orphans import classification
from provider.orphans.classification import (
    Classification,
    Finding,
    Owner,
    Release,
    ScanResult,
    Verdict,
)
from provider.telemetry import Telemetry

PAUSE = 0.2
"""Seconds between two endpoints. ListTagsForResource takes about ten requests a second in the
whole account, and operations that are under way need it too."""

MARGIN = 180
"""Seconds before the function's time is over, in which no further endpoint is read: enough for the
call that is under way and for the report (aws/clients.py, PATIENT_CONFIG). A wait for the second
read is shorter than a call may be."""


class OutOfTimeError(ProviderError):
    """The function's time is nearly over."""


class Comprehend(Protocol):
    """What a scan asks of Amazon Comprehend. Every method may raise ApiError."""

    def endpoints(self) -> Iterator[ListedEndpoint]:
        """List all endpoints of the account and region, made by anyone."""

    def tags(self, arn: str) -> dict[str, str] | None:
        """Read an endpoint's tags; None if there is no endpoint."""


class CloudFormation(Protocol):
    """What a scan asks of CloudFormation. Every method may raise ApiError."""

    def stack(self, stack_id: str) -> StackRecord | None:
        """Describe a stack, also a deleted one; None if there is none."""

    def resource(self, stack_id: str, logical_id: str) -> ResourceRecord | None:
        """Describe a stack's resource; None if the stack does not list it."""

    def events(self, stack_id: str) -> Iterator[StackEvent]:
        """Give the events of a stack and its resources, the newest first."""


class Executions(Protocol):
    """What a scan asks of Step Functions."""

    def running(self) -> Mapping[str, float]:
        """Give the executions that have not ended, by name. May raise ApiError."""


class CloudWatch(Protocol):
    """What a scan asks of CloudWatch."""

    def consumed(self, arns: Collection[str], since: datetime, until: datetime) -> dict[str, float]:
        """Give the inference units that each endpoint has consumed. May raise ApiError."""


@dataclass(frozen=True, slots=True)
class Services:
    """What a scan needs from outside: AWS, a log, the time, the installation's parameters.

    Args:
        now: gives the time in UTC.
        enough_time: whether there is time for another call.
        pause: waits so many seconds.
        stale: how old a read of AWS may be, in seconds (model/installation.py).
        idle_days: an endpoint is idle if nothing has used it for so many days; 0 asks for none.
    """

    comprehend: Comprehend
    cloudformation: CloudFormation
    executions: Executions
    cloudwatch: CloudWatch
    log: Telemetry
    now: Callable[[], datetime]
    enough_time: Callable[[], bool]
    pause: Callable[[float], object]
    stale: float
    idle_days: int


def scan(services: Services) -> ScanResult:
    """Read and classify every endpoint of the region.

    A problem with one endpoint becomes that endpoint's verdict; the others are read all the same.

    Raises:
        ApiError: the endpoints could not be listed. Part of a list would be no report: an orphan
            might be missing.
        OutOfTimeError: listing them alone took too long.
    """
    found = _confirmed(services, _read(services, _list(services)))
    return _judged_by_use(services, found)


def _read(services: Services, listed: Collection[ListedEndpoint]) -> ScanResult:
    """Classify endpoints by one read of each."""
    findings, foreign = [], 0
    # Read after the list: an execution that made an endpoint in it either still runs, or has ended
    # and left the endpoint to its stack or to nobody.
    running = _running(services) if listed and services.enough_time() else {}
    for number, endpoint in enumerate(listed):
        if number and services.enough_time():
            services.pause(PAUSE)
        owner: Owner | None = None
        try:
            _check_time(services)
            tags = services.comprehend.tags(endpoint.arn)
            if tags is None:
                services.log.info("the endpoint is gone by now", arn=endpoint.arn)
                continue
            owner = classification.owner(tags)
            if owner is None:
                foreign += 1
                continue
            verdict = _judge(services, endpoint, owner, running)
        except ApiError as error:
            verdict = classification.unread(endpoint, error)
        except OutOfTimeError:
            why = "the scan's time was over before all about it was read"
            verdict = Verdict(Classification.UNKNOWN, why, endpoint.created)
        except Exception as error:
            # A fault of the provider's, or an answer that no model of the service has.
            services.log.exception("an endpoint could not be classified")
            verdict = Verdict(Classification.UNKNOWN, _fault(error), endpoint.created)
        findings.append(Finding(endpoint, owner, verdict))
    return ScanResult(findings, foreign)


def _confirmed(services: Services, found: ScanResult) -> ScanResult:
    """Read the orphans again before an alarm, so late that no read is as old as the first one.

    What AWS answers may be half a minute old. An endpoint may also have been deleted or adopted
    since.
    """
    orphans = [
        each.endpoint
        for each in found.findings
        if each.verdict.classification is Classification.ORPHANED
    ]
    if not orphans:
        return found
    if services.enough_time():
        services.pause(services.stale + 1)
    again = _read(services, orphans)
    second = {each.endpoint.arn: each for each in again.findings}
    findings = []
    for first in found.findings:
        if first.verdict.classification is not Classification.ORPHANED:
            findings.append(first)
        elif first.endpoint.arn in second:
            findings.append(classification.agreed(first, second[first.endpoint.arn]))
    return ScanResult(findings, found.foreign + again.foreign)


def _judged_by_use(services: Services, found: ScanResult) -> ScanResult:
    """Find the idle endpoints; if CloudWatch does not answer, the report says so."""
    now, days = services.now(), services.idle_days
    # Whole days, which is how CloudWatch adds up.
    since = (now - timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)
    asked = [
        each.endpoint.arn for each in found.findings if classification.may_be_idle(each, since)
    ]
    if not days or not asked:
        return found
    try:
        _check_time(services)
        consumed = services.cloudwatch.consumed(asked, since, now)
    except ApiError as error:
        problem = classification.problem(error)
    except OutOfTimeError:
        problem = "the scan's time was over"
    except Exception as error:
        services.log.exception("the endpoints' use could not be read")
        problem = _fault(error)
    else:
        findings = [
            classification.idle(each, since, days) if consumed.get(each.endpoint.arn) == 0 else each
            for each in found.findings
        ]
        return replace(found, findings=findings)
    return replace(found, usage_unread=problem)


def _fault(error: Exception) -> str:
    return f"the scan failed ({type(error).__name__}): its log has the stack trace"


def _judge(
    services: Services,
    endpoint: ListedEndpoint,
    owner: Owner,
    running: Mapping[str, float] | ApiError,
) -> Verdict:
    """Classify an endpoint.

    Nothing is read that is not needed, so most endpoints cost three calls.
    """
    verdict = classification.by_itself(endpoint, owner)
    if verdict is not None:
        return verdict
    _check_time(services)
    stack = services.cloudformation.stack(owner.stack_id)
    resource, released = None, None
    if stack is not None:
        _check_time(services)
        resource = services.cloudformation.resource(owner.stack_id, owner.logical_id)
        verdict = classification.by_stack(endpoint, owner, stack, resource)
        if verdict is not None:
            return verdict
        released = _released(services, endpoint, owner, resource)
    is_kept = released is not None and not released.forced
    if isinstance(running, ApiError) and not is_kept:
        return classification.unread(endpoint, running)
    return classification.by_history(
        endpoint,
        owner,
        stack,
        resource,
        released=released,
        running=not isinstance(running, ApiError) and owner.execution in running,
        now=services.now(),
    )


def _released(
    services: Services, endpoint: ListedEndpoint, owner: Owner, resource: ResourceRecord | None
) -> Release | None:
    """Find out how a stack let an endpoint go, from its events since the endpoint was created."""
    created = endpoint.created.timestamp() if endpoint.created else None
    events = []
    for event in _in_time(services, services.cloudformation.events(owner.stack_id)):
        if created is not None and event.at.timestamp() < created:
            break
        if event.physical_id == endpoint.arn:
            events.append(event)
    newest = history(endpoint.arn, created, owner.stack_id, events).newest
    return classification.release(endpoint, resource, newest, events)


def _in_time(services: Services, events: Iterator[StackEvent]) -> Iterator[StackEvent]:
    _check_time(services)
    for event in events:
        yield event
        _check_time(services)


def _list(services: Services) -> list[ListedEndpoint]:
    # By ARN: an endpoint may be on two pages if others are made or deleted meanwhile.
    listed: dict[str, ListedEndpoint] = {}
    for endpoint in services.comprehend.endpoints():
        _check_time(services)
        listed[endpoint.arn] = endpoint
    return list(listed.values())


def _running(services: Services) -> Mapping[str, float] | ApiError:
    try:
        return services.executions.running()
    except ApiError as error:
        return error


def _check_time(services: Services) -> None:
    if not services.enough_time():
        raise OutOfTimeError("the scan's time is nearly over")
