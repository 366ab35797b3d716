"""The receipt of a request: it is parsed once, and becomes the state of its execution."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from provider.contract import response
from provider.contract.errors import MalformedEventError
from provider.contract.event import Operation, Request, parse_reply
from provider.contract.properties import Properties
from provider.contract.validation import parse_properties
from provider.model import failures
from provider.model.installation import Installation
from provider.model.naming import physical_endpoint, possible_arns_of_any_kind
from provider.model.task import Goal, Task
from provider.reconcile.services import CloudFormation
from provider.reconcile.state import State
from provider.telemetry import Telemetry

_PROPERTIES = frozenset({"ResourceProperties", "OldResourceProperties"})


@dataclass(frozen=True, slots=True)
class Receipt:
    """What there is when a request arrives. Each method gives the state of its execution.

    If the properties are invalid, the answer is in the state already, and the first step sends it.
    A duplicate of the event finds the execution's name taken and does nothing.

    Args:
        event: CloudFormation's, as it came.
        request: the same, typed, all but the properties.
        received: seconds since the epoch.
    """

    event: Mapping[str, Any]
    request: Request
    received: float
    cloudformation: CloudFormation
    installation: Installation
    log: Telemetry

    def create(self) -> State:
        """Receive a Create."""
        new = parse_properties(_mapping(self.event.get("ResourceProperties")), self.request.place)
        state = self._state(new.properties, Goal.ENSURE)
        state.stack = self.cloudformation.view(self.request.reply)
        problems = [*new.problems, *self.installation.problems(new.properties, None)]
        if problems:
            self._reject(state, problems)
        return state

    def update(self) -> State:
        """Receive an Update, which may be a rollback's."""
        place = self.request.place
        new = parse_properties(_mapping(self.event.get("ResourceProperties")), place)
        old = parse_properties(_mapping(self.event.get("OldResourceProperties")), place)
        state = self._state(new.properties, Goal.ENSURE)
        state.old = old.properties
        # The update that this one may undo asked for the old properties, from the new ones on.
        beyond = self.installation.problems(new=old.properties, old=new.properties)
        state.old_was_sent = not old.problems and not any(beyond)
        state.stack = self.cloudformation.view(self.request.reply)
        problems = [*new.problems]
        if state.stack.rolling_back is False:
            # A rollback, or what may be one, returns to what was there before.
            problems += self.installation.problems(new.properties, old.properties)
        if problems and state.stack.rolling_back:
            # A rollback returns to what was valid once: a younger rule must not stop it.
            self.log.warning("rolling back to properties that break a rule", problems=problems)
        elif problems:
            self._reject(state, problems)
        return state

    def delete(self) -> State:
        """Receive a Delete: it never fails on its properties."""
        raw = _mapping(self.event.get("ResourceProperties"))
        new = parse_properties(raw, self.request.place)
        request = replace(self.request, new=new.properties)
        state = self._state(new.properties)
        if response.is_not_created(request.physical_id):
            return state
        if physical_endpoint(request) is not None:
            state.tasks = [Task(Goal.DELETE, request.physical_id)]
        else:
            arns = possible_arns_of_any_kind(request, new.properties)
            state.tasks = [Task(Goal.DELETE_IF_OURS, arn) for arn in arns]
        return state

    def _state(self, new: Properties, *goals: Goal) -> State:
        # The raw properties are parsed once, and go nowhere.
        event = {name: value for name, value in self.event.items() if name not in _PROPERTIES}
        tasks = [Task(goal) for goal in goals]
        return State(event=event, received=self.received, new=new, tasks=tasks)

    def _reject(self, state: State, problems: Iterable[str]) -> None:
        """Decide that the properties are invalid: nothing was observed, and nothing was made."""
        failure = failures.invalid(problems)
        reply = self.request.reply
        is_create = self.request.operation is Operation.CREATE
        no_endpoint = response.not_created_id if is_create else response.undetermined_id
        physical_id = reply.physical_id or no_endpoint(reply)
        state.decide(
            response.failure(reply, physical_id, failure.reason), failure.blame, state.received
        )


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
