"""Logs and metrics: whose each line is, what is counted, and that no line is a credential."""

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from provider.contract.errors import Blame
from provider.contract.event import Reply
from provider.telemetry import HIDDEN, NAMESPACE, SERVICE, Telemetry, quiet_libraries
from tests.unit import given

REPLY = given.reply()
LEVELS = ("debug", "info", "warning", "error")
IDENTITY = {
    "stack": given.STACK_ID,
    "logical_id": "Sentiment",
    "request": REPLY.request_id,
    "operation": "Update",
    "service": "comprehend-endpoint-provider",
}

Start = Callable[..., tuple[Telemetry, Callable[[], list[dict[str, Any]]]]]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Begins an invocation, with everything logged, and gives what reads its lines."""
    logger = logging.getLogger(SERVICE)
    level = logger.level

    def begin(reply: Reply | None = REPLY, operation: str = "Update") -> Any:
        telemetry = Telemetry(reply, operation)
        stream = io.StringIO()
        for handler in logger.handlers:
            monkeypatch.setattr(handler, "stream", stream)
        logger.setLevel(logging.DEBUG)
        return telemetry, lambda: [json.loads(line) for line in stream.getvalue().splitlines()]

    yield begin
    logger.setLevel(level)


def log_everything(telemetry: Telemetry, text: str = "here", **fields: Any) -> None:
    """Log a text at every level, and an exception with a cause that quotes it."""
    for level in LEVELS:
        getattr(telemetry, level)(text, **fields)
    try:
        try:
            raise OSError(text)
        except OSError as error:
            raise ValueError(f"because of {text}") from error
    except ValueError:
        telemetry.exception(text)


def test_every_line_says_whose_it_is_and_where_in_the_provider_it_was_logged(start: Start) -> None:
    telemetry, lines = start()
    log_everything(telemetry, "observed", endpoint=given.ARN)
    *plain, exception = lines()
    expected = IDENTITY | {"message": "observed"}
    assert [line["level"] for line in plain] == [level.upper() for level in LEVELS]
    for line in (*plain, exception):
        assert line | expected == line
        assert line["location"].partition(":")[0] == log_everything.__name__
    assert {line["endpoint"] for line in plain} == {given.ARN}
    assert (exception["level"], exception["exception_name"]) == ("ERROR", "ValueError")
    assert "because of observed" in exception["exception"]


def test_an_invocation_has_its_own_names_or_none_if_the_event_names_nobody(start: Start) -> None:
    start()[0].info("one")
    telemetry, lines = start(given.reply(logical_id="Other", request_id="2"), "Delete")
    telemetry.info("two")
    (line,) = lines()
    assert (line["logical_id"], line["request"], line["operation"]) == ("Other", "2", "Delete")
    telemetry, lines = start(None, "Modify")
    telemetry.info("three")
    (line,) = lines()
    assert line["operation"] == "Modify"
    assert not {"stack", "logical_id", "request"} & set(line)


def test_a_line_with_half_a_character_can_be_printed(start: Start) -> None:
    telemetry, lines = start(given.reply(logical_id="half \ud800"))
    telemetry.info("here", endpoint="\udfff")
    for handler in logging.getLogger(SERVICE).handlers:
        assert isinstance(handler, logging.StreamHandler)
        assert handler.stream.getvalue().encode()
    (line,) = lines()
    assert (line["logical_id"], line["endpoint"]) == ("half \ud800", "\udfff")


# ---------------------------------------------------------------- The ResponseURL


@pytest.mark.parametrize(
    "text",
    [
        given.URL,
        f"PUT /{given.URL.partition('test/')[2]} failed",
        f"?{given.QUERY}",
        given.QUERY,
    ],
)
def test_the_response_url_is_hidden_at_every_level_and_in_exceptions(
    start: Start, text: str
) -> None:
    start(given.reply(response_url="https://an-earlier-one.example.test"))
    telemetry, lines = start()
    log_everything(telemetry, text, problem=text, nested={"event": [{"ResponseURL": text}]})
    *plain, exception = map(json.dumps, lines())
    for line in (*plain, exception):
        assert given.QUERY not in line
        assert "X-Amz-Signature" not in line
    assert {line.count(HIDDEN) for line in plain} == {3}
    assert exception.count(HIDDEN) >= 3


def test_a_url_without_a_query_is_hidden_too(start: Start) -> None:
    url = "https://responses.example.test/secret-path"
    telemetry, lines = start(given.reply(response_url=url))
    telemetry.info(f"sent to {url}")
    assert lines()[0]["message"] == f"sent to {HIDDEN}"


@pytest.mark.parametrize("url", ["https://x.test/?e", "https://x.test/", "https://x.test/?"])
def test_a_url_too_short_for_a_signature_hides_nothing(start: Start, url: str) -> None:
    telemetry, lines = start(given.reply(response_url=url))
    telemetry.info("here", endpoint=given.ARN)
    (line,) = lines()
    assert (line["message"], line["endpoint"]) == ("here", given.ARN)
    assert HIDDEN not in json.dumps(line)


@pytest.mark.parametrize(
    ("logger", "child"),
    [
        ("botocore", "endpoint"),
        ("boto3", "resources"),
        ("urllib3", "connectionpool"),
        ("crhelper", "utils"),
    ],
)
def test_libraries_are_quiet_below_what_matters(logger: str, child: str) -> None:
    level = logging.getLogger(logger).level
    try:
        quiet_libraries()
        assert not logging.getLogger(f"{logger}.{child}").isEnabledFor(logging.INFO)
    finally:
        logging.getLogger(logger).setLevel(level)


# In a process of its own, as Lambda does it: the root logger has a handler before anything else.

PROCESS = """
import json, logging, sys
logging.basicConfig(level=logging.DEBUG, stream=sys.stdout, format="ROOT %(message)s")

