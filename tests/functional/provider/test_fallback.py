"""Requests whose functions, state machine or queue fail: still answered, once."""

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from local.comprehend import Admin
from testing.account import EXECUTION_HISTORY, QUEUE
from testing.asl import TaskError
from testing.events import Json
from testing.functions import FALLBACK, REQUEST, STEP
from testing.one_resource import NAMED, OneResource, tags

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
    cfn: OneResource, kind: str, error: str
) -> None:
    if kind != "Create":
        cfn.given(NAMED)
    cfn.account.functions.before = failing(STEP, error)
    event = cfn.event(kind, {**NAMED, "DesiredInferenceUnits": "2"}, NAMED)
    outcome = cfn.run(event).failed("The provider failed", error)
    assert outcome.operation.executions[0].entered[-2:] == ["Fallback", "Answered"]
    assert "FallbackAnswers" in cfn.account.functions.log.getvalue()


@pytest.mark.parametrize("nth", range(4))
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    "changes", [{"DesiredInferenceUnits": "2"}, {"EndpointName": "second"}], ids=["units", "rename"]
)
def test_any_step_may_be_lost_or_repeated(
    cfn: OneResource, changes: Json, when: str, nth: int
) -> None:
    """Lost before it did anything, or after it did everything; the campaign plays all requests."""
    cfn.given(NAMED)
    setattr(cfn.account.functions, when, failing(STEP, calls=[nth]))
    updated = cfn.update({**NAMED, **changes, **tags(a="1")}).succeeded()
    assert sorted(set(updated.changes)) == sorted(updated.changes)
    assert cfn.endpoint()["Tags"]["a"] == "1"


def test_an_answer_that_was_decided_is_repeated_by_the_fallback(cfn: OneResource) -> None:
    """It was sent, but the step is lost each time: the same answer comes again and again."""

    def dies_after_sending(name: str, result: Any) -> None:
        if name == STEP and cfn.mailbox.puts:
            raise TaskError("MemoryError", "{}")

    cfn.account.functions.after = dies_after_sending
    outcome = cfn.create(NAMED).succeeded()
    assert outcome.operation.executions[0].entered[-1] == "Answered"
    assert len(cfn.mailbox.puts) > 2


def test_throttling_of_lambda_is_waited_out(cfn: OneResource) -> None:
    cfn.account.functions.before = failing(STEP, THROTTLED, range(60))
    outcome = cfn.create(NAMED).succeeded()
    assert outcome.seconds > 600


def test_a_request_function_that_fails_is_tried_again(cfn: OneResource, admin: Admin) -> None:
    cfn.account.functions.before = failing(REQUEST, calls=[0, 1])
    cfn.create(NAMED).succeeded()
    assert len(admin.calls("CreateEndpoint")) == 1


@pytest.mark.parametrize("kind", ["Create", "Update", "Delete"])
def test_a_request_function_that_always_fails_is_answered_by_the_fallback_for_good(
    cfn: OneResource, kind: str
) -> None:
    """If the event comes once more, and the function works again, nothing happens."""
    if kind != "Create":
        cfn.given(NAMED)
    before = cfn.admin.endpoints()
    cfn.account.functions.before = failing(REQUEST)
    event = cfn.event(kind, NAMED, NAMED)
    failed = cfn.run(event).failed("The provider failed")
    assert failed.changes == []
    assert failed.operation.executions[0].entered == ["Step", "Next", "Done"]
    cfn.account.functions.before = lambda name, event: None
    cfn.account.run(cfn.send(event))
    assert [put.answer() for put in cfn.mailbox.puts] == [failed.answer]
    assert cfn.admin.endpoints() == before


def test_a_fallback_that_always_fails_leaves_the_request_in_the_queue(
    cfn: OneResource,
) -> None:
    for failing_function in (REQUEST, STEP):
        intercept = both(failing(failing_function), failing(FALLBACK))
        cfn.account.functions.before = intercept
        event = cfn.event("Create", NAMED)
        cfn.account.run(cfn.send(event))
        # All that an answer needs is there, and what was asked for.
        message = json.dumps(cfn.account.queue.pop())
        for name in ("ResponseURL", "StackId", "RequestId", "LogicalResourceId", "RequestType"):
            assert json.dumps({name: event[name]})[1:-1] in message
        assert json.dumps(NAMED["ModelArn"]) in message
        assert cfn.account.queue == []
    assert cfn.mailbox.puts == []


def test_a_queue_that_fails_too_has_the_decided_answer_sent_once_more(cfn: OneResource) -> None:
    cfn.mailbox.misbehave(403, times=4)
    cfn.account.functions.before = failing(QUEUE)
    event = cfn.event("Create", NAMED)
    outcome = cfn.run(event).succeeded()
    assert outcome.operation.executions[0].entered[-2:] == ["Fallback", "Answered"]


@pytest.mark.parametrize("history", ["there", "missing"])
def test_an_execution_that_fails_is_answered_by_the_other_state_machine(
    cfn: OneResource, history: str
) -> None:
    """CloudFormation, the queue and the fallback are out of order, and then recover."""
    cfn.mailbox.misbehave(403, times=5)
    cfn.account.functions.before = both(
        failing(QUEUE), *([failing(EXECUTION_HISTORY)] if history == "missing" else [])
    )
    event = cfn.event("Create", NAMED)
    operation = cfn.send(event)
    cfn.account.run(operation)
    assert [each.status for each in operation.executions] == ["FAILED", "SUCCEEDED"]
    (answer,) = cfn.mailbox.answers(event["ResponseURL"])
    # Without the history, nobody knows the answer that was decided.
    assert answer["Status"] == ("SUCCESS" if history == "there" else "FAILED")
    cfn.properties, cfn.physical_id = NAMED, answer["PhysicalResourceId"]
    cfn.delete().succeeded()
    assert cfn.statuses() == {}


@pytest.mark.parametrize("steps", range(2, 9))
def test_an_execution_that_is_aborted_is_answered(cfn: OneResource, steps: int) -> None:
    operation = cfn.send(cfn.event("Create", NAMED))
    for _ in range(steps):
        operation.step()
    answered = bool(cfn.mailbox.puts)
    operation.executions[0].abort()
    outcome = cfn.finish(operation)
    if answered:
        outcome.succeeded()
    cfn.delete().succeeded()
    assert cfn.statuses() == {}


@pytest.mark.parametrize(
    "change",
    [{"version": 2}, {"tasks": [{}]}, {"added": 1}],
    ids=["version", "tasks", "a field more"],
)
def test_a_state_that_cannot_be_carried_on_is_answered(cfn: OneResource, change: Json) -> None:
    """As after a release was rolled back while operations were under way."""
    operation = cfn.send(cfn.event("Create", NAMED))
    operation.step()
    operation.executions[0].input |= change
    cfn.finish(operation).failed(
        "The provider failed: a newer release of the provider began this operation", "deploy again"
    )
    assert cfn.statuses() == {}


def test_a_move_that_the_state_machine_does_not_know_is_answered(cfn: OneResource) -> None:
    def of_another_release(name: str, result: Any) -> None:
        if name == STEP:
            result["next"] = "dance"

    cfn.account.functions.after = of_another_release
    outcome = cfn.create(NAMED).failed("The provider failed")
    assert outcome.operation.executions[0].error == "States.NoChoiceMatched"
    assert outcome.physical_id.startswith("failed/")
    cfn.account.functions.after = lambda name, result: None
    cfn.delete().succeeded()
    assert cfn.statuses() == {}
