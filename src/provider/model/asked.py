"""What a request asks for, and what is known of its stack and of other executions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from provider.contract.event import Operation, Request
from provider.model.actions import Question, Wait
from provider.model.api_errors import ApiError
from provider.model.installation import Installation
from provider.model.naming import is_older
from provider.model.stack import History, Standing


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for: the same in every step of its operation.

    Args:
        execution: the name of its execution.
        received: when the request function first saw the event; like ``requested`` and
            ``deadline``, in seconds since the epoch.
        requested: the request's time: when its ResponseURL was signed, else its receipt. An event
            may have waited in Lambda's queue.
        deadline: when the answer must be decided.
        problems: what is wrong with an Update's properties.
        beyond: what an Update asks for beyond what the installation allows.
    """

    request: Request
    execution: str
    received: float
    requested: float
    deadline: float
    installation: Installation = field(default_factory=Installation)
    problems: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()

    @property
    def changes_in_place(self) -> bool:
        """Whether it is an Update that changes something which can be changed in place."""
        new, old = self.request.new, self.request.old
        differs = (new.settings, new.tags) != (old.settings, old.tags)
        return self.request.operation is Operation.UPDATE and differs


@dataclass(frozen=True, slots=True)
class Running:
    """The executions that run.

    Args:
        starts: their names and when they started, in seconds since the epoch.
        own: the name of one's own execution.
        is_fresh: whether the list shows everything that is older than one's own execution.
    """

    starts: Mapping[str, float]
    own: str
    is_fresh: bool

    @property
    def older(self) -> tuple[str, ...]:
        """The older executions of the same resource."""
        return tuple(each for each in self.starts if is_older(each, self.starts, self.own))

    def has(self, execution: str) -> bool:
        """Whether another execution than one's own runs."""
        return execution != self.own and execution in self.starts


def running(starts: Mapping[str, float], own: str, age: float, stale: float) -> Running:
    """Judge a list of executions, which may be half a minute old.

    Args:
        age: how long one's own execution has run, in seconds. A list that shows it is new enough.
        stale: how old a list may be, in seconds.
    """
    return Running(starts, own, own in starts or age > stale)


@dataclass(frozen=True, slots=True)
class Known:
    """The answers to questions, since the endpoint was last observed; None is not asked yet.

    Args:
        history: what the stack's own events say of the endpoint; ``owner`` what those of another
            stack say that the endpoint's tags name. It is no proof.
        denied: questions that cannot be answered for good, and why: they prove nothing.
        unsettled: questions whose answer counts only once a second read says the same, and in how
            many seconds that may be.
    """

    standing: Standing | None = None
    history: History | None = None
    trial_over: bool | None = None
    running: Running | None = None
    owner: History | None = None
    denied: Mapping[Question, ApiError] = field(default_factory=dict)
    unsettled: Mapping[Question, float] = field(default_factory=dict)

    def lacks(self, question: Question) -> bool:
        """Whether a question was not asked yet."""
        answers = {
            Question.STANDING: self.standing,
            Question.HISTORY: self.history,
            Question.TRIAL: self.trial_over,
            Question.RUNNING: self.running,
            Question.OWNER: self.owner,
        }
        return answers[question] is None and question not in self.denied

    def second_read(self, question: Question) -> Wait | None:
        """Wait for the second read of an answer; None if it is settled."""
        if question not in self.unsettled:
            return None
        why = "a second read of the stack's events must confirm the first one"
        return Wait(why, self.unsettled[question])
