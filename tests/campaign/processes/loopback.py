"""AWS on 127.0.0.1: real sockets, HTTP and TLS between the functions and who answers them."""

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Protocol
from urllib.parse import parse_qsl

from local.comprehend.protocol import Reply
from local.comprehend.server import Server
from local.serving import serving
from testing.receiver import Receiver

STATE_MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:provider"

DROPPED = Reply(0, dropped=True)


class Answering(Protocol):
    """Who answers. DROPPED, or None for a PUT: whoever called will never know."""

    def comprehend(self, headers: Mapping[str, str], body: bytes) -> Reply: ...

    def step_functions(self, operation: str, body: bytes) -> Reply: ...

    def cloudformation(self, action: str, parameters: Mapping[str, str]) -> Reply: ...

    def put(self, url: str, headers: Mapping[str, str], body: bytes) -> int | None: ...


class Loopback:
    """The ends of all connections; `answering` is who answers at the moment. To be closed."""

    def __init__(self) -> None:
        self.answering: Answering | None = None
        self._open = ExitStack()
        self._server = Server(("127.0.0.1", 0), self._serve)
        self._open.enter_context(serving(self._server, "loopback"))
        self._receiver = self._open.enter_context(
            Receiver(lambda url, headers, body: self.present().put(url, headers, body))
        )

    @property
    def host(self) -> str:
        """That answers are PUT to, with its port."""
        return self._receiver.host

    def environment(self) -> dict[str, str]:
        """Points a function's SDK and its HTTPS here, and nowhere else."""
        services = ("COMPREHEND", "SFN", "CLOUDFORMATION")
        return {
            **{f"AWS_ENDPOINT_URL_{service}": self._server.url for service in services},
            "STATE_MACHINE_ARN": STATE_MACHINE,
            "NO_PROXY": "127.0.0.1",
            "SSL_CERT_FILE": str(self._receiver.certificate),
        }

    def close(self) -> None:
        self._open.close()

    def present(self) -> Answering:
        if self.answering is None:
            raise RuntimeError("nobody is there to answer")
        return self.answering

    def _serve(self, headers: Mapping[str, str], body: bytes) -> Reply:
        prefix, _, operation = headers.get("x-amz-target", "").rpartition(".")
        if prefix == "AWSStepFunctions":
            return self.present().step_functions(operation, body)
        if prefix:
            return self.present().comprehend(headers, body)
        parameters = dict(parse_qsl(body.decode()))
        return self.present().cloudformation(parameters.pop("Action", ""), parameters)
