"""The watchman's round: every endpoint with the provider's tags is looked at, none is changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from provider import standing
from provider.comprehend import EndpointList
from provider.endpoint import Listed
from provider.errors import ApiError, ProviderError
from provider.executions import RunningExecutions
from provider.observability import Telemetry
from provider.records import StackEvent, StackRecord
from provider.stack_records import StackRecords
from provider.standing import Finding, Owner, Round, Standing, Verdict

PAUSE = 0.2
"""Seconds between two endpoints. ListTagsForResource takes some ten requests a second, of the
whole account: operations that are under way need it too."""

MARGIN = 180
"""Seconds before the function's time is over in which no endpoint is looked at any more: enough
for the call that is under way and for the report (calls.py)."""


class OutOfTimeError(ProviderError):
    """The function's time is nearly over."""


@dataclass(frozen=True, slots=True)
class World:
    """What a round needs from outside: AWS, a log, the time.

    Args:
        now: gives the time, with a time zone.
        enough_time: whether there is time for another call.
        pause: waits so many seconds.
    """

    comprehend: EndpointList
    stacks: StackRecords
    executions: RunningExecutions
    log: Telemetry
    now: Callable[[], datetime]
    enough_time: Callable[[], bool]
    pause: Callable[[float], object]


def watch(world: World) -> Round:
    """Look at every endpoint of the region.

    Whatever is wrong with one endpoint is that one's standing, and the others are looked at all
    the same.

    Raises:
        ApiError: the endpoints could not be listed. Part of a list would be no report: what is
            missing in it could be what is orphaned.
        OutOfTimeError: listing them alone took too long.
    """
    findings, foreign = [], 0
    listed = _list(world)
    # Read after the list: whatever made an endpoint in it either runs still, or has ended and
    # left the endpoint either to its stack or to nobody.
    running = _running(world) if listed else frozenset[str]()
    for number, endpoint in enumerate(listed):
        if number and world.enough_time():
            world.pause(PAUSE)
        owner: Owner | None = None
        try:
            _check_time(world)
            tags = world.comprehend.tags(endpoint.arn)
            if tags is None:
                world.log.info("the endpoint is gone meanwhile", arn=endpoint.arn)
                continue
            owner = standing.owner(tags)
            if owner is None:
                foreign += 1
                continue
            verdict = _judge(world, endpoint, owner, running)
        except ApiError as error:
            verdict = standing.unread(endpoint, error)
        except OutOfTimeError:
            why = "the watchman's time was over before it was looked at"
            verdict = Verdict(Standing.UNKNOWN, why, endpoint.created)
        except Exception as error:
            # A fault of the provider's, or an answer that no model of the service has.
            world.log.exception("an endpoint could not be judged")
            why = f"the watchman failed ({type(error).__name__}): its log has the stack trace"
            verdict = Verdict(Standing.UNKNOWN, why, endpoint.created)
        if verdict is not None:
            findings.append(Finding(endpoint, owner, verdict))
    return Round(findings, foreign)


def _judge(
    world: World, endpoint: Listed, owner: Owner, running: frozenset[str] | ApiError
) -> Verdict | None:
    """Give an endpoint's standing; None where it is gone.

    Nothing is read that is not needed, so that most endpoints cost three calls.
    """
    verdict = standing.by_itself(endpoint, owner)
    if verdict is not None:
        return verdict
    _check_time(world)
    stack = world.stacks.stack(owner.stack_id)
    resource = None
    if stack is not None:
        _check_time(world)
        resource = world.stacks.resource(owner.stack_id, owner.logical_id)
        verdict = standing.by_stack(endpoint, owner, stack, resource)
        if verdict is not None:
            return verdict
    retained = _retained(world, endpoint, owner, stack)
    if retained is None and isinstance(running, ApiError):
        return standing.unread(endpoint, running)
    verdict = standing.by_history(
        endpoint,
        owner,
        stack,
        resource,
        retained=retained,
        running=not isinstance(running, ApiError) and owner.execution in running,
        now=world.now(),
    )
    if verdict.standing is Standing.ORPHANED:
        return _still(world, endpoint, owner, verdict)
    return verdict


def _still(world: World, endpoint: Listed, owner: Owner, verdict: Verdict) -> Verdict | None:
    """Look again before an alarm: what was listed may have been removed or taken over since."""
    _check_time(world)
    tags = world.comprehend.tags(endpoint.arn)
    if tags is None:
        return None
    if standing.owner(tags) != owner:
        why = "it was made anew or taken over while the watchman looked"
        return Verdict(Standing.IN_PROGRESS, why, endpoint.created)
    return verdict


def _retained(
    world: World, endpoint: Listed, owner: Owner, stack: StackRecord | None
) -> StackEvent | None:
    """Find the event that shows an endpoint retained, among those since it was made."""
    if stack is None:
        return None
    _check_time(world)
    for event in world.stacks.events(owner.stack_id):
        if standing.precedes(endpoint, event):
            return None
        if standing.shows_retained(endpoint, event):
            return event
        _check_time(world)
    return None


def _list(world: World) -> list[Listed]:
    # By ARN: what is made or removed between two pages may move an endpoint into both.
    listed: dict[str, Listed] = {}
    for endpoint in world.comprehend.endpoints():
        _check_time(world)
        listed[endpoint.arn] = endpoint
    return list(listed.values())


def _running(world: World) -> frozenset[str] | ApiError:
    try:
        return world.executions.running()
    except ApiError as error:
        return error


def _check_time(world: World) -> None:
    if not world.enough_time():
        raise OutOfTimeError("the watchman's time is nearly over")
