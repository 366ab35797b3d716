"""Where answers are PUT: CloudFormation's end of the delivery, without a socket between.

It takes the place of http.client's HTTPS connection, below the provider's own delivery, so that a
slow or refused PUT takes virtual time.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

HOST = "cloudformation-custom-resource-response-useast1.s3.amazonaws.com"


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


Treat = Callable[[Callable[[], int]], int]
"""Treats one PUT: called with what accepts it, gives the status or raises OSError."""


class Mailbox:
    """Takes all PUTs. `treat` says what becomes of each, `accepted` is told of what was taken."""

    def __init__(self, now: Callable[[], float], treat: Treat, host: str = HOST) -> None:
        self.puts: list[Put] = []
        self.urls: list[str] = []
        self.accepted: Callable[[Put], None] = lambda put: None
        self._host = host
        self._now = now
        self._treat = treat

    def url(self) -> str:
        """A new URL, whose query looks like the signature that it stands for."""
        number = len(self.urls)
        secret = hashlib.sha256(f"secret {number}".encode()).hexdigest()
        self.urls.append(
            f"https://{self._host}/stack/{number}?X-Amz-Algorithm=AWS4-HMAC-SHA256"
            f"&X-Amz-Expires=7200&X-Amz-Signature={secret}"
        )
        return self.urls[-1]

    def secrets(self) -> list[str]:
        """What may stand in no log: of each URL the place, and the signature."""
        parts = [urlsplit(url) for url in self.urls]
        places = [f"{each.netloc}{each.path}?" for each in parts]
        return places + [each.query.rpartition("=")[2] for each in parts]

    def connection(self, host: str, *_: Any, **__: Any) -> "_Connection":
        """Takes the place of http.client.HTTPSConnection."""
        return _Connection(self, host)

    def take(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """One PUT. Raises OSError where the connection is no good."""
        status: int | None = None

        def accept() -> int:
            self._book(Put(url, body, headers, self._now(), 200))
            return 200

        count = len(self.puts)
        try:
            status = self._treat(accept)
        finally:
            if len(self.puts) == count:
                self._book(Put(url, body, headers, self._now(), status))
        return status

    def _book(self, put: Put) -> None:
        self.puts.append(put)
        if put.status == 200:
            self.accepted(put)


class _Connection:
    """As much of HTTPSConnection as the delivery uses."""

    def __init__(self, mailbox: Mailbox, host: str) -> None:
        self._mailbox = mailbox
        self._host = host
        self.status = 0

    def request(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> None:
        if method != "PUT":
            raise ValueError(f"an answer is PUT, not sent by {method}")
        self.status = self._mailbox.take(f"https://{self._host}{path}", body, headers)

    def getresponse(self) -> "_Connection":
        return self

    def read(self, most: int) -> bytes:
        return b""

    def close(self) -> None:
        """Nothing is open."""
