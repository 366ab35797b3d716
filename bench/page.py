"""The page docs/benchmarks.md, from what a run has measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import artifact, creation, failure, fleet, lag, machine, prices, updates
from bench.chart import chart
from bench.flight.course import Flight
from bench.goals import Goal
from bench.real_time import RealTime
from bench.start import figures as start
from bench.start.measure import ROUNDS, Start
from local.markdown import table

PAGE = Path(__file__).with_name("page.md")
"""The page's text, with names in braces for the figures."""


@dataclass(frozen=True)
class Run:
    """All that one run has measured. `load` is the machine's, over a minute, when it began."""

    real_time: RealTime
    flights: tuple[Flight, ...]
    starts: Mapping[str, Start]
    artifact: artifact.Artifact
    seconds: float
    load: float


def goals(run: Run) -> list[Goal]:
    """What was wanted, in the order of the page."""
    return [
        *lag.goals(run.real_time.ours, run.real_time.peers),
        *updates.goals(run.real_time.updates),
        *creation.goals(run.real_time.usages),
        *fleet.goals(run.flights),
        *start.goals(run.starts),
        *artifact.goals(run.artifact),
        *failure.goals(run.real_time.failures),
    ]


def picture(run: Run) -> str:
    """The chart docs/lag.svg."""
    return chart(run.real_time.ours, run.real_time.peers)


def page(run: Run) -> str:
    """The page, in Markdown."""
    seen, wanted = run.real_time, goals(run)
    return PAGE.read_text(encoding="utf-8").format(
        short=short(run),
        goals=_goals(wanted),
        missed=_missed(wanted),
        lag=lag.figures([seen.ours, *seen.peers]),
        updates=updates.figures(seen.updates),
        creation=creation.figures(seen.usages),
        lambda_share=_lambda_share(seen.usages),
        prices_read=prices.READ_ON,
        transition=prices.TRANSITION * 1000,
        arm=prices.ARM_GB_SECOND,
        x86=prices.X86_GB_SECOND,
        unit=prices.UNIT_SECOND,
        flights=fleet.figures(run.flights),
        start=start.figures(run.starts),
        rounds=ROUNDS,
        artifact=artifact.figures(run.artifact),
        failure=failure.figures(seen.failures),
        machine=machine.described(),
        subject=machine.subject(),
        load=f"{run.load:.2f}",
        minutes=f"{run.seconds / 60:.0f}",
    )


def _goals(wanted: Sequence[Goal]) -> str:
    headings = ("Measure", "Wanted", "Measured", "Met")
    rows = [(each.measure, each.wanted, each.measured, _met(each)) for each in wanted]
    return table(headings, rows, headings)


def _met(goal: Goal) -> str:
    return "yes" if goal.met else "**no**"


def _missed(wanted: Sequence[Goal]) -> str:
    """Why a goal was missed, for each that was."""
    missed = [f"- {each.measure}: {each.reason}" for each in wanted if not each.met]
    return "\n".join(["", "Not met:", "", *missed, ""]) if missed else ""


def _lambda_share(usages: Sequence[creation.Usage]) -> str:
    (ours,) = (each for each in usages if each.peer.key == "ours")
    return f"{sum(each.usd for each in ours.invocations) / ours.usd:.0%}"


def short(run: Run) -> str:
    """The three rows that tell most: the README has them, too."""
    seen = run.real_time
    peers = [usage.peer for usage in seen.usages]
    lags = [seen.ours, *seen.peers]
    columns = {each.title: each for each in lags}
    headings = ("", *columns)
    left = {
        peer.title: sum(each.usd_a_day for each in seen.failures if each.peer == peer)
        for peer in peers
    }
    thousand = fleet.in_short(run.flights)
    rows = [
        ("Lag from ready to answered: median (95 %)", *map(_lag, lags)),
        ("1,000 creations at once: succeeded", *(thousand[title] for title in columns)),
        ("Two failed creations leave, in USD a day", *(f"{left[title]:.2f}" for title in columns)),
    ]
    return table(headings, rows, headings[:1])


def _lag(lags: lag.Lags) -> str:
    return f"{lags.median:.1f} s ({lags.late:.1f} s)"
