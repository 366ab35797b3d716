"""While calls are throttled, an operation looks less often; how much less, is its own affair."""

from dataclasses import replace

import pytest

from provider import workflow
from provider.decision import Goal, Sent
from provider.endpoint import Status
from provider.errors import ApiError
from provider.identity import ownership_tags
from provider.observability import Telemetry
from provider.request import Request
from provider.services import Services
from provider.state import Leftover, Next, Phase, Progression, State
from tests.unit import given
from tests.unit.fakes import Clock, Delivered, FakeComprehend, FakeHistory, FakeStacks, begun

THROTTLED = ApiError("DescribeEndpoint", "ThrottlingException", "Rate exceeded", 400)


class Operation:
    """One operation, step by step, each after the time that the last one asked for."""

    def __init__(
        self, comprehend: FakeComprehend, request: Request | None = None, state: State | None = None
    ) -> None:
        self.comprehend = comprehend
        self.clock = Clock()
        self.request = request or given.request("Delete", physical_id=given.ARN)
        log = Telemetry(self.request.reply, self.request.operation)
        stacks, history = FakeStacks(), FakeHistory()
        self.services = Services(
            comprehend, stacks, history, log, self.clock, self.clock.sleep, Delivered()
        )
        self.state = state or begun(given.event(), self.request, self.services)

    def step(self) -> float:
        """Makes a step and waits; gives the seconds."""
        began = self.clock.now
        workflow.step(self.state, self.request, self.services)
        assert self.state.next is Next.WAIT
        self.clock.now += self.state.wait_seconds
        return self.clock.now - began

    def steps(self, number: int) -> list[float]:
        return [self.step() for _ in range(number)]


def waiting() -> FakeComprehend:
    """Where an endpoint of ours is going."""
    return FakeComprehend(given.endpoint(status=Status.DELETING))


def throttling(operation: str = "DescribeEndpoint", **about: object) -> FakeComprehend:
    return FakeComprehend(given.endpoint(**about), {operation: THROTTLED})


def test_an_operation_that_is_not_throttled_looks_as_often_as_it_may() -> None:
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
    operation = Operation(FakeComprehend(fails={"CreateEndpoint": THROTTLED}), given.request())
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


def test_a_throttled_deletion_that_was_mended_counts_no_longer() -> None:
    # Somebody else deletes it meanwhile: no call of ours is made, and none is throttled.
    comprehend = throttling("DeleteEndpoint")
    operation = Operation(comprehend)
    operation.step()
    backoff = operation.state.backoff
    comprehend.live = given.endpoint(status=Status.DELETING)
    operation.step()
    assert operation.state.backoff < backoff
    assert operation.state.progression.trouble is None


def test_operations_that_began_together_do_not_come_back_together() -> None:
    pauses = set()
    for number in range(20):
        request = given.request("Delete", physical_id=given.ARN, RequestId=f"request-{number}")
        pauses.add(Operation(throttling(), request).steps(4)[-1])
    assert len(pauses) > 10


def test_a_step_that_is_repeated_asks_for_the_same_time() -> None:
    first, again = Operation(throttling()), Operation(throttling())
    assert first.steps(5) == again.steps(5)


def test_however_throttled_it_is_decided_before_the_deadline_and_looked_at_shortly_before() -> None:
    operation = Operation(throttling())
    looks = []
    while operation.state.phase is Phase.WORK:
        looks.append(operation.clock.now)
        workflow.step(operation.state, operation.request, operation.services)
        if operation.state.phase is Phase.WORK:
            operation.clock.now += operation.state.wait_seconds
    assert looks[-1] < operation.state.deadline
    assert operation.state.deadline - looks[-1] < 10
    assert operation.state.answer is not None
    assert operation.state.answer["Reason"].startswith("ThrottlingException")


def test_a_clean_up_that_is_throttled_keeps_away_too() -> None:
    request = given.request()
    made = given.endpoint(status=Status.FAILED, tags=ownership_tags(request.reply))
    comprehend = FakeComprehend(made, {"DeleteEndpoint": THROTTLED})
    now = Clock().now
    state = State(given.event(), now, now + 3540, Phase.CLEAN_UP, clean_up_deadline=now + 3600)
    state.leftovers = [Leftover(given.ARN, Goal.CLEAN_UP, Progression(Sent.CREATE, now, seen=True))]
    operation = Operation(comprehend, request, state)
    assert min(operation.steps(5)[3:]) >= 80
    # Somebody else deletes it meanwhile: no call of ours is made, and none is throttled.
    backoff = operation.state.backoff
    comprehend.live = replace(made, status=Status.DELETING)
    assert operation.step() >= 5
    assert state.backoff < backoff
    assert state.leftovers[0].progression.trouble is None
