"""Random edits, failures and interleavings over several stacks that share names."""

import boto3
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.campaign.stateful import Stacks
from tests.security.examples import PATIENCE, examples
import pytest


@pytest.mark.timeout(PATIENCE)
def test_stacks_that_share_names_keep_all_promises_whatever_befalls_them(
    session: boto3.Session,
) -> None:
    run_state_machine_as_test(
        lambda: Stacks(session),
        settings=settings(examples(15, 2000), stateful_step_count=30),
    )
