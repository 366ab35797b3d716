"""AWS's end of a first request: one HTTPS server that says yes to whatever the subjects call.

What is measured is the process that calls. So this answers at once, with the same few bytes for
everybody, and keeps the input with which an execution was started.
"""

import json
import ssl
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs

import botocore

from local.receiver import self_signed

ENDPOINT_ARN = (
    "arn:aws:comprehend:us-east-1:000000000000:document-classifier-endpoint/reviews-endpoint"
)
MODEL_ARN = "arn:aws:comprehend:us-east-1:000000000000:document-classifier/reviews/version/v3"
_XML = (
    '<{0}Response xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">'
    "<{0}Result>{1}</{0}Result></{0}Response>"
)
_CLOUDFORMATION = {
    "DescribeStacks": (
        "<Stacks><member><StackName>reviews</StackName>"
        "<StackStatus>CREATE_IN_PROGRESS</StackStatus></member></Stacks>"
    ),
    "DescribeStackResource": (
        "<StackResourceDetail><LogicalResourceId>Sentiment</LogicalResourceId>"
        "<ResourceStatus>CREATE_IN_PROGRESS</ResourceStatus></StackResourceDetail>"
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
    """Listens on a free port; a context manager. `ca_bundle` is as long as the SDK's own."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        """The operations that were called, in order."""
        self.started_with: Any = None
        """The input of the last execution that was started."""

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="bench-start-")
        certificate = Path(self._folder.name, "certificate.pem")
        certificate.write_bytes(self_signed())
        self.ca_bundle = Path(self._folder.name, "bundle.pem")
        known = Path(botocore.__file__).with_name("cacert.pem").read_bytes()
        self.ca_bundle.write_bytes(certificate.read_bytes() + b"\n" + known)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._server = _server(self)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="services", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._folder.cleanup()

    def answer(self, operation: str, body: bytes) -> tuple[int, bytes]:
        """The status and the body of an answer. Raises KeyError for what nobody should call."""
        self.calls.append(operation)
        if operation in _CLOUDFORMATION:
            return 200, _XML.format(operation, _CLOUDFORMATION[operation]).encode()
        if operation == "StartExecution":
            self.started_with = json.loads(json.loads(body)["input"])
        status, answer = _JSON[operation]
        return status, json.dumps(answer).encode()


def _server(services: Services) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Headers and body leave in one piece.
        wbufsize = -1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = services.answer(_operation(self.path, self.headers, body), body)
            self.send_response(status)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    return server


def _operation(path: str, headers: Any, body: bytes) -> str:
    """The operation that a request is for, in whichever of the SDK's protocols it comes."""
    target = headers.get("X-Amz-Target")
    if target:
        return str(target.rpartition(".")[2])
    if path.endswith("/policy"):
        return "AddPermission"
    return parse_qs(body.decode())["Action"][0]
