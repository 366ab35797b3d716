"""The goals on updates that need not take any time."""

import pytest

from bench.peers import Peer
from bench.updates import NO_OP, WRONG, Kind, Updates, figures, goals


def updates(key: str, kind: Kind, *seconds: float) -> Updates:
    return Updates(Peer(key, f"by {key}", "token", ()), kind, seconds)


def all_of(ours: float, minute: float, two: float) -> list[Updates]:
    """One of each kind by each; the framework is quicker than all, which no goal is about."""
    return [
        each
        for kind in (WRONG, NO_OP)
        for each in (
            updates("ours", kind, 0.1, ours, 99),
            updates("cdk", kind, 0.001),
            updates("stock1", kind, minute),
            updates("stock2", kind, two),
        )
    ]


@pytest.mark.parametrize(
    ("ours", "minute", "two", "met"),
    [
        (0.5, 70, 130, [True, True]),
        (2.0, 20, 130, [True, True]),
        (2.1, 70, 130, [False, True]),
        (2.0, 19, 130, [True, False]),
        # The quicker of the two pollings counts.
        (2.0, 130, 19, [True, False]),
    ],
)
def test_an_update_must_be_quick_and_ten_times_quicker_than_polling(
    ours: float, minute: float, two: float, met: list[bool]
) -> None:
    assert [goal.met for goal in goals(all_of(ours, minute, two))] == met * 2


def test_the_table_shows_the_median_and_the_longest() -> None:
    shown = figures([updates("ours", WRONG, 0.5, 1.0, 9.0)])
    cells = [cell.strip() for cell in shown.splitlines()[-1].strip("|").split("|")]
    assert cells == ["by ours", "a wrong property", "3", "1.00", "9.00"]
