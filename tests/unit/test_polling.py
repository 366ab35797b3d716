"""How often endpoints are observed: soon enough, at a fair price, and never too often."""

import bisect
import json
import statistics
from dataclasses import replace
from typing import Any

import pytest

from provider.contract.errors import DeliveryError
from provider.contract.event import Request
from provider.contract.properties import Settings
from provider.model.endpoint import Endpoint, Status
from provider.model.polling import (
    CLEAN_UP_LIMIT,
    CLEAN_UP_PAUSE,
    GRACE,
    MAX_DELIVERIES,
    ROLE_GRACE,
    deadline,
    delivery_pause,
    jitter,
    next_backoff,
    poll_pause,
    with_backoff,
)
from provider.reconcile import operation
from provider.reconcile.services import Services
from provider.reconcile.state import State, load
from tests.unit import given
from tests.unit.fakes import Clock, Delivered, FakeComprehend, received, services

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
    """Runs an operation through the real state machine and the real steps, in no time.

    `duration` are the seconds that the clock says a step takes.
    """

    def __init__(
        self, request: Request, clock: Clock, services: Services, duration: float = 0.0
    ) -> None:
        self.request = request
        self.clock = clock
        self.services = services
        self.duration = duration
        self.events = EXECUTION_EVENTS
        self.transitions = 0
        self.steps = 0

    def run(self, state: State) -> State:
        name = str(MACHINE["StartAt"])
        kept = state.dump()
        while True:
            definition = MACHINE["States"][name]
            self.events += EVENTS[definition["Type"]]
            self.transitions += 1
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
        self.clock.now += self.duration
        state = load(json.loads(json.dumps(kept)))
        operation.step(state, self.request, self.services)
        return state.dump()


def test_the_longest_operation_stays_under_the_limit_of_events() -> None:
    # A creation without end, an answer that is never accepted, a deletion without end.
    event = given.event()
    request = given.request()
    clock, comprehend = Clock(), FakeComprehend()
    began = clock.now
    nobody = Delivered(DeliveryError("nobody there", final=False))
    played = services(comprehend, clock=clock, delivered=nobody)
    state = received(event, request, played)
    execution = Execution(request, clock, played)
    ended = execution.run(state)
    assert comprehend.calls.count("CreateEndpoint") == 1
    assert comprehend.calls.count("DeleteEndpoint") == 1
    assert ended.deliveries == MAX_DELIVERIES
    # It took both hours, the operation's and the clean-up's: nothing was cut short.
    assert clock.now - began >= 2 * 3600 - 60 - poll_pause(3600)
    assert 9 * execution.steps > 10_000
    assert execution.events < LIMIT


def test_a_poll_costs_nine_events() -> None:
    types = [MACHINE["States"][name]["Type"] for name in ("Step", "Next", "Wait")]
    assert sum(EVENTS[each] for each in types) == 9
    assert MACHINE["States"]["Wait"]["Next"] == "Step"


@pytest.mark.parametrize(
    ("timeout", "margin"), [(3600, 60), (600, 60), (240, 60), (120, 30), (20, 5), (1, 0.25)]
)
def test_the_deadline_leaves_time_for_the_answer(timeout: int, margin: float) -> None:
    assert deadline(1000.0, timeout) == 1000.0 + timeout - margin


# What AWS asks in us-east-1, in USD: Step Functions for a state transition of a Standard operation,
# Lambda on arm64 for a GB-second and for a request.
TRANSITION, GB_SECOND, REQUEST = 0.000_025, 0.000_013_333_4, 0.000_000_2
MEMORY = 0.25
"""GB (template.yaml, MemorySize)."""
STEPS = pytest.mark.parametrize("step", [0.06, 0.08, 0.1])
"""Seconds that a step takes of a function that is warm."""


@STEPS
def test_an_endpoint_that_takes_ten_minutes_costs_two_cents_at_most(step: float) -> None:
    class Service(FakeComprehend):
        def find(self, arn: str) -> Endpoint | None:
            found = super().find(arn)
            if found is None or clock.now < began + 600:
                return found
            units = Settings.of(inference_units=1)
            return replace(found, status=Status.IN_SERVICE, settings=units, other=units)

    event, request, clock = given.event(), given.request(), Clock()
    began = clock.now
    delivered = Delivered()
    played = services(Service(), clock=clock, delivered=delivered)
    state = received(event, request, played)
    execution = Execution(request, clock, played, step)
    execution.run(state)
    (answer,) = delivered.bodies
    assert answer["Status"] == "SUCCESS"
    assert 600 < clock.now - began < 604
    # The request function is one more invocation, of a second if it has to start.
    seconds = 1 + execution.steps * step + clock.slept
    lambdas = seconds * MEMORY * GB_SECOND + (1 + execution.steps) * REQUEST
    assert execution.steps > 240
    assert execution.transitions * TRANSITION + lambdas <= 0.02


