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

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., tuple[Telemetry, Lines]]]:
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


IDENTITY = {
    "stack": given.STACK_ID,
    "logical_id": "Sentiment",
    "request": given.reply().request_id,
    "operation": "Update",
    "service": "comprehend-endpoint-provider",
}


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_every_line_says_whose_it_is(start: Any, level: str) -> None:
    telemetry, lines = start()
    getattr(telemetry, level)("observed", endpoint=given.ARN, status="CREATING")
    (line,) = lines()
    assert line | IDENTITY == line
    assert line["level"] == level.upper()
    assert (line["message"], line["endpoint"], line["status"]) == (
        "observed",
        given.ARN,
        "CREATING",
    )


def test_a_line_says_where_in_the_provider_it_was_logged(start: Any) -> None:
    telemetry, lines = start()
    for log in (telemetry.debug, telemetry.info, telemetry.warning, telemetry.error):
        log("here")
    try:
        raise ValueError("x")
    except ValueError:
        telemetry.exception("here")
    name = test_a_line_says_where_in_the_provider_it_was_logged.__name__
    assert [line["location"].partition(":")[0] for line in lines()] == [name] * 5


def test_an_exception_is_logged_with_its_trace(start: Any) -> None:
    telemetry, lines = start()
    try:
        raise ValueError("the cause")
    except ValueError:
        telemetry.exception("a step failed")
    (line,) = lines()
    assert line | IDENTITY == line
    assert (line["level"], line["message"]) == ("ERROR", "a step failed")
    assert line["exception_name"] == "ValueError"
    assert "the cause" in line["exception"]


def test_an_event_that_names_nobody_is_logged_without_names(start: Any) -> None:
    telemetry, lines = start(None, "Modify")
    telemetry.error("not a request")
    (line,) = lines()
    assert line["operation"] == "Modify"
    assert not {"stack", "logical_id", "request"} & set(line)


def test_the_next_invocation_has_its_own_names(start: Any) -> None:
    first, _ = start()
    first.info("one")
    second, lines = start(given.reply(logical_id="Other", request_id="2"), "Delete")
    second.info("two")
    (line,) = lines()
    assert (line["logical_id"], line["request"], line["operation"]) == ("Other", "2", "Delete")
    third, lines = start(None, "Modify")
    third.info("three")
    assert not {"stack", "logical_id", "request"} & set(lines()[0])


def test_a_line_with_half_a_character_can_be_printed(start: Any) -> None:
    telemetry, lines = start(given.reply(logical_id="half \ud800"))
    telemetry.info("here", endpoint="\udfff")
    for handler in logging.getLogger(SERVICE).handlers:
        assert isinstance(handler, logging.StreamHandler)
        assert handler.stream.getvalue().encode()
    (line,) = lines()
    assert (line["logical_id"], line["endpoint"]) == ("half \ud800", "\udfff")


@pytest.mark.parametrize("url", ["https://x.test/?e", "https://x.test/", "https://x.test/?"])
def test_a_url_too_short_for_a_signature_blots_nothing_out(start: Any, url: str) -> None:
    telemetry, lines = start(given.reply(response_url=url))
    telemetry.info("here", endpoint=given.ARN)
    (line,) = lines()
    assert (line["message"], line["endpoint"]) == ("here", given.ARN)
    assert HIDDEN not in json.dumps(line)


def quoted() -> list[str]:
    """Texts that hold the credential: whole, and as the parts that errors quote."""
    path = given.URL.partition("test/")[2]
    return [given.URL, f"PUT /{path} failed", f"?{given.QUERY}", given.QUERY]


@pytest.mark.parametrize("text", quoted())
@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_the_response_url_is_hidden_at_every_level(start: Any, level: str, text: str) -> None:
    telemetry, lines = start()
    getattr(telemetry, level)(text, problem=text, nested={"event": [{"ResponseURL": text}]})
    (line,) = lines()
    shown = json.dumps(line)
    assert given.QUERY not in shown
    assert "X-Amz-Signature" not in shown
    assert shown.count(HIDDEN) == 3


