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
    """Why an endpoint may be deleted: no ``Delete`` can be made without one."""

    NAMED = "named"
    """It is the physical resource id of the Delete, and carries this resource's tags."""
    LEFT_BEHIND = "left behind"
    """It carries this resource's tags, at an ARN that the properties can mean and no id names."""
    MADE = "made"
    """The request that is cleaned up after made it."""
    REPLACED = "replaced"
    """It is FAILED and no update revives it: it is made again under its name."""


class Question(StrEnum):
    """What CloudFormation has to be asked before an action is certain."""

    STILL_WANTED = "still wanted"
    """Does it still wait for this request?"""
    TRIAL_OVER = "trial over"
    """Has the outermost stack completed an operation since the endpoint was adopted?"""


@dataclass(frozen=True, slots=True)
class Wait:
    """Observe again later."""

    why: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Read from CloudFormation, then plan again."""

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
    """UpdateEndpoint; ``before`` is what the endpoint has now."""

    settings: Settings
    before: Settings
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
    """The goal is reached."""

    endpoint: Endpoint | None = None


@dataclass(frozen=True, slots=True)
class Fail:
    """The goal cannot be reached."""

    failure: Failure


Change = Create | Update | Retag | Delete
Decided = Wait | Change | Done | Fail
Action = Ask | Decided
