"""Fixtures of the security tests: an account that hostile events are sent to."""

from collections.abc import Iterator

import pytest

from tests.security.world import World


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World.started() as world:
        yield world
