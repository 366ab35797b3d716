"""Fixtures of the campaign's tests."""

from collections.abc import Iterator

import pytest

from testing.world import World, environment


@pytest.fixture(autouse=True)
def _environment() -> Iterator[None]:
    with environment():
        yield


@pytest.fixture
def world() -> World:
    return World()
