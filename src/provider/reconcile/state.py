"""An operation's state: what travels from step to step, as JSON, through the state machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from enum import StrEnum
from typing import Any

from provider.contract.errors import Blame, ProviderError
from provider.contract.event import Request, parse_event
from provider.contract.properties import Properties, Settings
from provider.model import polling
from provider.model.api_errors import ApiError
from provider.model.stack import Direction
from provider.model.task import Call, Goal, Reading, Refusal, Scope, Submission, Task

VERSION = 1
"""Raise it when a release writes states that its predecessors' readers cannot carry on."""


class UnknownStateError(ProviderError):
    """A release that this one does not know wrote the execution's state."""


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
    """The answer cannot be delivered: it goes to the queue."""
    END = "end"


@dataclass(slots=True)
class State:
    """One operation. ``event`` holds the ResponseURL: never log it.

    Args:
        received: when the request function first saw the event, in seconds since the epoch.
        execution: the name of the request's execution.
        requested: the request's time, see :class:`provider.model.asked.Asked`.
        new: the parsed properties; ``old`` those before an Update.
        problems: what is wrong with an Update's properties; ``beyond`` is what exceeds what the
            installation allows. An Update that goes back is carried out all the same.
        tasks: the endpoints that the operation is about; from the clean-up on, those to clean up.
        wait_seconds: whole seconds that the state machine waits.
        backoff: seconds to keep away because calls are throttled; 0 if they are not.
        answer: the decided response; once it is decided, it never changes.
        blame: who has to act on a FAILED answer; None if it succeeded.
        decided: when the answer was decided, in seconds since the epoch.
        deliveries: how many steps have tried in vain to deliver the answer.
    """

    event: dict[str, Any]
    received: float
    execution: str = ""
    requested: float = 0.0
    new: Properties = field(default_factory=Properties)
    old: Properties = field(default_factory=Properties)
    problems: list[str] = field(default_factory=list)
    beyond: list[str] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    phase: Phase = Phase.WORK
    next: Next = Next.STEP
    wait_seconds: int = 0
    backoff: float = 0.0
    answer: dict[str, Any] | None = None
    blame: Blame | None = None
    decided: float = 0.0
    deliveries: int = 0
    version: int = VERSION

    @property
    def deadline(self) -> float:
        """The time by which the answer must be decided, in seconds since the epoch."""
        return polling.deadline(self.requested, self.new.timeout)

    @property
    def clean_up_deadline(self) -> float:
        """The time at which the clean-up gives up, in seconds since the epoch."""
        return self.decided + polling.CLEAN_UP_LIMIT

    @property
    def is_undeliverable(self) -> bool:
        """Whether the answer goes to the queue after the clean-up."""
        return self.deliveries >= polling.MAX_DELIVERIES

    @property
    def endpoint_arn(self) -> str | None:
        """The endpoint that the operation is about; None until it is known."""
        return next((task.arn for task in self.tasks if task.arn), None)

    def request(self) -> Request:
        """Give the typed request.

        Raises:
            MalformedEventError: the event is not a request of CloudFormation's.
        """
        return replace(parse_event(self.event), new=self.new, old=self.old)

    def decide(self, body: dict[str, Any], blame: Blame | None, now: float) -> None:
        """Keep an answer, which the next step sends."""
        self.answer, self.blame, self.decided = body, blame, now
        self.phase, self.next = Phase.ANSWER, Next.STEP

    def dump(self) -> dict[str, Any]:
        """Give the state as JSON's types. The event is not copied."""
        return {each.name: _plain(getattr(self, each.name)) for each in fields(self)}


def answering_state(
    event: Mapping[str, Any], body: Mapping[str, Any], now: float
) -> dict[str, Any]:
    """Give the state with which an execution sends a response and does nothing else.

    Args:
        now: seconds since the epoch.
    """
    state = State(event=dict(event), received=now, requested=now)
    state.decide(dict(body), Blame.PROVIDER, now)
    return state.dump()


def load(raw: Mapping[str, Any]) -> State:
    """Read a state that this release or a predecessor wrote.

    Raises:
        UnknownStateError: a later release wrote it, or it is no state.
    """
    version = raw.get("version")
    if not isinstance(version, int) or not 1 <= version <= VERSION:
        raise UnknownStateError(f"version {version!r} of the state is not known to this release")
    readers = {
        "event": _mapping,
        "received": float,
        "execution": str,
        "requested": float,
        "new": _properties,
        "old": _properties,
        "problems": list,
        "beyond": list,
        "tasks": lambda each: [_task(task) for task in each],
        "phase": Phase,
        "next": Next,
        "wait_seconds": int,
        "backoff": float,
        "answer": _mapping,
        "blame": Blame,
        "decided": float,
        "deliveries": int,
    }
    try:
        # Every release writes these: a state without them is another program's.
        missing = {"new", "execution", "tasks", "phase", "next"} - raw.keys()
        if missing:
            raise KeyError(*missing)
        return State(**_read(State, raw, readers) | {"version": VERSION})
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UnknownStateError(f"the state cannot be read: {error!r}") from error


def _task(raw: Mapping[str, Any]) -> Task:
    readers = {
        "goal": Goal,
        "scope": Scope,
        "accepted": _submission,
        "refused": lambda each: Refusal(Call(each["call"]), _error(each["error"])),
        "unknown": _submission,
        "creations": int,
        "direction": Direction,
        "marks": _mapping,
        "trouble": _error,
        "readings": _readings,
    }
    return Task(**_read(Task, raw, readers))


def _readings(raw: Mapping[str, Any]) -> dict[str, Reading]:
    return {name: Reading(each["said"], float(each["since"])) for name, each in raw.items()}


def _submission(raw: Mapping[str, Any]) -> Submission:
    readers = {"call": Call, "at": float, "settings": _settings, "before": _settings}
    return Submission(**_read(Submission, raw, readers))


def _properties(raw: Mapping[str, Any]) -> Properties:
    readers = {"settings": _settings, "tags": _mapping, "timeout": int}
    return Properties(**_read(Properties, raw, readers))


def _settings(raw: Mapping[str, Any]) -> Settings:
    return Settings(_mapping(raw))


def _error(raw: Mapping[str, Any]) -> ApiError:
    return ApiError(raw["call"], raw["code"], raw["message"], raw["status"])


def _read(kind: Any, raw: Mapping[str, Any], readers: Mapping[str, Any]) -> dict[str, Any]:
    """Read the fields of a dataclass.

    A missing field keeps its default; null is None, if that is the default. A field that this
    release does not know was written by a later one: what it means cannot be guessed.
    """
    known, found = _mapping(raw), {}
    later = known.keys() - {each.name for each in fields(kind)}
    if later:
        raise ValueError(f"fields that this release does not know: {', '.join(sorted(later))}")
    for each in fields(kind):
        if each.name not in known:
            continue
        value = known[each.name]
        if value is None and each.default is not None:
            raise ValueError(f"{each.name} is null")
        is_read = each.name in readers and value is not None
        found[each.name] = readers[each.name](value) if is_read else value
    return found


def _mapping(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError(f"an object is expected, not {type(value).__name__}")
    return dict(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Settings):
        return dict(value.values)
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return value.as_dict() if isinstance(value, ApiError) else value
