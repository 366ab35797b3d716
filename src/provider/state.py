"""An operation's state: what travels from step to step, as JSON, through the state machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from provider.changes import Scope, Settings
from provider.decision import Change, Goal, Sent, Submitted, Trace
from provider.errors import ApiError, Blame, UnknownStateError
from provider.identity import Kind, Whose
from provider.pace import clean_up_deadline

VERSION = 1
"""Raised where a release writes states that its predecessors' readers cannot carry on."""


class Phase(StrEnum):
    """What the next step is for."""

    WORK = "work"
    ANSWER = "answer"
    CLEAN_UP = "clean up"


class Next(StrEnum):
    """Where the state machine goes after a step."""

    STEP = "step"
    WAIT = "wait"
    KEEP = "keep"
    """The answer cannot be delivered: it goes to the queue, then on with the next step."""
    END = "end"


@dataclass(slots=True)
class Progression:
    """What was submitted for one endpoint, and what was seen of it since."""

    sent: Sent = Sent.NOTHING
    sent_at: float = 0.0
    """Seconds since the epoch, when the last change was accepted."""
    seen: bool = False
    creations: int = 0
    """How many CreateEndpoint calls of this request were accepted."""
    settings: Settings = field(default_factory=Settings)
    before: Settings = field(default_factory=Settings)
    refused_change: Change | None = None
    refusal: ApiError | None = None
    """The change that was refused for good by the last call, and why."""
    tagged: bool = False
    """Whether Comprehend accepted this request's changes of tags."""
    maybe_created_at: float | None = None
    """When a CreateEndpoint call was lost of which nobody knows whether it took effect."""
    maybe_adopted: bool = False
    """Whether a call was lost that may have taken an offered endpoint over."""
    status: str | None = None
    """The endpoint's status at the last look, empty where there was none; None before that."""
    whose: Whose | None = None
    """Whose the endpoint was when its tags were last read."""
    waiting_for_role_since: float | None = None
    trouble: ApiError | None = None
    """What the last step waited out, for the reason if time runs out."""

    def submitted(self, now: float, grace: float) -> Submitted:
        """Give the decision's view: no clock, no API.

        Args:
            grace: seconds after which a change that nothing was seen of is overdue.
        """
        trace = Trace.NONE_YET
        if self.seen:
            trace = Trace.SEEN
        elif self.sent is not Sent.NOTHING and now - self.sent_at >= grace:
            trace = Trace.OVERDUE
        return Submitted(self.sent, trace, self.refused_change)

    @property
    def may_have_created(self) -> bool:
        """Whether this request has made the endpoint, as far as anybody can tell."""
        return self.creations > 0 or self.maybe_created_at is not None or self.whose is Whose.MADE

    @property
    def may_have_adopted(self) -> bool:
        """Whether this request has taken the endpoint over from its owner, as far as is known."""
        return self.whose is Whose.TAKEN or (self.maybe_adopted and not self.may_have_created)

    def accepted(self, sent: Sent, now: float) -> None:
        """Note that Comprehend accepted a change."""
        self.sent, self.sent_at, self.seen = sent, now, False
        self.refused_change, self.refusal = None, None
        self.waiting_for_role_since, self.trouble = None, None

    def refused(self, change: Change, error: ApiError) -> None:
        """Note that Comprehend refused a change for good."""
        self.refused_change, self.refusal = change, error

    def waits_out(self, error: ApiError) -> None:
        """Note what is to be tried again."""
        self.trouble = error


@dataclass(slots=True)
class Leftover:
    """An endpoint to be removed."""

    arn: str
    goal: Goal
    progression: Progression = field(default_factory=Progression)
    mark: str | None = None
    """Which request's endpoint it was at the first look of a clean-up (identity.REQUEST_TAG)."""


