"""The groups of cases about what was before: endpoints that are kept, views that are old, requests
that come late.
"""

import itertools
from collections.abc import Iterator

from testing.cloudformation import Carried
from testing.interception import START
from tests.campaign.again import Again
from tests.campaign.denials import NotYetGranted
from tests.campaign.encounters import Overtaken, Point, Rivalry
from tests.campaign.faults import How, LostAnswer, Nothing, Times
from tests.campaign.late import Late
from tests.campaign.late import When as LateWhen
from tests.campaign.mishaps import End, Killed, When
from tests.campaign.play import Case, Settings, Stale
from tests.campaign.runs import Run, Runs
from tests.campaign.scenario import Option
from tests.campaign.scenarios import meetings

Cases = Iterator[Case]

_TAGS_LATE: tuple[Settings, ...] = tuple(
    (("tag_visibility_seconds", seconds),) for seconds in (1.0, 30.0, 119.0)
)
_PATIENT = 600
"""Seconds: tags, or permissions, may be waited for twice."""
_BOTH = (Stale.DRAWN, Stale.ALWAYS)
_GUARDED = ("UpdateEndpoint", "DeleteEndpoint", "TagResource", "UntagResource")
"""What the provider is allowed to do by an endpoint's tags."""


def held_names(runs: Runs, group: str) -> Cases:
    """The name that an operation goes to is held: by an endpoint that the stack retained, offered
    or not, that a lost execution left behind, or that its owner offers; the operation succeeds,
    fails, is rolled back under each deletion policy, or is cancelled
    """
    names = {each.name for each in runs.scenarios}
    for scenario in meetings().values():
        if scenario.plain not in names:
            continue
        yield Case(group, scenario.name, 0, Nothing())
        if not scenario.sibling_fails:
            for at in range(1, 4):
                fault = Overtaken(Point(at), Rivalry.BESIDE)
                yield Case(group, scenario.name, 0, fault)


def late_tags(runs: Runs, group: str) -> Cases:
    """Tags show 1, 30 or 119 seconds late: every scenario; where it is more than one, also with the
    step lost after each change, and with both replies of CreateEndpoint lost.
    """
    for settings in _TAGS_LATE:
        for scenario in runs.scenarios:
            yield Case(group, scenario.name, 0, Nothing(), settings, timeout=_PATIENT)
        if settings == _TAGS_LATE[0]:
            continue
        for run in runs.all(settings):
            yield from (_case(group, run, fault, settings) for fault in _lost_steps(run))
            if "CreateEndpoint" in run.trace.operations:
                lost = LostAnswer("CreateEndpoint", How.DROPPED_AFTER, Times.TWICE)
                yield _case(group, run, lost, settings)


def _lost_steps(run: Run) -> Iterator[Killed]:
    """Each step once, after each call that changes something, or after its last one."""
    for at, function, calls in run.trace.distinct():
        for place, call in enumerate(calls):
            is_change = call in (*_GUARDED, "CreateEndpoint", START)
            if is_change or place == len(calls) - 1:
                yield Killed(function, at, place, call, When.AFTER, End.EXIT, 1)


def _case(group: str, run: Run, fault: Killed | LostAnswer, settings: Settings) -> Case:
    return Case(group, run.scenario.name, run.number, fault, settings, timeout=_PATIENT)


def stale_reads(runs: Runs, group: str) -> Cases:
    """Reads of CloudFormation and of the executions show a view that is up to 30 seconds old, each
    by itself, or 30 seconds always: every scenario, and a kill in each invocation.
    """
    for scenario, stale in itertools.product(runs.scenarios, _BOTH):
        yield Case(group, scenario.name, 0, Nothing(), stale=stale)
    for run in runs.all():
        for at, function, calls in run.trace.distinct():
            for stale in _BOTH:
                place = len(calls) - 1
                name = calls[-1] if calls else "call"
                killed = Killed(function, at, place, name, When.AFTER, End.EXIT, 1)
                yield Case(group, run.scenario.name, run.number, killed, stale=stale)


def late_requests(runs: Runs, group: str) -> Cases:
    """Every event comes late, for the first time or once more: a minute or twenty later, when the
    rollback or the next operation has begun, or when its execution's name is free again.
    """
    for run in runs.all():
        for fault in _late(run):
            yield Case(group, run.scenario.name, run.number, fault)


def _late(run: Run) -> Iterator[Late]:
    # A stack that preserves what succeeds never begins a rollback.
    is_preserved = run.scenario.option is Option.PRESERVED
    is_first = run.number == 0 and run.scenario.operation != "delete" and not is_preserved
    rolls_back = run.scenario.sibling_fails or run.scenario.fails
    for first in (True, False):
        yield Late(LateWhen.LATER, first)
        if run.scenario.operation != "delete":
            yield Late(LateWhen.NEXT, first)
        if is_first and (first or rolls_back):
            yield Late(LateWhen.BACK, first)
    yield Late(LateWhen.IN_TIME, first=True)
    if is_first:
        yield Late(LateWhen.CANCELLED, first=True)
    yield Late(LateWhen.LATER, first=False, forgotten=True)
    if run.scenario.operation != "delete":
        yield Late(LateWhen.NEXT, first=False, forgotten=True)


_RENAMES = ("replacement by rename", "replacement by kind with a generated name")


def renamed_again(runs: Runs, group: str) -> Cases:
    """A replacement is rolled back, and comes again within half a minute, with reads as old."""
    for scenario in (each for each in runs.scenarios if each.name in _RENAMES):
        for fails_after, gap, carried, stale in itertools.product(
            (0, 1, 2, 4, None), (1, 5, 10, 20, 29), Carried, (Stale.NO, *_BOTH)
        ):
            fault = Again(fails_after, gap, carried)
            yield Case(group, scenario.name, 0, fault, stale=stale)


def late_permissions(runs: Runs, group: str) -> Cases:
    """What is allowed by tags is denied for 5, 60 or 119 seconds after they were set."""
    for run in runs.all():
        for operation in run.trace.operations:
            if operation in _GUARDED:
                for seconds in (5, 60, 119):
                    fault = NotYetGranted(operation, seconds)
                    yield Case(group, run.scenario.name, run.number, fault, timeout=_PATIENT)
