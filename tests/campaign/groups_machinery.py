"""The groups of cases in which the machinery fails: Lambda, Step Functions, a release."""

import itertools
from collections.abc import Iterator

from testing.functions import STEP
from tests.campaign.mishaps import End, Killed, NoResort, NotImported, Stalled
from tests.campaign.play import LONG_TIMEOUT, Case
from tests.campaign.runs import Runs, moments, points
from tests.campaign.scenario import TIMEOUT
from tests.campaign.steps import Aborted, OtherRelease, SteppedTwice, Written

Cases = Iterator[Case]

_ENDS = [
    (End.EXIT, 1),
    *((end, 3) for end in End),
    # More often than Lambda, or the state machine, tries again.
    (End.EXIT, 4),
]


def killed(runs: Runs, group: str) -> Cases:
    """The process ends before and after every call: once, three times in a row, and for good."""
    for run in runs.all():
        for at, function, calls in run.trace.distinct():
            for (place, call, when), (end, times) in itertools.product(moments(calls), _ENDS):
                fault = Killed(function, at, place, call, when, end, times)
                yield Case(group, run.scenario.name, run.number, fault, timeout=LONG_TIMEOUT)


def not_imported(runs: Runs, group: str) -> Cases:
    """Every invocation fails to import: once, three times in a row, and for good."""
    for run in runs.all():
        for at, function, _ in run.trace.distinct():
            for times in (1, 3, 4):
                fault = NotImported(function, at, times)
                yield Case(group, run.scenario.name, run.number, fault, timeout=LONG_TIMEOUT)


def no_fallback(runs: Runs, group: str) -> Cases:
    """Every invocation fails to import for good, the fallback too, and the queue at times."""
    for run in runs.all():
        for at, function, _ in run.trace.distinct():
            for failures in (0, 2, 6):
                fault = NoResort(function, at, failures)
                yield Case(group, run.scenario.name, run.number, fault, timeout=LONG_TIMEOUT)


def stalled(runs: Runs, group: str) -> Cases:
    """Lambda throttles the step function, from every step on, for longer than the stack waits."""
    for run in runs.all():
        for at, function, _ in run.trace.distinct():
            if function == STEP:
                yield Case(group, run.scenario.name, run.number, Stalled(at, TIMEOUT + 60))


def aborted(runs: Runs, group: str) -> Cases:
    """The execution is aborted by hand before every of its steps, waits and choices."""
    for run in runs.all():
        # An invocation, a choice and a wait each: about as many steps as there are.
        for step in range(1, 3 * len(run.trace.invocations)):
            yield Case(group, run.scenario.name, run.number, Aborted(step))


def repeated_steps(runs: Runs, group: str) -> Cases:
    """Every step runs once more with the same state, at every point of the first run."""
    for run in runs.all():
        for point in points(run.trace, STEP):
            yield Case(group, run.scenario.name, run.number, SteppedTwice(point))


def other_releases(runs: Runs, group: str) -> Cases:
    """Every step finds a state that another release wrote: with more fields, with less."""
    for run in runs.all():
        for at, function, _ in run.trace.distinct():
            if function == STEP:
                for written in Written:
                    fault = OtherRelease(at, written)
                    yield Case(group, run.scenario.name, run.number, fault)
