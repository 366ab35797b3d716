"""The arithmetic of what is published: counts, costs, percentiles, and whether a goal is met."""

import datetime
from typing import Any

import pytest

from bench import artifact, creation, failure, lag, updates
from bench.artifact import Artifact
from bench.creation import Usage, tasks, transitions
from bench.failure import Failure, Left
from bench.goals import Goal
from bench.lag import Lags
from bench.peers import Peer
from bench.prices import Invocations
from bench.start import figures as start
from bench.start.measure import MINIMAL, REQUEST, STEP, Start, floor
from bench.updates import NO_OP, WRONG, Updates

OURS, OTHER = Peer("ours", "this provider", "token", ()), Peer("cdk", "another", "token", ())
START = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


def history(*events: str) -> list[Any]:
    """Events such as "TaskScheduled 0.5": a type, and when it was, in seconds."""
    parted = [event.partition(" ") for event in events]
    return [
        {"type": kind, "timestamp": START + datetime.timedelta(seconds=float(at or 0))}
        for kind, _, at in parted
    ]


ENTER = ("TaskStateEntered", "TaskScheduled")
RETRY = ("TaskFailed", "TaskScheduled")
STEPPED = (*ENTER, "TaskSucceeded", "TaskStateExited", "ChoiceStateEntered", "ChoiceStateExited")


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (("ExecutionStarted", *STEPPED, "WaitStateEntered", *STEPPED, "SucceedStateEntered"), 6),
        # A waiter that is one task with retries.
        (("ExecutionStarted", *ENTER, *RETRY, *RETRY, "TaskSucceeded", "TaskStateExited"), 3),
        # A retry in one of two tasks.
        (("ExecutionStarted", *ENTER, *RETRY, "TaskSucceeded", "TaskStateExited", *STEPPED), 4),
    ],
)
def test_each_state_entered_and_each_retry_is_a_transition(
    events: tuple[str, ...], expected: int
) -> None:
    assert transitions(history(*events)) == expected


def test_each_try_of_a_task_that_has_ended_has_its_own_time() -> None:
    found = tasks(
        history(
            *("TaskStateEntered 0", "TaskScheduled 1", "TaskFailed 1.25"),
            *("TaskScheduled 6.25", "TaskSucceeded 6.375", "TaskStateExited 7"),
            *("WaitStateEntered 7", "WaitStateExited 9"),
            *("TaskStateEntered 9", "TaskScheduled 9", "TaskTimedOut 12", "TaskScheduled 12"),
        )
    )
    assert found == [250, 125, 3000]


def test_a_creation_costs_its_transitions_and_its_invocations() -> None:
    invocations = (Invocations(2, 1000, 1024, arm=True), Invocations(1, 500, 512, arm=False))
    used = Usage(OURS, {"DescribeEndpoint": 2, "CreateEndpoint": 1}, invocations, 1000)
    expected = 0.025 + 3 * 0.2e-6 + 0.0000133334 + 0.25 * 0.0000166667

    assert (used.count, used.milliseconds) == (3, 1500)
    assert used.usd == pytest.approx(expected)
    assert used.share == pytest.approx(expected / 0.30)


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [([1], 95, 1), ([3, 1, 2], 50, 2), ([3, 1, 2], 0, 1), (range(1, 21), 95, 19)],
)
def test_a_percentile_is_the_least_value_that_so_many_do_not_exceed(
    values: list[float], percent: float, expected: float
) -> None:
    assert lag.percentile(values, percent) == expected


@pytest.mark.parametrize(
    ("statuses", "usd"),
    [((), 0), (("CREATING",), 43.2), (("FAILED",), 0), (("IN_SERVICE", "FAILED"), 43.2)],
)
def test_what_is_left_costs_unless_it_is_failed(statuses: tuple[str, ...], usd: float) -> None:
    assert left(OURS, *statuses).usd_a_day == pytest.approx(usd)


def left(peer: Peer, *statuses: str) -> Left:
    return Left(peer, Failure.REFUSED, "some-id", "SUCCESS", statuses)


def lags(median: float, late: float, *others: float) -> list[Goal]:
    """The goals of our lag, beside peers whose lags are all the same."""
    peers = [Lags("other", (each,) * 3) for each in (5.0, *others)]
    return lag.goals(Lags("ours", (0.5, median, late)), peers)


def starts(of_request: float, of_step: float, minimal: float) -> list[Goal]:
    """The goals of starts that take so much CPU, where the floor takes 1."""
    cpu = {REQUEST: of_request, STEP: of_step, MINIMAL: minimal, floor(REQUEST): 1, floor(STEP): 1}
    return start.goals(
        {name: Start(name, seconds, 0.1, 1024, (), ()) for name, seconds in cpu.items()}
    )


FREE, DEAR = Usage(OTHER, {}, (), 0), Usage(OTHER, {}, (), 10_000)


@pytest.mark.parametrize(
    ("goals", "met"),
    [
        (lags(1.0, 2.5), [True, True]),
        (lags(1.6, 2.5), [False, True]),
        (lags(1.0, 3.1), [True, False]),
        # Good enough, but a peer is better.
        (lags(1.0, 2.5, 2.0), [True, False]),
        (lags(1.0, 2.5, 0.9), [False, False]),
        (updates.goals([Updates(OURS, WRONG, (0, 2.0, 99)), Updates(OTHER, WRONG, (3,))]), [True]),
        (updates.goals([Updates(OURS, NO_OP, (2.1,)), Updates(OTHER, NO_OP, (1,))]), [False]),
        (creation.goals([DEAR, Usage(OURS, {}, (), 800)]), [True]),
        (creation.goals([FREE, Usage(OURS, {}, (), 801)]), [False]),
        (failure.goals([left(OURS), left(OTHER, "IN_SERVICE")]), [True]),
        # One that costs nothing is left all the same.
        (failure.goals([left(OURS, "FAILED"), left(OTHER)]), [False]),
        (starts(1.0, 1.1, 1.5), [True, True]),
        (starts(1.0, 1.2, 1.5), [True, False]),
        (starts(1.0, 1.1, 1.2), [False, True]),
        (artifact.goals(Artifact(1, 9, 1_000_000, 1)), [True]),
        (artifact.goals(Artifact(1, 9, 1_000_001, 1)), [False]),
    ],
)
def test_a_goal_is_met_by_what_was_measured_of_ours(goals: list[Goal], met: list[bool]) -> None:
    assert [goal.met for goal in goals] == met
