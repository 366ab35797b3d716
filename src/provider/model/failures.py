"""The reasons for failures: the cause first, then what to do, in words for a template's author."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from provider.contract.errors import Blame
from provider.contract.event import Request, parse_stack_id
from provider.contract.limits import MAX_TIMEOUT
from provider.model.api_errors import ApiError, describe, meaning
from provider.model.endpoint import Endpoint
from provider.model.naming import parse_endpoint_arn
from provider.model.ownership import (
    ADOPT_TAG,
    LOGICAL_ID_TAG,
    OWNERSHIP_TAGS,
    REQUEST_TAG,
    STACK_TAG,
    Owner,
    offer,
    ownership,
)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an operation failed, and who has to act on it."""

    reason: str
    blame: Blame = Blame.USER


SAME_NAME = Failure(
    "DataAccessRoleArn: a role cannot be removed from an endpoint, so removing it needs a new "
    "endpoint, and the new one cannot have the EndpointName of the one it replaces. Change "
    "EndpointName in the same update, or remove it, and the provider generates a name."
)

UNKNOWN_KIND = Failure(
    "FlywheelArn: Amazon Comprehend does not say what kind of model this flywheel trains, so it "
    "cannot be an endpoint's. Give the ModelArn as well, or another flywheel."
)


def invalid(problems: Iterable[str]) -> Failure:
    """The request's properties break rules."""
    return Failure(" ".join(problems))


def refused(error: ApiError, deleted: str | None = None) -> Failure:
    """An API refused a call for good.

    Args:
        deleted: the ARN of the endpoint that the request had deleted, to make it again.
    """
    reason = describe(error)
    if deleted is not None:
        reason += (
            f" The endpoint {deleted} was in FAILED and could not be updated. So it was deleted, "
            "to be created again. It is gone now: the next deployment creates it."
        )
    return Failure(reason, meaning(error).blame)


def too_long(error: ValueError) -> Failure:
    """The response would exceed CloudFormation's limit."""
    return Failure(f"The response cannot be sent: {error}.")


def abandoned(why: str, made: str | None) -> Failure:
    """CloudFormation no longer waits for the request.

    Args:
        made: the ARN of the endpoint that the request made or may have made; None if it made none.
    """
    about = f" The request made, or may have made, {made}: it is being deleted." if made else ""
    return Failure(f"Request abandoned: CloudFormation no longer waits for it: {why}.{about}")


def giving_back(failure: Failure) -> Failure:
    """Add that an endpoint which the request adopted goes back to its owner."""
    about = (
        "The endpoint was being adopted. The provider does not delete it: it gives it back to its "
        "owner."
    )
    return replace(failure, reason=f"{failure.reason} {about}")


def timed_out(
    seconds: float, timeout: int, arn: str | None, status: str | None, trouble: ApiError | None
) -> Failure:
    """The deadline has passed.

    Args:
        seconds: since the request arrived.
        timeout: the request's ServiceTimeout, in seconds.
        status: the endpoint's when last observed, empty if there was none, None if it was never
            observed.
        trouble: the transient error that was waited out; None if only the endpoint was waited for.
            It decides who has to act; a short timeout is the user's own choice.
    """
    state = {None: "was never observed", "": "does not exist"}.get(status, f"is in {status}")
    about = f" The endpoint {arn} {state}." if arn else ""
    cause = f"{describe(trouble)} " if trouble else ""
    remedy = (
        f" Raise ServiceTimeout (now {timeout}, at most {MAX_TIMEOUT} seconds)."
        if timeout < MAX_TIMEOUT
        else ""
    )
    reason = f"{cause}Timed out after {seconds:.0f} seconds.{about}{remedy}"
    if trouble is not None:
        return Failure(reason, meaning(trouble).blame)
    return Failure(reason, Blame.USER if timeout < MAX_TIMEOUT else Blame.SERVICE)


def creation_failed(live: Endpoint, physical_id: str | None) -> Failure:
    """CreateEndpoint was accepted, and the endpoint ended in FAILED."""
    # The rollback updates what the stack has as its resource.
    fate = "stays until an update repairs it" if live.arn == physical_id else "is being deleted"
    return Failure(
        f"CreateEndpoint was accepted, but the endpoint ended in FAILED{_message(live)}. Correct "
        f"what the message names, then deploy again; {live.arn} {fate}.",
        Blame.SERVICE,
    )


def update_failed(live: Endpoint) -> Failure:
    """UpdateEndpoint was accepted, and the endpoint does not have what was sent."""
    return Failure(
        f"UpdateEndpoint was accepted, but the change failed{_message(live)}. {live.arn} is in "
        f"{live.status}. Correct the changed properties, then deploy again.",
        Blame.SERVICE,
    )


