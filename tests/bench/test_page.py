"""The page, the picture and the README's table: they say what a run has measured, and the same."""

from __future__ import annotations

import dataclasses
import itertools
import re
from xml.etree import ElementTree

import pytest

from bench import creation, failure, fleet, prices, updates
from bench.artifact import Artifact
from bench.chart import chart
from bench.lag import Lags
from bench.page import Run, goals, page, picture, short
from bench.peers import Peer
from bench.readme import BEGIN, END, README, table_in, with_table
from bench.real_time import RealTime
from bench.start.measure import MINIMAL, REQUEST, STEP, Start, Starts, calling, floor
from bench.titles import (
    CDK,
    CRHELPER_EACH_MINUTE,
    CRHELPER_EACH_TWO_MINUTES,
    FLOOR,
    OURS,
)
from local.installation import PROJECT
from tests.bench.test_fleet import ten

PEERS = {
    "ours": Peer("ours", OURS, "token", ()),
    "cdk": Peer("cdk", CDK, "token", ()),
    "stock2": Peer("stock2", CRHELPER_EACH_TWO_MINUTES, "token", ()),
    "stock1": Peer("stock1", CRHELPER_EACH_MINUTE, "token", ()),
}
MEDIANS = {"ours": 1.0, "cdk": 2.0, "stock2": 60.0, "stock1": 30.0}


def lags(title: str, median: float) -> Lags:
    return Lags(title, (median / 2, median, median * 2))


@pytest.fixture(scope="module")
def run() -> Run:
    real_time = RealTime(
        ours=lags(OURS, 1.0),
        peers=tuple(lags(PEERS[key].title, MEDIANS[key]) for key in PEERS if key != "ours"),
        floor=lags(FLOOR, 0.002),
        updates=tuple(
            updates.Updates(peer, kind, (MEDIANS[key],))
            for (key, peer), kind in itertools.product(PEERS.items(), updates.KINDS)
        ),
        usages=tuple(
            creation.Usage(
                peer, {"DescribeEndpoint": 250}, (prices.Invocations(250, 1e4, 256, arm=True),), 760
            )
            for peer in PEERS.values()
        ),
        failures=tuple(
            failure.Left(peer, failure.Failure.REFUSED, "id", "SUCCESS", left)
            for peer, left in zip(PEERS.values(), ((), (), ("IN_SERVICE",), ()), strict=True)
        ),
    )
    # What there is of small flights stands for all sizes and peers.
    names = (*fleet.PEERS, fleet.PATIENT_STOCK, fleet.PATIENT_CDK)
    flights = tuple(dataclasses.replace(ten(OURS), peer=name) for name in dict.fromkeys(names))
    subjects = (REQUEST, STEP, MINIMAL, *(make(n) for make in (floor, calling) for n in OWN))
    direct = {name: Start(name, 0.25, 0.2, 40_000, ("a",), ("b",)) for name in subjects}
    starts = Starts(direct, direct, 15, dict.fromkeys(OWN, 0.01))
    return Run(real_time, flights, starts, [Artifact("this provider", 5, 90, 50, 40)], 900.0, 0.1)


OWN = (REQUEST, STEP)


def test_every_figure_has_its_place_in_the_page(run: Run) -> None:
    text = page(run)

    assert not re.search(r"\{\w+\}", text)
    for heading in ("Lag", "Start of a function", "Artifact", "The machine"):
        assert f"## {heading}\n" in text
    assert short(run) in text
    assert "The run took 15 minutes" in text


def test_a_goal_that_was_missed_is_told_with_its_reason(run: Run) -> None:
    missed = [goal for goal in goals(run) if not goal.met]
    text = page(run)

    # Ten at once are not the thousand that are wanted.
    assert "only 10 were played" in {goal.reason for goal in missed}
    for goal in missed:
        assert goal.reason
        assert f"- {goal.measure}: {goal.reason}" in text
    assert text.count("**no**") == len(missed)


def test_the_rows_that_tell_most_compare_all_that_can_be_deployed(run: Run) -> None:
    heading, _, *rows = short(run).splitlines()

    assert [cell.strip() for cell in heading.split("|")][2:-1] == [
        OURS,
        CDK,
        CRHELPER_EACH_TWO_MINUTES,
        CRHELPER_EACH_MINUTE,
    ]
    assert len(rows) == 3
    assert [cell.strip() for cell in rows[2].split("|")][2:-1] == ["0.00", "0.00", "43.20", "0.00"]


def test_the_picture_has_a_dot_for_each_endpoint_and_words_for_who_cannot_see_it(run: Run) -> None:
    root = ElementTree.fromstring(picture(run))
    space = "{http://www.w3.org/2000/svg}"
    words = [text.text for text in root.iter(f"{space}text")]

    assert len(list(root.iter(f"{space}circle"))) == 3 * 5
    for title in (OURS, CDK, CRHELPER_EACH_MINUTE, FLOOR):
        assert title in words
    assert f"{OURS}: 1.00 s" in str(root.findtext(f"{space}title"))


def test_a_slower_lag_is_further_to_the_right() -> None:
    drawn = chart(lags(OURS, 1.0), [lags(CDK, 5.0)], lags(FLOOR, 0.0001))
    places = [float(x) for x in re.findall(r'<circle cx="([\d.]+)"', drawn)]
    ours, cdk, lowest = places[:3], places[3:6], places[6:]

    assert ours[1] < cdk[1]
    # What is below the scale stands at its end, in the picture.
    assert set(lowest) == {min(places)}


def test_the_table_takes_its_place_in_the_readme_again_and_again() -> None:
    text = f"before\n{BEGIN}\n\n| old |\n\n{END}\nafter\n"
    once = with_table(text, "| new |")

    assert table_in(once) == "| new |"
    assert (once.startswith("before\n"), once.endswith("\nafter\n")) == (True, True)
    assert with_table(once, "| new |") == once
    with pytest.raises(ValueError, match="the README has no"):
        with_table("nothing", "| new |")


def test_the_readme_says_what_the_page_says() -> None:
    text = (PROJECT / "docs" / "benchmarks.md").read_text(encoding="utf-8")

    assert table_in(README.read_text(encoding="utf-8")) in text
    assert (PROJECT / "docs" / "lag.svg").read_text(encoding="utf-8").startswith("<svg")
