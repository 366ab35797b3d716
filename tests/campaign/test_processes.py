"""Functions that SIGKILL ends: the short form of the campaign's group, and what it stands on."""

import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import pytest

from local.comprehend.protocol import Reply
from provider.aws.cloudformation import CloudFormationGateway
from provider.aws.step_functions import StepFunctionsGateway
from provider.model.stack import StackEvent, StackRecord
from testing.arns import REGION
from testing.functions import FALLBACK, REQUEST, STEP
from testing.interception import PUT, START
from testing.world import ENVIRONMENT
from tests.campaign.mishaps import End, Killed, When
from tests.campaign.play import LONG_TIMEOUT, Case, play, traces
from tests.campaign.processes import replies
from tests.campaign.processes.fault import FOR_GOOD, Sigkill
from tests.campaign.processes.forks import Forks
from tests.campaign.processes.loopback import DROPPED, STATE_MACHINE, Loopback
from tests.campaign.processes.world import Death, ForkedWorld, forked_world

SCENARIOS = ("create, explicit name", "update of units")


def broken(scenario: str, fault: Sigkill) -> list[str]:
    return play(Case("SIGKILL", scenario, 0, fault, timeout=LONG_TIMEOUT))[0]


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("times", [1, FOR_GOOD], ids=["once", "for good"])
def test_a_function_killed_after_any_call_leaves_no_endpoint_and_no_request_without_an_answer(
    scenario: str, times: int
) -> None:
    trace = traces(scenario, (), forked_world)[0]
    faults = [
        Sigkill(Killed(function, at, place, call, When.AFTER, End.EXIT, times))
        for at, function, calls in trace.distinct()
        for place, call in enumerate(calls)
    ]
    assert {fault.killed.name for fault in faults} >= {START, PUT}
    found = {str(fault): broken(scenario, fault) for fault in faults}
    assert {fault: problems for fault, problems in found.items() if problems} == {}


@pytest.mark.parametrize("when", When)
@pytest.mark.parametrize(("function", "invocation", "name"), [(REQUEST, 0, START), (STEP, 4, PUT)])
def test_a_fallback_that_is_killed_for_good_leaves_the_request_in_the_queue(
    function: str, invocation: int, name: str, when: When
) -> None:
    killed = Killed(function, invocation, 0, name, When.BEFORE, End.EXIT, FOR_GOOD)
    fault = Sigkill(killed, when)
    case = Case("SIGKILL", "create, explicit name", 0, fault, timeout=LONG_TIMEOUT)
    problems, world, _ = play(case)
    assert problems == []
    assert len(world.account.queue) == 1
    assert isinstance(world, ForkedWorld)
    last = START if function == REQUEST else PUT
    assert world.functions.deaths[-1] == Death(FALLBACK, last)


@pytest.mark.parametrize(
    ("killed", "problem"),
    [
        (
            Killed(STEP, 1, 9, "CreateEndpoint", When.AFTER, End.EXIT, 1),
            "killed: at end, and was to be at CreateEndpoint",
        ),
        (
            Killed(STEP, 99, 0, PUT, When.AFTER, End.EXIT, 1),
            "killed: SIGKILL ended {}, and was to end {'step': 1}",
        ),
    ],
)
def test_a_case_in_which_nobody_is_killed_where_it_says_does_not_hold(
    killed: Killed, problem: str
) -> None:
    assert broken("create, explicit name", Sigkill(killed)) == [problem]


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    made = Forks(ENVIRONMENT)
    yield made
    made.close()


def test_each_invocation_has_a_process_of_its_own_and_sigkill_ends_it(forks: Forks) -> None:
    pids = []
    for _ in range(2):
        process = forks.begin(REQUEST, {}, 0.0)
        assert process.result() is None  # It is no request: there is nothing to do.
        process.kill()
        process.end()
        assert process.exit_code == -signal.SIGKILL
        pids.append(process.pid)
    assert len({*pids, os.getpid()}) == 3


def test_a_process_that_ends_otherwise_is_not_taken_for_killed(forks: Forks) -> None:
    process = forks.begin(REQUEST, {}, 0.0)
    os.kill(process.pid, signal.SIGTERM)
    with pytest.raises(RuntimeError, match="ended with -15"):
        process.end()


class Model:
    """Answers CloudFormation's and Step Functions' read calls."""

    def __init__(self, record: StackRecord | None, events: Sequence[StackEvent]) -> None:
        self._record = record
        self._events = events

    def cloudformation(self, action: str, parameters: Mapping[str, str]) -> Reply:
        stack_id = parameters["StackName"]
        if action == "DescribeStacks":
            return replies.stacks(stack_id, self._record)
        return replies.stack_events(stack_id, self._events)

    def comprehend(self, headers: Mapping[str, str], body: bytes) -> Reply:
        return DROPPED

    def step_functions(self, operation: str, body: bytes) -> Reply:
        return replies.running({"mine": 1_800_000_000.5})

    def put(self, path: str, headers: Mapping[str, str], body: bytes) -> int | None:
        return None


@pytest.fixture(scope="module")
def loopback() -> Iterator[Loopback]:
    made = Loopback()
    yield made
    made.close()


AT = datetime(2027, 1, 15, 8, 0, 0, 250_000, UTC)


@pytest.mark.parametrize(
    ("record", "events"),
    [
        (None, []),
        (StackRecord("CREATE_IN_PROGRESS"), [StackEvent("Sentiment", "", "CREATE_FAILED", AT)]),
        (
            StackRecord("UPDATE_ROLLBACK_IN_PROGRESS", root_id="arn:aws:root"),
            [
                StackEvent("Sentiment", "arn:aws:of-an-endpoint", "UPDATE_COMPLETE", AT),
                StackEvent("a-&-b", "arn:aws:of-a-stack", "UPDATE_IN_PROGRESS", AT),
            ],
        ),
    ],
)
def test_the_provider_reads_over_http_what_the_model_says(
    loopback: Loopback,
    record: StackRecord | None,
    events: list[StackEvent],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in loopback.environment().items():
        monkeypatch.setenv(name, value)
    loopback.answering = Model(record, events)
    stack_id = f"arn:aws:cloudformation:{REGION}:000000000000:stack/a-&-b/1"
    cloudformation = CloudFormationGateway(REGION)
    assert cloudformation.stack(stack_id) == record
    assert list(cloudformation.events(stack_id)) == events
    assert StepFunctionsGateway(REGION, STATE_MACHINE).running() == {"mine": 1_800_000_000.5}
