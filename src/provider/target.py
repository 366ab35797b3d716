"""Which endpoint a request means, and whether that is a replacement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from provider.changes import Scope
from provider.endpoint import Endpoint
from provider.identity import (
    EndpointId,
    Kind,
    Whose,
    endpoint_arn,
    generated_name,
    kind_of_model,
    parse_endpoint_arn,
    whose,
)
from provider.properties import Properties
from provider.request import Operation, Request


@dataclass(frozen=True, slots=True)
class Target:
    """The endpoint that a Create or Update is about."""

    arn: str
    scope: Scope


@dataclass(frozen=True, slots=True)
class Refusal:
    """A replacement that cannot be done, with what to do instead."""

    reason: str


SAME_NAME = Refusal(
    "DataAccessRoleArn: a role cannot be taken away from an endpoint, so removing it needs a new "
    "endpoint, and the new one cannot have the EndpointName of the one it replaces. Change "
    "EndpointName in the same update, or leave it out and have a name generated."
)


ROLE_STAYS = Refusal(
    "DataAccessRoleArn: the endpoint that is to be adopted has a role, which cannot be taken away "
    "from it. Give its role here, or another one."
)


def names(request: Request, properties: Properties, kind: Kind) -> tuple[str, ...]:
    """Give the names that the properties' endpoint may have, the likeliest first.

    An explicit name is the only one. Of the two generated ones, the second is taken where the
    first is the very name that has to be replaced (a role that was added in place is removed).
    """
    if properties.endpoint_name is not None:
        return (properties.endpoint_name,)
    with_role = properties.role_arn is not None
    return (
        generated_name(request, kind, with_role=with_role),
        generated_name(request, kind, with_role=not with_role),
    )


def arns(request: Request, properties: Properties, kind: Kind) -> tuple[str, ...]:
    """Give the ARNs that belong to :func:`names`."""
    return tuple(
        endpoint_arn(request.place, kind, name) for name in names(request, properties, kind)
    )


def candidates(request: Request, new: Properties, old: Properties, kind: Kind) -> tuple[str, ...]:
    """Give the ARNs to look at before :func:`choose`; one where only one can be meant."""
    computed = arns(request, new, kind)
    if request.operation is Operation.CREATE or held(request) is None:
        return computed[:1]
    arn = str(request.physical_id)
    if arn in computed and (new.endpoint_name is not None or not _role_came_or_went(new, old)):
        return (arn,)
    return tuple(dict.fromkeys((*computed, arn)))


def choose(
    request: Request,
    new: Properties,
    old: Properties,
    kind: Kind,
    seen: Mapping[str, Endpoint | None],
    *,
    rolling_back: bool | None,
) -> Target | Refusal:
    """Say which endpoint a Create or Update means.

    An owned endpoint at the ARN that the new properties give; else, where nothing forces a
    replacement, the physical resource id; else a new endpoint.

    Args:
        seen: what is there at each of the :func:`candidates`.
        rolling_back: whether the stack was rolling back when the request arrived; None where that
            could not be read.
    """
    computed = arns(request, new, kind)
    present = held(request)
    if request.operation is Operation.CREATE or present is None:
        if new.role_arn is None and _is_to_be_adopted(request, new, seen.get(computed[0])):
            return ROLE_STAYS
        return Target(computed[0], Scope.ALL)
    arn = str(request.physical_id)
    held_live = seen.get(arn)
    loses_role = (
        new.role_arn is None
        and old.role_arn is not None
        and held_live is not None
        and held_live.role_arn is not None
    )
    if loses_role and new.endpoint_name is not None and arn in computed:
        # A rollback, or what may be one, must not get stuck on a role that an update has just
        # added: it stays.
        return SAME_NAME if rolling_back is False else Target(arn, Scope.CHANGED)
    best = _best_owned(request, new, computed, arn, seen, loses_role=loses_role)
    if best is not None:
        scope = _scope(request, new, old, kind, seen, best, rolling_back=rolling_back)
        return Target(best, scope)
    forced = loses_role or kind is not present.kind or _name_changed(new, old, present)
    if not forced:
        return Target(arn, Scope.CHANGED)
    free = [each for each in computed if each != arn or held_live is None]
    return Target((free or list(computed))[0], Scope.ALL)


def _is_to_be_adopted(request: Request, new: Properties, live: Endpoint | None) -> bool:
    """Whether an endpoint, one that has a role, is what a Create takes over from its owner."""
    return (
        request.operation is Operation.CREATE
        and new.endpoint_name is not None
        and live is not None
        and live.role_arn is not None
        and whose(live.tags, request.reply) in (Whose.OFFERED, Whose.ON_TRIAL)
    )


def _best_owned(
    request: Request,
    new: Properties,
    computed: tuple[str, ...],
    held_arn: str,
    seen: Mapping[str, Endpoint | None],
    *,
    loses_role: bool,
) -> str | None:
    """Pick the endpoint of ours at one of the computed ARNs that fits the new properties."""

    def fits(arn: str) -> bool:
        live = seen.get(arn)
        if live is None or not whose(live.tags, request.reply).is_ours:
            return False
        # A role that is there cannot be taken away; one that lacks can be added.
        return not (loses_role and live.role_arn is not None)

    def rank(arn: str) -> tuple[bool, bool]:
        live = seen[arn]
        has_role = live is not None and live.role_arn is not None
        return (has_role == (new.role_arn is not None), arn == held_arn)

    fitting = [arn for arn in computed if fits(arn)]
    return max(fitting, key=rank) if fitting else None


def _scope(
    request: Request,
    new: Properties,
    old: Properties,
    kind: Kind,
    seen: Mapping[str, Endpoint | None],
    arn: str,
    *,
    rolling_back: bool | None,
) -> Scope:
    """Say how much of the template applies to the endpoint of ours that was chosen.

    A replacement leaves the old endpoint alone, so a rollback that returns to it finds it as it
    was: with the new id, or with the old one where the old name, or the role that was taken away,
    tells that there was a replacement.
    """
    live = seen[arn]
    has_role = live is not None and live.role_arn is not None
    if arn != request.physical_id:
        # What lacks the role is the replacement: the endpoint that it replaced is gone.
        is_as_it_was = has_role or new.role_arn is None
        return Scope.NOTHING if rolling_back and is_as_it_was else Scope.ALL
    role_was_to_go = old.role_arn is None and new.role_arn is not None
    kept_its_role = rolling_back and role_was_to_go and has_role
    old_kind = kind_of_model(old.model_arn) or kind
    other_name = new.endpoint_name != old.endpoint_name and arn not in arns(request, old, old_kind)
    other_kind = None not in (new.model_arn, old.model_arn) and old_kind is not kind
    if kept_its_role:
        return Scope.NOTHING
    if other_kind or other_name:
        # The old properties are another endpoint's. Where there is no rollback, a replacement
        # failed and was not rolled back: then nothing tells what this endpoint was given.
        return Scope.ALL if rolling_back is False else Scope.NOTHING
    return Scope.CHANGED


def _name_changed(new: Properties, old: Properties, present: EndpointId) -> bool:
    if new.endpoint_name is None:
        return old.endpoint_name is not None
    return new.endpoint_name != present.name


def _role_came_or_went(new: Properties, old: Properties) -> bool:
    return (new.role_arn is None) != (old.role_arn is None)


def held(request: Request) -> EndpointId | None:
    """Read the physical resource id; None where it is no endpoint of the stack's own place."""
    found = parse_endpoint_arn(request.physical_id)
    if found is None:
        return None
    here = (request.place.partition, request.place.region, request.place.account)
    there = (found.place.partition, found.place.region, found.place.account)
    return found if here == there else None


