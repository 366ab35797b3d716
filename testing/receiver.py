"""CloudFormation's end of the answers at the end of a real connection: HTTPS on this machine."""

import contextlib
import socket
import ssl
import struct
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import trustme

from local.serving import serving

Take = Callable[[str, Mapping[str, str], bytes], int | None]
"""Takes a PUT by its URL, headers and body; gives the status, or None: the connection is reset."""


class Receiver:
    """Hands each PUT to `take`, while the context is open.

    `certificate` is the file that SSL_CERT_FILE has to name, `host` what URLs begin with.
    """

    def __init__(self, take: Take) -> None:
        self.take = take
        self.host = ""
        self._open = ExitStack()

    def __enter__(self) -> Self:
        folder = self._open.enter_context(tempfile.TemporaryDirectory(prefix="receiver-"))
        self.certificate = Path(folder, "certificate.pem")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.certificate.write_bytes(certify(context))
        server = _Server(self, context)
        self.host = f"127.0.0.1:{server.server_port}"
        self._open.enter_context(serving(server, "receiver"))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, receiver: Receiver, context: ssl.SSLContext) -> None:
        self.receiver = receiver
        self._context = context
        super().__init__(("127.0.0.1", 0), _Handler)

    def server_bind(self) -> None:
        # Not HTTPServer's, which looks the host's name up.
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def finish_request(self, request: Any, client_address: Any) -> None:
        # The handshake is made in the connection's own thread: a client that is slow with it, or
        # goes away, holds up nobody else.
        request.settimeout(30)
        with self._context.wrap_socket(request, server_side=True) as secure:
            super().finish_request(secure, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that went away is an everyday matter; what else there is, is a defect.
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    wbufsize = -1

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        receiver = self.server.receiver
        status = receiver.take(
            f"https://{receiver.host}{self.path}", dict(self.headers.items()), body
        )
        if status is None:
            with contextlib.suppress(OSError):
                # Closing with unsent data thrown away makes the other end see a reset.
                self.connection.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
            return
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """No line for each PUT: it would hold the URL."""


def certify(context: ssl.SSLContext) -> bytes:
    """Gives a server a certificate for 127.0.0.1. Returns that of the authority which its clients
    must trust, as PEM.
    """
    authority = trustme.CA()
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return authority.cert_pem.bytes()
