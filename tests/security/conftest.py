"""Fixtures of the security tests: an account that hostile events are sent to."""

import tempfile
from collections.abc import Iterator

import pytest
from hypothesis.configuration import set_hypothesis_home_dir

from tests.security.world import World

# It keeps what it knows about characters in a folder.
_hypothesis_home = tempfile.TemporaryDirectory(prefix="hypothesis-")
set_hypothesis_home_dir(_hypothesis_home.name)


def pytest_unconfigure() -> None:
    _hypothesis_home.cleanup()


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World.started() as world:
        yield world
