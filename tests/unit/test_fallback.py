"""The fallback: it answers what every other part has failed to answer, with what is known."""

import json
from typing import Any

import pytest

from provider.contract import response
from provider.contract.errors import DeliveryError
from provider.contract.response import failed_id
from provider.handlers import fallback
from provider.model.ownership import ownership_tags
from provider.model.task import Goal, Task
from provider.reconcile.state import Phase
from tests.unit import given
from tests.unit.fakes import Delivered
from tests.unit.fallback_events import (
    ERROR,
    FORMS,
    failed_execution,
    failed_invocation,
    failed_step,
    history,
    state,
)


@pytest.fixture
def delivered() -> Delivered:
    return Delivered()


def only(delivered: Delivered) -> dict[str, Any]:
    assert delivered.urls == [given.URL]
    (body,) = delivered.bodies
    return body


@pytest.mark.parametrize("form", FORMS)
def test_the_request_is_answered_whatever_failed(form: str, delivered: Delivered) -> None:
    assert fallback.handler(FORMS[form], None, deliver=delivered) == {"answered": "FAILED"}
    body = only(delivered)
    assert body["Status"] == "FAILED"
    assert body["PhysicalResourceId"] == given.ARN
    assert (body["StackId"], body["LogicalResourceId"]) == (given.STACK_ID, "Sentiment")
    assert body["RequestId"] == given.reply().request_id


@pytest.mark.parametrize(
    ("form", "cause"),
    [
        ("a step failed", "a step of the operation (States.Timeout)"),
        ("the execution was aborted", "its execution ended as ABORTED"),
        ("the request function failed", "the request function (RetriesExhausted)"),
    ],
)
def test_the_reason_says_what_failed_and_what_to_do(
    form: str, cause: str, delivered: Delivered
) -> None:
    fallback.handler(FORMS[form], None, deliver=delivered)
    reason = only(delivered)["Reason"]
    assert reason.startswith(f"The provider failed: {cause}. ")
    assert reason.endswith("See the provider's log, then deploy again.")


@pytest.mark.parametrize("form", FORMS)
def test_neither_answer_nor_log_shows_the_response_url(
    form: str, delivered: Delivered, capsys: pytest.CaptureFixture[str]
) -> None:
    fallback.handler(FORMS[form], None, deliver=delivered)
    shown = json.dumps(delivered.bodies) + capsys.readouterr().out
    assert given.QUERY not in shown
    assert "X-Amz-Signature" not in shown


DECIDED = response.success(given.reply(), given.ARN, {"Status": "IN_SERVICE"})
OTHER = response.failure(given.reply(), given.ARN, "an answer of another time")


def decided(body: dict[str, Any] = DECIDED) -> dict[str, Any]:
    return state(phase=Phase.ANSWER, answer=body)


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(failed_step(decided()), id="in the state of the step that failed"),
        pytest.param(failed_execution(decided()), id="in the execution's input"),
        pytest.param(failed_execution(state(), history(decided())), id="in its history"),
        pytest.param(
            failed_execution(decided(OTHER), history(decided(), decided(OTHER), state())),
            id="in the newest state of its history",
        ),
        pytest.param(
            failed_execution(
                state(),
                {"events": [{"stateExitedEventDetails": {"output": json.dumps(decided())}}]},
            ),
            id="in a history in lower case",
        ),
    ],
)
def test_an_answer_that_was_decided_is_repeated(event: Any, delivered: Delivered) -> None:
    assert fallback.handler(event, None, deliver=delivered) == {"answered": "SUCCESS"}
    assert only(delivered) == DECIDED


@pytest.mark.parametrize(
    "useless",
    [
        {},
        {"Events": None},
        {"Events": []},
        {"Events": [{"StateExitedEventDetails": {"Output": "no json"}}]},
        {"Events": [{"StateExitedEventDetails": {"Output": "[1]"}}]},
        {"Events": [{"StateExitedEventDetails": {}}]},
        {"Error": "States.TaskFailed", "Cause": "denied"},
        "denied",
        None,
    ],
)
def test_without_a_history_of_use_the_execution_s_input_is_enough(
    useless: Any, delivered: Delivered
) -> None:
    fallback.handler(
        failed_execution(state("Update")) | {"history": useless}, None, deliver=delivered
    )
    assert only(delivered)["PhysicalResourceId"] == given.ARN


def test_if_a_key_hides_the_execution_s_input_its_history_is_enough(
    delivered: Delivered,
) -> None:
    # Step Functions Developer Guide, "Data at rest encryption": the event has none of the data.
    event = failed_execution(state(), history(decided(), state()))
    del event["detail"]["input"]

    assert fallback.handler(event, None, deliver=delivered) == {"answered": "SUCCESS"}
    assert only(delivered) == DECIDED


def test_if_a_key_hides_both_the_request_goes_to_the_queue(delivered: Delivered) -> None:
    event = failed_execution(state(), {"Error": "States.TaskFailed", "Cause": "KMS"})
    del event["detail"]["input"]

    with pytest.raises(ValueError, match="no request that could be answered"):
        fallback.handler(event, None, deliver=delivered)
    assert delivered.bodies == []


