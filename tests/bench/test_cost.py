"""What a creation of ten minutes costs: the budget, counted in virtual time."""

from collections import Counter

from bench.prices import TRANSITION, Invocations
from testing.account import Account
from testing.one_resource import CLASSIFIER, OneResource

STEP_MS, START_MS = 100.0, 1000.0
"""Milliseconds of a step, and of the request function's start, generously."""


def test_a_creation_of_ten_minutes_stays_within_its_calls_transitions_and_two_cents() -> None:
    account = Account({"create_seconds": 600})
    outcome = OneResource(account).create(CLASSIFIER).succeeded()
    (execution,) = account.executions.values()
    steps = execution.tries
    # A state that is entered, and a task that is tried again.
    transitions = len(execution.entered) + steps - execution.entered.count("Step")
    calls = Counter(call["operation"] for call in outcome.calls)
    observations = calls.pop("DescribeEndpoint")
    functions = [
        Invocations(1, START_MS, 256, arm=True),
        Invocations(steps, steps * STEP_MS, 256, arm=True),
    ]

    assert 250 <= observations <= 260
    assert calls.pop("CreateEndpoint") == 1
    assert calls.total() <= 4, calls
    assert steps - observations <= 2
    assert transitions <= 3 * steps + 1
    assert transitions * TRANSITION + sum(each.usd for each in functions) <= 0.02
