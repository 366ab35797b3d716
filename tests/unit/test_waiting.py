"""While calls are throttled, an operation observes less often; each operation for itself."""

from dataclasses import replace
from typing import Any

import pytest

from provider.contract.errors import DeliveryError
from provider.model.api_errors import ApiError
from provider.model.endpoint import Status
from provider.model.ownership import ownership_tags
from provider.model.task import Call, Goal, Submission, Task
from provider.reconcile.operation import step
from provider.reconcile.state import Next, Phase, State
from tests.unit import given
from tests.unit.fakes import Clock, Delivered, FakeComprehend, received, services

THROTTLED = ApiError("DescribeEndpoint", "ThrottlingException", "Rate exceeded", 400)


class Operation:
    """One operation, step by step, each after the time that the last one asked for."""

    def __init__(
        self,
        comprehend: FakeComprehend,
        kind: str = "Delete",
        *,
        state: State | None = None,
        delivered: Delivered | None = None,
        **about: Any,
    ) -> None:
        about |= {"physical_id": given.ARN} if kind == "Delete" else {}
        self.comprehend = comprehend
        self.clock = Clock()
        self.request = given.request(kind, **about)
        self.services = services(comprehend, None, self.clock, delivered or Delivered())
        self.state = state or received(given.event(kind, **about), self.request, self.services)

    def step(self) -> float:
        """Makes a step and waits; gives the seconds."""
        began = self.clock.now
        step(self.state, self.request, self.services)
        if self.state.next is Next.WAIT:
            self.clock.now += self.state.wait_seconds
        return self.clock.now - began

    def steps(self, number: int) -> list[float]:
        """Makes steps each of which has to wait."""
        pauses = []
        for _ in range(number):
            pauses.append(self.step())
            assert self.state.next is Next.WAIT
        return pauses


def waiting() -> FakeComprehend:
    """An endpoint of ours that is being deleted."""
    return FakeComprehend(given.endpoint(status=Status.DELETING))


def throttling(operation: str = "DescribeEndpoint", **about: Any) -> FakeComprehend:
    return FakeComprehend(given.endpoint(**about), {operation: THROTTLED})


def test_an_operation_that_is_not_throttled_observes_as_often_as_it_may() -> None:
    operation = Operation(waiting())
    assert operation.steps(20) == [2] * 20
    assert operation.state.backoff == 0


def test_the_state_machine_waits_whole_seconds_and_the_step_the_rest() -> None:
    operation = Operation(waiting())
    operation.steps(31)
    slept = operation.clock.slept
    assert operation.steps(10) == pytest.approx([2.4] * 10)
    assert operation.state.wait_seconds == 2
    assert operation.clock.slept - slept == pytest.approx(10 * 0.4)
    # In the first minute there is no rest.
    assert slept < 2


@pytest.mark.parametrize("call", ["DescribeEndpoint", "ListTagsForResource", "DeleteEndpoint"])
def test_whichever_call_is_throttled_the_pause_grows(call: str) -> None:
    operation = Operation(throttling(call))
    pauses = operation.steps(6)
    assert pauses[0] <= 27
    assert pauses[1] > 2
    assert all(pause >= 80 for pause in pauses[3:])
    assert all(pause <= 360 for pause in pauses)


def test_a_create_that_is_throttled_keeps_away_too() -> None:
    operation = Operation(FakeComprehend(fails={"CreateEndpoint": THROTTLED}), "Create")
    assert min(operation.steps(5)[3:]) >= 80


def test_another_error_is_no_reason_to_keep_away() -> None:
    busy = ApiError("DeleteEndpoint", "ResourceInUseException", "Busy", 400)
    operation = Operation(FakeComprehend(given.endpoint(), {"DeleteEndpoint": busy}))
    assert operation.steps(20) == [2] * 20


def test_the_pause_shrinks_again_once_calls_get_through() -> None:
    comprehend = throttling(status=Status.DELETING)
    operation = Operation(comprehend)
    operation.steps(4)
    comprehend.fails.clear()
    longest = operation.step()
    pauses = operation.steps(35)
    assert longest > 60
    # As often as without a back-off, at this time.
    assert pauses[-1] <= 5
    assert operation.state.backoff == 0


def test_a_throttled_deletion_that_is_no_longer_needed_counts_no_longer() -> None:
    # Somebody else deletes it meanwhile: no call of ours is made, and none is throttled.
    comprehend = throttling("DeleteEndpoint")
    operation = Operation(comprehend)
    operation.step()
    backoff = operation.state.backoff
    comprehend.live = given.endpoint(status=Status.DELETING)
    operation.step()
    assert operation.state.backoff < backoff
    assert [task.trouble for task in operation.state.tasks] == [None]


def test_operations_that_began_together_do_not_come_back_together() -> None:
    pauses = set()
    for number in range(20):
        operation = Operation(throttling(), RequestId=f"request-{number}")
        pauses.add(operation.steps(4)[-1])
    assert len(pauses) > 10


def test_a_step_that_is_repeated_asks_for_the_same_time() -> None:
    first, again = Operation(throttling()), Operation(throttling())
    assert first.steps(5) == again.steps(5)


def test_however_throttled_it_is_observed_shortly_before_the_deadline_and_decided_in_time() -> None:
    operation = Operation(throttling())
    observations = []
    while operation.state.phase is Phase.WORK:
        observations.append(operation.clock.now)
        operation.step()
    assert observations[-1] < operation.state.deadline
    assert operation.state.deadline - observations[-1] < 10
    assert operation.state.answer is not None
    assert operation.state.answer["Reason"].startswith("ThrottlingException")


def test_a_clean_up_that_is_throttled_keeps_away_too() -> None:
    made = given.endpoint(status=Status.FAILED, tags=ownership_tags(given.reply()))
    comprehend = FakeComprehend(made, {"DeleteEndpoint": THROTTLED})
    now = Clock().now
    state = State(given.event(), now, phase=Phase.CLEAN_UP, decided=now)
    accepted = Submission(Call.CREATE, now, seen=True)
    state.tasks = [Task(Goal.CLEAN_UP, given.ARN, accepted=accepted)]
    operation = Operation(comprehend, "Create", state=state)
    assert min(operation.steps(5)[3:]) >= 80
    # Somebody else deletes it meanwhile: no call of ours is made, and none is throttled.
    backoff = operation.state.backoff
    comprehend.live = replace(made, status=Status.DELETING)
    assert operation.step() >= 5
    assert state.backoff < backoff
    assert state.tasks[0].trouble is None


def test_an_answer_that_cannot_be_delivered_goes_to_the_queue_once() -> None:
    refused = Delivered(error=DeliveryError("refused", final=True))
    operation = Operation(FakeComprehend(), delivered=refused)
    went: list[Next] = []
    while not went or went[-1] not in (Next.KEEP, Next.END):
        operation.step()
        went.append(operation.state.next)
    # The state machine puts it into the queue, and ends.
    assert went == [Next.STEP, Next.KEEP]
