"""Puts many operations in flight at once against Comprehend's rate limits: `python -m local.load`.

Everything is the real thing but the services: the handlers, the state machines as they stand in
statemachine/, the SDK with its own retries. Time is virtual (turns.py): an invocation takes none
but what the SDK pauses, and what is reported as seconds are seconds of the service's time.
"""

import argparse
import contextlib
import io
import json
import math
import random
import statistics
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

import boto3
from botocore.retries.quota import RetryQuota

from local.comprehend import Admin, ComprehendEmulator
from local.functions import Functions
from local.receiver import Receiver
from local.runner import Operation, Runner, environment
from local.turns import Turns
from provider.delivery import deliver
from provider.stack import StackView

Json = dict[str, Any]

REGION, ACCOUNT = "us-east-1", "000000000000"
TOKEN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:comprehend-endpoint-provider"
MODEL = f"arn:aws:comprehend:{REGION}:{ACCOUNT}:document-classifier/reviews/version/v1"
SIZES = (10, 100, 1000)

RATES = {
    "CreateEndpoint": 10.0,
    "UpdateEndpoint": 10.0,
    "DeleteEndpoint": 10.0,
    "DescribeEndpoint": 10.0,
    "DescribeFlywheel": 10.0,
    "ListTagsForResource": 10.0,
    "TagResource": 1.0,
    "UntagResource": 1.0,
}
"""Requests a second that Comprehend takes of one account in one region."""

SERVICE: Json = {
    "create_seconds": 600,
    "update_seconds": 300,
    "delete_seconds": 60,
    "jitter": 0.2,
    # A quota on endpoints is not what is tried here.
    "endpoints_per_region": 10_000,
    "units_per_region": 100_000,
    "requests_per_second": RATES,
}
THROTTLED = "ThrottlingException"
MOST_TOLD = 20
"""Broken promises that are told one by one."""

_LOOK_AT_LOG = 2_000
"""Steps between two looks at the emulator's log of calls, which keeps 100,000."""


@dataclass(frozen=True)
class Phase:
    """One operation that is carried out on all resources at once."""

    title: str
    operation: str
    properties: Json
    old: Json | None = None


