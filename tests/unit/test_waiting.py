"""Operations that wait: how often each observes, for what price, and that each of them ends."""

import json
from dataclasses import replace
from typing import Any

import pytest

from provider.contract.errors import DeliveryError
from provider.contract.properties import Settings
from provider.model.api_errors import ApiError
from provider.model.endpoint import Endpoint, Status
from provider.model.polling import MAX_DELIVERIES, poll_pause
from provider.model.stack import StackEvent
from provider.model.task import Call, Goal, Submission, Task
from provider.reconcile.operation import step
from provider.reconcile.state import Next, Phase, State, load
from tests.unit import given
from tests.unit.fakes import (
    Clock,
    Delivered,
    FakeCloudFormation,
    FakeComprehend,
    received,
    services,
)

MACHINE: dict[str, Any] = json.loads(
    (given.ROOT / "statemachine" / "provider.asl.json").read_text(encoding="utf-8")
)
# Step Functions Developer Guide, "Viewing execution details": each state is entered and exited; a
# task in between is scheduled, started and succeeds.
EVENTS = {"Task": 5, "Choice": 2, "Wait": 2, "Succeed": 2}
LIMIT = 20_000
"""The quota is 25,000: the rest is for retries, three events each."""

THROTTLED = ApiError("DescribeEndpoint", "ThrottlingException", "Rate exceeded", 400)
BUSY = ApiError("DeleteEndpoint", "ResourceInUseException", "Busy", 400)


BEGAN = StackEvent("shop", given.STACK_ID, "CREATE_IN_PROGRESS", given.at(Clock().now - 5))


class Operation:
    """One operation, step by step through the real state machine, which waits in no time.

    Args:
        duration: seconds of the clock that a step takes.
    """

    def __init__(
        self,
        comprehend: FakeComprehend,
        kind: str = "Delete",
        *,
        state: State | None = None,
        delivered: Delivered | None = None,
        clock: Clock | None = None,
        duration: float = 0.0,
        **about: Any,
    ) -> None:
        about |= {"physical_id": given.ARN} if kind == "Delete" else {}
        self.clock = clock or Clock()
        self.duration = duration
        self.request = given.request(kind, **about)
        # The stack has held nothing yet, and waits for what it has sent.
        stack = FakeCloudFormation(happened=[BEGAN])
        self.services = services(comprehend, stack, self.clock, delivered or Delivered())
        self.state = state or received(given.event(kind, **about), self.request, self.services)
        self.events, self.transitions, self.steps = 2, 0, 0
        self.ended = False

    def step(self) -> float:
        """Make a step, and wait as it asks; give the seconds."""
        began = self.clock.now
        self.clock.now += self.duration
        self.steps += 1
        self.state = load(json.loads(json.dumps(self.state.dump())))
        step(self.state, self.request, self.services)
        name = self._leave("Step")
        while name not in ("Step", None):
            name = self._leave(name)
        self.ended = name is None
        return self.clock.now - began

    def _leave(self, name: str) -> str | None:
        """Go through a state of the machine; give the next one's name."""
        definition = MACHINE["States"][name]
        self.events += EVENTS[definition["Type"]]
        self.transitions += 1
        if definition["Type"] == "Wait":
            assert definition["SecondsPath"] == "$.wait_seconds"
            assert self.state.wait_seconds >= 1
            self.clock.now += self.state.wait_seconds
        if definition["Type"] == "Choice":
            choices = {each["StringEquals"]: each["Next"] for each in definition["Choices"]}
            return str(choices[self.state.next])
        return None if definition["Type"] == "Succeed" else str(definition["Next"])

    def pauses(self, number: int) -> list[float]:
        """Make steps each of which has to wait; give the seconds of each."""
        found = []
        for _ in range(number):
            found.append(self.step())
            assert self.state.next is Next.WAIT
        return found

    def run(self) -> None:
        while not self.ended:
            self.step()


