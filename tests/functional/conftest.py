"""Fixtures of the functional tests: an emulator with a clock that the test moves."""

from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest

from local.comprehend import Admin, ComprehendEmulator, ManualClock
from local.sdk import isolated_session
from tests.functional.emulated import checked_client


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def emulator(clock: ManualClock) -> Iterator[ComprehendEmulator]:
    with ComprehendEmulator(clock=clock) as running:
        yield running


@pytest.fixture
def admin(emulator: ComprehendEmulator) -> Admin:
    return emulator.admin


@pytest.fixture(scope="session")
def sdk() -> botocore.session.Session:
    """Makes clients fast: the first one loads what all of them need."""
    return isolated_session()


@pytest.fixture
def client(emulator: ComprehendEmulator, sdk: botocore.session.Session) -> Iterator[Any]:
    """A client of the SDK, all of whose answers are checked against the service model."""
    checked = checked_client(emulator, session=sdk)
    yield checked
    checked.close()
