"""The reasons for failures: the cause first, then what to do, in words for a template's author."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from provider.contract.errors import Blame
from provider.contract.limits import MAX_TIMEOUT
from provider.model.api_errors import ApiError, describe, meaning
from provider.model.endpoint import Endpoint
from provider.model.naming import parse_endpoint_arn
from provider.model.ownership import ADOPT_TAG


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an operation failed, and who has to act on it."""

    reason: str
    blame: Blame = Blame.USER


ROLE_STAYS = Failure(
    "DataAccessRoleArn: the endpoint to adopt has a role, which cannot be removed from it. Give "
    "its role here, or another one."
)

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


def refused(error: ApiError) -> Failure:
    """An API refused a call for good."""
    return Failure(describe(error), meaning(error).blame)


def too_long(error: ValueError) -> Failure:
    """The response would exceed CloudFormation's limit."""
    return Failure(f"The response cannot be sent: {error}.")


def abandoned(why: str, made: str | None) -> Failure:
    """CloudFormation no longer waits for the request.

    Args:
        made: the ARN of the endpoint that the request made or may have made; None if it made none.
    """
    about = f" The request made, or may have made, {made}: it is being deleted." if made else ""
    return Failure(f"Request abandoned: CloudFormation cancelled it, because {why}.{about}")


def giving_back(failure: Failure) -> Failure:
    """Add that an endpoint which the request adopted goes back to its owner."""
    about = "The endpoint was being adopted: it is given back to its owner, and not deleted."
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


def foreign(arn: str, physical_id: str | None, adopt_tag: str | None) -> Failure:
    """The endpoint is not this resource's.

    Args:
        adopt_tag: the value of the tag with which the endpoint's owner would offer it to the
            request; None if the request cannot adopt.
    """
    identity = parse_endpoint_arn(arn)
    name = identity.name if identity else arn
    if arn == physical_id:
        return Failure(
            f"Tags: the endpoint {arn} does not carry this stack's ownership tags: somebody has "
            "removed them, or has made another endpoint with this name. It was not changed. Give "
            "it the three comprehend-endpoint-provider: tags back (docs/troubleshooting.md), or "
            "have its owner delete it, then try again."
        )
    reason = (
        f"EndpointName: an endpoint named {name} exists already and is not this resource's "
        f"({arn}). It was not changed. Choose another EndpointName, or remove it, and the "
        "provider generates a name."
    )
    if adopt_tag is not None:
        reason += (
            f" To have it adopted, its owner gives it the tag {ADOPT_TAG} with the value "
            f"{adopt_tag} (docs/moving.md)."
        )
    return Failure(reason)


def _message(live: Endpoint) -> str:
    """Give Comprehend's own message about an endpoint, if there is one."""
    return f": {' '.join(live.message.split()).rstrip('.')}" if live.message else ""
