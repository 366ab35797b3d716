"""Fixtures of the campaign's tests."""

from collections.abc import Iterator

import boto3
import pytest

from provider.aws import clients
from tests.campaign.world import World, environment


@pytest.fixture(scope="session")
def shared_session() -> boto3.Session:
    """A session of the SDK; the first client that it makes is slow."""
    return clients.session()


@pytest.fixture
def session(shared_session: boto3.Session) -> Iterator[boto3.Session]:
    with environment(shared_session) as given:
        yield given


@pytest.fixture
def world(session: boto3.Session) -> World:
    return World(session, {})
