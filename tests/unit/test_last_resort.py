"""The last resort: it answers what every other part has failed to answer, with what it is given."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from provider import answer, last_resort
from provider.errors import Blame, DeliveryError
from provider.identity import Whose, request_digest, undetermined_id
from provider.state import Next, Phase, Progression, State, load
from tests.unit import given
from tests.unit.fakes import Delivered

ERROR = {"Error": "States.Timeout", "Cause": f"no time left for {given.URL}"}


@pytest.fixture
def delivered(monkeypatch: pytest.MonkeyPatch) -> Delivered:
    fake = Delivered()
    monkeypatch.setattr(last_resort, "deliver", fake)
    return fake


def state(operation: str = "Create", **fields: Any) -> dict[str, Any]:
    """The state of an operation, as the state machine holds it."""
    physical_id = None if operation == "Create" else given.ARN
    event = given.event(operation, physical_id=physical_id)
    dumped = State(event, 1.5, 3541.5, **fields).dump()
    travelled: dict[str, Any] = json.loads(json.dumps(dumped))
    return travelled


def failed_step(kept: dict[str, Any]) -> dict[str, Any]:
    """What the state machine sends when a step has failed for good."""
    return kept | {"error": ERROR}


def failed_execution(
    first: dict[str, Any], history: Any = None, *, status: str = "ABORTED"
) -> dict[str, Any]:
    """What the last-resort state machine sends: the status change, and the history if it has it."""
    detail = {"status": status, "input": json.dumps(first), "name": "a" * 64}
    return {"detail": detail} | ({} if history is None else {"history": history})


def failed_invocation(event: Any) -> dict[str, Any]:
    """What Lambda sends when the request function has failed for good."""
    return {
        "version": "1.0",
        "requestContext": {"condition": "RetriesExhausted", "approximateInvokeCount": 3},
        "requestPayload": event,
        "responsePayload": {"errorMessage": f"cannot import: {given.URL}"},
    }


def history(*newest_first: dict[str, Any]) -> dict[str, Any]:
    """What GetExecutionHistory gives, the newest event first, with what is of no use in between."""
    events: list[dict[str, Any]] = [{"Type": "ExecutionAborted"}]
    for each in newest_first:
        events += [
            {"Type": "TaskStateExited", "StateExitedEventDetails": {"Output": json.dumps(each)}},
            {"Type": "TaskSucceeded", "TaskSucceededEventDetails": {"Output": "{}"}},
        ]
    return {"Events": events}


def only(delivered: Delivered) -> dict[str, Any]:
    assert delivered.urls == [given.URL]
    (body,) = delivered.bodies
    return body


FORMS = {
    "a step failed": failed_step(state("Update")),
    "the execution was aborted": failed_execution(state("Update")),
    "the execution was aborted, with its history": failed_execution(
        state("Update"), history(state("Update"))
    ),
    "the request function failed": failed_invocation(given.event("Update", physical_id=given.ARN)),
}


@pytest.mark.parametrize("form", FORMS)
def test_the_request_is_answered_whatever_failed(form: str, delivered: Delivered) -> None:
    assert last_resort.handler(FORMS[form], None) == {"answered": "FAILED"}
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
    last_resort.handler(FORMS[form], None)
    reason = only(delivered)["Reason"]
    assert reason.startswith(f"The provider failed: {cause}. ")
    assert reason.endswith("See the provider's log, then deploy again.")


@pytest.mark.parametrize("form", FORMS)
def test_neither_answer_nor_log_shows_the_response_url(
    form: str, delivered: Delivered, capsys: pytest.CaptureFixture[str]
) -> None:
    last_resort.handler(FORMS[form], None)
    shown = json.dumps(delivered.bodies) + capsys.readouterr().out
    assert given.QUERY not in shown
    assert "X-Amz-Signature" not in shown


DECIDED = answer.success(given.reply(), given.ARN, {"Status": "IN_SERVICE"})
OTHER = answer.failure(given.reply(), given.ARN, "an answer of another time")


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
    assert last_resort.handler(event, None) == {"answered": "SUCCESS"}
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
    last_resort.handler(failed_execution(state("Update")) | {"history": useless}, None)
    assert only(delivered)["PhysicalResourceId"] == given.ARN


def test_where_a_key_hides_the_execution_s_input_its_history_is_enough(
    delivered: Delivered,
) -> None:
    # Step Functions Developer Guide, "Data at rest encryption": the event has none of the data.
    event = failed_execution(state(), history(decided(), state()))
    del event["detail"]["input"]

    assert last_resort.handler(event, None) == {"answered": "SUCCESS"}
    assert only(delivered) == DECIDED


def test_where_a_key_hides_both_the_request_goes_to_the_queue(delivered: Delivered) -> None:
    event = failed_execution(state(), {"Error": "States.TaskFailed", "Cause": "KMS"})
    del event["detail"]["input"]

    with pytest.raises(ValueError, match="no request that could be answered"):
        last_resort.handler(event, None)
    assert delivered.bodies == []


MADE = Progression(creations=1, whose=Whose.MADE)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({"arn": given.ARN, "progression": MADE}, given.ARN, id="made"),
        pytest.param(
            {"arn": given.ARN, "progression": Progression(whose=Whose.MADE)},
            given.ARN,
            id="made in a step that was lost",
        ),
        pytest.param({}, undetermined_id(given.reply()), id="nothing is known"),
        pytest.param(
            {"arn": given.ARN}, undetermined_id(given.reply()), id="whose it is is not known"
        ),
        pytest.param(
            {"arn": given.ARN, "progression": Progression(whose=Whose.FOREIGN)},
            undetermined_id(given.reply()),
            id="somebody else's",
        ),
        pytest.param(
            {"progression": MADE}, undetermined_id(given.reply()), id="made, but where is not known"
        ),
    ],
)
def test_a_create_s_id_is_the_arn_only_where_the_request_made_the_endpoint(
    fields: dict[str, Any], expected: str, delivered: Delivered
) -> None:
    last_resort.handler(failed_step(state(**fields)), None)
    assert only(delivered)["PhysicalResourceId"] == expected


def test_a_create_of_which_only_the_event_is_known_has_an_id_that_is_no_arn(
    delivered: Delivered,
) -> None:
    last_resort.handler(failed_invocation(given.event()), None)
    assert only(delivered)["PhysicalResourceId"] == undetermined_id(given.reply())


@pytest.mark.parametrize(
    "looks",
    [
        {"answer": OTHER},
        {"answer": {"Status": "SUCCESS", "PhysicalResourceId": "forged"}},
        {"arn": given.ARN, "progression": {"creations": 1}},
        {"progression": ["forged"]},
        {"event": given.event(ResponseURL="https://evil.example.test/")},
        {"detail": {"input": json.dumps(given.event(physical_id="forged"))}},
    ],
)
def test_an_event_that_looks_like_a_state_is_an_event(
    looks: dict[str, Any], delivered: Delivered
) -> None:
    last_resort.handler(failed_invocation(given.event() | looks), None)
    body = only(delivered)
    assert body["Status"] == "FAILED"
    assert body["PhysicalResourceId"] == undetermined_id(given.reply())


@pytest.mark.parametrize("operation", ["Update", "Delete"])
def test_an_update_or_delete_keeps_its_id(operation: str, delivered: Delivered) -> None:
    kept = state(operation, arn=given.ARN + "-replacement", progression=MADE)
    last_resort.handler(failed_step(kept), None)
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
        last_resort.handler(event, None)
    assert delivered.bodies == []
    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert line["level"] == "ERROR"
    assert line["message"].startswith("nobody to answer")


def test_what_cannot_be_delivered_is_raised_for_the_queue(delivered: Delivered) -> None:
    delivered.error = DeliveryError("CloudFormation did not take the answer", final=False)
    with pytest.raises(DeliveryError):
        last_resort.handler(failed_step(state()), None)


def test_its_answer_is_logged_and_counted(
    delivered: Delivered, capsys: pytest.CaptureFixture[str]
) -> None:
    last_resort.handler(failed_step(state()), None)
    line, metric = map(json.loads, capsys.readouterr().out.splitlines())
    assert line == {
        "level": "ERROR",
        "message": "the last resort answers FAILED",
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
                    "Metrics": [{"Name": "LastResortAnswers", "Unit": "Count"}],
                }
            ]
        },
        "LastResortAnswers": 1,
        "service": "comprehend-endpoint-provider",
    }


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
    last_resort.handler(failed_invocation(event), None, lambda _: started)
    assert delivered.bodies == []
    ((name, input_),) = started.executions.items()
    assert name == request_digest(given.reply())
    kept = load(input_)
    assert (kept.phase, kept.next, kept.event) == (Phase.ANSWER, Next.STEP, event)
    assert kept.blame is Blame.PROVIDER
    assert kept.answer is not None
    assert (kept.answer["Status"], kept.answer["PhysicalResourceId"]) == ("FAILED", given.ARN)
    assert "LastResortAnswers" in capsys.readouterr().out


def test_what_has_its_execution_already_is_answered_by_that_alone(
    delivered: Delivered, capsys: pytest.CaptureFixture[str]
) -> None:
    event = failed_invocation(given.event())
    answered = last_resort.handler(event, None, lambda _: Started(taken=True))
    assert answered == {"answered": "by the execution that it has"}
    assert delivered.bodies == []
    assert "LastResortAnswers" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "named"),
    [
        (
            ClientError(
                {"Error": {"Code": "AccessDeniedException", "Message": given.URL}}, "StartExecution"
            ),
            "AccessDeniedException",
        ),
        (ConnectionError(given.URL), "ConnectionError"),
    ],
)
def test_where_no_execution_can_be_started_it_answers_itself(
    error: Exception, named: str, delivered: Delivered, capsys: pytest.CaptureFixture[str]
) -> None:
    event = failed_invocation(given.event())
    last_resort.handler(event, None, lambda _: Started(error=error))
    assert only(delivered)["Status"] == "FAILED"
    shown = capsys.readouterr().out
    assert named in shown
    assert given.QUERY not in shown


def test_the_sdk_is_quiet_about_what_it_hands_over(
    delivered: Delivered, caplog: pytest.LogCaptureFixture
) -> None:
    """At DEBUG it logs what it sends, and a state holds the ResponseURL."""
    caplog.set_level(logging.DEBUG, logger="botocore")
    last_resort.handler(failed_invocation(given.event()), None, lambda _: Started())
    assert not logging.getLogger("botocore.endpoint").isEnabledFor(logging.DEBUG)


def test_an_event_that_is_no_proper_request_needs_no_execution(delivered: Delivered) -> None:
    """The request function answers it itself, and with the same words."""
    started = Started()
    event = failed_invocation(given.event() | {"RequestType": "Read"})
    last_resort.handler(event, None, lambda _: started)
    assert started.executions == {}
    assert only(delivered)["Reason"].startswith("RequestType")


# It has to work where nothing else does: without a single package that is not Python's own.

ALONE = """
import json, sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in sys.stdlib_module_names and top != "provider":
            raise ModuleNotFoundError(f"{name} is not Python's own", name=name)

