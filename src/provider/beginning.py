"""The beginning of an operation: what only the moment of the request can tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provider import answer, reasons
from provider.identity import not_created_id, request_digest, undetermined_id
from provider.installation import Installation
from provider.observability import Telemetry
from provider.pace import deadline
from provider.properties import Properties, problems_of, read_properties
from provider.request import Operation, Request
from provider.stack import Stacks, StackView
from provider.state import State


def begin(
    event: Mapping[str, Any],
    request: Request,
    stacks: Stacks,
    log: Telemetry,
    received: float,
    installation: Installation,
) -> State:
    """Note when a request came and what its stack was like, and check its properties.

    Args:
        received: seconds since the epoch.
        installation: what whoever installed the provider has set.

    Returns:
        The state with which the request's execution starts. Its name is taken once and for ever,
        so that a duplicate of the event, however late, finds it taken and does nothing. Where the
        properties are invalid, the answer is in it already: the first step only sends it.
    """
    lenient = read_properties(request.properties, request.place)
    state = State(
        event=dict(event), received=received, deadline=deadline(received, lenient.timeout)
    )
    if request.operation is Operation.DELETE:
        # A Delete never validates, and is wanted whatever befalls its stack.
        return state
    view = stacks.view(request.reply)
    state.stack_status, state.listed = view.stack_status, view.listed
    state.resource_status = view.resource_status
    problems = _problems(request, lenient, view, installation)
    if problems and request.operation is Operation.UPDATE and view.rolling_back:
        # A rollback goes back to what was good once: a younger rule must not stop it.
        log.warning("rolling back to properties of old", problems=problems)
    elif problems:
        _reject(state, request, problems)
    return state


def execution_name(request: Request) -> str:
    """Name the one execution that a request may ever have."""
    return request_digest(request.reply)


def _problems(
    request: Request, new: Properties, view: StackView, installation: Installation
) -> list[str]:
    problems = problems_of(request.properties, request.place)
    is_update = request.operation is Operation.UPDATE
    if not is_update or view.rolling_back is False:
        # A rollback, or what may be one, goes back to what was there.
        old = read_properties(request.old_properties, request.place) if is_update else None
        problems += installation.problems(new, old)
    return problems


def _reject(state: State, request: Request, problems: list[str]) -> None:
    """Decide that the properties are invalid: nothing was looked at, and nothing was made."""
    failure = reasons.invalid(problems)
    no_endpoint = not_created_id if request.operation is Operation.CREATE else undetermined_id
    physical_id = request.physical_id or no_endpoint(request.reply)
    body = answer.failure(request.reply, physical_id, failure.reason)
    state.decide(body, failure.blame, state.received)
