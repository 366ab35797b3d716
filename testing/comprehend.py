"""Comprehend for the provider's clients: the emulator, behind real clients of the SDK, without a
socket between them.
"""

import functools
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import boto3
import botocore.exceptions
from botocore import UNSIGNED
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.retries import standard
from botocore.retries.quota import RetryQuota

from local.comprehend import Admin, ManualClock
from local.comprehend.protocol import Protocol, Reply
from local.comprehend.settings import Settings
from provider.aws import clients
from testing.arns import ACCOUNT
from testing.interception import AroundCall, Site


@functools.cache
def sdk_session() -> boto3.Session:
    """The session of all clients: the first client of one is slow to make."""
    return clients.session()


class Comprehend:
    """The emulator and its clients, which spend the time between two tries on the clock."""

    def __init__(
        self,
        settings: Mapping[str, Any],
        clock: ManualClock,
        around: AroundCall,
        *,
        retry_quota: int | None = None,
    ) -> None:
        self.protocol = Protocol(Settings().changed(settings), clock)
        self.admin = Admin(self.protocol)
        self._clock = clock
        self._around = around
        self._retry_quota = retry_quota
        self._kept = functools.cache(self._made)

    def make_client(self, service: str, region: str, config: Config, *, kept: bool = True) -> Any:
        """Takes the place of `provider.aws.clients.client`."""
        return self._kept(service, region, config)

    def _made(self, service: str, region: str, config: Config) -> Any:
        # Signing, and putting a user agent together, take a third of all the time, and nobody looks
        # at either.
        plain = config.merge(Config(signature_version=UNSIGNED, user_agent="sdk"))
        # The SDK's types know a service by its literal name alone.
        client = sdk_session().client(service, region_name=region, config=plain)  # type: ignore[call-overload]
        client.meta.events.register(f"before-send.{service}", self._send)
        retry_on_clock(client, self._clock.advance, self._retry_quota)
        return client

    def _send(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        headers = {name.lower(): _text(value) for name, value in request.headers.items()}
        region = str(request.url).split(".")[1]
        headers["authorization"] = f"Credential={ACCOUNT}/20270101/{region}/comprehend/aws4_request"
        body = request.body if isinstance(request.body, bytes) else str(request.body).encode()
        name = headers["x-amz-target"].rpartition(".")[2]
        reply: Reply = self._around(
            Site(name, json.loads(body)), lambda: self.protocol.handle(headers, body)
        )
        if reply.dropped:
            raise botocore.exceptions.ConnectionClosedError(endpoint_url=request.url)
        told: Any = dict(reply.headers)
        return AWSResponse(request.url, reply.status, told, _Raw(reply.body))


def retry_on_clock(client: Any, sleep: Callable[[float], object], quota: int | None = None) -> None:
    """Has a client spend the time between two tries by calling `sleep`.

    The SDK takes a delay from the handlers of needs-retry, and sleeps. Its own handler is wrapped:
    the delay is spent here, and the SDK is told 0. `quota` replaces the SDK's limit on second
    tries, which each process of a function has to itself, where one client stands for many.

    This relies on botocore's internals: tests/functional/test_private_apis.py.
    """
    events, service = client.meta.events, client.meta.service_model.service_id.hyphenize()
    name, unique_id = f"needs-retry.{service}", f"retry-config-{service}"
    events.unregister(name, unique_id=unique_id)
    handler: Any = standard.register_retry_handler(
        client, client.meta.config.retries["total_max_attempts"]
    )
    events.unregister(name, unique_id=unique_id)
    if quota is not None:
        handler._retry_quota._quota = RetryQuota(quota)

    def needs_retry(**about: Any) -> float | None:
        delay: float | None = handler.needs_retry(**about)
        if delay is None:
            return None
        sleep(delay)
        return 0.0

    events.register(name, needs_retry, unique_id=unique_id)


class _Raw:
    """As much of urllib3's response as botocore reads."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._body


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
