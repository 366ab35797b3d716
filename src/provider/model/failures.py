"""The reasons for failures: the cause first, then what to do, in words for a template's author."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from provider.contract.errors import Blame
from provider.contract.event import Operation, Request, parse_stack_id
from provider.contract.limits import MAX_TIMEOUT
from provider.model.api_errors import ApiError, describe, is_quota, meaning
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
from provider.model.stack import History


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an operation failed, what to do, and who has to do it.

    Args:
        in_rollback: what to do if nobody can change the template; None is the remedy itself.
    """

    cause: str
    remedy: str = ""
    blame: Blame = Blame.USER
    in_rollback: str | None = None

    @property
    def reason(self) -> str:
        """The reason for CloudFormation: the cause first."""
        return f"{self.cause} {self.remedy}".strip()


SAME_NAME = Failure(
    "DataAccessRoleArn: a role cannot be removed from an endpoint. Only a new endpoint can be "
    "without it, and that needs another name.",
    "Put DataAccessRoleArn back, or change EndpointName in the same update, or leave EndpointName "
    "out: the provider then generates a name.",
)

UNKNOWN_KIND = Failure(
    "FlywheelArn: Amazon Comprehend does not say what kind of model this flywheel trains, so it "
    "cannot be an endpoint's.",
    "Give the ModelArn as well, or another flywheel.",
    in_rollback="",
)


def invalid(problems: Iterable[str]) -> Failure:
    """The request's properties break rules."""
    return Failure(" ".join(problems))


def refused(error: ApiError, deleted: str | None = None, *, replaces: bool = False) -> Failure:
    """An API refused a call for good.

    Args:
        deleted: the ARN of the endpoint that the request had deleted, to make it again.
        replaces: whether the call was to make an endpoint that replaces another one.
    """
    means, cause = meaning(error), describe(error)
    if replaces and is_quota(error):
        cause += " A replacement needs both endpoints, the old and the new one, at the same time."
    if deleted is not None:
        cause += (
            f" The endpoint {deleted} was in FAILED and could not be updated. So it was deleted, "
            "to be created again, and it does not exist now."
        )
    remedy = means.advice if deleted is None else f"{means.advice} The next deployment creates it."
    return Failure(cause, remedy, means.blame, means.in_rollback)


def too_long(error: ValueError) -> Failure:
    """The response would exceed CloudFormation's limit."""
    return Failure(
        f"The response cannot be sent: {error}.",
        "Give the stack, the model or the flywheel a shorter name.",
        in_rollback="",
    )


def abandoned(why: str, made: str | None) -> Failure:
    """CloudFormation no longer waits for the request.

    Args:
        made: the ARN of the endpoint that the request made or may have made; None if it made none.
    """
    about = f" The provider deletes the endpoint that it may have made: {made}." if made else ""
    return Failure(
        f"Request abandoned: CloudFormation no longer waits for this request, because {why}.{about}"
    )


def giving_back(failure: Failure) -> Failure:
    """Add that an endpoint which the request adopted goes back to its owner."""
    about = (
        "The endpoint was being adopted. The provider does not delete it: it gives it back to its "
        "owner."
    )
    return replace(failure, remedy=f"{failure.remedy} {about}".strip())


def going_back(failure: Failure, request: Request) -> Failure:
    """Say what to do in a rollback, in which nobody can change the template."""
    if not failure.remedy:
        return failure
    remedy = failure.remedy if failure.in_rollback is None else failure.in_rollback
    proceed = (
        "aws cloudformation continue-update-rollback "
        f"--region {request.place.region} --stack-name {request.place.stack_name}"
    )
    way = (
        "This is a rollback, so the template cannot be changed. Once the stack is in "
        f"UPDATE_ROLLBACK_FAILED, let it try again: {proceed} ; or leave this resource as it is: "
        f"{proceed} --resources-to-skip {request.reply.logical_id}"
    )
    return replace(failure, remedy=f"{remedy} {way}".strip())


