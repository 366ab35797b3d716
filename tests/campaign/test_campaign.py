"""The short form of the campaign, and what its long form is counted by."""

from collections import Counter
from pathlib import Path

import pytest

from tests.campaign.cases import GROUPS, REPRESENTATIVES, sample
from tests.campaign.play import play
from tests.campaign.proofs import Proof
from tests.campaign.report import about, deletions, held_before, report, table
from tests.campaign.run import Count
from tests.campaign.runs import Runs
from tests.campaign.scenarios import scenarios

SAMPLE = 18
"""Cases of each group."""


@pytest.fixture(scope="module")
def runs() -> Runs:
    return Runs(REPRESENTATIVES)


@pytest.mark.parametrize("group", GROUPS)
def test_a_sample_of_each_group_holds(group: str, runs: Runs) -> None:
    broken = {}
    for case in sample(runs, group, SAMPLE):
        problems = play(case).problems
        if problems:
            broken[case.id] = problems
    assert broken == {}


def test_all_cases_of_a_run_have_ids_of_their_own(runs: Runs) -> None:
    ids = [case.id for group in GROUPS for case in GROUPS[group](runs, group)]
    assert len(ids) == len(set(ids))


def test_each_group_finds_cases_among_the_representatives(runs: Runs) -> None:
    assert set(REPRESENTATIVES) <= scenarios().keys()
    for group in GROUPS:
        assert sample(runs, group, 1), group


def test_the_report_counts_and_lists_what_broke() -> None:
    proved: Counter[str] = Counter({Proof.NAMED: 3, Proof.REPLACED: 1})
    counts = {
        "killed": Count(2, {"killed / delete / 0 / x": ["leak: y"]}, proved),
        "aborted": Count(1200, proofs=proved),
    }
    assert table(counts).splitlines()[2:] == [
        f"| killed | {about('killed')} | 2 | 1 | 1 | 3 / 0 / 1 |",
        f"| aborted | {about('aborted')} | 1,200 | 1,200 | 0 | 3 / 0 / 1 |",
        "| | **all** | 1,202 | 1,201 | 1 | 6 / 0 / 2 |",
    ]
    assert deletions(counts).splitlines()[2:] == [
        "| named | 6 |",
        "| never held | 0 |",
        "| replaced | 2 |",
    ]
    assert "- `killed / delete / 0 / x`: leak: y" in report(counts, "what was played")
    assert "Played on what was played (" in report(counts, "what was played")
    assert "### Broken" not in report({"aborted": Count(1)}, "")


def test_a_group_that_is_played_anew_leaves_the_other_rows_of_the_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    broken = Count(2, {"killed / delete / 0 / x": ["leak: y"]})
    held = Count(1200, proofs=Counter({Proof.NAMED: 1234, Proof.NEVER_HELD: 5, Proof.REPLACED: 0}))
    page.write_text(report({"killed": broken, "aborted": held}, "a tree"))
    assert held_before(page, "a tree", ["killed"]) == {"aborted": held}
    with pytest.raises(ValueError, match="broken cases of killed"):
        held_before(page, "a tree", ["aborted"])
    assert held_before(page, "another tree", ["killed"]) == {}
    assert held_before(tmp_path / "none.md", "a tree", ["killed"]) == {}


def test_the_page_names_the_groups_that_were_not_played() -> None:
    said = report({"aborted": Count(1)}, "")
    assert "**Not played on this source**: unknown behaviour, " in said
    assert "aborted" not in said.partition("**Not played")[2]
    assert "Not played" not in report({group: Count(1) for group in GROUPS}, "")
