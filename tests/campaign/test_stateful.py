"""Random edits, failures and interleavings over several stacks that share names."""

import boto3
import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.campaign.stateful import Stacks
from tests.security.examples import PATIENCE, examples

STEPS = 25
"""Rules in a row, at most, until all stacks are deleted and others begin."""


@pytest.mark.timeout(PATIENCE)
def test_stacks_that_share_names_keep_the_promises_whatever_befalls_them(
    session: boto3.Session,
) -> None:
    machine = type("SharedNames", (Stacks,), {"session": session})
    run_state_machine_as_test(
        machine, settings=settings(examples(20, 2000), stateful_step_count=STEPS)
    )
