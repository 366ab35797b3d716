"""CloudFormation's end of the answers, without a socket between.

It takes the place of the provider's HTTPS connection, below the delivery, so that a slow or refused
PUT takes virtual time. `testing.receiver.Receiver` hands it the PUTs of real HTTPS connections.
"""

import hashlib
import http.client
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from local.comprehend import ManualClock
from provider.aws.delivery import SOCKET_TIMEOUT
from testing.interception import PUT, AroundCall, Site, call_through

HOST = "cloudformation-custom-resource-response-useast1.s3.amazonaws.com"

RESET, HANG = "reset", "hang"
"""How a PUT may end without an answer: at once, or when the provider stops waiting."""


@dataclass(frozen=True)
class Put:
    """One PUT that arrived, accepted or not; `time` is the clock's, in seconds."""

    url: str
    body: bytes
    headers: Mapping[str, str]
    time: float
    status: int | None
    """None where nothing came back."""

    def answer(self) -> Any:
        """The body as JSON. Raises ValueError where it is none."""
        return json.loads(self.body)


@dataclass
class _Trouble:
    """What fails the next PUTs, so many times."""

    how: int | str
    times: float
    seen: int = 0

    def strikes(self) -> bool:
        self.seen += 1
        return self.seen <= self.times


class Mailbox:
    """Takes all PUTs and keeps them."""

    def __init__(self, clock: ManualClock, around: AroundCall = call_through) -> None:
        self.host = HOST
        self.puts: list[Put] = []
        self.urls: list[str] = []
        self.elsewhere: list[str] = []
        """The hosts that PUTs went to, but for its own: they refuse the connection."""
        self.accepted: Callable[[Put], None] = lambda put: None
        """Told of each PUT that was accepted, last."""
        self.answered: dict[str, Callable[[Put], None]] = {}
        """Told of the first PUT that a URL accepts."""
        self._clock = clock
        self.around = around
        """Gets between a PUT and what accepts it."""
        self._troubles: list[_Trouble] = []

    def url(self, ago: float = 0.0) -> str:
        """A new URL, signed so many seconds ago. Its query looks like AWS's signature."""
        number = len(self.urls)
        signed = datetime.fromtimestamp(self._clock() - ago, UTC)
        secret = hashlib.sha256(f"secret {number}".encode()).hexdigest()
        self.urls.append(
            f"https://{self.host}/stack/{number}?X-Amz-Algorithm=AWS4-HMAC-SHA256"
            f"&X-Amz-Date={signed:%Y%m%dT%H%M%SZ}&X-Amz-Expires=7200&X-Amz-Signature={secret}"
        )
        return self.urls[-1]

    def secrets(self) -> list[str]:
        """What may stand in no log: of each URL the place, and the signature."""
        parts = [urlsplit(url) for url in self.urls]
        places = [f"{each.netloc}{each.path}?" for each in parts]
        return places + [each.query.rpartition("=")[2] for each in parts]

    def misbehave(self, how: int | str, *, times: float = float("inf")) -> None:
        """Treats the next PUTs otherwise than with 200, so many times.

        `how` is an HTTP status, RESET or HANG.
        """
        self._troubles.append(_Trouble(how, times))

    def at(self, url: str) -> list[Put]:
        """The PUTs that came to a URL, whatever became of them."""
        return [put for put in self.puts if put.url == url]

    def answers(self, url: str) -> list[Any]:
        """The answers that a URL accepted."""
        return [put.answer() for put in self.at(url) if put.status and put.status < 300]

    def connection(self, host: str, port: int | None = None) -> http.client.HTTPConnection:
        """Takes the place of `provider.aws.delivery.connect_by_https`."""
        return _Connection(self, host, port)

    def take(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """One PUT. Raises OSError where the connection is no good."""

        def accept() -> int:
            struck = [trouble for trouble in self._troubles if trouble.strikes()]
            how = struck[0].how if struck else 200
            if how == HANG:
                self._clock.advance(SOCKET_TIMEOUT)
                raise TimeoutError
            if not isinstance(how, int):
                raise ConnectionResetError
            self._book(Put(url, body, headers, self._clock(), how))
            return how

        status: int | None = None
        count = len(self.puts)
        try:
            status = self.around(Site(PUT), accept)
        finally:
            if len(self.puts) == count:
                self._book(Put(url, body, headers, self._clock(), status))
        return int(status)

    def _book(self, put: Put) -> None:
        self.puts.append(put)
        if put.status and put.status < 300:
            if put.url in self.answered:
                self.answered.pop(put.url)(put)
            self.accepted(put)


class _Connection(http.client.HTTPConnection):
    """Python's own connection, whose socket is the mailbox."""

    default_port = http.client.HTTPS_PORT

    def __init__(self, mailbox: Mailbox, host: str, port: int | None) -> None:
        super().__init__(host, port)
        self._mailbox = mailbox

    def connect(self) -> None:
        # What cannot be a name is refused as a real socket does.
        self.host.encode("idna")
        authority = self.host if self.port == self.default_port else f"{self.host}:{self.port}"
        if authority != self._mailbox.host:
            self._mailbox.elsewhere.append(self.host)
            raise ConnectionRefusedError
        # It is typed as a real socket.
        self.sock: Any = _Socket(self._mailbox)


class _Socket:
    """As much of a socket as http.client uses."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._sent = b""

    def sendall(self, data: bytes) -> None:
        self._sent += data

    def makefile(self, mode: str) -> io.BufferedReader:
        """Gives what is answered to the request that was sent."""
        return io.BufferedReader(_Answer(self._mailbox, self._sent))

    def close(self) -> None:
        """Nothing is open."""


class _Answer(io.RawIOBase):
    """Takes the request when its answer is read: until then, nothing can fail."""

    def __init__(self, mailbox: Mailbox, sent: bytes) -> None:
        self._mailbox = mailbox
        self._sent = sent
        self._answer: io.BytesIO | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._answer = self._answer or io.BytesIO(self._taken())
        return self._answer.readinto(buffer)

    def _taken(self) -> bytes:
        head, _, body = self._sent.partition(b"\r\n\r\n")
        request, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = request.split(" ")
        if method != "PUT":
            raise ValueError(f"an answer is PUT, not sent by {method}")
        headers = dict(line.split(": ", 1) for line in lines)
        status = self._mailbox.take(f"https://{headers['Host']}{path}", body, headers)
        return f"HTTP/1.1 {status} Said\r\nContent-Length: 0\r\n\r\n".encode()
