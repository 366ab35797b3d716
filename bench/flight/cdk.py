"""The CDK's Provider framework as a peer: its framework functions, in Node, and its waiter.

The waiter is one Task with a retrier and a catcher (waiter-state-machine.js); it is played here by
the rules of Step Functions, since it does nothing else.
"""

import contextlib
import http.client
import itertools
import json
import ssl
import subprocess
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from bench import peers
from bench.flight.course import Json
from bench.flight.third_party import Account, account, loaded
from local.cdk import TOOLS, node
from testing.account import ASYNC_PAUSES
from testing.arns import ACCOUNT, REGION
from testing.turns import Turns

VERSION = "2.275.0"
INTERVAL = 5.0
"""Seconds between two tries: DEFAULT_INTERVAL of provider-framework/util.js."""
MAX_ATTEMPTS = 360
"""Tries after the first: DEFAULT_TIMEOUT of 30 minutes by the interval (the same file)."""
BACKOFF_RATE = 1.0
FUNCTIONS = peers.FOLDER / "cdk" / "handlers" / "index.py"
"""What the framework calls: one process's, which serves all."""

_RUNTIME = "custom-resources/lib/provider-framework/runtime"
_HOST = Path(__file__).with_name("framework.js")
_ON_EVENT = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:on-event"
_IS_COMPLETE = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:is-complete"
_ENVIRONMENT = {
    "USER_ON_EVENT_FUNCTION_ARN": _ON_EVENT,
    "USER_IS_COMPLETE_FUNCTION_ARN": _IS_COMPLETE,
    "WAITER_STATE_MACHINE_ARN": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:waiter",
}


class Cdk:
    """One provider of the framework."""

    def __init__(self, around: Account, to_node: IO[str], from_node: IO[str]) -> None:
        self.mailbox, self.admin = around.mailbox, around.admin
        self._clock = around.clock
        self._to_node, self._from_node = to_node, from_node
        self._numbers = itertools.count()
        self._here = threading.local()
        """Of the operation that runs: the executions to come, and where it is answered."""
        functions = loaded(FUNCTIONS)
        self._functions = {_ON_EVENT: functions.on_event, _IS_COMPLETE: functions.is_complete}
        self._ssl = ssl.create_default_context(cafile=around.certificate)

    def carry_out(self, event: Json) -> None:
        self._here.url, self._here.waiting = event["ResponseURL"], []
        for pause in ASYNC_PAUSES:
            self._clock.advance(pause)
            if self._framework("onEvent", event) is None:
                break
        for state in self._here.waiting:
            self._wait(state)

    def _wait(self, state: Json) -> None:
        """An execution of the waiter."""
        error: Json | None = {}
        tries = 0
        while error is not None and tries <= MAX_ATTEMPTS:
            if tries:
                self._clock.advance(INTERVAL * BACKOFF_RATE ** (tries - 1))
            error = self._framework("isComplete", state)
            tries += 1
        if error is not None:
            # The catcher's input.
            told = {"Error": error["errorType"], "Cause": json.dumps(error)}
            self._framework("onTimeout", told)

    def _framework(self, handler: str, event: Json) -> Json | None:
        """Invokes one of the framework's functions; gives the error that it ended with."""
        number = next(self._numbers)
        self._say({"id": number, "handler": handler, "event": event})
        while not (heard := self._hear(number)).get("done"):
            answer = getattr(self, f"_{heard['call']}")(*heard["given"])
            self._say({"id": number, "answer": answer})
        error: Json | None = heard.get("error")
        return error

    def _say(self, line: Json) -> None:
        self._to_node.write(json.dumps(line) + "\n")
        self._to_node.flush()

    def _hear(self, number: int) -> Json:
        """The line that answers the last that was said: Node does nothing by itself."""
        heard: Json = json.loads(self._from_node.readline())
        if heard["id"] != number:
            raise RuntimeError(f"Node answers {heard['id']} instead of {number}")
        return heard

    # What outbound.js does.

    def _invokeFunction(self, request: Json) -> Json:
        function = self._functions[request["FunctionName"]]
        try:
            result = function(json.loads(request["Payload"]), None)
        except Exception as error:
            told = {
                "errorMessage": str(error),
                "errorType": type(error).__name__,
                "stackTrace": traceback.format_tb(error.__traceback__),
            }
            return {"FunctionError": "Unhandled", "Payload": json.dumps(told)}
        return {"Payload": json.dumps(result)}

    def _startExecution(self, request: Json) -> Json:
        self._here.waiting.append(json.loads(request["input"]))
        return {}

    def _httpRequest(self, options: Json, body: str) -> None:
        # It leaves the port away: pre-signed URLs have none.
        there = urlsplit(self._here.url)
        if options["path"] != f"{there.path}?{there.query}":
            raise RuntimeError(f"an answer to {options['path']}")
        connection = http.client.HTTPSConnection(there.netloc, context=self._ssl, timeout=30)
        with contextlib.closing(connection):
            connection.request(
                options["method"], options["path"], body.encode(), options["headers"]
            )
            status = connection.getresponse().status
        if status >= 400:
            raise RuntimeError(f"the receiver answers {status}")


def runtime() -> Path:
    """The folder of the framework's functions, as `make .venv/tools/.ready` unpacks the CDK."""
    (found,) = TOOLS.glob(f"jsii/aws-cdk-lib/{VERSION}/*/{_RUNTIME}")
    return found


@contextlib.contextmanager
def cdk(clock: Turns, settings: Json) -> Iterator[Cdk]:
    """A Kind."""
    with (
        account(clock, settings) as around,
        subprocess.Popen(
            [node(), "--no-deprecation", _HOST, runtime()],
            env=_ENVIRONMENT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Cdk(around, process.stdin, process.stdout)
        finally:
            # The end of its input ends it, where it has not ended by itself.
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
            process.wait(timeout=30)
