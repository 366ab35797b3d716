"""Carries many operations out at once, against Comprehend's rate limits.

Everything is the real thing but the services: the handlers, the state machines as they stand in
statemachine/, the SDK with its own retries. Time is virtual (testing/turns.py): an invocation takes
none but what the SDK pauses, and what is reported as seconds are seconds of the service's time.
"""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from testing.arns import TOKEN, classifier, stack_arn
from testing.concurrently import ConcurrentAccount, Log
from testing.mailbox import Put
from testing.rates import RATES, SERVICE
from testing.stack_events import StackEvents
from testing.turns import Turns
from testing.world import environment
from tests.load.reads import THROTTLED, Reads

Json = dict[str, Any]

LOGICAL_ID = "Endpoint"
_LOOK_AT_LOG = 2_000
"""Steps between two looks at the emulator's log of calls, which keeps 100,000."""


@dataclass(frozen=True)
class Phase:
    """One operation that is carried out on all resources at once."""

    title: str
    operation: str
    change: str
    """Comprehend's operation that each of them needs once."""
    properties: Json
    old: Json | None = None


_PLAIN: Json = {"ModelArn": classifier(), "DesiredInferenceUnits": "1"}
_LARGER = {**_PLAIN, "DesiredInferenceUnits": "2"}
_TAGGED = {**_LARGER, "Tags": [{"Key": "team", "Value": "shop"}]}
PHASES = (
    Phase("create", "Create", "CreateEndpoint", _PLAIN),
    Phase("change the units", "Update", "UpdateEndpoint", _LARGER, _PLAIN),
    Phase("set a tag", "Update", "TagResource", _TAGGED, _LARGER),
    Phase("delete", "Delete", "DeleteEndpoint", _TAGGED),
)


@dataclass
class Figures:
    """What one phase came to. Seconds are virtual."""

    phase: Phase
    size: int
    seconds: list[float] = field(default_factory=list)
    """For each operation, from its event to the end of all that it set off."""
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    """The calls that Comprehend got, by operation and outcome."""
    reads: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Those that CloudFormation and Step Functions got."""
    invocations: Counter[int] = field(default_factory=Counter)
    """Of all functions, by second."""
    transitions: Counter[int] = field(default_factory=Counter)
    """The states that state machines entered, by second."""
    succeeded: int = 0
    """Operations that were answered once, with success."""
    lost: int = 0
    """Operations that were not answered."""
    leaked: int = 0
    """Endpoints that are there though no stack has them."""
    violations: list[str] = field(default_factory=list)
    """Whatever does not hold, in words."""

    def called(self) -> int:
        """How many calls Comprehend got."""
        return self.calls.total()

    def refused(self) -> int:
        """How many of them were too many."""
        return _refusals(self.calls).total()

    def refused_most(self) -> str:
        """The operation of which most were refused."""
        most = _refusals(self.calls).most_common(1)
        return most[0][0] if most else "none"

    def reads_refused(self) -> int:
        """How many of the reads were too many."""
        return _refusals(self.reads).total()

    def outcome(self) -> str:
        """What became of it, in words."""
        broken = f", {len(self.violations):,} promises broken" if self.violations else ""
        return f"{self.succeeded:,} succeeded, {self.lost} lost, {self.leaked} leaked{broken}"

    def rate_alone(self) -> float:
        """The seconds that as many changes take at Comprehend's rate, whoever makes them."""
        return self.size / RATES[self.phase.change]


