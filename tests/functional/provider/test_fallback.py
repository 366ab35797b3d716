"""What becomes of a request when the functions, the state machine or the queue fail."""

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from local.asl import TaskError
from local.comprehend import Admin
from local.functions import FALLBACK, REQUEST, STEP
from local.runner import HISTORY, QUEUE
from tests.functional.emulated import endpoint_arn
from tests.functional.provider.cloudformation import CLASSIFIER, CloudFormation, Json, answer_to

NAMED: Json = {**CLASSIFIER, "EndpointName": "mine"}
THROTTLED = "Lambda.TooManyRequestsException"


def failing(name: str, error: str = "MemoryError", calls: Iterable[int] = range(1_000_000)) -> Any:
    """What makes some calls of something fail, counted from 0."""
    count = iter(range(1_000_000))

    def intercept(called: str, _: object) -> None:
        if called == name and next(count) in calls:
            raise TaskError(error, '{"errorType": "MemoryError"}')

    return intercept


def both(*intercepts: Callable[[str, Any], None]) -> Callable[[str, Any], None]:
    def intercept(called: str, event: Any) -> None:
        for each in intercepts:
            each(called, event)

    return intercept


@pytest.mark.parametrize("error", ["MemoryError", "Runtime.ExitError", "States.Timeout"])
@pytest.mark.parametrize("kind", ["Create", "Update", "Delete"])
def test_a_step_that_always_fails_is_answered_by_the_fallback(
    cfn: CloudFormation, kind: str, error: str
) -> None:
    if kind != "Create":
        cfn.given(NAMED)
    cfn.runner.functions.before = failing(STEP, error)
    event = cfn.event(kind, {**NAMED, "DesiredInferenceUnits": "2"}, NAMED)
    outcome = cfn.run(event).failed("The provider failed", error)
    assert outcome.operation.executions[0].entered[-2:] == ["Fallback", "Answered"]
    assert "FallbackAnswers" in cfn.runner.functions.log.getvalue()


@pytest.mark.parametrize("first", range(3))
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_create_whose_steps_fail_for_good_on_its_way_is_removed_by_its_delete(
    cfn: CloudFormation, first: int, when: str
) -> None:
    setattr(cfn.runner.functions, when, failing(STEP, calls=range(first, 1000)))
    created = cfn.create(NAMED)
    created.failed("The provider failed")
    cfn.runner.functions.before = cfn.runner.functions.after = lambda name, event: None
    cfn.delete().succeeded()
    assert cfn.statuses() == {}


@pytest.mark.parametrize("nth", range(8))
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", ["Create", "Update", "rename", "Delete"])
def test_any_step_may_be_lost_or_repeated(
    cfn: CloudFormation, admin: Admin, kind: str, when: str, nth: int
) -> None:
    """Lost before it did anything, or after it did everything and nobody heard."""
    if kind != "Create":
        cfn.given(NAMED)
    setattr(cfn.runner.functions, when, failing(STEP, calls=[nth]))
    new = {**NAMED, "DesiredInferenceUnits": "2", "Tags": [{"Key": "a", "Value": "1"}]}
    if kind == "Create":
        cfn.create(new).succeeded()
    elif kind == "Delete":
        cfn.delete().succeeded()
    else:
        cfn.update(new | ({"EndpointName": "second"} if kind == "rename" else {})).succeeded()
    expected = {"Create": ["mine"], "Update": ["mine"], "rename": ["mine", "second"], "Delete": []}
    assert list(cfn.statuses()) == expected[kind]
    if kind != "Delete":
        assert cfn.endpoint()["DesiredInferenceUnits"] == 2
        assert cfn.endpoint()["Tags"]["a"] == "1"


def test_an_answer_that_was_decided_is_repeated_by_the_fallback(cfn: CloudFormation) -> None:
    """Sent, but the step is lost each time: CloudFormation gets one answer, over and over."""

    def dies_after_sending(name: str, result: Any) -> None:
        if name == STEP and cfn.receiver.puts:
            raise TaskError("MemoryError", "{}")

    cfn.runner.functions.after = dies_after_sending
    outcome = cfn.create(NAMED).succeeded()
    assert outcome.operation.executions[0].entered[-1] == "Answered"
    assert len(cfn.receiver.puts) > 2


def test_throttling_of_lambda_is_waited_out(cfn: CloudFormation) -> None:
    cfn.runner.functions.before = failing(STEP, THROTTLED, range(60))
    outcome = cfn.create(NAMED).succeeded()
    assert outcome.seconds > 600


def test_a_request_function_that_fails_is_tried_again(cfn: CloudFormation, admin: Admin) -> None:
    cfn.runner.functions.before = failing(REQUEST, calls=[0, 1])
    cfn.create(NAMED).succeeded()
    assert len(admin.calls("CreateEndpoint")) == 1


@pytest.mark.parametrize("kind", ["Create", "Update", "Delete"])
def test_a_request_function_that_always_fails_is_answered_by_its_failure_destination(
    cfn: CloudFormation, kind: str
) -> None:
    if kind != "Create":
        cfn.given(NAMED)
    before = cfn.admin.endpoints()
    cfn.runner.functions.before = failing(REQUEST)
    failed = cfn.run(cfn.event(kind, NAMED, NAMED)).failed("The provider failed")
    assert failed.changes == []
    assert failed.operation.executions[0].entered == ["Step", "Next", "Done"]
    assert cfn.admin.endpoints() == before