from botocore.awsrequest import AWSResponse
from provider import telemetry
from provider.aws.step_functions import StepFunctionsGateway
from provider.contract.event import parse_reply
from provider.handlers.resource import SafeResource

class Raw:
    def stream(self, *_, **__):
        yield b'{"executionArn": "arn:x", "startDate": 0}'

if sys.argv[2] == "loud":
    telemetry.quiet_libraries = lambda: None
    telemetry._Formatter.format = lambda self, record: record.getMessage()

event = json.loads(sys.argv[1])
reply = parse_reply(event)
log = telemetry.Telemetry(reply, "Create")
logging.getLogger().setLevel(logging.DEBUG)

def hook(*_):
    arn = "arn:aws:states:eu-west-1:123456789012:stateMachine:x"
    gateway = StepFunctionsGateway("eu-west-1", arn)
    gateway._client.meta.events.register(
        "before-send", lambda request, **_: AWSResponse(request.url, 200, {}, Raw())
    )
    assert gateway.start("a" * 64, {"event": event})
    log.debug("debugging", event=event)
    raise ValueError("it was " + reply.response_url)

try:
    SafeResource(create=hook, update=hook, delete=hook)(event, None)
except ValueError:
    log.exception("failed")
"""


def run(mode: str) -> str:
    """Everything that an invocation prints, whoever prints it."""
    environment = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    ran = subprocess.run(
        [sys.executable, "-B", "-c", PROCESS, json.dumps(given.event()), mode],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment
        | {
            "PATH": os.defpath,
            "PYTHONPATH": os.pathsep.join([str(given.PACKAGE.parent), *filter(None, sys.path)]),
            "POWERTOOLS_LOG_LEVEL": "DEBUG",
        },
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout + ran.stderr


def test_no_library_s_line_shows_the_response_url_with_the_root_logger_at_debug() -> None:
    printed = run("quiet")
    assert "debugging" in printed
    assert "failed" in printed
    assert given.QUERY not in printed
    assert "X-Amz-Signature" not in printed


def test_without_the_precautions_it_would_be_shown() -> None:
    # Were this not so, the test before could not fail.
    printed = run("loud").splitlines()
    leaks = [line for line in printed if given.QUERY in line]
    assert any("Making request" in line for line in leaks), "botocore shows its request"
    assert any("'RequestType': 'Create'" in line for line in leaks), "crhelper shows the event"
    assert any("it was " in line for line in leaks), "an error shows what it quotes"


# ---------------------------------------------------------------- Metrics


def embedded(text: str) -> list[tuple[str, str, float, dict[str, str]]]:
    """Each printed metric: its name, unit, value, and dimensions but for the service."""
    found = []
    for line in map(json.loads, text.splitlines()):
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == NAMESPACE
        assert line["service"] == "comprehend-endpoint-provider"
        (metric,), (names,) = directive["Metrics"], directive["Dimensions"]
        (value,) = line[metric["Name"]]
        about = {name: line[name] for name in sorted(names) if name != "service"}
        found.append((metric["Name"], metric["Unit"], value, about))
    return found


@pytest.mark.parametrize(
    ("blame", "outcome", "is_failure"),
    [
        (None, "Success", False),
        (Blame.USER, "UserError", False),
        (Blame.SERVICE, "ServiceError", True),
        (Blame.PROVIDER, "ProviderError", True),
    ],
)
def test_an_operation_is_counted_by_outcome_and_only_ours_and_the_service_s_as_failures(
    start: Start,
    capsys: pytest.CaptureFixture[str],
    blame: Blame | None,
    outcome: str,
    is_failure: bool,
) -> None:
    start()[0].decided("Delete", blame, 12.5)
    assert embedded(capsys.readouterr().out) == [
        ("Operations", "Count", 1.0, {"operation": "Delete", "outcome": outcome}),
        *([("Failures", "Count", 1.0, {"kind": outcome})] if is_failure else []),
        ("Duration", "Seconds", 12.5, {"operation": "Delete"}),
    ]


def test_api_errors_what_is_left_and_an_orphan_scan_are_measured(
    start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    telemetry, _ = start()
    telemetry.api_error("UpdateEndpoint", "ResourceInUseException")
    telemetry.clean_up_failed()
    telemetry.endpoint_kept()
    telemetry.scanned("Orphaned", 2, 5, 216.0)
    orphaned = {"classification": "Orphaned"}
    error = {"api": "UpdateEndpoint", "code": "ResourceInUseException"}
    assert embedded(capsys.readouterr().out) == [
        ("ApiErrors", "Count", 1.0, error),
        ("CleanupFailures", "Count", 1.0, {}),
        ("EndpointsKept", "Count", 1.0, {}),
        ("Endpoints", "Count", 2.0, orphaned),
        ("InferenceUnits", "Count", 5.0, orphaned),
        ("DailyCost", "None", 216.0, orphaned),
    ]
