"""The load in its short form: many operations at once, at Comprehend's rates, in quicker time."""

import dataclasses
import functools
import re
from pathlib import Path

import pytest

from local.comprehend import ManualClock
from provider.model.api_errors import ApiError, is_throttled
from testing.concurrently import Log
from testing.interception import HISTORY, RUNNING, Site
from testing.turns import Turns
from testing.world import environment
from tests.load import __main__ as command
from tests.load import page, play
from tests.load.processes import play_all
from tests.load.reads import THROTTLED, Quota, Reads

QUICK = {"create_seconds": 30, "update_seconds": 15, "delete_seconds": 5}
"""The service's durations. Its rates are what they are."""


@functools.cache
def played(size: int) -> list[play.Figures]:
    return list(play.run(size, **QUICK))


@pytest.fixture(params=[10, 100])
def figures(request: pytest.FixtureRequest) -> list[play.Figures]:
    return played(request.param)


def test_all_are_answered_once_none_is_lost_and_none_is_left(figures: list[play.Figures]) -> None:
    assert [each.violations for each in figures] == [[]] * len(play.PHASES)
    assert [each.phase for each in figures] == list(play.PHASES)
    for each in figures:
        assert (each.succeeded, each.lost, each.leaked) == (each.size, 0, 0)
        assert len(each.seconds) == each.size


def test_the_service_did_throttle(figures: list[play.Figures]) -> None:
    # Ten may ask for just as much as there is.
    assert any(each.refused() for each in figures)
    assert all(each.refused() for each in figures if each.size > 10)


def test_what_is_read_of_stacks_and_executions_is_counted(figures: list[play.Figures]) -> None:
    creation, units, tags, deletion = figures
    # Only an Update in place waits for older executions of its resource.
    for each in (creation, deletion):
        assert {name for name, _ in each.reads} == {HISTORY}
    for each in (units, tags):
        assert {name for name, _ in each.reads} == {HISTORY, RUNNING}
        assert each.reads[RUNNING, "ok"] >= each.size
    # Before a change, and before a success.
    assert all(each.reads[HISTORY, "ok"] >= each.size for each in figures)


def test_no_change_comes_quicker_than_the_service_s_rate(figures: list[play.Figures]) -> None:
    # A bucket holds what one second brings.
    for each in figures:
        assert max(each.seconds) >= each.rate_alone() - 1


def test_most_calls_are_not_spent_on_being_refused(figures: list[play.Figures]) -> None:
    """Comprehend's rates are the account's: who asks too often takes from everybody."""
    calls = sum(each.called() for each in figures)

    assert sum(each.refused() for each in figures) < calls / 2


def test_a_repetition_gives_the_same_figures() -> None:
    again = play.run(10, **QUICK)

    assert list(map(page.cells, again)) == list(map(page.cells, played(10)))


def test_sizes_are_played_in_processes_and_come_in_order() -> None:
    one, two = play_all([1, 2], seed=0, jobs=2, **QUICK)

    assert [(each.size, each.phase) for each in one] == [(1, phase) for phase in play.PHASES]
    assert [(each.size, each.phase) for each in two] == [(2, phase) for phase in play.PHASES]
    assert [each.violations for each in (*one, *two)] == [[]] * 2 * len(play.PHASES)


class TestPage:
    """docs/load.md is what `make load` last wrote."""

    TEXT = (Path(__file__).parents[2] / "docs" / "load.md").read_text(encoding="utf-8")

    def rows(self) -> list[list[str]]:
        table = [line for line in self.TEXT.splitlines() if line.startswith("|")]
        cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
        return [row for row in cells if len(row) == len(page.HEADINGS)][2:]

    def test_it_has_the_form_that_the_command_gives_it(self) -> None:
        assert page.page(self.rows()) == self.TEXT

    def test_it_tells_of_every_size_and_phase_and_that_all_held(self) -> None:
        told = [dict(zip(page.HEADINGS, row, strict=True)) for row in self.rows()]

        assert [(row["In flight"], row["Operation"]) for row in told] == [
            (f"{size:,}", phase.title) for size in command.SIZES for phase in play.PHASES
        ]
        for row in told:
            assert (row["Succeeded"], row["Lost"], row["Leaked"]) == (row["In flight"], "0", "0")
            assert float(row["Last s"].replace(",", "")) < 3600


class TestBrokenPromises:
    """What the command says of a provider that fails."""

    @pytest.fixture
    def phases(self, monkeypatch: pytest.MonkeyPatch) -> None:
        creation = play.PHASES[0]
        refused = dataclasses.replace(
            creation, properties={**creation.properties, "DesiredInferenceUnits": "0"}
        )
        monkeypatch.setattr(play, "PHASES", (refused, play.PHASES[1]))

    @pytest.mark.usefixtures("phases")
    def test_a_failure_is_told_and_fails_the_command(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert command.main(["3"]) == 1
        shown = capsys.readouterr()
        assert "3 x create: 0 succeeded, 0 lost, 0 leaked" in shown.err
        assert "resource 2: DesiredInferenceUnits: it must be at least 1" in shown.err
        # What follows is not tried.
        assert "change the units" not in shown.out

    @pytest.mark.usefixtures("phases")
    def test_the_page_is_not_written(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(command, "SIZES", (2,))
        assert command.main(["--report", str(tmp_path / "load.md")]) == 1
        assert list(tmp_path.iterdir()) == []

    def test_what_is_lost_and_what_leaks_is_counted(self) -> None:
        load = play.Load(3, **QUICK)
        mailbox, puts = load.account.mailbox, load.account.mailbox.puts
        mailbox.accepted = lambda put: puts.remove(put) if put is puts[0] else None
        with environment(), load.account.functions.running(Log()):
            figures = load.carry_out(play.PHASES[0])

        # All answers are forgotten: endpoints that no answer names are nobody's.
        assert (figures.succeeded, figures.lost, figures.leaked) == (0, 3, 3)
        assert "resource 0 was answered 0 times" in figures.violations
        assert re.fullmatch(r"arn:aws:comprehend:\S+ is nobody's", figures.violations[3])


class TestReads:
    @pytest.fixture
    def clock(self) -> ManualClock:
        return ManualClock()

    @pytest.fixture
    def reads(self, clock: ManualClock) -> Reads:
        return Reads(clock, {RUNNING: Quota(rate=2, bucket=3)})

    def listed(self, reads: Reads) -> bool:
        try:
            return bool(reads.around(Site(RUNNING), lambda: True))
        except ApiError as error:
            return not is_throttled(error)

    def test_a_call_too_many_is_refused_until_there_is_room_again(
        self, reads: Reads, clock: ManualClock
    ) -> None:
        assert [self.listed(reads) for _ in range(5)] == [True] * 3 + [False] * 2
        clock.advance(1)
        assert [self.listed(reads) for _ in range(3)] == [True] * 2 + [False]
        clock.advance(60)
        assert [self.listed(reads) for _ in range(4)] == [True] * 3 + [False]
        assert reads.calls == {(RUNNING, "ok"): 8, (RUNNING, THROTTLED): 4}

    def test_what_has_no_quota_is_neither_refused_nor_counted(self, reads: Reads) -> None:
        assert all(reads.around(Site(HISTORY), lambda: True) for _ in range(99))
        assert reads.calls == {}


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
