"""Fixtures of the tests by number: the project itself as their subject."""

from collections.abc import Iterator

import pytest

from tests.crhelper.ours import Ours
from tests.crhelper.subject import Subject, World, world


@pytest.fixture(scope="session")
def shared_world() -> Iterator[World]:
    with world() as running:
        yield running


@pytest.fixture
def subject(shared_world: World) -> Iterator[Subject]:
    with Ours(shared_world) as ours:
        yield ours
