"""What failed creations cost, and the goal on it."""

import pytest

from bench.failure import Failure, Left, figures, goals
from bench.peers import Peer


def left(key: str, *statuses: str) -> Left:
    peer = Peer(key, f"by {key}", "token", ())
    return Left(peer, Failure.REFUSED, "some-id", "SUCCESS", statuses)


@pytest.mark.parametrize(
    ("statuses", "usd"),
    [
        ((), 0),
        (("IN_SERVICE",), 43.2),
        (("CREATING",), 43.2),
        (("FAILED",), 0),
        (("IN_SERVICE", "FAILED", "IN_SERVICE"), 86.4),
    ],
)
def test_what_is_left_costs_unless_it_is_failed(statuses: tuple[str, ...], usd: float) -> None:
    assert left("ours", *statuses).usd_a_day == pytest.approx(usd)


@pytest.mark.parametrize(
    ("lefts", "met", "measured"),
    [
        ([left("ours"), left("stock1", "IN_SERVICE")], True, "0, USD 0.00 a day"),
        ([left("ours"), left("ours", "IN_SERVICE")], False, "1, USD 43.20 a day"),
        # One that costs nothing is left all the same.
        ([left("ours", "FAILED")], False, "1, USD 0.00 a day"),
    ],
)
def test_the_provider_must_leave_nothing(lefts: list[Left], met: bool, measured: str) -> None:
    (goal,) = goals(lefts)
    assert (goal.met, goal.measured) == (met, measured)


def test_the_table_says_in_which_status_it_is_left() -> None:
    shown = figures([left("stock1", "IN_SERVICE")])
    cells = [cell.strip() for cell in shown.splitlines()[-1].strip("|").split("|")]
    assert cells == [Failure.REFUSED.value, "by stock1", "SUCCESS", "1 (IN_SERVICE)", "43.20"]
