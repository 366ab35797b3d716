"""How often things are looked at: never so often that an execution runs out of events."""

import json
from typing import Any

import pytest

from provider import workflow
from provider.errors import DeliveryError
from provider.observability import Telemetry
from provider.pace import (
    GRACE,
    MAX_DELIVERIES,
    ROLE_GRACE,
    clean_up_deadline,
    clean_up_pause,
    deadline,
    delivery_pause,
    poll_pause,
)
from provider.services import Services
from provider.state import State, load
from tests.unit import given
from tests.unit.fakes import Clock, Delivered, FakeComprehend, FakeStacks

MACHINE: dict[str, Any] = json.loads(
    (given.ROOT / "statemachine" / "provider.asl.json").read_text(encoding="utf-8")
)

# Step Functions Developer Guide, "Viewing execution details": each state is entered and exited; a
# task in between is scheduled, started and succeeds.
EVENTS = {"Task": 5, "Choice": 2, "Wait": 2, "Succeed": 2}
EXECUTION_EVENTS = 2
LIMIT = 20_000
"""The quota is 25,000: the rest is for retries, three events each."""


class Execution:
    """Runs an operation through the real state machine and the real steps, in no time."""

    def __init__(self, request: Any, clock: Clock, services: Services) -> None:
        self.request = request
        self.clock = clock
        self.services = services
        self.events = EXECUTION_EVENTS
        self.steps = 0

    def run(self, state: State) -> State:
        name = str(MACHINE["StartAt"])
        kept = state.dump()
        while True:
            definition = MACHINE["States"][name]
            self.events += EVENTS[definition["Type"]]
            if name == "Step":
                kept = self._step(kept)
            elif definition["Type"] == "Wait":
                assert definition["SecondsPath"] == "$.wait_seconds"
                assert kept["wait_seconds"] >= 1
                self.clock.now += kept["wait_seconds"]
            elif definition["Type"] == "Choice":
                (name,) = [
                    choice["Next"]
                    for choice in definition["Choices"]
                    if choice["Variable"] == "$.next" and choice["StringEquals"] == kept["next"]
                ]
                continue
            elif definition["Type"] == "Succeed":
                return load(kept)
            name = definition["Next"]

    def _step(self, kept: dict[str, Any]) -> dict[str, Any]:
        self.steps += 1
        state = load(json.loads(json.dumps(kept)))
        workflow.step(state, self.request, self.services)
        return state.dump()


def test_the_longest_operation_stays_under_the_limit_of_events() -> None:
    # An endpoint that is created for ever, an answer that nobody takes, a deletion without end.
    event = given.event()
    request = given.request()
    clock, comprehend = Clock(), FakeComprehend()
    began = clock.now
    services = Services(
        comprehend,
        FakeStacks(),
        Telemetry(request.reply, request.operation),
        clock,
        Delivered(DeliveryError("nobody there", final=False)),
    )
    begun = workflow.begin(event, request, services)
    assert isinstance(begun, State)
    execution = Execution(request, clock, services)
    ended = execution.run(begun)
    assert comprehend.calls.count("CreateEndpoint") == 1
    assert comprehend.calls.count("DeleteEndpoint") == 1
    assert ended.deliveries == MAX_DELIVERIES
    # It took both hours, the operation's and the clean-up's: nothing was cut short.
    assert clock.now - began >= 2 * 3600 - 60 - poll_pause(3600)
    assert 9 * execution.steps > 10_000
    assert execution.events < LIMIT


def test_a_round_costs_nine_events() -> None:
    types = [MACHINE["States"][name]["Type"] for name in ("Step", "Next", "Wait")]
    assert sum(EVENTS[each] for each in types) == 9
    assert MACHINE["States"]["Wait"]["Next"] == "Step"


@pytest.mark.parametrize(
    ("timeout", "margin"), [(3600, 60), (600, 60), (240, 60), (120, 30), (20, 5), (1, 0.25)]
)
def test_the_deadline_leaves_time_for_the_answer(timeout: int, margin: float) -> None:
    assert deadline(1000.0, timeout) == 1000.0 + timeout - margin


def test_an_endpoint_is_looked_at_often_while_it_is_likely_to_be_ready() -> None:
    pauses = [poll_pause(elapsed) for elapsed in range(3600)]
    assert pauses == sorted(pauses)
    assert min(pauses) >= 1
    # Ten to fifteen minutes are usual: until then CloudFormation waits no longer than it must.
    assert poll_pause(900) <= 2
    assert max(pauses) <= 10


def test_an_answer_is_tried_for_some_minutes_and_then_kept() -> None:
    pauses = [delivery_pause(tries) for tries in range(1, MAX_DELIVERIES)]
    assert pauses == [2, 4, 8, 16, 32, 60, 60]


def test_patience_covers_what_is_known_of_the_service() -> None:
    assert ROLE_GRACE == 300  # at most five minutes for a role
    assert 60 <= GRACE < ROLE_GRACE
    assert clean_up_pause() >= 1
    assert clean_up_deadline(5.0) == 3605.0
