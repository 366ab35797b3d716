"""Which clients are kept from one invocation to the next, and that a cut connection is survived."""

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

TWICE = Config(retries={"mode": "standard", "total_max_attempts": 2})


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def test_a_client_is_kept_for_its_service_region_and_config() -> None:
    kept = clients.client("comprehend", given.REGION, TWICE)

    assert clients.client("comprehend", given.REGION, TWICE) is kept
    assert clients.client("comprehend", "ap-south-1", TWICE) is not kept
    assert clients.client("cloudformation", given.REGION, TWICE) is not kept
    assert clients.client("comprehend", given.REGION, PATIENT_CONFIG) is not kept


def test_a_client_that_is_not_to_be_kept_is_made_anew() -> None:
    first, second = (
        clients.client("cloudformation", given.REGION, TWICE, kept=False) for _ in range(2)
    )

    assert first is not second


@pytest.mark.parametrize(
    "config", [comprehend.CLIENT_CONFIG, step_functions.CLIENT_CONFIG, PATIENT_CONFIG]
)
def test_whoever_keeps_a_client_tries_its_calls_twice_at_least(config: Any) -> None:
    assert config.retries["total_max_attempts"] >= 2


def test_whoever_tries_once_keeps_none() -> None:
    made: list[bool] = []

    def make_client(*_: object, kept: bool = True) -> Any:
        made.append(kept)
        raise RuntimeError("that is enough")

    config: Any = cloudformation.CLIENT_CONFIG
    assert config.retries["total_max_attempts"] == 1
    with pytest.raises(RuntimeError, match="that is enough"):
        cloudformation.CloudFormationGateway(given.REGION, make_client=make_client).view(
            given.reply()
        )
    assert made == [False]


@pytest.mark.parametrize("enabled", [True, False])
def test_garbage_is_collected_again_as_before(enabled: bool) -> None:
    was = gc.isenabled()
    try:
        gc.enable() if enabled else gc.disable()
        clients.client("comprehend", given.REGION, TWICE, kept=False)
        assert gc.isenabled() is enabled
        with pytest.raises(ValueError, match="region"):
            clients.client("comprehend", "no region", TWICE, kept=False)
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
        # A client of its own: one that is kept goes where the first one went.
        client = clients.client("comprehend", given.REGION, TWICE, kept=False)
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