def timed_out(
    seconds: float,
    timeout: int,
    arn: str | None,
    status: str | None,
    trouble: ApiError | None,
    waits: str = "",
) -> Failure:
    """The deadline has passed.

    Args:
        seconds: since the request arrived.
        timeout: the request's ServiceTimeout, in seconds.
        status: the endpoint's when last observed, empty if there was none, None if it was never
            observed.
        trouble: the transient error that was waited out; None if only the endpoint was waited for.
            It decides who has to act; a short timeout is the user's own choice.
        waits: what else the operation still had to wait for; empty if nothing.
    """
    state = f"The endpoint {arn} is in {status}."
    if arn is None:
        state = "Until then it was not known which endpoint the request means."
    elif status is None:
        state = f"Whether the endpoint {arn} exists is not known."
    elif not status:
        state = f"The endpoint {arn} does not exist."
    about = f" {state} Not in time: {waits}." if waits else f" {state}"
    said = f"{describe(trouble)} " if trouble else ""
    cause = f"{said}Timed out after {seconds:.0f} seconds.{about}"
    is_longest = timeout >= MAX_TIMEOUT
    remedy = "When the stack's operation has ended, try again."
    if not is_longest:
        remedy += f" Raise ServiceTimeout (now {timeout}, at most {MAX_TIMEOUT} seconds)."
    if trouble is None:
        blame = Blame.SERVICE if is_longest else Blame.USER
        return Failure(cause, remedy, blame, in_rollback="")
    means = meaning(trouble)
    back = means.advice if means.in_rollback is None else means.in_rollback
    return Failure(cause, f"{means.advice} {remedy}", means.blame, back)


def creation_failed(live: Endpoint, physical_id: str | None) -> Failure:
    """CreateEndpoint was accepted, and the endpoint ended in FAILED."""
    # The rollback updates what the stack has as its resource.
    fate = "stays until an update repairs it" if live.arn == physical_id else "is being deleted"
    return Failure(
        f"CreateEndpoint was accepted, but the endpoint ended in FAILED{_message(live)}. "
        f"{live.arn} {fate}.",
        "Correct what the message names, then deploy again.",
        _blame(live),
        in_rollback="Correct what the message names.",
    )


def update_failed(live: Endpoint) -> Failure:
    """UpdateEndpoint was accepted, and the endpoint does not have what was sent."""
    return Failure(
        f"UpdateEndpoint was accepted, but the change failed{_message(live)}. {live.arn} is in "
        f"{live.status}.",
        "Correct the changed properties, then deploy again.",
        _blame(live),
        in_rollback="Correct what the message names.",
    )


def update_ignored(arn: str) -> Failure:
    """UpdateEndpoint was accepted, and nothing changed."""
    return Failure(
        f"UpdateEndpoint was accepted, but {arn} still has its former settings.",
        "Deploy again.",
        Blame.SERVICE,
        in_rollback="",
    )


def vanished(arn: str) -> Failure:
    """Somebody deleted the endpoint while it was being created."""
    return Failure(
        f"The endpoint {arn} was deleted while it was being created.",
        "Deploy again, unless the stack itself is being deleted.",
        in_rollback="",
    )


def given_back(arn: str) -> Failure:
    """Somebody gave the endpoint back to its owner while it was being adopted."""
    return Failure(
        f"The endpoint {arn} was given back to its owner while it was being adopted.",
        "Deploy again, unless the stack itself is being deleted.",
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
        f"template: {listed}. An adoption changes nothing but tags.",
        "Write the endpoint's values into the template, deploy, then change them with the next "
        "update.",
    )


def cannot_adopt_failed(live: Endpoint) -> Failure:
    """An offered endpoint is in FAILED."""
    return Failure(
        f"EndpointName: the endpoint {live.arn} is offered to this resource, but it is in "
        f"FAILED{_message(live)}. It was not adopted.",
        "Have its owner repair or delete it, then deploy again.",
    )


