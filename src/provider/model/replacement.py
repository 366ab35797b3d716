"""Which endpoint a Create or Update means, and whether that is a replacement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from provider.contract.event import Operation, Request
from provider.contract.properties import Properties
from provider.model.endpoint import Endpoint
from provider.model.failures import ROLE_STAYS, SAME_NAME, Failure
from provider.model.naming import (
    EndpointId,
    Kind,
    kind_of_model,
    physical_endpoint,
    possible_arns,
)
from provider.model.ownership import Ownership, ownership
from provider.model.task import Scope

Observed = Mapping[str, Endpoint | None]
"""What exists at some ARNs; None is nothing."""


@dataclass(frozen=True, slots=True)
class Target:
    """The endpoint that a Create or Update means, and how much of the template applies to it."""

    arn: str
    scope: Scope


def candidates(request: Request, kind: Kind) -> tuple[str, ...]:
    """Give the ARNs to observe before :func:`choose`; one if only one can be meant."""
    arns = possible_arns(request, request.new, kind)
    if request.operation is Operation.CREATE or physical_endpoint(request) is None:
        return arns[:1]
    physical = str(request.physical_id)
    is_explicit = request.new.endpoint_name is not None
    if physical in arns and (is_explicit or not role_came_or_went(request)):
        return (physical,)
    return tuple(dict.fromkeys((*arns, physical)))


def choose(
    request: Request, kind: Kind, observed: Observed, *, rolling_back: bool | None
) -> Target | Failure:
    """Say which endpoint a Create or Update means.

    1. This resource's endpoint at an ARN that the new properties give.
    2. Otherwise, if nothing forces a replacement, the physical resource id.
    3. Otherwise a new endpoint.

    Args:
        kind: the kind of model that the new properties ask for.
        observed: what exists at each of the :func:`candidates`.
        rolling_back: whether the stack was rolling back when the request arrived; None if that
            could not be read.
    """
    new, old = request.new, request.old
    arns = possible_arns(request, new, kind)
    present = physical_endpoint(request)
    if request.operation is Operation.CREATE or present is None:
        if new.settings.role_arn is None and _adopts_a_role(request, observed.get(arns[0])):
            return ROLE_STAYS
        return Target(arns[0], Scope.ALL)
    physical = str(request.physical_id)
    live = observed.get(physical)
    loses_role = (
        new.settings.role_arn is None and old.settings.role_arn is not None and _has_role(live)
    )
    if loses_role and new.endpoint_name is not None and physical in arns:
        # A rollback, or what may be one, must not get stuck on a role that an update has just
        # added: the role stays.
        return SAME_NAME if rolling_back is False else Target(physical, Scope.CHANGED)
    best = _best_of_ours(request, arns, observed, loses_role=loses_role)
    if best is not None:
        return Target(best, _scope(request, kind, observed, best, rolling_back=rolling_back))
    if not (loses_role or kind is not present.kind or _name_changed(new, old, present)):
        return Target(physical, Scope.CHANGED)
    free = [arn for arn in arns if arn != physical or live is None]
    return Target((free or list(arns))[0], Scope.ALL)


def _has_role(live: Endpoint | None) -> bool:
    return live is not None and live.settings.role_arn is not None


def _adopts_a_role(request: Request, live: Endpoint | None) -> bool:
    """Say whether an endpoint with a role is what a Create is to adopt."""
    return (
        request.operation is Operation.CREATE
        and request.new.endpoint_name is not None
        and live is not None
        and _has_role(live)
        and ownership(live.tags, request.reply) in (Ownership.OFFERED, Ownership.ON_TRIAL)
    )


def _best_of_ours(
    request: Request, arns: tuple[str, ...], observed: Observed, *, loses_role: bool
) -> str | None:
    """Pick this resource's endpoint among some ARNs that fits the new properties best."""

    def fits(arn: str) -> bool:
        live = observed.get(arn)
        if live is None or not ownership(live.tags, request.reply).is_ours:
            return False
        # A role cannot be removed; one that is missing can be added.
        return not (loses_role and _has_role(live))

    def rank(arn: str) -> tuple[bool, bool]:
        wants_role = request.new.settings.role_arn is not None
        return (_has_role(observed[arn]) == wants_role, arn == request.physical_id)

    fitting = [arn for arn in arns if fits(arn)]
    return max(fitting, key=rank) if fitting else None


def _scope(
    request: Request, kind: Kind, observed: Observed, arn: str, *, rolling_back: bool | None
) -> Scope:
    """Say how much of the template applies to this resource's endpoint that was chosen.

    A replacement does not touch the old endpoint, so a rollback that returns to it finds it as it
    was. It comes with the new id; or with the old one, and then the old name, or the role that was
    removed, tells that there was a replacement.
    """
    new, old = request.new, request.old
    has_role = _has_role(observed[arn])
    if arn != request.physical_id:
        # An endpoint without the role is the replacement: the endpoint that it replaced is gone.
        is_as_it_was = has_role or new.settings.role_arn is None
        return Scope.NOTHING if rolling_back and is_as_it_was else Scope.ALL
    role_was_to_go = old.settings.role_arn is None and new.settings.role_arn is not None
    if rolling_back and role_was_to_go and has_role:
        return Scope.NOTHING
    new_model, old_model = new.settings.model_arn, old.settings.model_arn
    old_kind = kind_of_model(old_model) or kind
    name_differs = new.endpoint_name != old.endpoint_name
    other_name = name_differs and arn not in possible_arns(request, old, old_kind)
    other_kind = None not in (new_model, old_model) and old_kind is not kind
    if other_kind or other_name:
        # The old properties are another endpoint's. Without a rollback, a replacement failed and
        # was not rolled back: then nothing tells what this endpoint was given.
        return Scope.ALL if rolling_back is False else Scope.NOTHING
    return Scope.CHANGED


def _name_changed(new: Properties, old: Properties, present: EndpointId) -> bool:
    if new.endpoint_name is None:
        return old.endpoint_name is not None
    return new.endpoint_name != present.name


def role_came_or_went(request: Request) -> bool:
    """Say whether an Update adds or removes the role."""
    new, old = request.new.settings, request.old.settings
    return (new.role_arn is None) != (old.role_arn is None)
