"""AWS's end of a first request: one HTTPS server that says yes to whatever the subjects call.

What is measured is the process that calls. So this answers at once, with the same few bytes for
everybody, and keeps the input with which an execution was started.
"""

import json
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import botocore

from local.installation import PROJECT
from local.serving import serving
from testing.arns import classifier, endpoint_arn
from testing.receiver import certify

EVENT = json.loads((PROJECT / "events" / "create.json").read_text(encoding="utf-8"))
"""What the request function gets."""
STACK: str = EVENT["StackId"]
ENDPOINT_ARN, MODEL_ARN = endpoint_arn("reviews-endpoint"), classifier("reviews/version/v3")
_XML = (
    '<{0}Response xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">'
    "<{0}Result>{1}</{0}Result></{0}Response>"
)
_CLOUDFORMATION = {
    "DescribeStackEvents": (
        f"<StackEvents><member><EventId>1</EventId><StackName>reviews</StackName>"
        f"<StackId>{STACK}</StackId><PhysicalResourceId>{STACK}</PhysicalResourceId>"
        "<LogicalResourceId>reviews</LogicalResourceId>"
        "<ResourceStatus>CREATE_IN_PROGRESS</ResourceStatus>"
        "<Timestamp>2026-01-01T00:00:00Z</Timestamp></member></StackEvents>"
    ),
}
_JSON: dict[str, tuple[int, Any]] = {
    "DescribeEndpoint": (400, {"__type": "ResourceNotFoundException", "Message": "not there"}),
    "CreateEndpoint": (200, {"EndpointArn": ENDPOINT_ARN}),
    "StartExecution": (200, {"executionArn": "arn:aws:states:::execution:x:y", "startDate": 0}),
    "PutRule": (200, {"RuleArn": "arn:aws:events:us-east-1:000000000000:rule/poll"}),
    "PutTargets": (200, {"FailedEntryCount": 0, "FailedEntries": []}),
    "AddPermission": (201, {"Statement": "{}"}),
}


class Services:
    """What has been called, and where; `serving_all` makes one."""

    def __init__(self, url: str, ca_bundle: Path) -> None:
        self.url = url
        self.ca_bundle = ca_bundle
        """As long as the SDK's own: to read it is a part of every start."""
        self.calls: list[str] = []
        """The operations that were called, in order."""
        self.started_with: Any = None
        """The input of the last execution that was started."""

    def answer(self, operation: str, body: bytes) -> tuple[int, bytes]:
        """The status and the body of an answer. Raises KeyError for what nobody should call."""
        self.calls.append(operation)
        if operation in _CLOUDFORMATION:
            return 200, _XML.format(operation, _CLOUDFORMATION[operation]).encode()
        if operation == "StartExecution":
            self.started_with = json.loads(json.loads(body)["input"])
        status, answer = _JSON[operation]
        return status, json.dumps(answer).encode()


@contextmanager
def serving_all() -> Iterator[Services]:
    """Listens on a free port, and answers whatever is called."""
    with tempfile.TemporaryDirectory(prefix="bench-start-") as folder:
        bundle = Path(folder, "bundle.pem")
        known = Path(botocore.__file__).with_name("cacert.pem").read_bytes()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        bundle.write_bytes(certify(context) + b"\n" + known)
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        services = Services(f"https://127.0.0.1:{server.server_port}", bundle)
        server.RequestHandlerClass = partial(_Handler, services)
        with serving(server, "services"):
            yield services


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body leave in one piece.
    wbufsize = -1

    def __init__(self, services: Services, *arguments: Any) -> None:
        self._services = services
        super().__init__(*arguments)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        operation = _operation(self.path, self.headers, body)
        status, answer = self._services.answer(operation, body)
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


def _operation(path: str, headers: Any, body: bytes) -> str:
    """The operation that a request is for, in whichever of the SDK's protocols it comes."""
    target = headers.get("X-Amz-Target")
    if target:
        return str(target.rpartition(".")[2])
    if path.endswith("/policy"):
        return "AddPermission"
    return parse_qs(body.decode())["Action"][0]