def update_ignored(arn: str) -> Failure:
    """UpdateEndpoint was accepted, and nothing changed."""
    return Failure(
        f"UpdateEndpoint was accepted, but {arn} still has its former settings. Deploy again.",
        Blame.SERVICE,
    )


def vanished(arn: str) -> Failure:
    """Somebody deleted the endpoint while it was being created."""
    return Failure(
        f"The endpoint {arn} was deleted while it was being created. Deploy again, unless the "
        "stack itself is being deleted."
    )


def given_back(arn: str) -> Failure:
    """Somebody gave the endpoint back to its owner while it was being adopted."""
    return Failure(
        f"The endpoint {arn} was given back to its owner while it was being adopted. Deploy "
        "again, unless the stack itself is being deleted."
    )


def cannot_adopt(arn: str, differences: Mapping[str, tuple[object, object]]) -> Failure:
    """An offered endpoint differs from the template: an adoption changes nothing but tags.

    Args:
        differences: by property, the template's value and the endpoint's.
    """
    listed = "; ".join(
        f"{prop} is {_shown(has)}, the template says {_shown(wanted)}"
        for prop, (wanted, has) in differences.items()
    )
    first = next(iter(differences))
    return Failure(
        f"{first}: the endpoint {arn} is offered to this resource, but it differs from the "
        f"template: {listed}. An adoption changes nothing but tags. Write the endpoint's values "
        "into the template, deploy, then change them with the next update."
    )


def cannot_adopt_failed(live: Endpoint) -> Failure:
    """An offered endpoint is in FAILED."""
    return Failure(
        f"EndpointName: the endpoint {live.arn} is offered to this resource, but it is in "
        f"FAILED{_message(live)}. It was not adopted. Have its owner repair or delete it, then "
        "deploy again."
    )


def foreign(arn: str, request: Request, marks: Mapping[str, str], why: str = "") -> Failure:
    """The endpoint is not this resource's, or is not known to be.

    Args:
        marks: the provider's tags on the endpoint.
        why: why an endpoint with this resource's own tags was not deleted.
    """
    identity = parse_endpoint_arn(arn)
    name = identity.name if identity else arn
    region = request.place.region
    if arn == request.physical_id:
        return Failure(
            f"Tags: the endpoint {arn} does not carry this resource's ownership tags"
            f"{_whose(marks, '. It is tagged as that of')}. Somebody has removed or changed them, "
            "or has made another endpoint with this name. It was not changed. If it is somebody "
            f"else's, do not tag it: delete the stack without {request.logical_id}. If it is this "
            "resource's, give it its tags back. Then try again: aws comprehend tag-resource "
            f"--region {region} --resource-arn {arn} --tags Key={STACK_TAG},"
            f"Value={request.stack_id} Key={LOGICAL_ID_TAG},Value={request.logical_id} "
            f"Key={REQUEST_TAG},Value=restored"
        )
    told = f"it cannot be deleted to make room: {why}" if why else "it is not this resource's"
    untag = ""
    if ownership(marks, request.reply).owner is Owner.OTHER:
        keys = " ".join(OWNERSHIP_TAGS)
        untag = (
            f"aws comprehend untag-resource --region {region} --resource-arn {arn} --tag-keys "
            f"{keys} && "
        )
    return Failure(
        f"EndpointName: an endpoint named {name} exists already ({arn})"
        f"{_whose(marks, ', tagged as that of')}, and "
        f"{told}. It was not changed. Choose another EndpointName, or remove it, and the provider "
        "generates a name. Or have its owner delete it: aws comprehend delete-endpoint --region "
        f"{region} --endpoint-arn {arn} . Or have its owner offer it: {untag}aws comprehend "
        f"tag-resource --region {region} --resource-arn {arn} --tags Key={ADOPT_TAG},"
        f"Value={offer(request.reply)}"
    )


def _whose(marks: Mapping[str, str], said: str) -> str:
    """Say whose tags an endpoint carries; nothing if it carries none."""
    stack = parse_stack_id(marks.get(STACK_TAG))
    logical_id = marks.get(LOGICAL_ID_TAG)
    if stack is None and not logical_id:
        return ""
    return f"{said} {logical_id or '?'} of the stack {stack.stack_name if stack else '?'}"


def _shown(value: object) -> str:
    return "not set" if value is None else str(value)


def _message(live: Endpoint) -> str:
    """Give Comprehend's own message about an endpoint, if there is one."""
    return f": {' '.join(live.message.split()).rstrip('.')}" if live.message else ""
