"""The delivery of a response: one HTTPS PUT, with time limits, retried if that can help.

It needs only the standard library, because the fallback uses it.
"""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from provider.contract.errors import DeliveryError
from provider.contract.response import encode

SOCKET_TIMEOUT = 5.0
"""Seconds that connecting, sending and each read may take."""

ATTEMPTS = 3
PAUSE = 0.5
"""Seconds before the second attempt; doubled before each further one."""

MAX_READ = 4096
"""Bytes of a response that are read before the connection is closed."""

# Of S3, where a ResponseURL points, 400 can be RequestTimeout, which the SDK tries again (s3 in
# botocore's data/_retry.json). 408 is HTTP's code for a request that may be repeated (RFC 9110).
TRANSIENT = frozenset({400, 408, 429})
"""The HTTP statuses below 500 that are tried again."""

Connect = Callable[[str, int | None], http.client.HTTPConnection]
"""Gives a connection to a host and port; it opens with the first request."""


def connect_by_https(host: str, port: int | None) -> http.client.HTTPSConnection:
    """Prepare a connection that accepts only a certificate of the host."""
    context = ssl.create_default_context()
    return http.client.HTTPSConnection(host, port, timeout=SOCKET_TIMEOUT, context=context)


def deliver(
    url: str,
    body: Mapping[str, Any],
    *,
    attempts: int = ATTEMPTS,
    pause: Callable[[float], object] = time.sleep,
    connect: Connect = connect_by_https,
) -> None:
    """Send a response to a request's pre-signed ResponseURL.

    Connection errors, 400, 408, 429 and 5xx are tried again; any other status than 2xx is final.

    Raises:
        DeliveryError: the response was not accepted; if ``final``, it never will be. The text never
            holds the URL.
    """
    content = encode(body)
    problem = ""
    for attempt in range(attempts):
        if attempt:
            pause(PAUSE * 2 ** (attempt - 1))
        try:
            status = _put(url, content, connect)
        except (OSError, http.client.HTTPException) as error:
            # The error's text may quote what was sent: its class says enough.
            problem = type(error).__name__
            continue
        except UnicodeError as error:
            problem = f"{type(error).__name__}: the URL's host is not a name"
            raise DeliveryError(f"The answer cannot be sent: {problem}", final=True) from None
        if 200 <= status < 300:
            return
        problem = f"HTTP status {status}"
        if status < 500 and status not in TRANSIENT:
            raise DeliveryError(f"CloudFormation refused the answer: {problem}", final=True)
    raise DeliveryError(f"CloudFormation did not take the answer: {problem}", final=False)


def _put(url: str, content: bytes, connect: Connect) -> int:
    parts = urlsplit(url)
    connection = connect(parts.hostname or "", parts.port)
    try:
        path = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        # The signature of the pre-signed URL covers an empty content type.
        headers = {"content-type": "", "content-length": str(len(content))}
        connection.request("PUT", path, body=content, headers=headers)
        response = connection.getresponse()
        response.read(MAX_READ)
        return response.status
    finally:
        connection.close()