_PLAIN: Json = {"ModelArn": MODEL, "DesiredInferenceUnits": "1"}
_LARGER = {**_PLAIN, "DesiredInferenceUnits": "2"}
_TAGGED = {**_LARGER, "Tags": [{"Key": "team", "Value": "shop"}]}
PHASES = (
    Phase("create", "Create", _PLAIN),
    Phase("change the units", "Update", _LARGER, _PLAIN),
    Phase("set a tag", "Update", _TAGGED, _LARGER),
    Phase("delete", "Delete", _TAGGED),
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
    invocations: Counter[int] = field(default_factory=Counter)
    """Of all functions, by second."""
    transitions: Counter[int] = field(default_factory=Counter)
    """The states that state machines entered, by second."""
    violations: list[str] = field(default_factory=list)

    def called(self) -> int:
        """How many calls Comprehend got."""
        return self.calls.total()

    def refused(self) -> int:
        """How many of them were too many."""
        return self._refusals().total()

    def refused_most(self) -> str:
        """The operation of which most were refused."""
        most = self._refusals().most_common(1)
        return most[0][0] if most else "none"

    def outcome(self) -> str:
        """What became of it, in words."""
        if self.violations:
            return f"{len(self.violations):,} promises broken"
        return f"{self.size:,} answered once, none lost, none leaked"

    def _refusals(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for (operation, outcome), count in self.calls.items():
            if outcome == THROTTLED:
                found[operation] += count
        return found


def _granted(*_: Any) -> bool:
    """An invocation has clients of its own, and so a quota of retries of its own."""
    return True


class _Log(io.TextIOBase):
    """Takes what the functions print, and keeps nothing of it but whether it holds a secret."""

    def __init__(self) -> None:
        self.secrets = 0

    def write(self, text: str) -> int:
        self.secrets += "X-Amz-Signature" in text
        return len(text)


class _Functions(Functions):
    """Functions of which several are under way at once."""

    @contextlib.contextmanager
    def _as_in_lambda(self) -> Iterator[None]:
        # One for each invocation would take away what the others still need.
        yield

    @contextlib.contextmanager
    def running(self, log: _Log) -> Iterator[None]:
        """Puts around all invocations what Lambda has around each."""
        with (
            contextlib.redirect_stdout(log),
            mock.patch.object(boto3, "client", self._client),
            mock.patch.object(time, "sleep", self._clock.advance),
            mock.patch.dict(deliver.__kwdefaults__, pause=self._clock.advance),
            mock.patch.object(RetryQuota, "acquire", _granted),
        ):
            yield


class _Runner(Runner):
    """A runner whose operations have threads of their own."""

    _here = threading.local()

    def __init__(self, clock: Turns) -> None:
        super().__init__(clock)
        self.functions: _Functions = _Functions(clock, self.stacks, self)

    @property
    def _operation(self) -> Operation | None:
        return getattr(self._here, "operation", None)

    @_operation.setter
    def _operation(self, operation: Operation | None) -> None:
        self._here.operation = operation


class Load:
    """So many resources, each the only one of its stack, and the phases that they go through."""

    def __init__(self, size: int, runner: _Runner, receiver: Receiver, admin: Admin) -> None:
        self._size = size
        self._runner = runner
        self._receiver = receiver
        self._admin = admin
        self._ids: dict[int, str] = {}
        """The physical resource ids, by number."""
        self._steps = 0

    def carry_out(self, phase: Phase) -> Figures:
        """Sends all events at once, and gives what came of them when all is over."""
        figures = Figures(phase, self._size)
        status = f"{phase.operation.upper()}_IN_PROGRESS"
        self._runner.stacks.every = StackView(status, True, status)
        self._runner.executions.clear()
        self._receiver.reset()
        self._runner.functions.before = lambda *_: figures.invocations.update([self._second()])
        events = [self._event(phase, number) for number in range(self._size)]
        self._clock.run([partial(self._follow, event, figures) for event in events])
        self._count_calls(figures)
        self._check(phase, events, figures)
        return figures

    @property
    def _clock(self) -> Turns:
        clock = self._runner.clock
        assert isinstance(clock, Turns)
        return clock

    def _second(self) -> int:
        return int(self._clock())

    def _event(self, phase: Phase, number: int) -> Json:
        stack = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/load-{number}/{number:032x}"
        event: Json = {
            "RequestType": phase.operation,
            "ServiceToken": TOKEN,
            "ResponseURL": self._receiver.url(),
            "StackId": stack,
            "RequestId": f"{phase.title}-{number}",
            "LogicalResourceId": "Endpoint",
            "ResourceType": "Custom::ComprehendEndpoint",
            "ResourceProperties": {"ServiceToken": TOKEN, **phase.properties},
        }
        if number in self._ids:
            event["PhysicalResourceId"] = self._ids[number]
        if phase.old is not None:
            event["OldResourceProperties"] = {"ServiceToken": TOKEN, **phase.old}
        return event

    def _follow(self, event: Json, figures: Figures) -> None:
        """One operation, from its event to its end."""
        begun = self._clock()
        operation = self._runner.send(event)
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
        for put in self._receiver.puts:
            bodies[put.path].append(put.body)
        for number, event in enumerate(events):
            found = bodies.pop(urlsplit(event["ResponseURL"]).path, [])
            self._check_answer(phase, number, event, found, figures)
        figures.violations += [f"an answer to nobody's request: {path}" for path in bodies]
        ended = Counter(each.status for each in self._runner.executions.values())
        if ended != {"SUCCEEDED": self._size}:
            figures.violations.append(f"executions: {dict(ended)}")
        if self._runner.queue:
            figures.violations.append(f"{len(self._runner.queue)} messages in the queue")
        there = len(self._admin.endpoints())
        expected = 0 if phase.operation == "Delete" else self._size
        if there != expected:
            figures.violations.append(f"{there} endpoints are there instead of {expected}")

    def _check_answer(
        self, phase: Phase, number: int, event: Json, found: Sequence[bytes], figures: Figures
    ) -> None:
        if len(found) != 1:
            figures.violations.append(f"resource {number} was answered {len(found)} times")
            return
        answer = json.loads(found[0])
        if answer["Status"] != "SUCCESS":
            figures.violations.append(f"resource {number}: {answer['Reason']}")
        if (
            self._ids.setdefault(number, answer["PhysicalResourceId"])
            != answer["PhysicalResourceId"]
        ):
            figures.violations.append(f"resource {number} has another id")


def run(size: int, seed: int = 0, **settings: Any) -> Iterator[Figures]:
    """Takes so many resources through all phases, on an emulator of their own.

    `settings` are the emulator's, where they are to differ from SERVICE. Stops after a phase that
    broke a promise: what follows would only repeat it.
    """
    clock, log, session = Turns(seed), _Log(), boto3.Session()
    random.seed(seed)  # The SDK draws its pauses.
    with (
        ComprehendEmulator(clock=clock, **(SERVICE | settings)) as emulator,
        Receiver() as receiver,
    ):
        runner = _Runner(clock)
        # The answers are long, and the machine may be busy.
        load = Load(size, runner, receiver, Admin(emulator.url, timeout=120))
        for phase in PHASES:
            with environment(emulator, receiver, session), runner.functions.running(log):
                figures = load.carry_out(phase)
            if log.secrets:
                figures.violations.append(f"{log.secrets} lines of the log hold a signature")
            yield figures
            if figures.violations:
                return


HEADINGS = (
    "In flight",
    "Operation",
    "Median s",
    "95 % s",
    "Last s",
    "Calls",
    "Calls each",
    "Refused",
    "Refused most",
    "Invocations a second",
    "Transitions a second",
)
LEGEND = (
    "Seconds are the service's, from an event to the end of all that it set off. Calls are those "
    "that Comprehend got; it refused some as too many. Invocations of the functions, and the state "
    "machines' transitions, are those in the busiest second."
)


def cells(figures: Figures) -> tuple[str, ...]:
    """A row of the table."""
    seconds, calls = sorted(figures.seconds), figures.called()
    return (
        f"{figures.size:,}",
        figures.phase.title,
        f"{statistics.median(seconds):,.0f}",
        f"{seconds[math.ceil(len(seconds) * 0.95) - 1]:,.0f}",
        f"{seconds[-1]:,.0f}",
        f"{calls:,}",
        f"{calls / figures.size:,.0f}",
        f"{figures.refused() / max(calls, 1):.0%}",
        figures.refused_most(),
        f"{max(figures.invocations.values()):,}",
        f"{max(figures.transitions.values()):,}",
    )


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows, the headings first, as Markdown; what is no number is on the left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    words = [rows[0].index(name) for name in ("Operation", "Refused most")]
    lines = [
        "".join(
            f"| {cell.ljust(width) if column in words else cell.rjust(width)} "
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    rule = "".join(
        f"|{'-' * (width + 2) if column in words else '-' * (width + 1) + ':'}"
        for column, width in enumerate(widths)
    )
    return "\n".join(f"{line}|" for line in (lines[0], rule, *lines[1:]))


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table; gives the process's exit code, 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m local.load", description=__doc__)
    parser.add_argument(
        "sizes", nargs="*", type=int, default=SIZES, help="operations in flight (10 100 1000)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of all that is drawn (default: 0)")
    parser.add_argument("--output", type=Path, help="a file that gets the table as well")
    given = parser.parse_args(arguments)
    rows: list[tuple[str, ...]] = [HEADINGS]
    violations: list[str] = []
    for size in given.sizes:
        for figures in run(size, given.seed):
            rows.append(cells(figures))
            violations += [f"{size:,} x {figures.phase.title}: {one}" for one in figures.violations]
            print(f"{size:,} x {figures.phase.title}: {figures.outcome()}", file=sys.stderr)
    done = f"{table(rows)}\n\n{LEGEND}"
    print(done)
    if given.output:
        given.output.write_text(f"{done}\n", encoding="utf-8")
    for each in violations[:MOST_TOLD]:
        print(each, file=sys.stderr)
    if len(violations) > MOST_TOLD:
        print(f"... and {len(violations) - MOST_TOLD} more", file=sys.stderr)
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
