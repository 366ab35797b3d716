"""What a creation of ten minutes uses, counted: in virtual time, by the real state machine."""

from __future__ import annotations

from collections import Counter

import pytest

from bench.prices import TRANSITION, Invocations
from local.comprehend import Admin, ComprehendEmulator, ManualClock
from local.receiver import Receiver
from local.runner import Runner, environment
from tests.functional.provider.cloudformation import CLASSIFIER, CloudFormation

STEP_MS, START_MS = 100.0, 1000.0
"""Milliseconds of a step, and of the request function's start, generously."""


@pytest.fixture(scope="module")
def used() -> tuple[Counter[str], int, int]:
    """Comprehend's calls by operation, state transitions, invocations of the step function."""
    clock = ManualClock()
    with (
        ComprehendEmulator(clock=clock, create_seconds=600) as emulator,
        Receiver() as receiver,
        environment(emulator, receiver),
    ):
        runner = Runner(clock)
        cfn = CloudFormation(runner, receiver, Admin(emulator.url))
        outcome = cfn.create(CLASSIFIER)
        assert outcome.answer["Status"] == "SUCCESS"
        (execution,) = runner.executions.values()
        # A state that is entered, and a task that is tried again.
        again = execution.tries - execution.entered.count("Step")
        calls = Counter(call["operation"] for call in outcome.calls)
    return calls, len(execution.entered) + again, execution.tries


def test_comprehend_is_called_as_often_as_the_cadence_says(
    used: tuple[Counter[str], int, int],
) -> None:
    calls = used[0].copy()

    assert calls.pop("CreateEndpoint") == 1
    assert 250 <= calls.pop("DescribeEndpoint") <= 260
    assert calls.total() <= 4, calls


def test_a_look_costs_three_transitions(used: tuple[Counter[str], int, int]) -> None:
    calls, transitions, steps = used

    assert steps - calls["DescribeEndpoint"] <= 2
    assert transitions <= 3 * steps + 1


def test_it_costs_two_cents_at_most(used: tuple[Counter[str], int, int]) -> None:
    _, transitions, steps = used
    functions = [
        Invocations(1, START_MS, 256, arm=True),
        Invocations(steps, steps * STEP_MS, 256, arm=True),
    ]

    assert transitions * TRANSITION + sum(each.usd for each in functions) <= 0.02
