"""One AWS account in this process: Lambda, Step Functions and Comprehend's end of the SDK."""

import contextlib
import functools
import http.client
import io
import json
import logging
import ssl
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from unittest import mock

import boto3
import botocore.exceptions
from botocore import UNSIGNED
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config

from local.asl import TaskError
from local.comprehend import ManualClock
from local.comprehend.protocol import Protocol, Reply
from local.functions import Functions, Stacks
from local.runner import Operation, Runner
from provider.contract.event import Reply as Addressee
from provider.model.stack import StackEvent, StackRecord, StackView
from provider.telemetry import SERVICE
from tests.campaign.interception import HISTORY, READ, START, ProcessGoneError, Site
from tests.campaign.mailbox import Mailbox
from tests.functional.emulated import ACCOUNT

Around = Callable[[Site, Callable[[], Any]], Any]
"""Gets between a call and what carries it out; see Interception.call."""
Invocation = Callable[[str, Any, Callable[[Any], Any]], Any]
"""Gets between Lambda and a function; see Interception.invocation."""


class Wire:
    """Comprehend's end of the SDK's connection: the emulator, without a socket between."""

    def __init__(self, session: boto3.Session, protocol: Protocol, around: Around) -> None:
        self._session = session
        self._protocol = protocol
        self._around = around

    def client(self, service: str, **options: Any) -> Any:
        """Takes the place of boto3.client: a real client of the SDK, whose requests come here."""
        # Signing, and putting a user agent together, take a third of all the time, and nobody looks
        # at either.
        plain = options.pop("config").merge(Config(signature_version=UNSIGNED, user_agent="sdk"))
        # The SDK's types know a service by its literal name alone.
        client = self._session.client(service, config=plain, **options)  # type: ignore[call-overload]
        client.meta.events.register(f"before-send.{service}", self._send)
        return client

    def _send(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        headers = {name.lower(): _text(value) for name, value in request.headers.items()}
        region = str(request.url).split(".")[1]
        headers["authorization"] = f"Credential={ACCOUNT}/20270101/{region}/comprehend/aws4_request"
        body = request.body if isinstance(request.body, bytes) else str(request.body).encode()
        name = headers["x-amz-target"].rpartition(".")[2]
        reply: Reply = self._around(Site(name), lambda: self._protocol.handle(headers, body))
        if reply.dropped:
            raise botocore.exceptions.ConnectionClosedError(endpoint_url=request.url)
        told: Any = dict(reply.headers)
        return AWSResponse(request.url, reply.status, told, _Raw(reply.body))


class _Raw:
    """As much of urllib3's response as botocore reads."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._body


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


class Reads(Stacks):
    """CloudFormation's read calls."""

    def __init__(
        self,
        view: Callable[[str, str], StackView],
        history: Callable[[str], list[StackEvent]],
        around: Around,
    ) -> None:
        super().__init__()
        self._view = view
        self._history = history
        self._around = around

    def view(self, reply: Addressee) -> StackView:
        seen: StackView = self._around(
            Site(READ), lambda: self._view(reply.stack_id, reply.logical_id)
        )
        return seen

    def stack(self, stack_id: str) -> StackRecord | None:
        # Read together with the events: one call more to fail would be the same.
        return StackRecord("")

    def events(self, stack_id: str) -> Iterator[StackEvent]:
        happened: list[StackEvent] = self._around(Site(HISTORY), lambda: self._history(stack_id))
        return reversed(happened)


class Lambda(Functions):
    """Runs the functions with the mailbox for HTTPS, and with processes that can end anywhere."""

    def __init__(
        self,
        clock: ManualClock,
        stacks: Stacks,
        runner: Runner,
        wire: Wire,
        mailbox: Mailbox,
        around: Invocation,
    ) -> None:
        super().__init__(clock, stacks, runner)
        self._client = functools.cache(wire.client)
        self._mailbox = mailbox
        self._around = around

    def invoke(self, name: str, event: Any) -> Any:
        handlers = logging.getLogger(SERVICE).handlers
        formatters = [(handler, handler.formatter) for handler in handlers]
        try:
            return self._around(name, event, functools.partial(super().invoke, name))
        except ProcessGoneError as gone:
            raise TaskError(gone.error, json.dumps({"errorType": gone.error})) from gone
        finally:
            # An invocation inside another one, which on AWS runs in a process of its own.
            for handler, formatter in formatters:
                handler.setFormatter(formatter)

    @contextlib.contextmanager
    def _as_in_lambda(self) -> Iterator[None]:
        with (
            super()._as_in_lambda(),
            mock.patch.object(http.client, "HTTPSConnection", self._mailbox.connection),
            # Reading the machine's certificates takes longer than a whole operation.
            mock.patch.object(ssl, "create_default_context", _no_certificates),
        ):
            yield


def _no_certificates() -> None:
    """Takes the place of ssl.create_default_context."""


class Account(Runner):
    """The state machines, and the functions that they call."""

    def __init__(
        self,
        clock: ManualClock,
        stacks: Stacks,
        functions: Callable[[Runner], Functions],
        around: Around,
    ) -> None:
        super().__init__(clock, stacks)
        self.functions = functions(self)
        self._around = around

    def start(self, name: str, state: Mapping[str, Any]) -> bool:
        begin = super().start
        started: bool = self._around(Site(START), lambda: begin(name, state))
        return started

    def advance(self, operation: Operation) -> None:
        """Makes one step of an operation, also from inside a step of another one."""
        outer = self._operation
        try:
            operation.step()
        finally:
            self._operation = outer


class RootLog(logging.StreamHandler[io.StringIO]):
    """All that any library logs, at every level, in the functions' log."""

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        root = logging.getLogger()
        level = root.level
        root.addHandler(self)
        root.setLevel(logging.DEBUG)
        try:
            yield
        finally:
            root.setLevel(level)
            root.removeHandler(self)