def deleting() -> FakeComprehend:
    """An endpoint of ours that is being deleted."""
    return FakeComprehend(given.endpoint(status=Status.DELETING))


def throttling(call: str = "DescribeEndpoint", **about: Any) -> FakeComprehend:
    return FakeComprehend(given.endpoint(**about), {call: THROTTLED})


# ---------------------------------------------------------------- Not throttled


def test_an_operation_observes_as_often_as_it_may_and_each_poll_costs_nine_events() -> None:
    operation = Operation(deleting())
    assert operation.pauses(20) == [2] * 20
    assert operation.state.backoff == 0
    assert operation.events == 2 + 20 * 9


def test_the_state_machine_waits_whole_seconds_and_the_step_the_rest() -> None:
    operation = Operation(deleting())
    operation.pauses(31)
    # In the first minute there is no rest.
    assert operation.clock.slept < 2
    slept = operation.clock.slept
    assert operation.pauses(10) == pytest.approx([2.4] * 10)
    assert operation.state.wait_seconds == 2
    assert operation.clock.slept - slept == pytest.approx(10 * 0.4)


def test_an_error_that_is_no_throttling_is_no_reason_to_keep_away() -> None:
    busy = FakeComprehend(given.endpoint(), {"DeleteEndpoint": BUSY})
    assert Operation(busy).pauses(20) == [2] * 20


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        # It has gone between observation and deletion.
        ("ResourceNotFoundException", "SUCCESS"),
        ("InvalidRequestException", "FAILED"),
    ],
)
def test_a_deletion_that_is_refused_for_good_ends_unless_the_endpoint_is_gone(
    code: str, expected: str
) -> None:
    refused = ApiError("DeleteEndpoint", code, "No.", 400)
    comprehend, delivered = (
        FakeComprehend(given.endpoint(), {"DeleteEndpoint": refused}),
        Delivered(),
    )

    def vanish() -> None:
        comprehend.live = None

    if code == "ResourceNotFoundException":
        comprehend.fails_after = vanish
    Operation(comprehend, delivered=delivered).run()
    assert [body["Status"] for body in delivered.bodies] == [expected]


# ---------------------------------------------------------------- Throttled


@pytest.mark.parametrize(
    ("kind", "comprehend"),
    [
        ("Delete", throttling("DescribeEndpoint")),
        ("Delete", throttling("ListTagsForResource")),
        ("Delete", throttling("DeleteEndpoint")),
        ("Create", FakeComprehend(fails={"CreateEndpoint": THROTTLED})),
    ],
)
def test_whichever_call_is_throttled_the_pause_grows(kind: str, comprehend: FakeComprehend) -> None:
    pauses = Operation(comprehend, kind).pauses(6)
    assert pauses[0] <= 27
    assert pauses[1] > 2
    assert all(80 <= pause <= 360 for pause in pauses[3:])


def test_the_pause_shrinks_again_once_calls_get_through() -> None:
    comprehend = throttling(status=Status.DELETING)
    operation = Operation(comprehend)
    operation.pauses(4)
    comprehend.fails.clear()
    assert operation.step() > 60
    # As often as without a back-off, at this time.
    assert operation.pauses(35)[-1] <= 5
    assert operation.state.backoff == 0


def clean_up() -> State:
    """The clean-up after a Create that has failed."""
    accepted = Submission(Call.CREATE, Clock().now, seen=True)
    left = [Task(Goal.CLEAN_UP, given.ARN, accepted=accepted)]
    now = Clock().now
    return State(
        given.event(), now - 60, given.EARLIER, phase=Phase.CLEAN_UP, decided=now, tasks=left
    )