@STEPS
@pytest.mark.parametrize(("first", "last"), [(1, 60), (60, 300), (300, 1200)])
def test_an_endpoint_that_gets_ready_at_any_moment_is_answered_soon(
    step: float, first: int, last: int
) -> None:
    polls = [step]
    while polls[-1] <= last:
        ended = polls[-1] + step
        polls.append(ended + poll_pause(ended))
    moments = [first + number * (last - first) / 10_000 for number in range(10_000)]
    # The poll that finds it ready, and the step after that, which sends the answer.
    lags = sorted(polls[bisect.bisect(polls, ready)] + 2 * step - ready for ready in moments)
    assert statistics.median(lags) <= 1.45
    assert lags[9_500] <= 2.6


@pytest.mark.parametrize("step", [0.0, 0.06, 0.3, 0.7])
def test_the_number_of_polls_does_not_depend_on_a_step_s_duration(step: float) -> None:
    polls, now = 0, 60.0
    while now < 1200:
        polls += 1
        now += step
        now += poll_pause(now)
    assert polls == pytest.approx(1140 / 2.4, abs=1)


def test_a_pause_is_a_second_at_least() -> None:
    pauses = [poll_pause(tenths / 10) for tenths in range(36_000)]
    assert min(pauses) >= 1
    assert max(pauses) <= 5


@pytest.mark.parametrize(
    ("backoff", "throttled", "expected"),
    [
        (0.0, False, 0.0),
        (0.0, True, 6.0),
        (6.0, True, 18.0),
        (18.0, True, 54.0),
        (54.0, True, 162.0),
        (162.0, True, 240.0),
        (240.0, True, 240.0),
        (7.0, False, 6.0),
        (2.1, False, 0.0),
        # Once eased to less than the quickest pause, it begins anew.
        (2.1, True, 6.3),
    ],
)
def test_a_back_off_grows_quickly_and_eases_slowly(
    backoff: float, throttled: bool, expected: float
) -> None:
    assert next_backoff(backoff, throttled=throttled) == pytest.approx(expected)


def test_a_back_off_is_over_after_a_while() -> None:
    backoff, polls = 240.0, 0
    while backoff:
        backoff, polls = next_backoff(backoff, throttled=False), polls + 1
    assert polls < 40


@pytest.mark.parametrize(
    ("pause", "backoff", "left", "chance", "expected"),
    [
        # No back-off: the pause.
        (2, 0.0, 3000.0, 0.9, 2),
        # From half of it to one and a half.
        (2, 100.0, 3000.0, 0.0, 50),
        (2, 100.0, 3000.0, 0.5, 100),
        (2, 100.0, 3000.0, 0.999, 149),
        # At most a quarter of what is left.
        (2, 240.0, 400.0, 0.5, 100),
        (2, 240.0, 40.0, 0.5, 10),
        # But never less than the pause.
        (5, 6.0, 3000.0, 0.0, 5),
        (5, 240.0, 12.0, 0.5, 5),
    ],
)
def test_a_back_off_is_spread_and_ends_before_the_deadline(
    pause: int, backoff: float, left: float, chance: float, expected: int
) -> None:
    assert with_backoff(pause, backoff, left, chance) == expected
    assert expected < left


def test_a_thousand_operations_share_ten_calls_a_second() -> None:
    backoff = 0.0
    for _ in range(5):
        backoff = next_backoff(backoff, throttled=True)
    pauses = [with_backoff(2, backoff, 3000.0, jitter("request", number)) for number in range(1000)]
    assert sum(1 / pause for pause in pauses) < 10
    # They do not poll at the same time.
    assert max(pauses.count(pause) for pause in pauses) < 20


def test_jitter_is_spread_evenly_and_the_same_for_the_same_seed() -> None:
    numbers = [jitter("request", number) for number in range(1000)]
    assert numbers == [jitter("request", number) for number in range(1000)]
    assert 0 <= min(numbers) < 0.02
    assert 0.98 < max(numbers) < 1
    assert statistics.mean(numbers) == pytest.approx(0.5, abs=0.03)
    assert jitter("ab", "c") != jitter("a", "bc")


def test_delivery_is_tried_for_some_minutes() -> None:
    pauses = [delivery_pause(tries) for tries in range(1, MAX_DELIVERIES)]
    assert pauses == [2, 4, 8, 16, 32, 60, 60]


def test_the_graces_cover_what_is_known_of_the_service() -> None:
    assert ROLE_GRACE == 300  # at most five minutes for a role
    assert 60 <= GRACE < ROLE_GRACE
    assert CLEAN_UP_PAUSE >= 1
    assert CLEAN_UP_LIMIT == 3600
    assert State({}, received=0.0, decided=5.0).clean_up_deadline == 3605.0
