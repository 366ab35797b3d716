"""The fallback's answer to a request that nothing else has answered.

It needs only the standard library, and of this package only modules that need nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from provider.contract import response
from provider.contract.errors import MalformedEventError
from provider.contract.event import Reply, parse_event, parse_reply

REASON = (
    "The provider failed: {cause}. The operation may be half done; the deletion or rollback that "
    "follows removes what is left. See the provider's log, then deploy again."
)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A request that nothing else has answered.

    Args:
        event: CloudFormation's event, or what came instead of one.
        state: the operation's newest state that is known; empty if there is none.
        cause: what failed.
        reply: None if the event holds no request that could be answered.
        may_have_execution: whether the request function failed, which may have started the
            request's execution all the same.
    """

    event: Any
    state: Mapping[str, Any]
    cause: str
    reply: Reply | None
    may_have_execution: bool = False

    def about(self) -> dict[str, str]:
        """Give the fields that every log line about the request carries."""
        if self.reply is None:
            return {}
        return {
            "stack": self.reply.stack_id,
            "logical_id": self.reply.logical_id,
            "request": self.reply.request_id,
            "operation": str(self.event.get("RequestType")),
        }

    def decided(self) -> dict[str, Any] | None:
        """Give the response that was decided, and perhaps sent, already; None if there is none."""
        kept = self.state.get("answer")
        if isinstance(kept, dict):
            return kept
        try:
            parse_event(self.event)
        except MalformedEventError as error:
            return response.rejection(self.reply, error) if self.reply else None
        return None

    def failure(self, reply: Reply) -> dict[str, Any]:
        """Give a FAILED response with the right physical id."""
        physical_id = reply.physical_id or response.failed_id(reply)
        return response.failure(reply, physical_id, REASON.format(cause=self.cause))


@dataclass(frozen=True, slots=True)
class Outside:
    """What the fallback needs from outside.

    Args:
        deliver: sends a response to a URL, or raises DeliveryError.
        start: starts the request's execution with an event and the response to send; False if the
            execution was started before. It may raise any error.
        log: logs a message at level ERROR with a cause, about a request or none.
        count: counts one answer of the fallback.
    """

    deliver: Callable[[str, Mapping[str, Any]], None]
    start: Callable[[Mapping[str, Any], Mapping[str, Any]], bool]
    log: Callable[[str, str, Mapping[str, str]], None]
    count: Callable[[], None]


def answer(unanswered: Unanswered, outside: Outside) -> dict[str, Any]:
    """Send the response that was already decided, else FAILED with the right id.

    Raises:
        ValueError: the event holds no request that could be answered.
        DeliveryError: CloudFormation does not accept the response.
    """
    reply, cause, about = unanswered.reply, unanswered.cause, unanswered.about()
    if reply is None:
        outside.log("cannot answer: the event holds no request", cause, about)
        raise ValueError("the event holds no request that could be answered")
    decided = unanswered.decided()
    body = decided or unanswered.failure(reply)
    if decided is None and unanswered.may_have_execution:
        by = _hand_over(unanswered, body, outside)
        if by is not None:
            outside.log(f"the request is answered by {by}", cause, about)
            return {"answered": f"by {by}"}
    outside.log(f"the fallback answers {body.get('Status')}", cause, about)
    outside.count()
    outside.deliver(reply.response_url, body)
    return {"answered": body.get("Status")}


def _hand_over(unanswered: Unanswered, body: Mapping[str, Any], outside: Outside) -> str | None:
    """Have an execution answer; say which one, or None if no execution is known to answer.

    An execution's name is taken once, and the one that takes it answers: a request function that
    died after it had started the execution, a late duplicate of the event, or this function.
    """
    try:
        if not outside.start(unanswered.event, body):
            return "the execution that it has"
    except Exception as error:
        # The text of an error may quote the request.
        name = str(getattr(error, "code", type(error).__name__))
        message = "no execution could be started: the fallback answers"
        outside.log(message, name, unanswered.about())
        return None
    outside.count()
    return "an execution that was started with the response"


def read(event: Any) -> Unanswered:
    """Find the request that failed, its newest state, and the cause.

    Args:
        event: the state of an operation with an ``error``, from the state machine; an execution's
            status change with its ``history``, from the fallback's state machine; or the record of
            a failed asynchronous invocation of the request function.
    """
    if not isinstance(event, Mapping):
        return Unanswered(event, {}, "an event that is not an object", None)
    if "requestPayload" in event:
        # An event from the function's caller: never a state, even if its keys look like one's.
        payload = _json(event["requestPayload"])
        condition = (event.get("requestContext") or {}).get("condition", "unknown")
        cause = f"the request function ({condition})"
        return Unanswered(payload, {}, cause, parse_reply(payload), may_have_execution=True)
    if isinstance(event.get("detail"), Mapping):
        detail = event["detail"]
        states = [*_states(event.get("history")), _json(detail.get("input"))]
        state = next((each for each in states if isinstance(each.get("event"), Mapping)), {})
        cause = f"its execution ended as {detail.get('status')}"
    else:
        state = event
        error = event.get("error")
        name = error.get("Error", "unknown") if isinstance(error, Mapping) else "unknown"
        cause = _CAUSES.get(name, f"a step of the operation ({name})")
    request = state.get("event", state)
    return Unanswered(request, state, cause, parse_reply(request))


def _states(history: Any) -> list[Mapping[str, Any]]:
    """Read the states that an execution went through from its history, the newest first.

    If a step was tried again and again, the newest events hold its state only as the step's input.
    Step Functions' API spells names in camelCase, its integration in PascalCase.
    """
    events = history.get("events", history.get("Events")) if isinstance(history, Mapping) else []
    found = []
    for each in events or []:
        details = {f"{name[:1].lower()}{name[1:]}": value for name, value in each.items()}
        for name, key in _WHERE_STATES_ARE:
            kept = details.get(name) or {}
            found.append(_json(kept.get(key) or kept.get(key.capitalize())))
    return [each.get("Payload", each) for each in found]


_CAUSES = {
    "UnknownStateError": (
        "a newer release of the provider began this operation, and the installed one cannot "
        "continue it (UnknownStateError)"
    )
}
"""What a step's error means, if its name does not say so."""

_WHERE_STATES_ARE = (
    ("stateExitedEventDetails", "output"),
    ("taskScheduledEventDetails", "parameters"),
    ("stateEnteredEventDetails", "input"),
)


def _json(text: object) -> Mapping[str, Any]:
    try:
        value = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return {}
    return value if isinstance(value, Mapping) else {}
