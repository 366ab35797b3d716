"""The group of cases whose functions run in processes of their own."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from tests.campaign.mishaps import End, Killed, When
from tests.campaign.play import LONG_TIMEOUT, Case
from tests.campaign.processes.fault import FOR_GOOD, Sigkill
from tests.campaign.runs import Run, Runs, moments

SCENARIOS = (
    "create, explicit name",
    "create, generated name",
    "create that fails",
    "update of units",
    "update of tags",
    "update of all at once",
    "replacement by rename",
    "replacement that fails",
    "delete",
    "create, explicit name, over one retained",
    "create, explicit name, over one left behind",
)
_TAGS_LATE = (("tag_visibility_seconds", 30.0),)
_LATE = ("create, explicit name", "create that fails", "replacement by rename")
"""The scenarios that are also played with tags that show late."""


def sigkill(runs: Runs, group: str) -> Iterator[Case]:
    """The function's real process gets SIGKILL before and after every call, once and for good;
    where for good, the fallback's too. Once also with tags that show half a minute late.
    """
    for run in runs.in_processes(SCENARIOS).all():
        yield from (_case(group, run, fault) for fault in (*_at_calls(run), *_at_both(run)))
    for run in runs.in_processes(_LATE).all(_TAGS_LATE):
        once = (fault for fault in _at_calls(run) if fault.killed.times == 1)
        yield from (replace(_case(group, run, fault), settings=_TAGS_LATE) for fault in once)


def _at_calls(run: Run) -> Iterator[Sigkill]:
    for at, function, calls in run.trace.distinct():
        for (place, call, when), times in product(moments(calls), (1, FOR_GOOD)):
            yield Sigkill(Killed(function, at, place, call, when, End.EXIT, times))


def _at_both(run: Run) -> Iterator[Sigkill]:
    """Before a function has done anything, and when it has done all."""
    for at, function, calls in run.trace.distinct():
        ends = ((0, When.BEFORE), (len(calls) - 1, When.AFTER))
        for (place, when), fallback in product(ends, When):
            killed = Killed(function, at, place, calls[place], when, End.EXIT, FOR_GOOD)
            yield Sigkill(killed, fallback)


def _case(group: str, run: Run, fault: Sigkill) -> Case:
    return Case(group, run.scenario.name, run.number, fault, timeout=LONG_TIMEOUT)