@pytest.mark.parametrize("kind", ["Create", "Update", "Delete"])
def test_an_event_that_comes_once_more_after_its_fallback_does_nothing(
    cfn: CloudFormation, kind: str
) -> None:
    if kind != "Create":
        cfn.given(NAMED)
    before = cfn.admin.endpoints()
    cfn.runner.functions.before = failing(REQUEST)
    event = cfn.event(kind, NAMED, NAMED)
    failed = cfn.run(event).failed("The provider failed")
    cfn.runner.functions.before = lambda name, event: None
    cfn.runner.run(cfn.send(event))
    assert [put.answer() for put in cfn.receiver.puts] == [failed.answer]
    assert cfn.admin.endpoints() == before


def test_a_fallback_that_can_start_no_execution_answers_itself(
    cfn: CloudFormation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: str, state: Json) -> bool:
        raise ConnectionError

    cfn.runner.functions.before = failing(REQUEST)
    monkeypatch.setattr(cfn.runner, "start", refuse)
    failed = cfn.run(cfn.event("Create", NAMED)).failed("The provider failed")
    assert failed.operation.executions == []


def test_a_fallback_that_always_fails_leaves_the_request_in_the_queue(
    cfn: CloudFormation,
) -> None:
    for failing_function in (REQUEST, STEP):
        intercept = both(failing(failing_function), failing(FALLBACK))
        cfn.runner.functions.before = intercept
        event = cfn.event("Create", NAMED)
        cfn.runner.run(cfn.send(event))
        # All that an answer needs is there, and what was asked for.
        message = json.dumps(cfn.runner.queue.pop())
        for name in ("ResponseURL", "StackId", "RequestId", "LogicalResourceId", "RequestType"):
            assert json.dumps({name: event[name]})[1:-1] in message
        assert json.dumps(NAMED["ModelArn"]) in message
        assert cfn.runner.queue == []
    assert cfn.receiver.puts == []


def test_a_queue_that_fails_too_has_the_decided_answer_sent_once_more(cfn: CloudFormation) -> None:
    cfn.receiver.misbehave(403, times=4)
    cfn.runner.functions.before = failing(QUEUE)
    event = cfn.event("Create", NAMED)
    outcome = cfn.run(event).succeeded()
    assert outcome.operation.executions[0].entered[-2:] == ["Fallback", "Answered"]


@pytest.mark.parametrize("history", ["there", "missing"])
def test_an_execution_that_fails_is_answered_by_the_other_state_machine(
    cfn: CloudFormation, history: str
) -> None:
    """CloudFormation, the queue and the fallback are out of order, and then recover."""
    cfn.receiver.misbehave(403, times=5)
    cfn.runner.functions.before = both(
        failing(QUEUE), *([failing(HISTORY)] if history == "missing" else [])
    )
    event = cfn.event("Create", NAMED)
    operation = cfn.send(event)
    cfn.runner.run(operation)
    assert [each.status for each in operation.executions] == ["FAILED", "SUCCEEDED"]
    (answer,) = cfn.receiver.answers(event["ResponseURL"])
    if history == "there":
        answer_to(event, cfn.receiver)
        assert answer["Status"] == "SUCCESS"
    else:
        assert answer["Status"] == "FAILED"
    cfn.properties, cfn.physical_id = NAMED, answer["PhysicalResourceId"]
    cfn.delete().succeeded()
    assert cfn.statuses() == {}


@pytest.mark.parametrize("steps", range(2, 9))
def test_an_execution_that_is_aborted_is_answered(cfn: CloudFormation, steps: int) -> None:
    event = cfn.event("Create", NAMED)
    operation = cfn.send(event)
    for _ in range(steps):
        operation.step()
    answered = bool(cfn.receiver.puts)
    operation.executions[0].abort()
    cfn.runner.run(operation)
    answer = answer_to(event, cfn.receiver)
    if answered:
        assert answer["Status"] == "SUCCESS"
    cfn.properties, cfn.physical_id = NAMED, answer["PhysicalResourceId"]
    cfn.delete().succeeded()
    assert cfn.statuses() == {}


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"version": None},
        {"phase": "dance"},
        {"tasks": [{}]},
        {"received": "tomorrow"},
    ],
    ids=["later release", "none", "phase", "tasks", "received"],
)
def test_a_state_that_cannot_be_carried_on_is_answered(cfn: CloudFormation, change: Json) -> None:
    """As after a release was rolled back while operations were under way."""
    event = cfn.event("Create", NAMED)
    operation = cfn.send(event)
    operation.step()
    (execution,) = operation.executions
    execution.input |= change
    cfn.runner.run(operation)
    answer = answer_to(event, cfn.receiver)
    assert answer["Status"] == "FAILED"
    assert cfn.statuses() == {}


def test_a_move_that_the_state_machine_does_not_know_is_answered(cfn: CloudFormation) -> None:
    event = cfn.event("Create", NAMED)

    def of_another_release(name: str, result: Any) -> None:
        if name == STEP:
            result["next"] = "dance"

    cfn.runner.functions.after = of_another_release
    operation = cfn.send(event)
    cfn.runner.run(operation)
    assert operation.executions[0].error == "States.NoChoiceMatched"
    answer = answer_to(event, cfn.receiver)
    assert answer["Status"] == "FAILED"
    assert answer["PhysicalResourceId"] == endpoint_arn("mine")


def test_a_release_carries_on_what_its_predecessor_began(cfn: CloudFormation) -> None:
    """A state of version 1 that knows less, and more, than this release."""
    event = cfn.event("Create", NAMED)
    operation = cfn.send(event)
    operation.step()
    (execution,) = operation.executions
    execution.input["of_a_later_patch"] = {"a": 1}
    del execution.input["deliveries"]
    cfn.runner.run(operation)
    assert cfn.receiver.answers(event["ResponseURL"])[0]["Status"] == "SUCCESS"
