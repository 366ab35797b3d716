"""SafeResource against the pinned crhelper and the next one: it routes, and nothing else runs."""

import hashlib
import importlib.metadata
import inspect
import logging
import re
import threading
from collections.abc import Mapping
from typing import Any

import boto3
import pytest
from crhelper import CfnResource

from provider.contract.event import Operation
from provider.handlers import request as request_function
from provider.handlers.resource import Event, SafeResource
from provider.reconcile.state import load
from tests.unit import given
from tests.unit.fakes import FakeExecutions

ROUTING = ("__call__", "_crhelper_init", "create", "update", "delete")
"""What the project relies on in crhelper as it is."""


class Called:
    """A hook that remembers its calls."""

    def __init__(self, outcome: object = None) -> None:
        self.outcome = outcome
        self.calls: list[tuple[Mapping[str, Any], object]] = []

    def __call__(self, event: Mapping[str, Any], context: object) -> object:
        self.calls.append((event, context))
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome


class NoTimeLeft:
    """A context that says what Lambda's says just before a timeout."""

    aws_request_id = "1"
    function_name = "provider"

    def get_remaining_time_in_millis(self) -> int:
        return 1


CONTEXT = NoTimeLeft()


def route(event: Event, hook: Called) -> Any:
    """Has crhelper call one hook, whatever the verb. Returns the outcome."""
    resource = SafeResource(create=hook, update=hook, delete=hook)
    resource(event, CONTEXT)
    return resource.outcome


@pytest.mark.parametrize("more", [{}, {"CrHelperPoll": True, "CrHelperData": {}}])
@pytest.mark.parametrize("operation", Operation)
def test_every_request_type_reaches_its_own_hook_once_with_the_event(
    operation: Operation, more: dict[str, Any]
) -> None:
    hooks = {each: Called(f"of {each}") for each in Operation}
    sent = given.event(operation, **more)
    resource = SafeResource(
        create=hooks[Operation.CREATE],
        update=hooks[Operation.UPDATE],
        delete=hooks[Operation.DELETE],
    )
    resource(sent, CONTEXT)
    assert resource.outcome == f"of {operation}"
    assert {each: hook.calls for each, hook in hooks.items()} == {
        each: [(sent, CONTEXT)] if each is operation else [] for each in Operation
    }
    assert sent == given.event(operation, **more)


@pytest.mark.parametrize("outcome", [None, True, False, "", "some-id", {"PhysicalResourceId": "x"}])
def test_what_a_hook_returns_comes_back_as_it_is(outcome: object) -> None:
    assert route(given.event("Create"), Called(outcome)) is outcome


@pytest.mark.parametrize(
    "error", [ValueError("a"), KeyError("b"), SystemExit(1), KeyboardInterrupt()]
)
@pytest.mark.parametrize("operation", Operation)
def test_an_exception_of_a_hook_comes_through(error: BaseException, operation: str) -> None:
    with pytest.raises(type(error)) as caught:
        route(given.event(operation), Called(error))
    assert caught.value is error


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        pytest.param({}, KeyError, id="an empty event"),
        pytest.param(
            {k: v for k, v in given.event("Create").items() if k != "ResponseURL"},
            KeyError,
            id="no ResponseURL",
        ),
        pytest.param(given.event("Modify"), KeyError, id="an unknown RequestType"),
    ],
)
def test_a_malformed_event_fails_and_reaches_no_hook(
    sent: dict[str, Any], error: type[Exception]
) -> None:
    hook = Called()
    with pytest.raises(error):
        route(sent, hook)
    assert hook.calls == []


def test_a_failure_at_start_is_raised_not_answered_later() -> None:
    resource = SafeResource(create=Called(), update=Called(), delete=Called())
    with pytest.raises(RuntimeError, match="broken"):
        resource.init_failure(RuntimeError("broken"))