@pytest.mark.parametrize("text", quoted())
def test_the_response_url_is_hidden_in_exceptions_and_their_causes(start: Any, text: str) -> None:
    telemetry, lines = start()
    try:
        try:
            raise OSError(text)
        except OSError as error:
            raise ValueError(f"because of {text}") from error
    except ValueError:
        telemetry.exception("a step failed")
    (line,) = lines()
    shown = json.dumps(line)
    assert "X-Amz-Signature" not in shown
    assert shown.count(HIDDEN) >= 2


def test_a_url_without_a_query_is_hidden_too(start: Any) -> None:
    url = "https://responses.example.test/secret-path"
    telemetry, lines = start(given.reply(response_url=url))
    telemetry.info(f"sent to {url}")
    assert lines()[0]["message"] == f"sent to {HIDDEN}"


def test_each_invocation_hides_its_own_url(start: Any) -> None:
    start()
    other = "https://responses.example.test/x?X-Amz-Signature=another"
    telemetry, lines = start(given.reply(response_url=other))
    telemetry.info(other)
    assert lines()[0]["message"] == HIDDEN


@pytest.fixture
def levels() -> Iterator[None]:
    names = ("boto3", "botocore", "urllib3", "crhelper")
    before = {name: logging.getLogger(name).level for name in names}
    yield
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.usefixtures("levels")
@pytest.mark.parametrize(
    "name", ["botocore.endpoint", "boto3.resources", "urllib3.connectionpool", "crhelper.utils"]
)
def test_libraries_are_quiet_below_what_matters(name: str) -> None:
    quiet_libraries()
    assert not logging.getLogger(name).isEnabledFor(logging.INFO)


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


# Metrics, in CloudWatch's embedded format.


def embedded(text: str) -> list[tuple[str, str, float, dict[str, str]]]:
    """Each printed metric: its name, unit, value and dimensions."""
    found = []
    for line in map(json.loads, text.splitlines()):
        (directive,) = line["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == NAMESPACE
        (metric,) = directive["Metrics"]
        (names,) = directive["Dimensions"]
        (value,) = line[metric["Name"]]
        found.append((metric["Name"], metric["Unit"], value, {name: line[name] for name in names}))
    return found


SERVED = {"service": "comprehend-endpoint-provider"}


@pytest.mark.parametrize("operation", ["Create", "Update", "Delete"])
@pytest.mark.parametrize(
    ("blame", "outcome", "failures"),
    [
        (None, "Success", []),
        (Blame.USER, "UserError", []),
        (
            Blame.SERVICE,
            "ServiceError",
            [("Failures", "Count", 1.0, SERVED | {"kind": "ServiceError"})],
        ),
        (
            Blame.PROVIDER,
            "ProviderError",
            [("Failures", "Count", 1.0, SERVED | {"kind": "ProviderError"})],
        ),
    ],
)
def test_an_operation_is_counted_by_kind_and_outcome_and_only_ours_and_the_service_s_alarm(
    operation: str,
    blame: Blame | None,
    outcome: str,
    failures: list[Any],
    start: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    telemetry, _ = start()
    telemetry.decided(operation, blame, 12.5)
    assert embedded(capsys.readouterr().out) == [
        ("Operations", "Count", 1.0, SERVED | {"operation": operation, "outcome": outcome}),
        *failures,
        ("Duration", "Seconds", 12.5, SERVED | {"operation": operation}),
    ]


def test_api_errors_and_failed_clean_ups_are_counted(
    start: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    telemetry, _ = start()
    telemetry.api_error("UpdateEndpoint", "ResourceInUseException")
    telemetry.clean_up_failed()
    assert embedded(capsys.readouterr().out) == [
        (
            "ApiErrors",
            "Count",
            1.0,
            SERVED | {"api": "UpdateEndpoint", "code": "ResourceInUseException"},
        ),
        ("CleanupFailures", "Count", 1.0, SERVED),
    ]


def test_the_endpoints_of_a_classification_are_measured(
    start: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    telemetry, _ = start(None, "OrphanScan")
    telemetry.scanned("Orphaned", 2, 5, 216.0)
    about = SERVED | {"classification": "Orphaned"}
    assert embedded(capsys.readouterr().out) == [
        ("Endpoints", "Count", 2.0, about),
        ("InferenceUnits", "Count", 5.0, about),
        ("DailyCost", "None", 216.0, about),
    ]