sys.meta_path.insert(0, Blocker())
sys.path.insert(0, sys.argv[1])
from provider import last_resort

last_resort.deliver = lambda url, body: print("SENT", json.dumps([url, body]))
last_resort.handler(json.loads(sys.stdin.read()), None)
ours = sorted(name for name in sys.modules if name.startswith("provider."))
print("LOADED", json.dumps(ours))
"""


def alone(event: Any, script: str = ALONE) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        # Isolated, without site-packages, and writing no bytecode beside the sources.
        [sys.executable, "-I", "-S", "-B", "-c", script, str(given.PACKAGE.parent)],
        input=json.dumps(event),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": os.defpath},
    )


@pytest.mark.parametrize("form", FORMS)
def test_it_answers_where_no_other_package_can_be_imported(form: str) -> None:
    ran = alone(FORMS[form])
    assert ran.returncode == 0, ran.stderr
    lines = dict(line.split(" ", 1) for line in ran.stdout.splitlines() if line[0] != "{")
    url, body = json.loads(lines["SENT"])
    assert url == given.URL
    assert (body["Status"], body["PhysicalResourceId"]) == ("FAILED", given.ARN)
    loaded = set(json.loads(lines["LOADED"]))
    assert loaded == {
        f"provider.{name}"
        for name in ("answer", "delivery", "errors", "identity", "last_resort", "request")
    }


def test_the_isolation_is_one() -> None:
    # Were the blocker of no effect, the test before could not fail.
    script = ALONE.replace("from provider import last_resort", "from provider import properties")
    ran = alone(FORMS["a step failed"], script)
    assert ran.returncode != 0
    assert "fastjsonschema is not Python's own" in ran.stderr