def ensuring(arn: str | None = given.ARN, **changes: Any) -> list[Task]:
    """The tasks of a Create or Update."""
    return [Task(Goal.ENSURE, arn, **changes)]


MADE: dict[str, Any] = {"creations": 1, "marks": ownership_tags(given.reply(), "its-execution")}


@pytest.mark.parametrize(
    "tasks",
    [
        pytest.param(ensuring(**MADE), id="made"),
        pytest.param(ensuring(marks=MADE["marks"]), id="made in a step that was lost"),
        pytest.param(ensuring(None, **MADE), id="made, but where is not known"),
        pytest.param([], id="nothing is known"),
        pytest.param(ensuring(None), id="nothing was observed yet"),
        pytest.param(ensuring(), id="whose it is is not known"),
        pytest.param(ensuring(marks={}), id="somebody else's"),
    ],
)
def test_a_create_s_id_is_no_arn_whatever_was_made(tasks: list[Task], delivered: Delivered) -> None:
    # An ARN is the id of a resource that was there. The Delete that follows looks for what is left.
    fallback.handler(failed_step(state(tasks=tasks)), None, deliver=delivered)
    assert only(delivered)["PhysicalResourceId"] == failed_id(given.reply())


def test_a_create_of_which_only_the_event_is_known_has_an_id_that_is_no_arn(
    delivered: Delivered,
) -> None:
    fallback.handler(failed_invocation(given.event()), None, deliver=delivered)
    assert only(delivered)["PhysicalResourceId"] == failed_id(given.reply())


@pytest.mark.parametrize(
    "looks",
    [
        {"answer": OTHER},
        {"answer": {"Status": "SUCCESS", "PhysicalResourceId": "forged"}},
        {"tasks": [{"arn": given.ARN, "creations": 1}]},
        {"tasks": ["forged"]},
        {"event": given.event(ResponseURL="https://evil.example.test/")},
        {"detail": {"input": json.dumps(given.event(physical_id="forged"))}},
    ],
)
def test_an_event_that_looks_like_a_state_is_an_event(
    looks: dict[str, Any], delivered: Delivered
) -> None:
    fallback.handler(failed_invocation(given.event() | looks), None, deliver=delivered)
    body = only(delivered)
    assert body["Status"] == "FAILED"
    assert body["PhysicalResourceId"] == failed_id(given.reply())


@pytest.mark.parametrize("operation", ["Update", "Delete"])
def test_an_update_or_delete_keeps_its_id(operation: str, delivered: Delivered) -> None:
    kept = state(operation, tasks=ensuring(given.ARN + "-replacement", **MADE))
    fallback.handler(failed_step(kept), None, deliver=delivered)
    assert only(delivered)["PhysicalResourceId"] == given.ARN


NOBODY: list[Any] = [
    None,
    [],
    "text",
    {},
    {"error": ERROR},
    {"event": {}},
    {"event": "text"},
    {"requestPayload": None},
    {"requestPayload": {"RequestType": "Create"}},
    {"detail": {"status": "FAILED", "input": "no json"}},
    {"detail": {"status": "FAILED"}},
    failed_invocation(given.event(ResponseURL="http://responses.example.test/")),
]


@pytest.mark.parametrize("event", NOBODY)
def test_an_event_without_a_request_is_raised_and_nothing_is_sent(
    event: Any, delivered: Delivered, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ValueError, match="no request that could be answered"):
        fallback.handler(event, None, deliver=delivered)
    assert delivered.bodies == []
    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert line["level"] == "ERROR"
    assert line["message"].startswith("cannot answer")


def test_what_cannot_be_delivered_is_raised_for_the_queue(delivered: Delivered) -> None:
    delivered.error = DeliveryError("CloudFormation did not take the answer", final=False)
    with pytest.raises(DeliveryError):
        fallback.handler(failed_step(state()), None, deliver=delivered)


def test_its_answer_is_logged_and_counted(
    delivered: Delivered, capsys: pytest.CaptureFixture[str]
) -> None:
    fallback.handler(failed_step(state()), None, deliver=delivered)
    line, metric = map(json.loads, capsys.readouterr().out.splitlines())
    assert line == {
        "level": "ERROR",
        "message": "the fallback answers FAILED",
        "service": "comprehend-endpoint-provider",
        "cause": "a step of the operation (States.Timeout)",
        "stack": given.STACK_ID,
        "logical_id": "Sentiment",
        "request": given.reply().request_id,
        "operation": "Create",
    }
    stamp = metric["_aws"].pop("Timestamp")
    assert isinstance(stamp, int)
    assert metric == {
        "_aws": {
            "CloudWatchMetrics": [
                {
                    "Namespace": "ComprehendEndpointProvider",
                    "Dimensions": [["service"]],
                    "Metrics": [{"Name": "FallbackAnswers", "Unit": "Count"}],
                }
            ]
        },
        "FallbackAnswers": 1,
        "service": "comprehend-endpoint-provider",
    }
