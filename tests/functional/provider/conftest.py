"""Fixtures of the provider's functional tests: the real handlers against the emulator."""

import logging
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from local.comprehend import Admin, ComprehendEmulator, ManualClock
from local.receiver import Receiver
from local.runner import Runner, environment
from provider.aws import clients
from tests.functional.provider.cloudformation import CloudFormation

DURATIONS: dict[str, Any] = {
    # A look is real time: few of them are enough to see an operation through.
    "create_seconds": 4,
    "update_seconds": 6,
    "delete_seconds": 2,
    "visibility_delay_seconds": 3,
}


@pytest.fixture(scope="session")
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture(scope="session")
def emulator(clock: ManualClock) -> Iterator[ComprehendEmulator]:
    with ComprehendEmulator(clock=clock, **DURATIONS) as running:
        yield running


@pytest.fixture(scope="session")
def started_receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture(scope="session")
def aws_session() -> boto3.Session:
    return clients.session()


@pytest.fixture
def receiver(started_receiver: Receiver) -> Receiver:
    started_receiver.reset()
    return started_receiver


@pytest.fixture
def admin(emulator: ComprehendEmulator) -> Admin:
    admin = emulator.admin
    admin.reset()
    return admin


@pytest.fixture
def runner(
    clock: ManualClock,
    emulator: ComprehendEmulator,
    admin: Admin,
    receiver: Receiver,
    aws_session: boto3.Session,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> Iterator[Runner]:
    """Whatever a test does with it, no ResponseURL may be logged, at any level, by anybody."""
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "false")
    caplog.set_level(logging.DEBUG)
    given = len(receiver.urls)
    runner = Runner(clock)
    with environment(emulator, receiver, aws_session):
        yield runner
    logged = runner.functions.log.getvalue() + caplog.text
    for url in receiver.urls[given:]:
        place, _, query = url.partition("?")
        signature = query.rpartition("=")[2]
        assert place not in logged
        assert signature not in logged


@pytest.fixture
def cfn(runner: Runner, receiver: Receiver, admin: Admin) -> CloudFormation:
    return CloudFormation(runner, receiver, admin)
