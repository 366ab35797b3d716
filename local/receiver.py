"""CloudFormation's end of a request: an HTTPS server that takes answers at pre-signed URLs."""

import contextlib
import datetime
import hashlib
import inspect
import ipaddress
import json
import socket
import ssl
import struct
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

RESET = "reset"
"""The connection is reset; whether the answer was taken, the sender cannot know: it was."""
HANG = "hang"
"""The answer is taken, and nothing ever comes back."""


@dataclass(frozen=True)
class Put:
    """One PUT as it arrived. `status` is what it was answered with, None where nothing was."""

    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    status: int | None

    def answer(self) -> Any:
        """The body as JSON. Raises ValueError where it is none."""
        return json.loads(self.body)


@dataclass
class _Trouble:
    """What fails PUTs from the `first` to the `last`, which are counted from 1."""

    how: int | str
    first: int
    last: float
    delay: float
    seen: int = 0

    def strikes(self) -> bool:
        self.seen += 1
        return self.first <= self.seen <= self.last


class Receiver:
    """Listens on a free port of this machine, with a certificate of its own; a context manager.

    `certificate` is the file that SSL_CERT_FILE has to name.
    """

    def __init__(self) -> None:
        self.puts: list[Put] = []
        self.urls: list[str] = []
        self._troubles: list[_Trouble] = []
        self._lock = threading.Lock()
        self._released = threading.Event()

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="receiver-")
        self.certificate = Path(self._folder.name, "certificate.pem")
        self.certificate.write_bytes(self_signed())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        self._server = _Server(self, context)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="receiver", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._folder.cleanup()

    def url(self) -> str:
        """A new URL, whose query looks like the signature that it stands for."""
        with self._lock:
            number = len(self.urls) + 1
            secret = hashlib.sha256(f"secret {number}".encode()).hexdigest()
            place = hashlib.sha256(f"place {number}".encode()).hexdigest()[:16]
            self.urls.append(
                f"https://127.0.0.1:{self._server.server_port}/custom-resource-response/{place}"
                f"?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=7200&X-Amz-Signature={secret}"
            )
            return self.urls[-1]

    def misbehave(
        self, how: int | str, *, first: int = 1, times: float = float("inf"), delay: float = 0.0
    ) -> None:
        """Treats PUTs otherwise than with 200, from the first on that comes after this.

        `how` is an HTTP status, RESET or HANG; `first` is the number of the first PUT that it
        hits, from 1, and `times` how many it hits. `delay` is in real seconds.
        """
        with self._lock:
            self._troubles.append(_Trouble(how, first, first - 1 + times, delay))

    def behave(self) -> None:
        """Ends what `misbehave` began, and lets go of who hangs."""
        with self._lock:
            self._troubles.clear()
            self._released.set()
            self._released = threading.Event()

    def reset(self) -> None:
        """Behaves, and forgets what came. URLs are never given out again."""
        self.behave()
        with self._lock:
            self.puts.clear()

    def at(self, url: str) -> list[Put]:
        """The PUTs that came to a URL, whatever became of them."""
        parts = urlsplit(url)
        with self._lock:
            return [put for put in self.puts if (put.path, put.query) == (parts.path, parts.query)]

    def answers(self, url: str) -> list[Any]:
        """The answers that a URL accepted."""
        return [put.answer() for put in self.at(url) if put.status and put.status < 300]

    def take(self, path: str, headers: Mapping[str, str], body: bytes) -> int | str:
        """Notes a PUT and says how to treat it; for the server."""
        with self._lock:
            struck = [trouble for trouble in self._troubles if trouble.strikes()]
            released = self._released
            how: int | str = struck[0].how if struck else 200
            parts = urlsplit(path)
            status = how if isinstance(how, int) else None
            self.puts.append(Put(parts.path, parts.query, dict(headers), body, status))
        if how == HANG:
            released.wait()
        elif struck and struck[0].delay:
            released.wait(struck[0].delay)
        return how


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
        how = self.server.receiver.take(self.path, dict(self.headers.items()), body)
        if isinstance(how, int):
            self.send_response(how)
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            with contextlib.suppress(OSError):
                # Closing with unsent data thrown away makes the other end see a reset.
                self.connection.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )

    def log_message(self, format: str, *args: Any) -> None:
        """No line for each PUT: it would hold the URL."""


def self_signed() -> bytes:
    """A key, and a certificate for 127.0.0.1 that it has signed itself, both as PEM.

    The extensions are those that strict verification, Python's default from 3.13 on, asks for.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    usage = dict.fromkeys(inspect.signature(x509.KeyUsage).parameters, False)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(**usage | {"key_cert_sign": True, "digital_signature": True}),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return secret + signed.public_bytes(serialization.Encoding.PEM)
