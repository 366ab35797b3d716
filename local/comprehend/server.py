"""The HTTP server: sockets and paths, and nothing about Comprehend."""

import contextlib
import json
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local.comprehend.protocol import Reply

LARGEST_BODY = 4 * 1024 * 1024
"""Bytes; no request of the API comes near."""

Service = Callable[[Mapping[str, str], bytes], Reply]
Administration = Callable[[str, Any], Reply]


class Server(ThreadingHTTPServer):
    """Listens on one address; port 0 takes a free one."""

    daemon_threads = True
    # A burst of clients that connect at once must not meet refused connections.
    request_queue_size = 1024

    def __init__(
        self,
        address: tuple[str, int],
        service: Service,
        administration: Administration,
        verbose: bool = False,
    ) -> None:
        self.service = service
        self.administration = administration
        self.verbose = verbose
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        # Not HTTPServer's, which looks the host's name up.
        socket_address = self.socket
        socket_address.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        socket_address.bind(self.server_address)
        self.server_address = socket_address.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    @property
    def url(self) -> str:
        return f"http://{self.server_name}:{self.server_port}"

    def track(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections[connection] = threading.current_thread()

    def untrack(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.pop(connection, None)

    def close_connections(self) -> None:
        """Ends the threads that wait on idle keep-alive connections."""
        with self._lock:
            connections = dict(self._connections)
        for connection in connections:
            with contextlib.suppress(OSError):  # The client may have been faster.
                connection.shutdown(socket.SHUT_RDWR)
        for thread in connections.values():
            thread.join(timeout=5)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that went away is an everyday matter; what else there is, is a defect.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "ComprehendEmulator"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = -1  # Head and body leave in one write.
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.track(self.connection)

    def finish(self) -> None:
        self.server.untrack(self.connection)
        super().finish()

    def do_POST(self) -> None:
        try:
            length = int(self.headers.get("Content-Length") or 0)
        except ValueError:
            length = -1
        if not 0 <= length <= LARGEST_BODY:
            self.close_connection = True
            self._send(Reply(413))
            return
        body = self.rfile.read(length)
        if self.path.startswith("/_admin/"):
            self._administer(body)
        else:
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._send(self.server.service(headers, body))

    def do_GET(self) -> None:
        self._administer(b"{}")

    def _administer(self, body: bytes) -> None:
        prefix, _, name = self.path.partition("/_admin/")
        if prefix or not name:
            self._send(Reply(404, b'{"error": "not here"}'))
            return
        try:
            arguments = json.loads(body or b"{}")
        except ValueError:
            self._send(Reply(400, b'{"error": "the body is not JSON"}'))
            return
        self._send(self.server.administration(name, arguments))

    def _send(self, reply: Reply) -> None:
        if reply.dropped:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: Any) -> None:
        if self.server.verbose:
            super().log_message(format, *args)
