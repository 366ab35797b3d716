"""The receipt of a request: it is parsed once, and becomes the state of its execution."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from provider.contract import response
from provider.contract.errors import MalformedEventError
from provider.contract.event import Request, parse_reply
from provider.contract.properties import Properties
from provider.contract.validation import Parsed, parse_properties
from provider.model import failures
from provider.model.installation import Installation
from provider.model.naming import (
    execution_name,
    physical_endpoint,
    possible_arns_of_any_kind,
)
from provider.model.task import Goal, Task
from provider.reconcile.state import State
from provider.telemetry import Telemetry

_PROPERTIES = frozenset({"ResourceProperties", "OldResourceProperties"})


@dataclass(frozen=True, slots=True)
class Receipt:
    """What there is when a request arrives. Each method gives the state of its execution.

    If the properties of a Create are invalid, the answer is in the state already, and the first
    step sends it. A duplicate of the event finds the execution's name taken and does nothing.

    Args:
        event: CloudFormation's, as it came.
        request: the same, typed, all but the properties.
        received: seconds since the epoch.
    """

    event: Mapping[str, Any]
    request: Request
    received: float
    installation: Installation

    def create(self) -> State:
        """Receive a Create."""
        new = self._parse("ResourceProperties")
        state = self._state(new.properties, Goal.ENSURE)
        problems = [*new.problems, *self.installation.problems(new.properties, None)]
        if problems:
            self._reject(state, problems)
        return state

    def update(self) -> State:
        """Receive an Update. The step finds out whether it goes back: then no rule stops it."""
        new, old = self._parse("ResourceProperties"), self._parse("OldResourceProperties")
        state = self._state(new.properties, Goal.ENSURE)
        state.old = old.properties
        state.problems = list(new.problems)
        state.beyond = list(self.installation.problems(new.properties, old.properties))
        return state

    def delete(self) -> State:
        """Receive a Delete: it never fails on its properties."""
        new = self._parse("ResourceProperties").properties
        request = replace(self.request, new=new)
        state = self._state(new)
        if physical_endpoint(request) is not None:
            state.tasks = [Task(Goal.DELETE, request.physical_id)]
        else:
            arns = possible_arns_of_any_kind(request, new)
            state.tasks = [Task(Goal.DELETE_LEFTOVER, arn) for arn in arns]
        return state

    def _parse(self, name: str) -> Parsed:
        # The raw properties are parsed once, and go nowhere.
        return parse_properties(_mapping(self.event.get(name)), self.request.place)

    def _state(self, new: Properties, *goals: Goal) -> State:
        event = {name: value for name, value in self.event.items() if name not in _PROPERTIES}
        # A time that is yet to come is no time at which a URL was signed.
        signed = self.request.reply.signed
        return State(
            event=event,
            received=self.received,
            execution=execution_name(self.request, self.event),
            requested=self.received if signed is None else min(signed, self.received),
            new=new,
            tasks=[Task(goal) for goal in goals],
        )

    def _reject(self, state: State, problems: Iterable[str]) -> None:
        """Decide that the properties are invalid: nothing was observed, and nothing was made."""
        failure = failures.invalid(problems)
        reply = self.request.reply
        body = response.failure(reply, response.failed_id(reply), failure.reason)
        state.tasks = []
        state.decide(body, failure.blame, state.received)


def reject(
    event: object, error: MalformedEventError, deliver: Callable[[str, Mapping[str, Any]], None]
) -> None:
    """Answer an event that is not a proper request if that is possible, else log why not."""
    reply = parse_reply(event)
    kind = event.get("RequestType") if isinstance(event, Mapping) else type(event).__name__
    log = Telemetry(reply, str(kind))
    log.error("not a CloudFormation request", problems=error.problems)
    if reply is not None:
        deliver(reply.response_url, response.rejection(reply, error))


def _mapping(value: object) -> Mapping[str, Any]:
    """Give an object of JSON; anything else counts as an empty one."""
    return value if isinstance(value, Mapping) else {}
