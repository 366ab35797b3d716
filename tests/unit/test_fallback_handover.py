"""The fallback's hand-over: what the request function failed at is answered by an execution."""

import json
import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest

from provider.contract import response
from provider.contract.errors import Blame
from provider.handlers import fallback, request
from provider.model.api_errors import ApiError
from provider.model.naming import execution_name
from provider.reconcile.operation import step
from provider.reconcile.state import Next, Phase, answering_state, load
from tests.unit import given
from tests.unit.fakes import Delivered, FakeComprehend, FakeExecutions, services
from tests.unit.fallback_events import failed_invocation


@pytest.fixture
def delivered() -> Delivered:
    return Delivered()


class Started:
    """Step Functions: starts an execution unless the request has one, or fails."""

    def __init__(self, *, taken: bool = False, error: Exception | None = None) -> None:
        self.taken = taken
        self.error = error
        self.executions: dict[str, Any] = {}

    def start(self, name: str, state: Mapping[str, Any]) -> bool:
        if self.error is not None:
            raise self.error
        if not self.taken:
            self.executions[name] = json.loads(json.dumps(state))
        return not self.taken


def test_what_the_request_function_failed_at_is_answered_by_an_execution_of_its_name(
    delivered: Delivered, capsys: pytest.CaptureFixture[str]
) -> None:
    started = Started()
    event = given.event("Update", physical_id=given.ARN)
    fallback.handler(failed_invocation(event), None, lambda _: started, deliver=delivered)
    assert delivered.bodies == []
    ((name, input_),) = started.executions.items()
    assert name == execution_name(given.request("Update", physical_id=given.ARN), event)
    kept = load(input_)
    assert (kept.phase, kept.next, kept.event) == (Phase.ANSWER, Next.STEP, event)
    assert kept.blame is Blame.PROVIDER
    assert kept.answer is not None
    assert (kept.answer["Status"], kept.answer["PhysicalResourceId"]) == ("FAILED", given.ARN)
    assert "FallbackAnswers" in capsys.readouterr().out


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(given.event(), id="create"),
        pytest.param(given.event(ResourceProperties={}), id="invalid create"),
        pytest.param(given.event("Update", old=given.TEMPLATE, physical_id=given.ARN), id="update"),
        pytest.param(
            given.event("Update", old={"EndpointName": "a"}, physical_id=given.ARN), id="replace"
        ),
        pytest.param(
            given.event(
                "Update",
                physical_id=given.ARN,
                ResourceProperties={"EndpointName": ["a"], "ModelArn": 7},
                OldResourceProperties="none",
            ),
            id="malformed properties",
        ),
        pytest.param(
            given.event("Delete", physical_id="invented", ResourceProperties=7), id="delete"
        ),
    ],
)
def test_the_request_function_and_the_fallback_name_an_execution_alike(
    event: dict[str, Any], delivered: Delivered
) -> None:
    first, second = FakeExecutions(), FakeExecutions()
    request.handler(event, None, lambda _: first, lambda: 20.0)
    fallback.handler(failed_invocation(event), None, lambda _: second, deliver=delivered)
    assert list(first.started) == list(second.started)
    # The tag of what it makes names it, too.
    assert [load(each).execution for each in first.started.values()] == list(first.started)


def test_what_has_its_execution_already_is_answered_by_that_alone(
    delivered: Delivered, capsys: pytest.CaptureFixture[str]
) -> None:
    event = failed_invocation(given.event())
    answered = fallback.handler(event, None, lambda _: Started(taken=True), deliver=delivered)
    assert answered == {"answered": "by the execution that it has"}
    assert delivered.bodies == []
    assert "FallbackAnswers" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "named"),
    [
        (
            ApiError("StartExecution", "AccessDeniedException", given.URL, 400),
            "AccessDeniedException",
        ),
        (ConnectionError(given.URL), "ConnectionError"),
    ],
)
def test_if_no_execution_can_be_started_it_answers_itself(
    error: Exception, named: str, delivered: Delivered, capsys: pytest.CaptureFixture[str]
) -> None:
    event = failed_invocation(given.event())
    fallback.handler(event, None, lambda _: Started(error=error), deliver=delivered)
    assert [body["Status"] for body in delivered.bodies] == ["FAILED"]
    shown = capsys.readouterr().out
    assert named in shown
    assert given.QUERY not in shown


def test_the_sdk_is_quiet_about_what_it_hands_over(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, delivered: Delivered
) -> None:
    """At DEBUG it logs what it sends, and a state holds the ResponseURL."""
    enabled = []

    def make_client(*_: object) -> Any:
        enabled.append(logging.getLogger("botocore.endpoint").isEnabledFor(logging.DEBUG))
        raise RuntimeError("that is enough")

    monkeypatch.setenv("STATE_MACHINE_ARN", "arn:aws:states:::stateMachine:provider")
    executions = partial(fallback.connect_executions, make_client=make_client)
    caplog.set_level(logging.DEBUG, logger="botocore")
    fallback.handler(failed_invocation(given.event()), None, executions, deliver=delivered)
    assert enabled == [False]


def test_an_event_that_is_no_proper_request_needs_no_execution(delivered: Delivered) -> None:
    """The request function answers it itself, and with the same words."""
    started = Started()
    event = failed_invocation(given.event() | {"RequestType": "Read"})
    fallback.handler(event, None, lambda _: started, deliver=delivered)
    assert started.executions == {}
    (body,) = delivered.bodies
    assert body["Reason"].startswith("RequestType")


def test_the_execution_that_answers_does_nothing_else() -> None:
    body = response.failure(given.reply(), given.ARN, "The provider failed.")
    kept = load(json.loads(json.dumps(answering_state(given.event(), body, 20.0))))
    delivered = Delivered()
    played = services(FakeComprehend(given.endpoint()), delivered=delivered)
    while kept.next is not Next.END:
        step(kept, kept.request(), played)
    assert delivered.bodies == [body]
    assert isinstance(played.comprehend, FakeComprehend)
    assert played.comprehend.calls == []