@pytest.fixture
def forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes everything of crhelper's that the project does not rely on fail when it is called."""

    def refuse(name: str) -> Any:
        def refused(*_: object, **__: object) -> None:
            pytest.fail(f"crhelper's {name} was called")

        return refused

    for name, member in vars(CfnResource).items():
        if callable(member) or isinstance(member, staticmethod):
            if name in ROUTING:
                continue
            monkeypatch.setattr(CfnResource, name, refuse(name))
    monkeypatch.setattr(boto3, "client", refuse("boto3.client"))
    monkeypatch.setattr(threading, "Timer", refuse("timer"))
    monkeypatch.setattr("crhelper.log_helper.setup", refuse("log_helper.setup"))
    monkeypatch.setattr("crhelper.resource_helper.sleep", refuse("sleep"))
    monkeypatch.setattr("crhelper.resource_helper._send_response", refuse("_send_response"))


@pytest.mark.usefixtures("forbidden")
@pytest.mark.parametrize("operation", Operation)
@pytest.mark.parametrize("error", [None, ValueError("x")])
def test_nothing_else_of_crhelper_runs(operation: str, error: Exception | None) -> None:
    hook = Called(error)
    threads = threading.active_count()
    if error is None:
        route(given.event(operation), hook)
    else:
        with pytest.raises(ValueError, match="x"):
            route(given.event(operation), hook)
    assert threading.active_count() == threads
    assert len(hook.calls) == 1


@pytest.mark.parametrize("level", [logging.DEBUG, logging.ERROR])
def test_the_loggers_stay_as_they_are(level: int) -> None:
    names = (None, "boto3", "botocore", "urllib3", "boto")
    root = logging.getLogger()
    original = root.level
    root.setLevel(level)
    try:
        before = [logging.getLogger(name).level for name in names]
        formatters = [handler.formatter for handler in root.handlers]
        route(given.event("Create"), Called())
        assert [logging.getLogger(name).level for name in names] == before
        assert [handler.formatter for handler in root.handlers] == formatters
    finally:
        root.setLevel(original)


# The request function, which is the only one that has crhelper route.


class Broken(FakeExecutions):
    """A Step Functions whose every answer is a fault of the provider's."""

    def start(self, name: str, state: Mapping[str, Any]) -> bool:
        raise ValueError("x")


def invoke(event: Event, executions: FakeExecutions) -> None:
    request_function.handler(event, CONTEXT, lambda _: executions, lambda: 1_700_000_000.0)


def test_each_invocation_has_an_instance_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[SafeResource] = []

    class Remembered(SafeResource):
        def __init__(self, **hooks: Any) -> None:
            super().__init__(**hooks)
            made.append(self)

    monkeypatch.setattr(request_function, "SafeResource", Remembered)
    for _ in range(2):
        invoke(given.event("Create"), FakeExecutions())
    assert len({id(each) for each in made}) == len(made) == 2


def test_nothing_of_a_request_reaches_the_next() -> None:
    executions = FakeExecutions()
    with pytest.raises(ValueError, match="x"):
        invoke(given.event("Create"), Broken())
    sent = given.event("Delete", physical_id=given.ARN, RequestId="another")
    invoke(sent, executions)
    (state,) = executions.started.values()
    raw = ("ResourceProperties", "OldResourceProperties")
    assert load(state).event == {name: each for name, each in sent.items() if name not in raw}


# The pin. What is relied upon and what is overridden must be what was read.

