"""The lags' arithmetic: what is drawn, percentiles, goals."""

import pytest

from bench.lag import COUNT, READY, SPREAD, Lags, drawn, figures, goals, percentile


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ([1.0], 95, 1.0),
        ([3.0, 1.0, 2.0], 50, 2.0),
        ([3.0, 1.0, 2.0], 0, 1.0),
        ([3.0, 1.0, 2.0], 100, 3.0),
        ([float(number) for number in range(1, 21)], 95, 19.0),
        ([float(number) for number in range(1, 31)], 95, 29.0),
        ([float(number) for number in range(1, 101)], 95, 95.0),
    ],
)
def test_a_percentile_is_the_least_value_that_so_many_do_not_exceed(
    values: list[float], percent: float, expected: float
) -> None:
    assert percentile(values, percent) == expected


def test_times_are_drawn_alike_each_time_and_cover_the_whole_range() -> None:
    plan = drawn()
    assert plan == drawn()
    assert len(plan) == COUNT
    starts = [at for at, _ in plan]
    assert starts == sorted(set(starts))
    assert 0 <= starts[0] < starts[-1] < SPREAD
    first, last = READY
    times = [seconds for _, seconds in plan]
    assert all(first <= seconds <= last for seconds in times)
    assert min(times) < first + 15 < last - 15 < max(times)
    assert drawn(seed=1) != plan


OURS = Lags("ours", (0.5, 1.0, 2.5))
SLOWER = Lags("slower", (2.0, 3.0, 5.0))


@pytest.mark.parametrize(
    ("ours", "peers", "met"),
    [
        (OURS, [SLOWER], [True, True]),
        (Lags("ours", (0.5, 1.6, 2.5)), [SLOWER], [False, True]),
        (Lags("ours", (0.5, 1.0, 3.1)), [SLOWER], [True, False]),
        # Good enough, but somebody else is better: in one of the two, in both.
        (OURS, [SLOWER, Lags("other", (0.1, 0.9, 9.0))], [False, True]),
        (OURS, [SLOWER, Lags("other", (1.1, 1.1, 1.1))], [True, False]),
        (OURS, [SLOWER, Lags("other", (0.1, 0.2, 0.3))], [False, False]),
    ],
)
def test_a_lag_must_be_short_and_the_shortest(
    ours: Lags, peers: list[Lags], met: list[bool]
) -> None:
    assert [goal.met for goal in goals(ours, peers)] == met


def test_the_goal_names_the_best_peer() -> None:
    median, late = goals(OURS, [SLOWER, Lags("other", (2.5, 2.5, 9.0))])
    assert median.measured == "1.00 s (other: 2.50 s)"
    assert late.measured == "2.50 s (slower: 5.00 s)"


def test_the_table_shows_no_more_digits_than_were_measured() -> None:
    shown = figures([Lags("quick", (0.001, 0.0123, 1.5))])
    cells = [cell.strip() for cell in shown.splitlines()[-1].strip("|").split("|")]
    assert cells == ["quick", "3", "0.01", "1.50", "1.50"]
    assert "< 0.01" in figures([Lags("quick", (0.001,))])