def _refusals(calls: Counter[tuple[str, str]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for (operation, outcome), count in calls.items():
        if outcome == THROTTLED:
            found[operation] += count
    return found


class Load:
    """So many resources, each the only one of its stack, and the phases that they go through."""

    def __init__(self, size: int, seed: int = 0, **settings: Any) -> None:
        clock = Turns(seed)
        self._reads = Reads(clock)
        account = ConcurrentAccount(SERVICE | settings, clock, around=self._reads.around)
        self._size = size
        self.account = account
        self._stacks = [
            StackEvents(f"load-{number}", stack_arn(f"load-{number}", number), clock)
            for number in range(size)
        ]
        account.stacks.known.update((each.id, each) for each in self._stacks)
        self._mailbox = account.mailbox
        self._admin = account.comprehend.admin
        self._ids: dict[int, str] = {}
        """The physical resource ids, by number."""
        self._steps = 0

    def carry_out(self, phase: Phase) -> Figures:
        """Sends all events at once, and gives what came of them when all is over."""
        figures = Figures(phase, self._size)
        self.account.executions.clear()
        self._mailbox.puts.clear()
        self.account.functions.before = lambda *_: figures.invocations.update([self._second()])
        events = [self._event(phase, number) for number in range(self._size)]
        self._clock.run([partial(self._follow, event, figures) for event in events])
        self._count_calls(figures)
        figures.reads.update(self._reads.calls)
        self._reads.calls.clear()
        self._check(phase, events, figures)
        return figures

    @property
    def _clock(self) -> Turns:
        clock = self.account.clock
        assert isinstance(clock, Turns)
        return clock

    def _second(self) -> int:
        return int(self._clock())

    def _event(self, phase: Phase, number: int) -> Json:
        """An event of a stack, whose own events tell of it and of its answer."""
        stack, begun = self._stacks[number], f"{phase.operation.upper()}_IN_PROGRESS"
        stack.status = begun
        stack.record(LOGICAL_ID, begun, self._ids.get(number, ""))
        event: Json = {
            "RequestType": phase.operation,
            "ServiceToken": TOKEN,
            "ResponseURL": self._mailbox.url(),
            "StackId": stack.id,
            "RequestId": f"{phase.title}-{number}",
            "LogicalResourceId": LOGICAL_ID,
            "ResourceType": "Custom::ComprehendEndpoint",
            "ResourceProperties": {"ServiceToken": TOKEN, **phase.properties},
        }
        if number in self._ids:
            event["PhysicalResourceId"] = self._ids[number]
        if phase.old is not None:
            event["OldResourceProperties"] = {"ServiceToken": TOKEN, **phase.old}

        def takes(put: Put) -> None:
            answer = put.answer()
            well = "COMPLETE" if answer["Status"] == "SUCCESS" else "FAILED"
            ended = f"{phase.operation.upper()}_{well}"
            stack.record(LOGICAL_ID, ended, answer["PhysicalResourceId"])
            stack.status = ended

        self._mailbox.answered[event["ResponseURL"]] = takes
        return event

    def _follow(self, event: Json, figures: Figures) -> None:
        """One operation, from its event to its end."""
        begun = self._clock()
        operation = self.account.send(event)
        entered = 0
        while not operation.done:
            operation.step()
            entered_now = sum(len(each.entered) for each in operation.executions)
            figures.transitions[self._second()] += entered_now - entered
            entered = entered_now
            for execution in operation.executions:
                # Only the newest can be asked for, and a long operation has thousands.
                del execution.outputs[:-20]
            self._steps += 1
            if self._steps % _LOOK_AT_LOG == 0:
                self._count_calls(figures)
        figures.seconds.append(self._clock() - begun)

    def _count_calls(self, figures: Figures) -> None:
        figures.calls.update((call["operation"], call["outcome"]) for call in self._admin.calls())
        self._admin.reset_calls()

    def _check(self, phase: Phase, events: Sequence[Json], figures: Figures) -> None:
        """Notes what does not hold: one answer to each, a success, with the right id."""
        bodies = defaultdict(list)
        for put in self._mailbox.puts:
            bodies[put.url].append(put.body)
        for number, event in enumerate(events):
            found = bodies.pop(event["ResponseURL"], [])
            self._check_answer(phase, number, event, found, figures)
        figures.violations += [f"an answer to nobody's request: {path}" for path in bodies]
        ended = Counter(each.status for each in self.account.executions.values())
        if ended != {"SUCCEEDED": self._size}:
            figures.violations.append(f"executions: {dict(ended)}")
        if self.account.queue:
            figures.violations.append(f"{len(self.account.queue)} messages in the queue")
        there = {each["EndpointArn"] for each in self._admin.endpoints()}
        expected = set() if phase.operation == "Delete" else set(self._ids.values())
        figures.leaked = len(there - expected)
        figures.violations += [f"{arn} is nobody's" for arn in sorted(there - expected)]
        figures.violations += [f"{arn} is not there" for arn in sorted(expected - there)]
        if len(expected) not in (0, self._size):
            figures.violations.append(f"{len(expected)} ids instead of {self._size}")

    def _check_answer(
        self, phase: Phase, number: int, event: Json, found: Sequence[bytes], figures: Figures
    ) -> None:
        if len(found) != 1:
            figures.lost += not found
            figures.violations.append(f"resource {number} was answered {len(found)} times")
            return
        answer = json.loads(found[0])
        if answer["Status"] != "SUCCESS":
            figures.violations.append(f"resource {number}: {answer['Reason']}")
            return
        figures.succeeded += 1
        physical_id = answer["PhysicalResourceId"]
        if self._ids.setdefault(number, physical_id) != physical_id:
            figures.violations.append(f"resource {number} has another id")


def run(size: int, seed: int = 0, **settings: Any) -> Iterator[Figures]:
    """Takes so many resources through all phases, on an emulator of their own.

    `settings` are the emulator's, where they are to differ from SERVICE. Stops after a phase that
    broke a promise: what follows would only repeat it.
    """
    log = Log()
    random.seed(seed)  # The SDK draws its pauses.
    load = Load(size, seed, **settings)
    for phase in PHASES:
        with environment(), load.account.functions.running(log):
            figures = load.carry_out(phase)
        if log.secrets:
            figures.violations.append(f"{log.secrets} lines of the log hold a signature")
        yield figures
        if figures.violations:
            return