VERSION = "2.0.12"
OVERRIDDEN = tuple(
    name
    for name in vars(SafeResource)
    if name in vars(CfnResource) and inspect.isfunction(vars(SafeResource)[name])
)
SHA_256 = {
    "__call__": "384927b60a91557a929e4d5c785a38f2c9fc9f228d76a096a33a236e3ac3061b",
    "__init__": "a9be06696666055f7c7a764d7a94f058de40dcbef7e87b3e53471ae3c3d4e480",
    "_crhelper_init": "8c8c8824e5efbe2cf5dc0f7b70971b748ba2f8f7fe88c306af10314cb2d0cf6e",
    "_get_func": "24905fbdbe7284cb0dff9b7720d78df84159341ba03d1c6d9a3db1b2fc705439",
    "_log_setup": "ea1bc46a1a815c11e81c66be59f89c2b4f828cd786eec8ecf62223efc40d151c",
    "_poll_enabled": "a7dea3b154245821504714bf39544da3bbdce9182505de8b15cae742bb00a3d3",
    "_polling_init": "0950e2acf1d05ebf05290780f847a96020ead671579bbaeb42768a29ad97e0a2",
    "_send": "5ae6b7a4f38e023851b44bb9d6e08d6cbdb511d168a80ffa10da2c5d1f2ed081",
    "_set_timeout": "dd0681169335caf4c9a2ad59830b7d009ba2bf95f0ec51053f8a23e23978aad0",
    "_wrap_function": "87206bfa2b96de7d7a8f2a26d0184cfb720f16ba2c4cab1c55858f9ff9d4ef0f",
    "init_failure": "7414b001e9c269dee35733872f0745c5a1a9800cd2decfb3538ec8c168bcc8a2",
    "create": "47d3b859b644d7d3048c309a279f6b4a8013b5deb2e54ff33bc6c660012fc84f",
    "update": "c1a38bd088a25ab8747b3105758e796dd99e7f865ab5f4364cc658cccee49fad",
    "delete": "3d04435f6a487001a09b350328e8234df207f107232b254692987ca4d62a7563",
}


def digest(name: str) -> str:
    return hashlib.sha256(inspect.getsource(getattr(CfnResource, name)).encode()).hexdigest()


def test_crhelper_is_the_release_that_was_read() -> None:
    found = importlib.metadata.version("crhelper")
    assert found == VERSION, (
        f"crhelper {found} is installed, and docs/crhelper.md speaks of {VERSION}. Read what has "
        "changed in it, correct that page and src/provider/handlers/resource.py, then record the "
        "release and the digests here."
    )
    locked = (given.ROOT / "requirements" / "runtime.txt").read_text(encoding="utf-8")
    assert f"crhelper=={VERSION} " in locked


@pytest.mark.parametrize("name", sorted({*ROUTING, *OVERRIDDEN}))
def test_the_method_is_the_one_that_was_read(name: str) -> None:
    assert digest(name) == SHA_256.get(name), (
        f"crhelper's {name} is not what src/provider/handlers/resource.py was written against. "
        f"Read the new one, check that {name} of SafeResource, or the routing that calls it, is "
        f'still right, then record "{name}": "{digest(name)}" here.'
    )


def test_no_digest_is_recorded_of_what_is_neither_relied_upon_nor_overridden() -> None:
    assert set(SHA_256) == {*ROUTING, *OVERRIDDEN}


# docs/crhelper.md and the code name the same defects.

NUMBERS = re.compile(r"\((\d+(?:, \d+)*)\)")
HEADING = re.compile(r"^### (\d+)\. .+$", re.MULTILINE)


def answered_by_the_page() -> dict[int, set[str]]:
    """The overrides that the page names as the answer to each numbered defect."""
    page = (given.ROOT / "docs" / "crhelper.md").read_text(encoding="utf-8")
    parts = HEADING.split(page)[1:]
    answers = {
        int(number): text.partition("**Here:**")[2].partition("\n\n")[0]
        for number, text in zip(parts[::2], parts[1::2], strict=True)
    }
    return {
        number: set(re.findall(r"`SafeResource(?:\.(\w+))?`", answer))
        for number, answer in answers.items()
    }


def answered_by_the_code() -> dict[str, set[int]]:
    """The defects that each override says it answers, in its docstring, or in its comments if it
    has none. The class's own have an empty name.
    """
    texts = {"": inspect.getdoc(SafeResource) or ""}
    for name in OVERRIDDEN:
        method = vars(SafeResource)[name]
        texts[name] = method.__doc__ or inspect.getsource(method)
    return {
        name: {int(each) for group in NUMBERS.findall(text) for each in group.split(", ")}
        for name, text in texts.items()
    }


def test_every_override_answers_the_defects_for_which_the_page_names_it() -> None:
    code = answered_by_the_code()
    assert all(code.values()), code
    assert answered_by_the_page() == {
        number: {name for name, numbers in code.items() if number in numbers}
        for number in range(1, 26)
    }
