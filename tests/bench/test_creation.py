"""What a creation used: transitions, tasks and durations out of histories and logs, and prices."""

import datetime
from typing import Any

import pytest

from bench import prices
from bench.creation import Usage, durations, figures, goals, tasks, transitions
from bench.peers import Peer
from bench.prices import Invocations

START = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
OURS = Peer("ours", "this provider", "token", ("request",))


def history(*events: str) -> list[Any]:
    """Events such as "TaskScheduled 0.5": a type, and when it was, in seconds."""
    parted = [event.partition(" ") for event in events]
    return [
        {"type": kind, "timestamp": START + datetime.timedelta(seconds=float(at or 0))}
        for kind, _, at in parted
    ]


ENTER = ("TaskStateEntered", "TaskScheduled")
LOOK = (*ENTER, "TaskSucceeded", "TaskStateExited", "ChoiceStateEntered", "ChoiceStateExited")
WAIT = ("WaitStateEntered", "WaitStateExited")
RETRY = ("TaskFailed", "TaskScheduled")


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ((), 0),
        (("ExecutionStarted", *ENTER), 1),
        (("ExecutionStarted", *LOOK, *WAIT), 3),
        (
            (
                *("ExecutionStarted", *LOOK, *WAIT, *LOOK, *WAIT, *LOOK),
                *("SucceedStateEntered", "SucceedStateExited", "ExecutionSucceeded"),
            ),
            9,
        ),
        # A waiter that is one task with retries.
        (("ExecutionStarted", *ENTER, *RETRY, *RETRY, "TaskSucceeded", "TaskStateExited"), 3),
        # A retry in one of two tasks.
        (("ExecutionStarted", *ENTER, *RETRY, "TaskSucceeded", "TaskStateExited", *LOOK), 4),
    ],
)
def test_each_state_entered_and_each_retry_is_a_transition(
    events: tuple[str, ...], expected: int
) -> None:
    assert transitions(history(*events)) == expected


def test_each_try_of_a_task_has_its_own_time() -> None:
    found = tasks(
        history(
            *("TaskStateEntered 0", "TaskScheduled 1", "TaskFailed 1.25"),
            *("TaskScheduled 6.25", "TaskSucceeded 6.375", "TaskStateExited 7"),
            *("WaitStateEntered 7", "WaitStateExited 9"),
            *("TaskStateEntered 9", "TaskScheduled 9", "TaskTimedOut 12"),
            # One that is on its way when somebody looks has no time yet.
            "TaskScheduled 12",
        )
    )
    assert found == [250, 125, 3000]


def test_durations_are_read_from_lambdas_own_lines_alone() -> None:
    report = "REPORT RequestId: 0-1\tDuration: {} ms\tBilled Duration: 9 ms\tMemory Size: 128 MB"
    lines = ["START RequestId: 0-1", report.format(12), "END", report.format(3.5), "Duration: 7 ms"]
    assert durations(lines) == [12, 3.5]


def test_a_creation_costs_its_transitions_and_its_invocations() -> None:
    used = Usage(
        OURS,
        {"DescribeEndpoint": 2, "CreateEndpoint": 1},
        (Invocations(2, 1000, 1024, arm=True), Invocations(1, 500, 512, arm=False)),
        1000,
    )
    assert (used.count, used.milliseconds) == (3, 1500)
    expected = 0.025 + 3 * 0.2e-6 + 0.0000133334 + 0.25 * 0.0000166667
    assert used.usd == pytest.approx(expected)
    assert used.share == pytest.approx(expected / 0.30)


@pytest.mark.parametrize(
    ("invocations", "usd"),
    [
        (Invocations(0, 0, 128, arm=True), 0),
        (Invocations(1_000_000, 0, 128, arm=True), 0.20),
        (Invocations(0, 1000, 1024, arm=True), 0.0000133334),
        (Invocations(0, 1000, 1024, arm=False), 0.0000166667),
        (Invocations(0, 4000, 128, arm=False), 0.0000166667 / 2),
    ],
)
def test_an_invocation_costs_by_time_memory_and_architecture(
    invocations: Invocations, usd: float
) -> None:
    assert invocations.usd == pytest.approx(usd)


def test_an_endpoint_costs_by_the_second_and_the_unit() -> None:
    assert prices.endpoint(600) == pytest.approx(0.30)
    assert prices.endpoint(24 * 3600, units=2) == pytest.approx(86.4)


@pytest.mark.parametrize(("count", "met"), [(800, True), (801, False)])
def test_the_goal_is_on_the_provider_alone(count: int, met: bool) -> None:
    ours = Usage(OURS, {}, (), count)
    other = Usage(Peer("cdk", "another", "token", ()), {}, (), 10_000)
    (goal,) = goals([other, ours])
    assert goal.met is met
    assert f"USD {ours.usd:.4f}" == goal.measured


def test_the_table_has_a_row_for_each() -> None:
    ours = Usage(OURS, {"DescribeEndpoint": 1500}, (Invocations(1, 1234, 128, arm=True),), 40)
    cells = [cell.strip() for cell in figures([ours]).splitlines()[-1].strip("|").split("|")]
    assert cells == ["this provider", "1,500", "1", "1,234", "40", "0.00100", "0.3%"]
    assert "< 0.1%" in figures([Usage(OURS, {}, (), 1)])
