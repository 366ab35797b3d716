"""The load in its short form: many operations at once, at Comprehend's rates, in quicker time."""

import dataclasses
import functools
import threading

import pytest

from local import load
from local.turns import Turns

QUICK = {"create_seconds": 30, "update_seconds": 15, "delete_seconds": 5}
"""The service's durations. Its rates are what they are."""


@pytest.fixture(scope="module", params=[10, 100])
def figures(request: pytest.FixtureRequest) -> list[load.Figures]:
    return list(load.run(request.param, **QUICK))


def test_all_are_answered_once_none_is_lost_and_none_is_left(figures: list[load.Figures]) -> None:
    assert [each.violations for each in figures] == [[]] * len(load.PHASES)
    assert [each.phase for each in figures] == list(load.PHASES)


def test_the_service_did_throttle(figures: list[load.Figures]) -> None:
    assert all(each.refused() for each in figures)


def test_most_calls_are_not_spent_on_being_refused(figures: list[load.Figures]) -> None:
    """Comprehend's rates are the account's: who asks too often takes from everybody."""
    calls = sum(each.called() for each in figures)

    assert sum(each.refused() for each in figures) < calls / 2


def test_a_row_of_the_table_tells_of_each_phase(figures: list[load.Figures]) -> None:
    lines = load.table([load.HEADINGS, *map(load.cells, figures)]).splitlines()

    assert len({len(line) for line in lines}) == 1
    assert [line.split("|")[2].strip() for line in lines[2:]] == [
        phase.title for phase in load.PHASES
    ]


def test_a_broken_promise_is_told_and_fails_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    creation = load.PHASES[0]
    refused = dataclasses.replace(
        creation, properties={**creation.properties, "DesiredInferenceUnits": "0"}
    )
    monkeypatch.setattr(load, "PHASES", (refused, load.PHASES[1]))

    assert load.main(["3"]) == 1
    shown = capsys.readouterr()
    assert "3 x create: resource 2: DesiredInferenceUnits: it must be at least 1" in shown.err
    assert "3 x create: 0 endpoints are there instead of 3" in shown.err
    # What follows is not tried.
    assert "change the units" not in shown.out


class TestTurns:
    def test_work_goes_on_in_the_order_of_time(self) -> None:
        clock, seen = Turns(), list[tuple[str, float]]()
        begun = clock()

        def work(name: str, *pauses: float) -> None:
            for pause in pauses:
                clock.advance(pause)
                seen.append((name, clock() - begun))

        clock.run([lambda: work("a", 3, 3), lambda: work("b", 1, 4, 4)])

        assert seen == [("b", 1), ("a", 3), ("b", 5), ("a", 6), ("b", 9)]
        assert clock() - begun == 9

    def test_only_one_piece_runs_at_a_time(self) -> None:
        clock, running, most = Turns(), threading.Semaphore(1), list[bool]()

        def work() -> None:
            for _ in range(20):
                most.append(running.acquire(blocking=False))
                running.release()
                clock.advance(1)

        clock.run([work] * 5)

        assert most == [True] * 100

    def test_the_seed_draws_who_is_first_of_many_at_the_same_time(self) -> None:
        def order(seed: int) -> list[int]:
            clock, seen = Turns(seed), list[int]()
            clock.run([functools.partial(seen.append, each) for each in range(20)])
            return seen

        assert order(1) == order(1)
        assert order(1) != order(2)
        assert sorted(order(1)) == list(range(20))

    def test_what_a_piece_raises_comes_out_when_all_is_done(self) -> None:
        clock, done = Turns(), list[float]()

        def fail() -> None:
            raise LookupError("of the first")

        def work() -> None:
            clock.advance(5)
            done.append(clock())

        with pytest.raises(LookupError, match="of the first"):
            clock.run([fail, work])
        assert done

    def test_outside_of_any_work_the_clock_just_moves(self) -> None:
        clock = Turns()
        begun = clock()

        clock.run([])
        assert clock.advance(2.5) == begun + 2.5
        with pytest.raises(ValueError, match="does not go back"):
            clock.advance(-1)
