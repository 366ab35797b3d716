"""The state machines' definitions: nothing is unreachable, nothing goes uncaught or uncounted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from provider.model import polling
from provider.reconcile.state import Next
from tests.template.application import resources, state_machines, written

MACHINES = state_machines()
STATES = {
    f"{machine}-{name}": state
    for machine, definition in MACHINES.items()
    for name, state in definition["States"].items()
}
TASKS = {where: state for where, state in STATES.items() if state["Type"] == "Task"}
INVOCATIONS = {
    where: state for where, state in TASKS.items() if state["Resource"].endswith(":lambda:invoke")
}

# Step Functions, quotas of a Standard execution: 25,000 events; some are left for retries.
MOST_EVENTS = 20_000
# Entered, scheduled, started, succeeded, exited: what one Task adds to the history.
TASK_EVENTS = 5
# A Task, the Choice and the Wait, the latter two with an event each for entered and exited.
ROUND_EVENTS = TASK_EVENTS + 2 + 2
# Scheduled, started, failed: what each try of a Task that fails adds.
TRY_EVENTS = 3


def followers(state: dict[str, Any]) -> Iterator[str]:
    """The states that may come next."""
    for where in (state, *state.get("Choices", []), *state.get("Catch", [])):
        for key in ("Next", "Default"):
            if key in where:
                yield where[key]


def substitutions(machine: str) -> dict[str, Any]:
    """What the template puts in for the names in a definition."""
    given: dict[str, Any] = written()["Resources"][machine]["Properties"]
    return dict(given["DefinitionSubstitutions"])


@pytest.mark.parametrize("machine", MACHINES)
def test_every_state_is_reached_and_leads_to_a_success(machine: str) -> None:
    definition = MACHINES[machine]
    reached: set[str] = set()
    waiting = {definition["StartAt"]}
    while waiting:
        name = waiting.pop()
        state = definition["States"][name]
        reached.add(name)
        waiting |= set(followers(state)) - reached
        # A Fail state would start the fallback again, by the rule on failed executions.
        assert state["Type"] in {"Task", "Choice", "Wait", "Succeed"}
        assert list(followers(state)) or state["Type"] == "Succeed"

    assert reached == set(definition["States"])
    # Nothing could catch a time limit of the whole.
    assert "TimeoutSeconds" not in definition
    used = set(re.findall(r"\$\{(\w+)\}", json.dumps(definition)))
    assert used == substitutions(machine).keys()


@pytest.mark.parametrize("where", TASKS)
def test_a_task_has_a_time_limit_is_tried_again_and_catches_every_error(where: str) -> None:
    task = TASKS[where]
    catch = task.get("Catch", [])

    assert task["TimeoutSeconds"] > 0
    assert task["Retry"][-1]["ErrorEquals"] == ["States.ALL"]
    if where.endswith("-Undeliverable") or where == "OrphanScanStateMachine-Scan":
        # If the main machine fails, the rule takes over. If the others fail, an alarm reports it.
        assert catch == []
    else:
        assert catch[-1]["ErrorEquals"] == ["States.ALL"]
        # The error comes beside the state; without a ResultPath it would replace it.
        assert all(re.fullmatch(r"\$\.[a-z_]+", each["ResultPath"]) for each in catch)


@pytest.mark.parametrize("where", INVOCATIONS)
def test_an_invocation_outlasts_its_function_and_its_throttling_any_operation(where: str) -> None:
    task = TASKS[where]
    name = task["Parameters"]["FunctionName"].strip("${}")
    function, _ = substitutions(where.partition("-")[0])[name]["Fn::GetAtt"]
    longest = resources("AWS::Lambda::Function")[function]["Timeout"]
    (retry,) = (
        each for each in task["Retry"] if "Lambda.TooManyRequestsException" in each["ErrorEquals"]
    )
    delays = [
        min(
            retry["MaxDelaySeconds"],
            retry["IntervalSeconds"] * retry["BackoffRate"] ** min(attempt, 20),
        )
        for attempt in range(retry["MaxAttempts"])
    ]

    assert longest < task["TimeoutSeconds"] <= longest + 15
    assert retry["JitterStrategy"] == "FULL"
    # Full jitter halves a delay on average. 3600 s is CloudFormation's longest ServiceTimeout.
    assert sum(delays) / 2 >= 3600


def test_the_main_machine_knows_every_move_that_the_step_function_names() -> None:
    states = MACHINES["StateMachine"]["States"]
    moves = {each["StringEquals"]: each["Next"] for each in states["Next"]["Choices"]}

    assert set(moves) == {move.value for move in Next}
    assert states[moves["end"]]["Type"] == "Succeed"


def test_the_longest_operation_stays_below_the_quota_of_events() -> None:
    """Every step, delivery and clean-up takes no time at all, and all three hours are used."""
    events, elapsed = 1, 0.0
    while elapsed < 3600:
        events += ROUND_EVENTS
        elapsed += polling.poll_pause(elapsed)
    events += ROUND_EVENTS * polling.MAX_DELIVERIES + TASK_EVENTS
    elapsed = 0.0
    while elapsed < polling.CLEAN_UP_LIMIT:
        events += ROUND_EVENTS
        elapsed += polling.clean_up_pause(elapsed)
    events += ROUND_EVENTS
    # Lambda throttles one step for as long as it is tried again.
    retries = MACHINES["StateMachine"]["States"]["Step"]["Retry"]
    events += TRY_EVENTS * sum(each["MaxAttempts"] for each in retries)

    assert events < MOST_EVENTS


def test_the_newest_events_reach_back_to_the_state_before_the_queue_was_tried_in_vain() -> None:
    history = MACHINES["FallbackStateMachine"]["States"]["History"]["Parameters"]
    (retry,) = MACHINES["StateMachine"]["States"]["Undeliverable"]["Retry"]
    failed_tries = TRY_EVENTS * (1 + retry["MaxAttempts"])
    # ExecutionFailed; the tries; Undeliverable entered; Fallback exited, with the state.
    needed = 1 + failed_tries + 1 + 1

    assert history["ReverseOrder"] is True
    assert history["IncludeExecutionData"] is True
    assert needed <= history["MaxResults"]
