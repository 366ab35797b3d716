"""The interpreter of the state machines does what Step Functions does."""

import copy
import json
from typing import Any

import pytest

from local.comprehend import ManualClock
from testing.account import MACHINES
from testing.asl import Execution, Json, Machine, TaskError, UnsupportedError

TASK: Json = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Parameters": {"FunctionName": "f", "Payload.$": "$"},
    "TimeoutSeconds": 10,
    "Next": "End",
}
RETRY: Json = {
    "ErrorEquals": ["States.ALL"],
    "IntervalSeconds": 1,
    "BackoffRate": 2,
    "MaxAttempts": 3,
}


def machine(**states: Json) -> Machine:
    states.setdefault("End", {"Type": "Succeed"})
    return Machine({"StartAt": next(iter(states)), "States": states})


def carry_out(
    subject: Machine, data: Json, *results: Any
) -> tuple[Execution, list[float], list[Json]]:
    """Runs a machine whose tasks give these results, or raise them; the pauses and parameters."""
    todo, got = list(results), []

    def task(parameters: Json) -> Any:
        got.append(parameters)
        result = todo.pop(0)
        if isinstance(result, Exception):
            raise result
        return result

    execution = Execution(subject, "x", data, {"lambda:invoke": task}, ManualClock())
    return execution, list(execution.steps()), got


@pytest.mark.parametrize("name", ["provider.asl.json", "fallback.asl.json"])
def test_the_projects_machines_are_understood(name: str) -> None:
    definition = json.loads((MACHINES / name).read_text(encoding="utf-8"))
    assert Machine(definition).states.keys() == definition["States"].keys()


@pytest.mark.parametrize(
    ("state", "change"),
    [
        ("Step", {"Type": "Parallel"}),
        ("Step", {"Type": "Pass"}),
        ("Step", {"ResultSelector": {}}),
        ("Step", {"InputPath": "$.a"}),
        ("Step", {"HeartbeatSeconds": 5}),
        ("Step", {"Next": "Nowhere"}),
        ("Step", {"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Done"}]}),
        ("Step", {"Retry": [{"ErrorEquals": ["States.ALL"]}]}),
        ("Next", {"Default": "Done"}),
        ("Next", {"Choices": [{"Variable": "$.next", "NumericEquals": 1, "Next": "Done"}]}),
        ("Wait", {"Seconds": 5}),
        ("Wait", {"TimestampPath": "$.t"}),
        (None, {"TimeoutSeconds": 5}),
    ],
    ids=repr,
)
def test_what_is_not_known_is_refused(state: str | None, change: Json) -> None:
    definition = json.loads((MACHINES / "provider.asl.json").read_text(encoding="utf-8"))
    part = definition["States"][state] if state else definition
    part |= change
    with pytest.raises(UnsupportedError):
        Machine(definition)


@pytest.mark.parametrize(
    ("paths", "output"),
    [
        ({}, {"Payload": {"b": 2}}),
        ({"OutputPath": "$.Payload"}, {"b": 2}),
        ({"ResultPath": None}, {"a": 1}),
        ({"ResultPath": "$.r"}, {"a": 1, "r": {"Payload": {"b": 2}}}),
    ],
    ids=["all", "OutputPath", "no result", "ResultPath"],
)
def test_a_task_gets_its_parameters_and_gives_its_output(paths: Json, output: Json) -> None:
    execution, _, got = carry_out(machine(Go=TASK | paths), {"a": 1}, {"Payload": {"b": 2}})
    assert got == [{"FunctionName": "f", "Payload": {"a": 1}}]
    assert execution.outputs == [("Go", output)]
    assert execution.status == "SUCCEEDED"


@pytest.mark.parametrize(
    ("retry", "failures", "pauses", "status"),
    [
        ([], 1, [], "FAILED"),
        ([RETRY], 2, [1, 2, 0], "SUCCEEDED"),
        ([RETRY], 4, [1, 2, 4], "FAILED"),
        ([RETRY | {"MaxDelaySeconds": 2, "MaxAttempts": 5}], 4, [1, 2, 2, 2, 0], "SUCCEEDED"),
        ([RETRY | {"ErrorEquals": ["Other"]}], 1, [], "FAILED"),
        ([RETRY | {"ErrorEquals": ["Other"]}, RETRY], 1, [1, 0], "SUCCEEDED"),
    ],
)
def test_a_task_is_tried_again_as_its_retriers_say(
    retry: list[Json], failures: int, pauses: list[float], status: str
) -> None:
    results: list[Any] = [TaskError("Boom")] * failures + [{}]
    execution, seen, _ = carry_out(machine(Go=TASK | {"Retry": retry}), {}, *results)
    assert (seen, execution.status) == (pauses, status)


@pytest.mark.parametrize("error", ["States.DataLimitExceeded", "States.Runtime"])
def test_some_errors_are_never_caught_by_the_name_for_all(error: str) -> None:
    catch = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.e", "Next": "End"}]
    subject = machine(Go=TASK | {"Retry": [RETRY], "Catch": catch})
    execution, _, _ = carry_out(subject, {}, TaskError(error))
    assert (execution.status, execution.error) == ("FAILED", error)


def test_an_error_that_is_caught_goes_into_the_input_of_the_next_state() -> None:
    catch = [{"ErrorEquals": ["Boom"], "ResultPath": "$.e", "Next": "End"}]
    execution, _, _ = carry_out(
        machine(Go=TASK | {"Catch": catch}), {"a": 1}, TaskError("Boom", "why")
    )
    assert execution.outputs == [("Go", {"a": 1, "e": {"Error": "Boom", "Cause": "why"}})]
    assert execution.status == "SUCCEEDED"


def test_an_output_that_is_too_large_fails() -> None:
    execution, _, _ = carry_out(machine(Go=TASK), {}, {"Payload": "x" * 300_000})
    assert execution.error == "States.DataLimitExceeded"


@pytest.mark.parametrize(
    ("data", "pauses", "error"),
    [
        ({"next": "wait", "seconds": 7}, [7], ""),
        ({"next": "end"}, [], ""),
        ({"next": "dance"}, [], "States.NoChoiceMatched"),
        ({}, [], "States.Runtime"),
        ({"next": "wait"}, [], "States.Runtime"),
        ({"next": "wait", "seconds": -1}, [], "States.Runtime"),
    ],
    ids=repr,
)
def test_a_choice_and_a_wait(data: Json, pauses: list[float], error: str) -> None:
    choices = [
        {"Variable": "$.next", "StringEquals": "wait", "Next": "Wait"},
        {"Variable": "$.next", "StringEquals": "end", "Next": "End"},
    ]
    subject = machine(
        Choice={"Type": "Choice", "Choices": choices},
        Wait={"Type": "Wait", "SecondsPath": "$.seconds", "Next": "End"},
    )
    execution, seen, _ = carry_out(subject, data)
    assert (seen, execution.error) == (pauses, error)
    assert execution.status == ("FAILED" if error else "SUCCEEDED")


def test_an_execution_keeps_to_itself_what_it_was_given() -> None:
    data = {"a": {"b": 1}}
    before = copy.deepcopy(data)
    execution, _, got = carry_out(machine(Go=TASK), data, {})
    got[0]["Payload"]["a"]["b"] = 2
    assert data == before == execution.input
