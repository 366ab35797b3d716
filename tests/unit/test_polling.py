"""How often endpoints are observed: soon enough, and never too often."""

import bisect
import statistics

import pytest

from provider.model.polling import (
    CLEAN_UP_LIMIT,
    MAX_DELIVERIES,
    clean_up_pause,
    deadline,
    delivery_pause,
    jitter,
    next_backoff,
    poll_pause,
    with_backoff,
)


@pytest.mark.parametrize(
    ("timeout", "margin"), [(3600, 60), (600, 60), (240, 60), (120, 30), (20, 5), (1, 0.25)]
)
def test_the_deadline_leaves_time_for_the_answer(timeout: int, margin: float) -> None:
    assert deadline(1000.0, timeout) == 1000.0 + timeout - margin


@pytest.mark.parametrize("step", [0.06, 0.1])
@pytest.mark.parametrize(("first", "last"), [(1, 60), (60, 300), (300, 1200)])
def test_an_endpoint_that_gets_ready_at_any_moment_is_answered_soon(
    step: float, first: int, last: int
) -> None:
    polls = [step]
    while polls[-1] <= last:
        ended = polls[-1] + step
        polls.append(ended + poll_pause(ended))
    moments = [first + number * (last - first) / 10_000 for number in range(10_000)]
    # The poll that finds it ready, and the step after that, which sends the answer.
    lags = sorted(polls[bisect.bisect(polls, ready)] + 2 * step - ready for ready in moments)
    assert statistics.median(lags) <= 1.45
    assert lags[9_500] <= 2.6


@pytest.mark.parametrize("step", [0.0, 0.06, 0.3, 0.7])
def test_the_number_of_polls_does_not_depend_on_a_step_s_duration(step: float) -> None:
    polls, now = 0, 60.0
    while now < 1200:
        polls += 1
        now += step
        now += poll_pause(now)
    assert polls == pytest.approx(1140 / 2.4, abs=1)


def test_a_pause_is_between_a_second_and_five() -> None:
    pauses = [poll_pause(tenths / 10) for tenths in range(36_000)]
    assert min(pauses) >= 1
    assert max(pauses) <= 5


@pytest.mark.parametrize(
    ("backoff", "throttled", "expected"),
    [
        (0.0, False, 0.0),
        (0.0, True, 6.0),
        (6.0, True, 18.0),
        (162.0, True, 240.0),
        (240.0, True, 240.0),
        (7.0, False, 6.0),
        (2.1, False, 0.0),
        # Once eased to less than the quickest pause, it begins anew.
        (2.1, True, 6.3),
    ],
)
def test_a_back_off_grows_quickly_and_eases_slowly(
    backoff: float, throttled: bool, expected: float
) -> None:
    assert next_backoff(backoff, throttled=throttled) == pytest.approx(expected)


def test_a_back_off_is_over_after_a_while() -> None:
    backoff, polls = 240.0, 0
    while backoff:
        backoff, polls = next_backoff(backoff, throttled=False), polls + 1
    assert polls < 40


@pytest.mark.parametrize(
    ("pause", "backoff", "left", "chance", "expected"),
    [
        # No back-off: the pause.
        (2, 0.0, 3000.0, 0.9, 2),
        # From half of it to one and a half.
        (2, 100.0, 3000.0, 0.0, 50),
        (2, 100.0, 3000.0, 0.5, 100),
        (2, 100.0, 3000.0, 0.999, 149),
        # At most a quarter of what is left.
        (2, 240.0, 400.0, 0.5, 100),
        (2, 240.0, 40.0, 0.5, 10),
        # But never less than the pause.
        (5, 6.0, 3000.0, 0.0, 5),
        (5, 240.0, 12.0, 0.5, 5),
    ],
)
def test_a_back_off_is_spread_and_ends_before_the_deadline(
    pause: int, backoff: float, left: float, chance: float, expected: int
) -> None:
    assert with_backoff(pause, backoff, left, chance) == expected
    assert expected < left


def test_a_thousand_operations_share_ten_calls_a_second() -> None:
    backoff = 0.0
    for _ in range(5):
        backoff = next_backoff(backoff, throttled=True)
    pauses = [with_backoff(2, backoff, 3000.0, jitter("request", number)) for number in range(1000)]
    assert sum(1 / pause for pause in pauses) < 10
    # They do not poll at the same time.
    assert max(pauses.count(pause) for pause in pauses) < 20


def test_jitter_is_spread_evenly_and_the_same_for_the_same_seed() -> None:
    numbers = [jitter("request", number) for number in range(1000)]
    assert numbers == [jitter("request", number) for number in range(1000)]
    assert 0 <= min(numbers) < 0.02
    assert 0.98 < max(numbers) < 1
    assert statistics.mean(numbers) == pytest.approx(0.5, abs=0.03)
    assert jitter("ab", "c") != jitter("a", "bc")


def test_delivery_is_tried_for_some_minutes() -> None:
    pauses = [delivery_pause(tries) for tries in range(1, MAX_DELIVERIES)]
    assert pauses == [2, 4, 8, 16, 32, 60, 60]


def test_a_clean_up_observes_often_while_an_endpoint_is_usually_removed_and_then_goes_on() -> None:
    pauses, elapsed = [], 0.0
    while elapsed < CLEAN_UP_LIMIT:
        pauses.append(clean_up_pause(elapsed))
        elapsed += pauses[-1]
    assert CLEAN_UP_LIMIT == 2 * 3600
    assert (pauses[0], pauses[-1]) == (5, 15)
    assert pauses == sorted(pauses)
    assert sum(each for each in pauses if each == 5) == 1800