def abandoned(
    request: Request, new: Properties, old: Properties, target: str, kind: Kind
) -> tuple[str, ...]:
    """Give the ARNs at which a cancelled replacement may have left an endpoint of ours.

    Only where the properties that force a replacement differ, and never the target or the
    physical resource id. The old properties' kind of model may be unknown (a flywheel): then
    both kinds are looked at.
    """
    old_kind = kind_of_model(old.model_arn)
    new_kind = kind_of_model(new.model_arn) or kind
    differs = (
        new.endpoint_name != old.endpoint_name
        or _role_came_or_went(new, old)
        or old_kind not in (None, new_kind)
        or (old_kind is None and new.flywheel_arn != old.flywheel_arn)
    )
    if request.operation is not Operation.UPDATE or not differs:
        return ()
    kinds = (old_kind,) if old_kind is not None else tuple(Kind)
    found = dict.fromkeys(arn for each in kinds for arn in arns(request, old, each))
    return tuple(arn for arn in found if arn not in (target, request.physical_id))


def guesses(request: Request, properties: Properties) -> tuple[str, ...]:
    """Give the ARNs that a Delete with an invented physical id may be about.

    Of a flywheel, which may be gone by now, the kind of model is not known: both are looked at.
    """
    kind = kind_of_model(properties.model_arn)
    kinds = (kind,) if kind is not None else tuple(Kind)
    return tuple(dict.fromkeys(arn for each in kinds for arn in arns(request, properties, each)))