@pytest.mark.parametrize(("kind", "state"), [("Delete", None), ("Create", clean_up())])
def test_a_throttled_deletion_that_somebody_else_makes_counts_no_longer(
    kind: str, state: State | None
) -> None:
    made = given.endpoint(status=Status.FAILED, created=Clock().now)
    comprehend = FakeComprehend(made, {"DeleteEndpoint": THROTTLED})
    operation = Operation(comprehend, kind, state=state)
    # The first pause may be that to a second read.
    assert min(operation.pauses(6)[4:]) >= 80
    # From now on no call of ours is made, and none is throttled.
    backoff = operation.state.backoff
    comprehend.live = replace(made, status=Status.DELETING)
    assert operation.step() >= 5
    assert operation.state.backoff < backoff
    assert [task.trouble for task in operation.state.tasks] == [None]


def test_operations_that_began_together_come_back_apart() -> None:
    def pause(number: int) -> float:
        return Operation(throttling(), RequestId=f"request-{number}").pauses(4)[-1]

    pauses = [pause(number) for number in range(20)]
    assert len(set(pauses)) > 10
    # But a step that is repeated comes back at the same time.
    assert pauses == [pause(number) for number in range(20)]


def test_however_throttled_it_is_observed_shortly_before_the_deadline_and_decided_in_time() -> None:
    operation = Operation(throttling())
    observed = 0.0
    while operation.state.phase is Phase.WORK:
        observed = operation.clock.now
        operation.step()
    assert 0 < operation.state.deadline - observed < 10
    assert operation.state.answer is not None
    assert operation.state.answer["Reason"].startswith("ThrottlingException")


# ---------------------------------------------------------------- The end, and the price


def test_an_answer_that_cannot_be_delivered_goes_to_the_queue_once() -> None:
    refused = Delivered(error=DeliveryError("refused", final=True))
    operation = Operation(FakeComprehend(), delivered=refused)
    operation.step()
    operation.step()
    # The state machine puts it into the queue, and ends.
    assert operation.state.next is Next.KEEP
    assert operation.ended


def test_the_longest_operation_ends_under_the_limit_of_events() -> None:
    # A creation without end, an answer that is never accepted, a deletion without end.
    comprehend = FakeComprehend()
    nobody = Delivered(DeliveryError("nobody there", final=False))
    operation = Operation(comprehend, "Create", delivered=nobody)
    began = operation.clock.now
    operation.run()
    assert comprehend.calls.count("CreateEndpoint") == 1
    assert comprehend.calls.count("DeleteEndpoint") == 1
    assert operation.state.deliveries == MAX_DELIVERIES
    # It took both hours, the operation's and the clean-up's: nothing was cut short.
    assert operation.clock.now - began >= 2 * 3600 - 60 - poll_pause(3600)
    assert 10_000 < operation.events < LIMIT


# What AWS asks in us-east-1, in USD: Step Functions for a state transition of a Standard operation,
# Lambda on arm64 for a GB-second and for a request.
TRANSITION, GB_SECOND, REQUEST = 0.000_025, 0.000_013_333_4, 0.000_000_2
MEMORY = 0.25
"""GB (template.yaml, MemorySize)."""


@pytest.mark.parametrize("seconds_of_a_step", [0.06, 0.1])
def test_an_endpoint_that_takes_ten_minutes_costs_two_cents_at_most(
    seconds_of_a_step: float,
) -> None:
    class Service(FakeComprehend):
        def find(self, arn: str) -> Endpoint | None:
            found = super().find(arn)
            if found is None or clock.now < began + 600:
                return found
            units = Settings.of(inference_units=1)
            return replace(found, status=Status.IN_SERVICE, settings=units, other=units)

    clock, delivered = Clock(), Delivered()
    began = clock.now
    operation = Operation(
        Service(), "Create", delivered=delivered, clock=clock, duration=seconds_of_a_step
    )
    operation.run()
    assert [body["Status"] for body in delivered.bodies] == ["SUCCESS"]
    assert 600 < clock.now - began < 604
    # The request function is one more invocation, of a second if it has to start.
    seconds = 1 + operation.steps * seconds_of_a_step + clock.slept
    lambdas = seconds * MEMORY * GB_SECOND + (1 + operation.steps) * REQUEST
    assert operation.steps > 240
    assert operation.transitions * TRANSITION + lambdas <= 0.02
