"""Random edits, failures and interleavings over several stacks that share names."""

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.campaign.stateful import Stacks
from tests.campaign.test_invariants import (
    Plant,
    changes_nothing,
    takes_everything_for_its_own,
)
from tests.security.examples import PATIENCE, examples

STEPS = 25
"""Rules in a row, at most, until all stacks are deleted and others begin."""


@pytest.mark.timeout(PATIENCE)
def test_stacks_that_share_names_keep_the_promises_whatever_hits_them() -> None:
    run_state_machine_as_test(
        Stacks, settings=settings(examples(20, 1000), stateful_step_count=STEPS)
    )


@pytest.mark.parametrize(
    ("plant", "words"),
    [
        (takes_everything_for_its_own, "of no endpoint of this resource"),
        (changes_nothing, "true success: "),
    ],
)
def test_the_machine_finds_a_planted_bug(
    plant: Plant, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    # To find it is enough: nobody has to read it.
    at_once = settings(examples(50, 50), stateful_step_count=STEPS, phases=[Phase.generate])
    with pytest.raises(AssertionError, match=words):
        run_state_machine_as_test(Stacks, settings=at_once)
