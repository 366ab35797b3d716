"""A task: one endpoint, its goal, and what was submitted for it so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from provider.contract.properties import Settings
from provider.model.api_errors import ApiError
from provider.model.ownership import Ownership
from provider.model.polling import GRACE


class Goal(StrEnum):
    """What a task is to reach for its endpoint."""

    ENSURE = "ensure"
    """It exists as the template says (Create, Update)."""
    DELETE = "delete"
    """It is gone: it is the physical resource id of a Delete."""
    DELETE_IF_OURS = "delete if ours"
    """Whatever is this resource's is gone: only the properties give the ARN."""
    CLEAN_UP = "clean up"
    """What this request made is gone, and what it adopted is given back."""


class Scope(StrEnum):
    """How much of the template an operation applies to an endpoint that exists."""

    ALL = "all"
    """Everything that it names: the endpoint is new to this resource."""
    CHANGED = "changed"
    """What the template changed. Units that auto scaling set and a model that a flywheel promoted
    stay."""
    NOTHING = "nothing"
    """Nothing: a rollback returns to an endpoint that the replacement did not touch."""


class Call(StrEnum):
    """A change that is submitted to Amazon Comprehend."""

    CREATE = "create"
    UPDATE = "update"
    REVIVE = "revive"
    """An update of an endpoint in FAILED."""
    DELETE = "delete"
    TAG = "tag"
    ADOPT = "adopt"
    """Tagging that sets the ownership tags on an offered endpoint."""
    GIVE_BACK = "give back"
    """Untagging that removes the ownership tags of an adopted endpoint."""

    @property
    def updates(self) -> bool:
        """Whether this is UpdateEndpoint."""
        return self in (Call.UPDATE, Call.REVIVE)


@dataclass(frozen=True, slots=True)
class Submission:
    """One change that was submitted, and what came of it.

    Args:
        at: seconds since the epoch.
        seen: whether its effect was observed since.
        settings: what an update sent.
        before: what the endpoint had when the update was sent.
    """

    call: Call
    at: float
    seen: bool = False
    settings: Settings = field(default_factory=Settings)
    before: Settings = field(default_factory=Settings)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One change that Comprehend refused for good, and why."""

    call: Call
    error: ApiError


@dataclass(slots=True)
class Task:
    """What an operation does about one endpoint; it travels in the state.

    Args:
        arn: None until the endpoint that the properties mean is known.
        scope: how much of the template applies to it.
        accepted: the last change that Comprehend accepted, except changes of the user's tags.
        refused: the last change that it refused for good; None once a later one was accepted.
        unknown: the last creation or adoption whose outcome is unknown. Other calls need no record,
            because the endpoint shows their effect.
        creations: how many CreateEndpoint calls of this request were accepted.
        tagged: whether Comprehend accepted this request's change of the user's tags.
        status: the endpoint's status when last observed, empty if there was none; None before.
        ownership: whose the endpoint was when its tags were last read.
        role_refused_since: since when the role is not assumable, in seconds since the epoch.
        trouble: the transient error that the last step met, for the reason if time runs out.
        mark: whose endpoint a clean-up found first (``…:request`` tag).
    """

    goal: Goal
    arn: str | None = None
    scope: Scope = Scope.ALL
    accepted: Submission | None = None
    refused: Refusal | None = None
    unknown: Submission | None = None
    creations: int = 0
    tagged: bool = False
    status: str | None = None
    ownership: Ownership | None = None
    role_refused_since: float | None = None
    trouble: ApiError | None = None
    mark: str | None = None

    @property
    def has_accepted(self) -> Call | None:
        """The last call that was accepted, None if there is none."""
        return self.accepted.call if self.accepted else None

    @property
    def is_seen(self) -> bool:
        """Whether the last accepted change has shown its effect."""
        return self.accepted is not None and self.accepted.seen

    def is_pending(self, now: float) -> bool:
        """Whether the last accepted change has shown no effect yet, and is not overdue."""
        return self.accepted is not None and not self.is_seen and now - self.accepted.at < GRACE

    def is_overdue(self, now: float) -> bool:
        """Whether the last accepted change should have shown its effect by now, and has not."""
        return self.accepted is not None and not self.is_seen and not self.is_pending(now)

    @property
    def may_have_created(self) -> bool:
        """Whether this request has made the endpoint, as far as is known."""
        maybe = self.unknown is not None and self.unknown.call is Call.CREATE
        return self.creations > 0 or maybe or self.ownership is Ownership.MADE

    @property
    def may_have_adopted(self) -> bool:
        """Whether this request has adopted the endpoint, as far as is known."""
        if self.ownership is Ownership.ADOPTED:
            return True
        lost = self.unknown is not None and self.unknown.call is Call.ADOPT
        # The ownership tags of an accepted adoption may show late.
        late = self.has_accepted is Call.ADOPT and not self.is_seen
        return (lost or late) and not self.may_have_created

    def accept(self, change: Submission) -> None:
        """Note that Comprehend accepted a change."""
        self.refused = None
        if change.call is Call.TAG:
            self.tagged = True
            return
        self.accepted = change
        self.role_refused_since, self.trouble = None, None
        if self.unknown is not None and self.unknown.call is change.call:
            self.unknown = None
        if change.call is Call.CREATE:
            self.creations += 1
            self.ownership = Ownership.MADE
        elif change.call is Call.ADOPT:
            self.ownership = Ownership.ADOPTED
