"""AWS on 127.0.0.1: real sockets, HTTP and TLS between the functions and who answers them."""

import threading
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Protocol
from urllib.parse import parse_qsl

from local.comprehend.protocol import Reply
from local.comprehend.server import Server
from local.receiver import RESET, Receiver

STATE_MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:provider"

DROPPED = Reply(0, dropped=True)


class Answering(Protocol):
    """Who answers. DROPPED, or None for a PUT: whoever called will never know."""

    def comprehend(self, headers: Mapping[str, str], body: bytes) -> Reply: ...

    def step_functions(self, operation: str, body: bytes) -> Reply: ...

    def cloudformation(self, action: str, parameters: Mapping[str, str]) -> Reply: ...

    def put(self, path: str, headers: Mapping[str, str], body: bytes) -> int | None: ...


class Loopback:
    """The ends of all connections; `answering` is who answers at the moment. To be closed."""

    def __init__(self) -> None:
        self.answering: Answering | None = None
        self._server = Server(("127.0.0.1", 0), self._serve, lambda *_: Reply(404))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.daemon = True
        self._thread.start()
        self._open = ExitStack()
        self._receiver = self._open.enter_context(_Receiver(self))

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
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server.close_connections()

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


class _Receiver(Receiver):
    def __init__(self, loopback: Loopback) -> None:
        super().__init__()
        self._loopback = loopback

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    def take(self, path: str, headers: Mapping[str, str], body: bytes) -> int | str:
        status = self._loopback.present().put(path, headers, body)
        return RESET if status is None else status
