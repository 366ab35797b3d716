"""Fixtures of the provider's functional tests: the real handlers in one account."""

import io
from collections.abc import Iterator

import pytest

from local.comprehend import Admin
from testing.account import Account
from testing.logs import listening
from testing.one_resource import DURATIONS, OneResource
from testing.world import environment


@pytest.fixture
def account() -> Iterator[Account]:
    """No ResponseURL may be logged: not at any level, and not by a library."""
    account, log = Account(DURATIONS), io.StringIO()
    with environment(), listening(log):
        yield account
    logged = account.functions.log.getvalue() + log.getvalue()
    assert [secret for secret in account.mailbox.secrets() if secret in logged] == []


@pytest.fixture
def admin(account: Account) -> Admin:
    return account.comprehend.admin


@pytest.fixture
def cfn(account: Account) -> OneResource:
    return OneResource(account)
