"""Names that follow from a request alone: ARNs, generated names, token, execution name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from provider.contract.event import RESOURCE_DIGITS, Operation, Place, Reply, Request, digest
from provider.contract.limits import MAX_TOKEN
from provider.contract.properties import Properties

_ENDPOINT_ARN = re.compile(
    r"arn:(?P<partition>aws(?:-[^:]+)?):comprehend:(?P<region>[a-zA-Z0-9-]*):(?P<account>[0-9]{12})"
    r":(?P<kind>document-classifier|entity-recognizer)-endpoint/(?P<name>[a-zA-Z0-9](?:-*[a-zA-Z0-9])*)"
)

REPLACE = "replace"
"""In an execution's name, the operation of an Update that may be a replacement."""

_STACK_LENGTH, _LOGICAL_ID_LENGTH = 20, 17
"""Characters of them in an execution's name, of which Step Functions allows 80."""


class Kind(StrEnum):
    """The kind of model an endpoint serves; it is part of the endpoint's ARN."""

    CLASSIFIER = "document-classifier"
    RECOGNIZER = "entity-recognizer"


@dataclass(frozen=True, slots=True)
class EndpointId:
    """The parts of an endpoint's ARN."""

    place: Place
    kind: Kind
    name: str


def endpoint_arn(place: Place, kind: Kind, name: str) -> str:
    """Give the ARN that an endpoint has, or will have once it is made."""
    return f"arn:{place.partition}:comprehend:{place.region}:{place.account}:{kind}-endpoint/{name}"


def parse_endpoint_arn(text: str | None) -> EndpointId | None:
    """Read an endpoint's ARN; None if the text is not one."""
    match = _ENDPOINT_ARN.fullmatch(text or "")
    if match is None:
        return None
    place = Place(match["partition"], match["region"], match["account"], "")
    return EndpointId(place, Kind(match["kind"]), match["name"])


def kind_of_model(model_arn: str | None) -> Kind | None:
    """Read the kind of model from a model's ARN; None if there is no ARN or it names no kind."""
    if model_arn is None:
        return None
    resource = model_arn.split(":", 5)[-1]
    return next((kind for kind in Kind if resource.startswith(f"{kind}/")), None)


def physical_endpoint(request: Request) -> EndpointId | None:
    """Read the physical resource id; None if it is no endpoint of the stack's own place."""
    found = parse_endpoint_arn(request.physical_id)
    if found is None:
        return None
    here = (request.place.partition, request.place.region, request.place.account)
    there = (found.place.partition, found.place.region, found.place.account)
    return found if here == there else None


def generated_name(request: Request, kind: Kind, *, with_role: bool) -> str:
    """Generate an EndpointName: readable, unique to the resource, the same for every request.

    What forces a replacement (the kind of model; a role, which cannot be removed again) is part of
    the digest, so that a replacement has another name than the endpoint that it replaces.

    Returns:
        At most 40 characters of ``[a-zA-Z0-9-]``: 14 of the stack's name, 12 of the logical id,
        12 of the digest. The pattern allows a digit, but no hyphen, at either end.
    """
    unique = digest(request.stack_id, request.logical_id, kind, "role" if with_role else "")
    stack = request.place.stack_name[:14].strip("-")
    logical = re.sub(r"[^a-zA-Z0-9]", "", request.logical_id)[:12]
    return "-".join(part for part in (stack, logical, unique[:12]) if part)


def possible_arns(request: Request, properties: Properties, kind: Kind) -> tuple[str, ...]:
    """Give the ARNs that the properties' endpoint may have, the likeliest first.

    An explicit name is the only one. Of the two generated ones, the second is used if the first is
    the very name that has to be replaced (a role that was added in place is removed again).
    """
    with_role = properties.settings.role_arn is not None
    names = (
        (properties.endpoint_name,)
        if properties.endpoint_name is not None
        else (
            generated_name(request, kind, with_role=with_role),
            generated_name(request, kind, with_role=not with_role),
        )
    )
    return tuple(endpoint_arn(request.place, kind, name) for name in names)


def possible_arns_of_any_kind(request: Request, properties: Properties) -> tuple[str, ...]:
    """Give the ARNs that properties can mean if only they are known.

    The properties may name nothing but a flywheel, which may be gone: then both kinds of model are
    possible.
    """
    kind = kind_of_model(properties.settings.model_arn)
    kinds = (kind,) if kind is not None else tuple(Kind)
    arns = (arn for each in kinds for arn in possible_arns(request, properties, each))
    return tuple(dict.fromkeys(arns))


def client_request_token(reply: Reply, creation: int) -> str:
    """Derive the idempotency token of CreateEndpoint.

    Args:
        creation: which creation of this request it is, from 1. If a request has to create again,
            because its endpoint was deleted since, the service must not answer with the old one.
    """
    unique = digest(reply.stack_id, reply.logical_id, reply.digest)
    return f"{unique[:56]}-{creation}"[:MAX_TOKEN]


def execution_name(request: Request, event: Mapping[str, Any]) -> str:
    """Name the one execution that a request may have; its ``…:request`` tag says the same.

    It follows from the event alone, so that the request function and the fallback name it alike:
    ``STACK-LOGICALID-OPERATION-DIGEST``.

    Args:
        event: CloudFormation's, with its properties as they came.
    """
    operation = request.operation.lower()
    new, old = (
        _mapping(event.get(name)) for name in ("ResourceProperties", "OldResourceProperties")
    )
    if request.operation is Operation.UPDATE and _forces_replacement(new) != _forces_replacement(
        old
    ):
        operation = REPLACE
    stack = request.place.stack_name[:_STACK_LENGTH]
    logical_id = re.sub(r"[^a-zA-Z0-9]", "", request.logical_id)[:_LOGICAL_ID_LENGTH]
    return "-".join((stack, logical_id, operation, request.reply.digest))


def _forces_replacement(properties: Mapping[str, Any]) -> tuple[Any, Kind | None, bool]:
    """Give what forces a replacement if it differs. A role that is added is no replacement, but
    its rollback may be one.
    """
    model_arn = properties.get("ModelArn")
    kind = kind_of_model(model_arn) if isinstance(model_arn, str) else None
    return properties.get("EndpointName"), kind, "DataAccessRoleArn" in properties


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def is_older(name: str, starts: Mapping[str, float], own: str) -> bool:
    """Say whether an execution of the same resource started earlier than one's own.

    Args:
        starts: the running executions and when they started.
        own: the name of one's own, which is among them, or started after they were listed.
    """
    is_same_resource = _resource_digits(name) == _resource_digits(own)
    if name == own or not is_same_resource:
        return False
    return own not in starts or starts[name] < starts[own]


def operation_of(name: str) -> str:
    """Read the operation from an execution's name: create, update, replace or delete."""
    return name.rpartition("-")[0].rpartition("-")[2]


def _resource_digits(name: str) -> str:
    return name.rpartition("-")[2][:RESOURCE_DIGITS]
