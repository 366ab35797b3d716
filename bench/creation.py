"""What one creation of ten minutes uses, by each provider, and what that costs at list price."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench import prices
from bench.consumers import Consumer
from bench.goals import Goal
from bench.peers import Peer
from bench.stage import Stage, say
from local.markdown import table

SECONDS = 600.0
PATIENCE = 300.0
"""Seconds after which the answer is overdue."""
MOST_WANTED = 0.02
"""USD."""

_REPORT = re.compile(r"^REPORT RequestId: \S+\tDuration: ([0-9.]+) ms\t")
_ENDED = frozenset({"TaskSucceeded", "TaskFailed", "TaskTimedOut"})


@dataclass(frozen=True)
class Usage:
    """What one creation used; `calls` is Comprehend's operations with how often each was called."""

    peer: Peer
    calls: Mapping[str, int]
    invocations: tuple[prices.Invocations, ...]
    transitions: int

    @property
    def count(self) -> int:
        return sum(each.count for each in self.invocations)

    @property
    def milliseconds(self) -> float:
        return sum(each.milliseconds for each in self.invocations)

    @property
    def usd(self) -> float:
        """Comprehend asks nothing for these calls, and EventBridge nothing for a scheduled rule:
        events of AWS itself are free (https://aws.amazon.com/eventbridge/pricing/).
        """
        functions = sum(each.usd for each in self.invocations)
        return functions + self.transitions * prices.TRANSITION

    @property
    def share(self) -> float:
        """Of what the endpoint itself costs in these ten minutes."""
        return self.usd / prices.endpoint(SECONDS)


def transitions(history: Iterable[Mapping[str, Any]]) -> int:
    """State transitions as Step Functions bills them: each state that is entered, each retry."""
    kinds = Counter(event["type"] for event in history)
    entered = sum(count for kind, count in kinds.items() if kind.endswith("StateEntered"))
    # The first try of a task comes with its state; the others are retries.
    return entered + kinds["TaskScheduled"] - kinds["TaskStateEntered"]


def tasks(history: Iterable[Mapping[str, Any]]) -> list[float]:
    """How long each try of a task took, in milliseconds."""
    found, began = [], None
    for event in history:
        if event["type"] == "TaskScheduled":
            began = event["timestamp"]
        elif event["type"] in _ENDED and began is not None:
            found.append((event["timestamp"] - began).total_seconds() * 1000)
    return found


def durations(messages: Iterable[str]) -> list[float]:
    """The milliseconds that a function's log tells."""
    return [float(found[1]) for each in messages if (found := _REPORT.match(each))]


class Creations:
    """One creation by each provider, side by side; they run beside whatever else is measured."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._consumers = [Consumer(stage, peer, f"creation-{peer.key}") for peer in stage.peers]

    def start(self, seconds: float = SECONDS) -> None:
        for consumer in self._consumers:
            consumer.create(seconds)
        say(f"creation: one of {seconds:g} s by each, beside what follows")

    def finish(self) -> list[Usage]:
        """Waits until all have their answers."""
        for consumer in self._consumers:
            consumer.finish(SECONDS + PATIENCE, pause=1.0)
        return [usage(consumer) for consumer in self._consumers]


def usage(consumer: Consumer) -> Usage:
    """What the creation of a stack, which is over, used."""
    stage, peer, name = consumer.stage, consumer.peer, consumer.name
    calls = Counter(
        call["operation"]
        for call in stage.aws.comprehend.admin.calls()
        if name in (call["parameters"].get("EndpointName"), *_named(call["parameters"]))
    )
    if calls["CreateEndpoint"] != 1:
        # The emulator keeps the newest 100,000 calls.
        raise LookupError(f"the calls for {name} are not all kept: {dict(calls)}")
    history = _history(stage, peer, name)
    invocations = [_invocations(stage, each, _logged(consumer, each)) for each in peer.functions]
    if peer.step_function:
        invocations.append(_invocations(stage, peer.step_function, tasks(history)))
    return Usage(peer, calls, tuple(invocations), transitions(history))


def _named(parameters: Mapping[str, Any]) -> list[str]:
    arns = (parameters.get("EndpointArn"), parameters.get("ResourceArn"))
    return [arn.rpartition("/")[2] for arn in arns if arn]


def _history(stage: Stage, peer: Peer, name: str) -> list[Any]:
    """The events of the execution whose input names an endpoint; none without a state machine."""
    if not peer.state_machine:
        return []
    executions = stage.states.get_paginator("list_executions").paginate(
        stateMachineArn=peer.state_machine
    )
    for execution in (each for page in executions for each in page["executions"]):
        arn = execution["executionArn"]
        if f'"{name}"' in stage.states.describe_execution(executionArn=arn)["input"]:
            pages = stage.states.get_paginator("get_execution_history").paginate(executionArn=arn)
            return [event for page in pages for event in page["events"]]
    raise LookupError(f"{peer.title} started no execution for {name}")


def _logged(consumer: Consumer, function: str) -> list[float]:
    """The milliseconds of each invocation of a function whose log names the stack's endpoint."""
    logs, group = consumer.stage.logs, _log_group(consumer.stage, function)
    terms = " ".join(f'"{term}"' for term in (consumer.name, consumer.peer.log_mark) if term)
    try:
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, filterPattern=terms
        )
        naming = [event for page in pages for event in page["events"]]
    except logs.exceptions.ResourceNotFoundException:
        return []  # It never ran.
    # Each invocation has a stream of its own here.
    streams = sorted({event["logStreamName"] for event in naming})
    if not streams:
        return []
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=group, logStreamNames=streams, filterPattern='"REPORT RequestId"'
    )
    return durations(event["message"] for page in pages for event in page["events"])


def _log_group(stage: Stage, function: str) -> str:
    found = stage.lambda_.get_function_configuration(FunctionName=function)
    return str(found.get("LoggingConfig", {}).get("LogGroup", f"/aws/lambda/{function}"))


def _invocations(stage: Stage, function: str, milliseconds: Sequence[float]) -> prices.Invocations:
    found = stage.lambda_.get_function_configuration(FunctionName=function)
    return prices.Invocations(
        len(milliseconds),
        sum(milliseconds),
        found["MemorySize"],
        "arm64" in found["Architectures"],
    )


def figures(usages: Sequence[Usage]) -> str:
    """The table of what each uses."""
    rows = [
        [
            each.peer.title,
            f"{sum(each.calls.values()):,}",
            f"{each.count:,}",
            f"{each.milliseconds:,.0f}",
            f"{each.transitions:,}",
            f"{each.usd:.5f}",
            f"{each.share:.1%}" if each.share >= 0.001 else "< 0.1%",
        ]
        for each in usages
    ]
    headings = [
        "Ten minutes of",
        "Comprehend calls",
        "Invocations",
        "Milliseconds",
        "Transitions",
        "USD",
        "of the endpoint's price",
    ]
    return table(headings, rows, headings[:1])


def goals(usages: Sequence[Usage]) -> list[Goal]:
    (ours,) = [each for each in usages if each.peer.key == "ours"]
    return [
        Goal(
            "A ten-minute creation, at list price",
            f"<= USD {MOST_WANTED:g}",
            f"USD {ours.usd:.4f}",
            ours.usd <= MOST_WANTED,
        )
    ]
