"""One orphan scan: it reads every endpoint with the provider's tags, and changes none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from provider.contract.errors import ProviderError
from provider.model.api_errors import ApiError
from provider.model.endpoint import ListedEndpoint
from provider.model.stack import ResourceRecord, StackEvent, StackRecord, history
from provider.orphans import classification
from provider.orphans.classification import Classification, Finding, Owner, ScanResult, Verdict
from provider.telemetry import Telemetry

PAUSE = 0.2
"""Seconds between two endpoints. ListTagsForResource takes about ten requests a second in the
whole account, and operations that are under way need it too."""

MARGIN = 180
"""Seconds before the function's time is over, in which no further endpoint is read: enough for the
call that is under way and for the report (aws/clients.py, PATIENT_CONFIG)."""


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


@dataclass(frozen=True, slots=True)
class Services:
    """What a scan needs from outside: AWS, a log, the time.

    Args:
        now: gives the time, with a time zone.
        enough_time: whether there is time for another call.
        pause: waits so many seconds.
    """

    comprehend: Comprehend
    cloudformation: CloudFormation
    executions: Executions
    log: Telemetry
    now: Callable[[], datetime]
    enough_time: Callable[[], bool]
    pause: Callable[[float], object]


def scan(services: Services) -> ScanResult:
    """Read and classify every endpoint of the region.

    A problem with one endpoint becomes that endpoint's verdict; the others are read all the same.

    Raises:
        ApiError: the endpoints could not be listed. Part of a list would be no report: an orphan
            might be missing.
        OutOfTimeError: listing them alone took too long.
    """
    findings, foreign = [], 0
    listed = _list(services)
    # Read after the list: an execution that made an endpoint in it either still runs, or has ended
    # and left the endpoint to its stack or to nobody.
    running = _running(services) if listed else {}
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
            why = "the scan's time was over before it was read"
            verdict = Verdict(Classification.UNKNOWN, why, endpoint.created)
        except Exception as error:
            # A fault of the provider's, or an answer that no model of the service has.
            services.log.exception("an endpoint could not be classified")
            why = f"the scan failed ({type(error).__name__}): its log has the stack trace"
            verdict = Verdict(Classification.UNKNOWN, why, endpoint.created)
        if verdict is not None:
            findings.append(Finding(endpoint, owner, verdict))
    return ScanResult(findings, foreign)


def _judge(
    services: Services,
    endpoint: ListedEndpoint,
    owner: Owner,
    running: Mapping[str, float] | ApiError,
) -> Verdict | None:
    """Classify an endpoint; None if it is gone.

    Nothing is read that is not needed, so most endpoints cost three calls.
    """
    verdict = classification.by_itself(endpoint, owner)
    if verdict is not None:
        return verdict
    _check_time(services)
    stack = services.cloudformation.stack(owner.stack_id)
    resource = None
    if stack is not None:
        _check_time(services)
        resource = services.cloudformation.resource(owner.stack_id, owner.logical_id)
        verdict = classification.by_stack(endpoint, owner, stack, resource)
        if verdict is not None:
            return verdict
    retained = _retained(services, endpoint, owner, stack)
    if retained is None and isinstance(running, ApiError):
        return classification.unread(endpoint, running)
    verdict = classification.by_history(
        endpoint,
        owner,
        stack,
        resource,
        retained=retained,
        running=not isinstance(running, ApiError) and owner.execution in running,
        now=services.now(),
    )
    if verdict.classification is Classification.ORPHANED:
        return _confirmed(services, endpoint, owner, verdict)
    return verdict


def _confirmed(
    services: Services, endpoint: ListedEndpoint, owner: Owner, verdict: Verdict
) -> Verdict | None:
    """Read again before an alarm: the endpoint may have been deleted or adopted since."""
    _check_time(services)
    tags = services.comprehend.tags(endpoint.arn)
    if tags is None:
        return None
    if classification.owner(tags) != owner:
        why = "it was made again or adopted during the scan"
        return Verdict(Classification.IN_PROGRESS, why, endpoint.created)
    return verdict


def _retained(
    services: Services, endpoint: ListedEndpoint, owner: Owner, stack: StackRecord | None
) -> StackEvent | None:
    """Find the event that shows that an endpoint was retained, since it was made."""
    if stack is None:
        return None
    created = endpoint.created.timestamp() if endpoint.created else None
    events = _in_time(services, services.cloudformation.events(owner.stack_id))
    return history(endpoint.arn, created, owner.stack_id, events).retained


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
