"""Clients are shared by all invocations, and a cut connection is survived."""

from __future__ import annotations

import contextlib
import gc
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config

from provider.aws import clients, cloudformation, comprehend, step_functions
from provider.aws.clients import PATIENT_CONFIG
from provider.aws.comprehend import ComprehendGateway
from tests.unit import given


def twice() -> Config:
    """A config that no other test has used, and so a client of one's own: it goes where the
    environment says now.
    """
    return Config(retries={"mode": "standard", "total_max_attempts": 2})


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def test_a_client_is_shared_by_its_service_region_and_config() -> None:
    config = twice()
    shared = clients.client("comprehend", given.REGION, config)

    assert clients.client("comprehend", given.REGION, config) is shared
    assert clients.client("comprehend", "ap-south-1", config) is not shared
    assert clients.client("cloudformation", given.REGION, config) is not shared
    assert clients.client("comprehend", given.REGION, PATIENT_CONFIG) is not shared


@pytest.mark.parametrize(
    "config",
    [
        cloudformation.CLIENT_CONFIG,
        comprehend.CLIENT_CONFIG,
        step_functions.CLIENT_CONFIG,
        PATIENT_CONFIG,
    ],
)
def test_every_call_is_tried_twice_at_least(config: Any) -> None:
    assert config.retries["total_max_attempts"] >= 2


@pytest.mark.parametrize("enabled", [True, False])
def test_garbage_is_collected_again_as_before(enabled: bool) -> None:
    was = gc.isenabled()
    try:
        gc.enable() if enabled else gc.disable()
        clients.client("comprehend", given.REGION, twice())
        assert gc.isenabled() is enabled
        with pytest.raises(ValueError, match="region"):
            clients.client("comprehend", "no region", twice())
        assert gc.isenabled() is enabled
    finally:
        gc.enable() if was else gc.disable()


class Cutting:
    """Answers each call, and cuts each connection once it has answered, without a word."""

    def __init__(self) -> None:
        self.connections = 0

    @contextlib.contextmanager
    def listening(self) -> Iterator[str]:
        with socket.create_server(("127.0.0.1", 0)) as server:
            threading.Thread(target=self._serve, args=(server,), daemon=True).start()
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
            # Wakes whoever still waits for a connection.
            server.shutdown(socket.SHUT_RDWR)

    def _serve(self, server: socket.socket) -> None:
        body = b'{"EndpointArn": "arn"}'
        answer = (
            b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\n"
            + f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        with contextlib.suppress(OSError):
            while True:
                connection, _ = server.accept()
                self.connections += 1
                with connection:
                    asked = b""
                    while not asked.endswith(b"}"):
                        asked += connection.recv(65536)
                    connection.sendall(answer)


def test_a_connection_that_was_cut_between_two_invocations_is_opened_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cutting, errors = Cutting(), []
    with cutting.listening() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_COMPREHEND", url)
        client = clients.client("comprehend", given.REGION, twice())
        for _ in range(3):
            gateway = ComprehendGateway(
                given.REGION, lambda *told: errors.append(told), make_client=lambda *_: client
            )
            gateway.delete(given.ARN)

    assert (cutting.connections, errors) == (3, [])


def test_a_client_that_cannot_be_made_is_no_passing_trouble(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_COMPREHEND", "no url")

    with pytest.raises(ValueError, match="no url"):
        clients.client("comprehend", given.REGION, Config())


def test_the_models_come_with_the_package() -> None:
    assert Path(clients.MODELS, "comprehend").is_dir()
