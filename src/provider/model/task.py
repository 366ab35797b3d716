"""A task: one endpoint, its goal, and what was submitted for it so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from provider.contract.properties import Settings
from provider.model.api_errors import ApiError
from provider.model.polling import GRACE
from provider.model.stack import Direction


class Goal(StrEnum):
    """What a task is to reach for its endpoint."""

    ENSURE = "ensure"
    """It exists as the template says (Create, Update)."""
    DELETE = "delete"
    """It is gone: it is the physical resource id of a Delete."""
    DELETE_LEFTOVER = "delete leftover"
    """What an earlier request left at an ARN is gone: the id of the Delete is no ARN, and its
    properties can mean this one."""
    CLEAN_UP = "clean up"
    """The same, after the answer to a Create or Update."""


class Scope(StrEnum):
    """How much of the template an operation applies to an endpoint that exists."""

    ALL = "all"
    """Everything that it names: the endpoint is new to this resource."""
    CHANGED = "changed"
    """What the template changed. Units that auto scaling set and a model that a flywheel promoted
    stay."""
    NOTHING = "nothing"
    """Nothing: an Update goes back to an endpoint that the replacement did not touch."""


class Call(StrEnum):
    """A change that is submitted to Amazon Comprehend."""

    CREATE = "create"
    UPDATE = "update"
    REVIVE = "revive"
    """An update of an endpoint in FAILED, with all that the template changes."""
    REVIVE_UNITS = "revive with units"
    """The same with its units alone."""
    DELETE = "delete"
    TAG = "tag"
    ADOPT = "adopt"
    """Tagging that sets the ownership tags on an offered endpoint."""
    GIVE_BACK = "give back"
    """Untagging that removes the ownership tags of an adopted endpoint."""

    @property
    def is_update(self) -> bool:
        """Whether this is UpdateEndpoint."""
        return self in UPDATES


UPDATES = (Call.UPDATE, Call.REVIVE, Call.REVIVE_UNITS)
"""The calls that are UpdateEndpoint."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One change that was submitted, and what came of it.

    Args:
        at: seconds since the epoch.
        seen: whether its effect was observed since.
        settings: what an update sent.
        before: what the endpoint had when the update was sent. So are ``modified``, when it was
            last changed, in seconds since the epoch, and ``message``.
    """

    call: Call
    at: float
    seen: bool = False
    settings: Settings = field(default_factory=Settings)
    before: Settings = field(default_factory=Settings)
    modified: float | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """One change that Comprehend refused for good, and why."""

    call: Call
    error: ApiError


@dataclass(frozen=True, slots=True)
class Reading:
    """What a read has said, and since when all reads have said so, in seconds since the epoch."""

    said: str
    since: float


def second_read_at(first: float, stale: float) -> float:
    """Give when a second read, which may be stale itself, is newer than the first one."""
    return first + stale + 1


@dataclass(slots=True)
class Task:
    """What an operation does about one endpoint; it travels in the state.

    Args:
        arn: None until the endpoint that the properties mean is known.
        scope: how much of the template applies to it.
        direction: which way the request goes; None until it is known, or if it does not matter.
        accepted: the last change that Comprehend accepted, except changes of the user's tags.
        refused: the last change that it refused for good; None once a later one was accepted.
        unknown: the last creation, adoption or update whose outcome is unknown, and may show late.
            Other calls need no record, because the endpoint shows their effect.
        taken: whether CreateEndpoint said that another endpoint has the name.
        creations: how many CreateEndpoint calls of this request were accepted.
        tagged: when Comprehend accepted this request's change of the user's tags, in seconds since
            the epoch; None before.
        status: the endpoint's status when last observed, empty if there was none; None before.
        created: when the endpoint was created, in seconds since the epoch, as last observed.
        marks: the provider's tags on it when they were last read; None before.
        refused_since: since when a call is refused for what passes by itself, in seconds since the
            epoch: a role that is not assumable yet, a quota that still counts a deleted endpoint.
        trouble: the transient error that the last step met, for the reason if time runs out.
        checked: when it was last asked whether the request is out of date, in seconds since the
            epoch.
        readings: what reads that count only twice have said, by question.
        replaced: whether the request has deleted the endpoint in FAILED, to make it again.
    """

    goal: Goal
    arn: str | None = None
    scope: Scope = Scope.ALL
    direction: Direction | None = None
    accepted: Submission | None = None
    refused: Refusal | None = None
    unknown: Submission | None = None
    taken: bool = False
    creations: int = 0
    tagged: float | None = None
    status: str | None = None
    created: float | None = None
    marks: dict[str, str] | None = None
    refused_since: float | None = None
    trouble: ApiError | None = None
    checked: float | None = None
    readings: dict[str, Reading] = field(default_factory=dict)
    replaced: bool = False

    @property
    def has_accepted(self) -> Call | None:
        """The last call that was accepted, None if there is none."""
        return self.accepted.call if self.accepted else None

    @property
    def has_refused(self) -> Call | None:
        """The last call that was refused for good, None if a later one was accepted."""
        return self.refused.call if self.refused else None

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

    def may_show_late(self, now: float, *calls: Call) -> bool:
        """Whether an effect of such a call, accepted or of unknown outcome, may still show."""
        return any(
            each is not None and each.call in calls and not each.seen and now - each.at < GRACE
            for each in (self.accepted, self.unknown)
        )

    @property
    def may_have_created(self) -> bool:
        """Whether this request has made the endpoint, as far as is known."""
        return self.creations > 0 or (self.unknown is not None and self.unknown.call is Call.CREATE)

    @property
    def may_have_adopted(self) -> bool:
        """Whether this request has adopted the endpoint, as far as is known."""
        lost = self.unknown is not None and self.unknown.call is Call.ADOPT
        return lost or self.has_accepted is Call.ADOPT

    def settles_in(self, question: str, said: str, now: float, stale: float) -> float:
        """Note what a read has said; give the seconds until a second one that says the same counts.

        A read may be half a minute old. So an answer that only a missing event gives counts once
        two reads agree that are more than that apart: 0 or less.

        Args:
            stale: how old a read may be, in seconds.
        """
        before = self.readings.get(question)
        if before is None or before.said != said:
            before = self.readings[question] = Reading(said, now)
        return second_read_at(before.since, stale) - now

    def accept(self, change: Submission) -> None:
        """Note that Comprehend accepted a change."""
        self.refused = None
        if change.call is Call.TAG:
            self.tagged = change.at
            return
        self.accepted = change
        self.refused_since, self.trouble = None, None
        if self.unknown is not None and self.unknown.call is change.call:
            self.unknown = None
        if change.call is Call.CREATE:
            self.taken = False
            self.creations += 1
