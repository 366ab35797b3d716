"""What the provider says when an operation fails: the cause first, then what to do."""

from __future__ import annotations

from dataclasses import dataclass, replace

from provider.decision import Move
from provider.endpoint import Endpoint
from provider.errors import ApiError, Blame, describe, meaning
from provider.identity import ADOPT_TAG, parse_endpoint_arn
from provider.properties import DEFAULT_TIMEOUT


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an operation failed, and who has to act on it."""

    reason: str
    blame: Blame


def invalid(problems: list[str]) -> Failure:
    """The request's properties, or the event itself, are wrong."""
    return Failure(" ".join(problems), Blame.USER)


def refused(error: ApiError) -> Failure:
    """An API refused a call for good."""
    return Failure(describe(error), meaning(error).blame)


def refusal_of(reason: str) -> Failure:
    """The template asks for what cannot be done."""
    return Failure(reason, Blame.USER)


def unwanted(why: str, made: str | None) -> Failure:
    """CloudFormation has given the request up.

    Args:
        made: the ARN of the endpoint that the request made, None where it made none.
    """
    about = f" {made}, which it made, is being removed." if made else ""
    return Failure(f"The request is not wanted any more: {why}.{about}", Blame.USER)


def with_return(failure: Failure) -> Failure:
    """Add what becomes of an endpoint that the request took over from its owner."""
    about = "The endpoint was being adopted: it is given back to its owner, and not deleted."
    return replace(failure, reason=f"{failure.reason} {about}")


def timed_out(
    seconds: float, timeout: int, arn: str | None, status: str | None, trouble: ApiError | None
) -> Failure:
    """The deadline has come.

    Args:
        seconds: since the request arrived.
        timeout: the request's ServiceTimeout, in seconds.
        status: the endpoint's when it was last seen, empty where there was none, None where it
            was never seen.
        trouble: what was being waited out, None where it was only the endpoint. It says whose
            the failure is; a short timeout is the user's own choice.
    """
    left = {None: "was never seen", "": "does not exist"}.get(status, f"was left in {status}")
    about = f" The endpoint {arn} {left}." if arn else ""
    cause = f"{describe(trouble)} " if trouble else ""
    remedy = (
        f" Raise ServiceTimeout (now {timeout}, at most {DEFAULT_TIMEOUT} seconds)."
        if timeout < DEFAULT_TIMEOUT
        else ""
    )
    reason = f"{cause}Timed out after {seconds:.0f} seconds.{about}{remedy}"
    if trouble is not None:
        return Failure(reason, meaning(trouble).blame)
    return Failure(reason, Blame.USER if timeout < DEFAULT_TIMEOUT else Blame.SERVICE)


def failed(
    move: Move,
    arn: str,
    live: Endpoint | None,
    refusal: ApiError | None,
    *,
    physical_id: str | None,
    adopt_tag: str | None = None,
) -> Failure:
    """Put a failing move of the decision into words.

    Args:
        adopt_tag: the value of the tag by which the endpoint's owner would let the request adopt
            it, None where the request could not.
    """
    if refusal is not None and move is Move.FAIL_REFUSED:
        return refused(refusal)
    said = f": {' '.join(live.message.split()).rstrip('.')}" if live and live.message else ""
    if move is Move.FAIL_FOREIGN:
        return _foreign(arn, physical_id, adopt_tag)
    if move is Move.FAIL_GIVEN_BACK:
        return Failure(
            f"The endpoint {arn} was given back to its owner while it was being adopted. Deploy "
            "again, unless the stack itself is being deleted.",
            Blame.USER,
        )
    # What the stack has as the resource is left to the rollback.
    fate = "stays until an update mends it" if arn == physical_id else "is being removed"
    if move is Move.FAIL_CREATION:
        return Failure(
            f"CreateEndpoint was accepted, but the endpoint ended in FAILED{said}. Correct what "
            f"the message speaks of, then deploy again; {arn} {fate}.",
            Blame.SERVICE,
        )
    if move is Move.FAIL_UPDATE:
        status = live.status if live else "an unknown state"
        return Failure(
            f"UpdateEndpoint was accepted, but the change did not come about{said or ''}. "
            f"{arn} is in {status}. Correct the changed properties, then deploy again.",
            Blame.SERVICE,
        )
    if move is Move.FAIL_IGNORED:
        return Failure(
            f"UpdateEndpoint was accepted, but {arn} still has its former settings. Deploy again.",
            Blame.SERVICE,
        )
    return Failure(
        f"The endpoint {arn} was deleted while it was being created. Deploy again, unless the "
        "stack itself is being deleted.",
        Blame.USER,
    )


def _foreign(arn: str, physical_id: str | None, adopt_tag: str | None) -> Failure:
    identity = parse_endpoint_arn(arn)
    name = identity.name if identity else arn
    if arn == physical_id:
        reason = (
            f"Tags: the endpoint {arn} does not carry this stack's ownership tags: somebody has "
            "removed them, or has made another endpoint under the name. It was not touched. Give "
            "it the three comprehend-endpoint-provider: tags back (docs/troubleshooting.md), or "
            "have its owner delete it, then try again."
        )
    else:
        reason = (
            f"EndpointName: an endpoint named {name} exists already and is not this resource's "
            f"({arn}). It was not touched. Choose another EndpointName, or leave it out and have "
            "a name generated."
        )
        if adopt_tag is not None:
            reason += (
                f" To have it adopted, its owner gives it the tag {ADOPT_TAG} with the value "
                f"{adopt_tag} (docs/moving.md)."
            )
    return Failure(reason, Blame.USER)
