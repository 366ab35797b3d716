"""The answer of an operation: it is decided once, kept in the state, and then only repeated."""

from __future__ import annotations

from provider.contract import response
from provider.contract.errors import Blame, DeliveryError
from provider.contract.event import Operation, Request
from provider.model import failures
from provider.model.actions import Question
from provider.model.endpoint import Endpoint
from provider.model.failures import Failure
from provider.model.polling import MAX_DELIVERIES, delivery_pause
from provider.model.stack import Direction
from provider.model.task import Task
from provider.reconcile.services import Services
from provider.reconcile.state import Next, State
from provider.telemetry import Telemetry


def decide_success(state: State, request: Request, endpoint: Endpoint | None, now: float) -> None:
    """Decide that the request succeeded.

    Args:
        endpoint: that of a Create or Update.
    """
    if request.operation is Operation.DELETE:
        body = response.success(request.reply, _physical_id(request), {})
    elif endpoint is None:
        raise ValueError("a Create or Update without an endpoint cannot succeed")
    else:
        try:
            body = response.success(request.reply, endpoint.arn, endpoint.attributes())
        except ValueError as error:
            decide_failure(state, request, state.tasks[0], failures.too_long(error), now)
            return
    state.decide(body, None, now)


def decide_failure(
    state: State, request: Request, task: Task, failure: Failure, now: float
) -> None:
    """Decide that the request failed."""
    if _goes_back(task):
        failure = failures.going_back(failure, request)
    if task.may_have_adopted:
        failure = failures.giving_back(failure)
    body = response.failure(request.reply, _physical_id(request), failure.reason)
    state.decide(body, failure.blame, now)


def _goes_back(task: Task) -> bool:
    """Say whether the request goes back. For a reason, one read is enough."""
    reading = task.readings.get(Question.STANDING)
    said = task.direction or (reading.said if reading else "")
    return said.startswith(Direction.BACK)


def _physical_id(request: Request) -> str:
    """Give the physical id of an answer: that of the request, if it has one."""
    return request.physical_id or response.failed_id(request.reply)


def send(state: State, request: Request, services: Services) -> bool:
    """Send the decided answer. A step that is repeated sends the same one again.

    Returns:
        Whether the operation goes on: the answer was accepted, or it is undeliverable. Otherwise
        the next step tries again.
    """
    body = state.answer or {}
    if state.deliveries == 0:
        # Here, because a duplicate of the event can reach the decision, but not this step.
        _report(state, request, services.log)
    try:
        services.deliver(request.reply.response_url, body)
    except DeliveryError as error:
        state.deliveries = MAX_DELIVERIES if error.final else state.deliveries + 1
        if not state.is_undeliverable:
            services.log.warning("answer not delivered yet", problem=str(error))
            state.next, state.wait_seconds = Next.WAIT, delivery_pause(state.deliveries)
            return False
        services.log.error("answer undeliverable: it goes to the queue", problem=str(error))
        return True
    services.log.info("answered", status=body.get("Status"))
    # Earlier tries that failed must not send it to the queue.
    state.deliveries = 0
    return True


def _report(state: State, request: Request, log: Telemetry) -> None:
    """Log and count what was decided."""
    body = state.answer or {}
    seconds = state.decided - state.received
    log.decided(request.operation, state.blame, seconds)
    about = {"endpoint": state.endpoint_arn, "seconds": round(seconds, 1)}
    if state.blame is None:
        log.info("decided: SUCCESS", **about)
        return
    tell = log.warning if state.blame is Blame.USER else log.error
    tell("decided: FAILED", reason=body.get("Reason"), blame=state.blame.value, **about)
