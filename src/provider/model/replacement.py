"""Which endpoint a Create or Update means, and whether that is a replacement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from provider.contract.event import Operation, Request
from provider.contract.properties import Properties
from provider.model.endpoint import Endpoint
from provider.model.failures import SAME_NAME, Failure
from provider.model.naming import (
    EndpointId,
    Kind,
    kind_of_model,
    physical_endpoint,
    possible_arns,
    possible_arns_of_any_kind,
)
from provider.model.ownership import ownership
from provider.model.stack import Direction
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


def may_replace(request: Request) -> bool:
    """Say whether an Update changes something that may force a replacement."""
    new, old = request.new, request.old
    kinds = kind_of_model(new.settings.model_arn), kind_of_model(old.settings.model_arn)
    return (
        new.endpoint_name != old.endpoint_name
        or role_came_or_went(request)
        or kinds[0] is not kinds[1]
        or (kinds == (None, None) and new.settings.flywheel_arn != old.settings.flywheel_arn)
    )


def choose(
    request: Request, kind: Kind, observed: Observed, direction: Direction | None
) -> Target | Failure:
    """Say which endpoint a Create or Update means.

    1. A Create: that of its name. 2. An Update that goes back from a replacement: the endpoint that
    was replaced, as it was. 3. An Update without a replacement: the physical resource id.
    4. Otherwise a new endpoint.

    Args:
        kind: the kind of model that the new properties ask for.
        observed: what exists at each of the :func:`candidates`.
        direction: which way the request goes; None if that does not matter to it.
    """
    new = request.new
    arns = possible_arns(request, new, kind)
    present = physical_endpoint(request)
    if request.operation is Operation.CREATE or present is None:
        # A way back changes nothing of what it finds, also where its id is no ARN.
        return Target(arns[0], Scope.NOTHING if direction is Direction.BACK else Scope.ALL)
    physical = str(request.physical_id)
    if direction is Direction.BACK:
        if _was_replaced(request, kind, observed):
            return Target(_former(request, arns, observed), Scope.NOTHING)
        return Target(physical, Scope.CHANGED)
    loses_role = _loses_role(new, request.old) and _has_role(observed.get(physical))
    if loses_role and new.endpoint_name is not None and physical in arns:
        # If it may be a way back, it must not get stuck on a role that an update has just added:
        # the role stays.
        is_forward = direction is Direction.FORWARD
        return SAME_NAME if is_forward else Target(physical, Scope.CHANGED)
    if not (loses_role or kind is not present.kind or _name_changed(request, present, arns)):
        return Target(physical, _scope(request, kind, direction))
    free = [arn for arn in arns if arn != physical]
    return Target((free or list(arns))[0], Scope.ALL)


def _was_replaced(request: Request, kind: Kind, observed: Observed) -> bool:
    """Say whether the update that is undone was a replacement: old and new change places."""
    after, before = request.old, request.new
    present = physical_endpoint(request)
    kinds = kind_of_model(after.settings.model_arn), kind_of_model(before.settings.model_arn)
    if (
        present is None
        or kind is not present.kind
        or (kinds[0] and kinds[1] not in (None, kinds[0]))
    ):
        return True
    names = [arn.rpartition("/")[2] for arn in possible_arns(request, before, kind)]
    if after.endpoint_name is None:
        name_changed = before.endpoint_name is not None
    else:
        name_changed = after.endpoint_name not in names
    return name_changed or _is_untouched(request, observed) or _loses_role(after, before)


def _is_untouched(request: Request, observed: Observed) -> bool:
    """Say whether an update of a flywheel that is undone has not touched the carried endpoint.

    Of two flywheels, the kinds of model are not known. But the endpoint follows the one from
    before.
    """
    after, before = request.old.settings, request.new.settings
    live = observed.get(str(request.physical_id))
    return (
        (kind_of_model(after.model_arn), kind_of_model(before.model_arn)) == (None, None)
        and after.flywheel_arn != before.flywheel_arn
        and live is not None
        and live.settings.flywheel_arn == before.flywheel_arn
    )


def _former(request: Request, arns: tuple[str, ...], observed: Observed) -> str:
    """Give the ARN of the endpoint that an Update goes back to; generated names leave a choice.

    It carries the resource's tags. 1. It has or lacks a role as the template says; an endpoint
    keeps a role that a rollback could not remove. 2. So one without the right role will do, unless
    it is what the undone update has made. Of two, the resource has the one that it got last: what
    it had before was retained.
    """
    physical = str(request.physical_id)
    wants_role = request.new.settings.role_arn is not None
    ours = {
        arn: live
        for arn in arns
        if (live := observed.get(arn)) is not None and ownership(live.tags, request.reply).is_ours
    }
    made = set(possible_arns_of_any_kind(request, request.old))
    if _is_untouched(request, observed):
        made.discard(physical)
    fitting = [arn for arn, live in ours.items() if _has_role(live) == wants_role]
    others = [arn for arn in ours if arn not in made]

    def since(arn: str) -> tuple[bool, float]:
        live = ours[arn]
        got = ownership(live.tags, request.reply).adopted or live.created or 0.0
        return arn == physical, got

    if fitting or others:
        return max(fitting or others, key=since)
    free = [arn for arn in arns if arn not in ours]
    return (free or list(arns))[0]


def _scope(request: Request, kind: Kind, direction: Direction | None) -> Scope:
    """Say how much of the template applies to the endpoint of the physical resource id.

    If the old properties cannot mean it, an update to them has failed and was not undone: then
    nothing tells what this endpoint was given.
    """
    same_name = request.new.endpoint_name == request.old.endpoint_name
    if same_name or request.physical_id in possible_arns(request, request.old, kind):
        return Scope.CHANGED
    return Scope.ALL if direction is Direction.FORWARD else Scope.NOTHING


def _has_role(live: Endpoint | None) -> bool:
    return live is not None and live.settings.role_arn is not None


def _loses_role(new: Properties, old: Properties) -> bool:
    return new.settings.role_arn is None and old.settings.role_arn is not None


def _name_changed(request: Request, present: EndpointId, arns: tuple[str, ...]) -> bool:
    if request.new.endpoint_name is None:
        # If it has a generated name already, an update to an explicit one has failed before.
        return request.old.endpoint_name is not None and request.physical_id not in arns
    return request.new.endpoint_name != present.name


def role_came_or_went(request: Request) -> bool:
    """Say whether an Update adds or removes the role."""
    new, old = request.new.settings, request.old.settings
    return (new.role_arn is None) != (old.role_arn is None)
