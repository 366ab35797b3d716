"""The actions that a plan can give, each with everything that it sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from provider.contract.properties import Settings
from provider.model.endpoint import Endpoint
from provider.model.failures import Failure
from provider.model.task import Call


class Proof(StrEnum):
    """Why an endpoint may be deleted: no ``Delete`` can be made without one.

    Each is for an endpoint that carries the tags of this stack and resource.
    """

    NAMED = "named"
    """It is the physical resource id of a Delete that is not out of date, and not on trial."""
    NEVER_HELD = "never held"
    """The stack's events show that it never was the stack's resource, and no execution that could
    still make it one is running."""
    REPLACED = "replaced"
    """It is FAILED, and UpdateEndpoint was refused twice for good: it is made again under its
    name."""


class Question(StrEnum):
    """What has to be asked before an action is certain."""

    STANDING = "standing"
    """Of the stack's events: which way does the request go, and is it out of date?"""
    HISTORY = "history"
    """Of the stack's events: has the stack ever held the endpoint?"""
    TRIAL = "trial"
    """Of the outermost stack's events: is the endpoint's adoption final?"""
    RUNNING = "running"
    """Of Step Functions: which older execution of the resource runs?"""
    OWNER = "owner"
    """Of the events of the stack in an endpoint's tags: does that other stack have it?"""


@dataclass(frozen=True, slots=True)
class Wait:
    """Observe again later; ``seconds`` is how much later, None if that is not known."""

    why: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """Read what a question is about, then plan again."""

    question: Question


@dataclass(frozen=True, slots=True)
class Create:
    """CreateEndpoint."""

    name: str
    settings: Settings
    tags: Mapping[str, str]
    token: str
    call: Call = Call.CREATE


@dataclass(frozen=True, slots=True)
class Update:
    """UpdateEndpoint; ``before`` is the endpoint as it is now."""

    settings: Settings
    before: Endpoint
    call: Call = Call.UPDATE


@dataclass(frozen=True, slots=True)
class Retag:
    """UntagResource and TagResource; adopting and giving back are this, too."""

    call: Call
    put: Mapping[str, str] = field(default_factory=dict)
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delete:
    """DeleteEndpoint."""

    proof: Proof
    call: Call = Call.DELETE


@dataclass(frozen=True, slots=True)
class Done:
    """The goal is reached.

    Args:
        left: why an endpoint that was to be deleted is left; empty if none is.
    """

    endpoint: Endpoint | None = None
    left: str = ""


@dataclass(frozen=True, slots=True)
class Fail:
    """The goal cannot be reached."""

    failure: Failure


Change = Create | Update | Retag | Delete
Decided = Wait | Change | Done | Fail
Action = Ask | Decided