def foreign(
    arn: str,
    request: Request,
    marks: Mapping[str, str],
    why: str = "",
    history: History | None = None,
) -> Failure:
    """The endpoint is not this resource's, or is not known to be.

    Args:
        marks: the provider's tags on the endpoint.
        why: why an endpoint with this resource's own tags was not deleted.
        history: what the events of the stack in its tags say of it; None if they were not read.
    """
    if arn == request.physical_id:
        return _lost(arn, request, marks)
    identity = parse_endpoint_arn(arn)
    name = identity.name if identity else arn
    region = request.place.region
    whose = _whose(marks)
    about = f", tagged as that of {whose}" if whose else ""
    is_others = ownership(marks, request.reply).owner is Owner.OTHER
    has_it = is_others and history is not None and history.has_it
    if has_it:
        told = "that stack has it"
    elif is_others and history is not None and history.newest is not None:
        told = "that stack has it no longer"
    else:
        told = f"it cannot be deleted to make room: {why}" if why else "it is not this resource's"
    untag = f"{_untag(region, arn)} && " if is_others else ""
    offers = (
        f"{untag}aws comprehend tag-resource --region {region} --resource-arn {arn} --tags "
        f"Key={ADOPT_TAG},Value={offer(request.reply)}"
    )
    adopts = "let this resource adopt the endpoint"
    if has_it:
        adopts = f"keep the endpoint with a DeletionPolicy, remove {whose}, then {adopts}"
    elif ownership(marks, request.reply).owner is not Owner.OURS:
        adopts = f"have its owner {adopts}"
    deletes = f"aws comprehend delete-endpoint --region {region} --endpoint-arn {arn}"
    return Failure(
        f"EndpointName: an endpoint named {name} exists already ({arn}){about}, and {told}. The "
        "endpoint was not changed.",
        "Do one of these, then deploy again: use another EndpointName; or leave EndpointName out, "
        f"and the provider generates a name; or {adopts}: {offers}"
        + ("" if has_it else f" ; or, if nobody uses the endpoint, delete it: {deletes}"),
        in_rollback=f"{adopts[0].upper()}{adopts[1:]}: {offers} .",
    )


def _lost(arn: str, request: Request, marks: Mapping[str, str]) -> Failure:
    """The resource's own endpoint does not carry its tags."""
    whose = _whose(marks)
    tagged = f" It is tagged as that of {whose}." if whose else ""
    without = (
        "give the resource another EndpointName"
        if request.operation is Operation.UPDATE
        else f"delete the stack without {request.logical_id}"
    )
    restores = (
        "If it is this resource's, give it its tags back. Then try again: aws comprehend "
        f"tag-resource --region {request.place.region} --resource-arn {arn} --tags "
        f"Key={STACK_TAG},Value={request.stack_id} "
        f"Key={LOGICAL_ID_TAG},Value={request.logical_id} Key={REQUEST_TAG},Value=restored"
    )
    return Failure(
        f"Tags: the endpoint {arn} does not carry this resource's ownership tags.{tagged} Somebody "
        "has removed or changed them, or has made another endpoint with this name. The endpoint "
        "was not changed.",
        f"If it is somebody else's, do not tag it: {without}. {restores}",
        in_rollback=f"{restores} .",
    )


def _untag(region: str, arn: str) -> str:
    keys = " ".join(OWNERSHIP_TAGS)
    return f"aws comprehend untag-resource --region {region} --resource-arn {arn} --tag-keys {keys}"


def _whose(marks: Mapping[str, str]) -> str:
    """Say whose tags an endpoint carries; empty if it carries none."""
    stack = parse_stack_id(marks.get(STACK_TAG))
    logical_id = marks.get(LOGICAL_ID_TAG)
    if stack is None and not logical_id:
        return ""
    return f"{logical_id or '?'} of the stack {stack.stack_name if stack else '?'}"


def _shown(value: object) -> str:
    return "not set" if value is None else str(value)


def _message(live: Endpoint) -> str:
    """Give Comprehend's own message about an endpoint, if there is one."""
    return f": {' '.join(live.message.split()).rstrip('.')}" if live.message else ""


_OWN_FAULTS = ("INTERNAL", "SERVICE")


def _blame(live: Endpoint) -> Blame:
    """Say who has to act on an endpoint that failed: whoever can correct what its message names.

    Comprehend's messages begin with a reason code: ``RESOURCE_NOT_FOUND: Could not find …``.
    """
    message = live.message or ""
    is_theirs = not message.strip() or message.upper().startswith(_OWN_FAULTS)
    return Blame.SERVICE if is_theirs else Blame.USER