@dataclass(slots=True)
class State:
    """One operation, from its event to its end. ``event`` holds the ResponseURL: never log it."""

    event: dict[str, Any]
    received: float
    """Seconds since the epoch, when the request function first saw the event."""
    deadline: float
    """Seconds since the epoch, by which the answer must be decided."""
    phase: Phase = Phase.WORK
    next: Next = Next.STEP
    wait_seconds: int = 0
    backoff: float = 0.0
    """How long to keep away, in seconds, since calls are throttled; 0 where they are not."""
    stack_status: str | None = None
    """The stack's status when the request arrived; None where it could not be read."""
    listed: bool | None = None
    """Whether the stack listed the resource when the request arrived."""
    resource_status: str | None = None
    """The resource's status when the request arrived; None where it could not be read."""
    kind: Kind | None = None
    arn: str | None = None
    """The endpoint that the operation is about, once that is known."""
    scope: Scope = Scope.ALL
    progression: Progression = field(default_factory=Progression)
    removals: list[Leftover] = field(default_factory=list)
    """The endpoints that a Delete removes: one, or where the physical id was invented, whatever of
    ours is at the ARNs that the properties give."""
    answer: dict[str, Any] | None = None
    blame: Blame | None = None
    """Whose a FAILED answer is; None of a successful one."""
    decided: float = 0.0
    """Seconds since the epoch, when the answer was decided."""
    deliveries: int = 0
    """How many steps have tried to deliver the answer."""
    undelivered: bool = False
    """Whether the answer goes to the queue once the clean-up is over."""
    leftovers: list[Leftover] = field(default_factory=list)
    clean_up_deadline: float = 0.0
    version: int = VERSION

    def decide(self, body: dict[str, Any], blame: Blame | None, now: float) -> None:
        """Keep an answer, which the next step sends.

        Args:
            blame: whose a FAILED answer is; None of a successful one.
            now: seconds since the epoch.
        """
        self.answer, self.phase, self.next = body, Phase.ANSWER, Next.STEP
        self.blame, self.decided = blame, now
        self.clean_up_deadline = clean_up_deadline(now)

    def dump(self) -> dict[str, Any]:
        """Give the state as JSON's types. What the event holds is not copied."""
        return {name: _plain(getattr(self, name)) for name in self.__slots__}


def load(raw: Mapping[str, Any]) -> State:
    """Read a state that this release or a predecessor wrote.

    Raises:
        UnknownStateError: a later release wrote it, or it is none.
    """
    version = raw.get("version")
    if not isinstance(version, int) or not 1 <= version <= VERSION:
        raise UnknownStateError(f"version {version!r} of the state is not known to this release")
    try:
        return State(
            **_known(State, raw)
            | {
                "phase": Phase(raw["phase"]),
                "next": Next(raw["next"]),
                "scope": Scope(raw["scope"]),
                "kind": Kind(raw["kind"]) if raw.get("kind") else None,
                "blame": Blame(raw["blame"]) if raw.get("blame") else None,
                "progression": _progression(raw["progression"]),
                "removals": [_leftover(each) for each in raw["removals"]],
                "leftovers": [_leftover(each) for each in raw["leftovers"]],
                "version": VERSION,
            }
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UnknownStateError(f"the state cannot be read: {error!r}") from error


def _progression(raw: Mapping[str, Any]) -> Progression:
    return Progression(
        **_known(Progression, raw)
        | {
            "sent": Sent(raw["sent"]),
            "whose": Whose(raw["whose"]) if raw.get("whose") else None,
            "settings": Settings(**_known(Settings, raw["settings"])),
            "before": Settings(**_known(Settings, raw["before"])),
            "refused_change": Change(raw["refused_change"]) if raw.get("refused_change") else None,
            "refusal": _error(raw.get("refusal")),
            "trouble": _error(raw.get("trouble")),
        }
    )


def _error(raw: Mapping[str, Any] | None) -> ApiError | None:
    return ApiError(raw["call"], raw["code"], raw["message"], raw["status"]) if raw else None


def _known(kind: Any, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what this release does not know; what is not there keeps its default."""
    return {name: raw[name] for name in kind.__slots__ if name in raw}


def _plain(value: Any) -> Any:
    if isinstance(value, Progression | Settings | Leftover):
        return {name: _plain(getattr(value, name)) for name in value.__slots__}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value.as_dict() if isinstance(value, ApiError) else value


def _leftover(raw: Mapping[str, Any]) -> Leftover:
    return Leftover(
        raw["arn"], Goal(raw["goal"]), _progression(raw["progression"]), raw.get("mark")
    )
