"""The groups of cases in which a service fails: Comprehend, CloudFormation, Step Functions."""

import itertools
from collections.abc import Iterator

from local.comprehend.settings import (
    DeleteWhileBusy,
    FailedUpdate,
    TokenAfterDelete,
    UpdateOnFailed,
    UpdateVisibility,
)
from testing.arns import role
from testing.interception import START
from tests.campaign.deliveries import PutHow, PutTrouble
from tests.campaign.denials import READS, NotStarted, Unreadable
from tests.campaign.faults import (
    FOR_EVER,
    ApiError,
    Burst,
    How,
    LostAnswer,
    Nothing,
    Slowed,
    Times,
)
from tests.campaign.play import LONG_TIMEOUT, Case, Settings
from tests.campaign.runs import CONTRARY, Run, Runs, errors_of
from tests.campaign.scenario import TIMEOUT, Meanwhile, Scenario

Cases = Iterator[Case]

UNKNOWN: dict[str, tuple[str, ...]] = {
    "update_visibility": tuple(UpdateVisibility),
    "failed_update": tuple(FailedUpdate),
    "update_on_failed": tuple(UpdateOnFailed),
    "delete_while_creating": tuple(DeleteWhileBusy),
    "delete_while_updating": tuple(DeleteWhileBusy),
    "token_after_delete": tuple(TokenAfterDelete),
}
"""What the emulator can play either way, because the service's documentation does not say."""


def unknown_behaviour(runs: Runs, group: str) -> Cases:
    """Every scenario under every combination of what is not documented about the service."""
    for scenario in runs.scenarios:
        names = [name for name in UNKNOWN if _matters(name, scenario)]
        for values in itertools.product(*(UNKNOWN[name] for name in names)):
            settings = tuple(zip(names, map(str, values), strict=True))
            yield Case(group, scenario.name, 0, Nothing(), settings)


def _matters(setting: str, scenario: Scenario) -> bool:
    """What becomes of a failed update matters only where one fails."""
    fails = scenario.fails or scenario.meanwhile is Meanwhile.FAILED
    return fails or setting not in ("failed_update", "update_on_failed")


def api_errors(runs: Runs, group: str) -> Cases:
    """Every call x every error of the SDK's model for it, throttling, and a missing permission."""
    for settings, run, operation in _operations(runs):
        for code, times in itertools.product(errors_of(operation), _times(settings)):
            fault = ApiError(operation, code, times)
            yield Case(group, run.scenario.name, run.number, fault, settings)


def roles_not_ready(runs: Runs, group: str) -> Cases:
    """Every call that names a role x the error that a role made seconds ago causes."""
    message = f"Cannot assume the data access role {role()}."
    for run in runs.all():
        if "role" in run.scenario.name:
            for operation in run.trace.operations:
                if operation in ("CreateEndpoint", "UpdateEndpoint"):
                    for times in Times:
                        fault = ApiError(operation, "InvalidRequestException", times, message)
                        yield Case(group, run.scenario.name, run.number, fault)


def lost_answers(runs: Runs, group: str) -> Cases:
    """Every call x its answer dropped, malformed, empty or slow, before or after the effect."""
    for settings, run, operation in _operations(runs):
        if settings and operation.startswith(("Describe", "List")):
            # What is never read shows nothing of how the service behaves.
            continue
        for how, times in itertools.product(How, (Times.ALWAYS,) if settings else Times):
            if how is not How.SLOW or times is Times.ALWAYS:
                fault = LostAnswer(operation, how, times)
                yield Case(group, run.scenario.name, run.number, fault, settings)


def throttled_bursts(runs: Runs, group: str) -> Cases:
    """From every call on, 3 and 20 tries of whatever is called are throttled."""
    for run in runs.all():
        for first in range(1, 1 + len(run.trace.service_calls)):
            for tries in (3, 20):
                # Whoever is throttled looks less and less often: twenty times takes a while.
                fault = Burst(first, tries)
                yield Case(group, run.scenario.name, run.number, fault, timeout=LONG_TIMEOUT)


def too_slow(runs: Runs, group: str) -> Cases:
    """What Comprehend does takes longer than a ServiceTimeout of two minutes."""
    yield from _slowed(runs, group, TIMEOUT)


def too_slow_for_an_hour(runs: Runs, group: str) -> Cases:
    """What Comprehend does takes longer than a ServiceTimeout of almost an hour."""
    yield from _slowed(runs, group, LONG_TIMEOUT)


def _slowed(runs: Runs, group: str, timeout: int) -> Cases:
    for run in runs.all():
        if {"CreateEndpoint", "UpdateEndpoint", "DeleteEndpoint"} & set(run.trace.operations):
            yield Case(group, run.scenario.name, run.number, Slowed(timeout + 5), timeout=timeout)


def not_started(runs: Runs, group: str) -> Cases:
    """StartExecution x every error of the SDK's model for it; also after the effect."""
    for run in runs.all():
        if START in run.trace.calls:
            faults = [
                *(NotStarted(code, times) for code in errors_of(START) for times in (2, 3)),
                *(NotStarted("InternalFailure", times, after=True) for times in (1, 2, 3)),
            ]
            for fault in faults:
                yield Case(group, run.scenario.name, run.number, fault, timeout=LONG_TIMEOUT)


def unreadable_stacks(runs: Runs, group: str) -> Cases:
    """The reads of stacks and executions fail: every one alone, and from every one on."""
    for run in runs.all():
        reads = [call for call in run.trace.calls if call in READS]
        for first in range(1, 1 + len(reads)):
            for always in (False, True):
                fault = Unreadable(first, always)
                yield Case(group, run.scenario.name, run.number, fault)


def undelivered(runs: Runs, group: str) -> Cases:
    """The PUT x refused, reset, slow, 400, 403, 408, 429, 5xx: once, for a whole step, for ever."""
    for run in runs.all():
        for how, tries in itertools.product(PutHow, (1, 3, FOR_EVER)):
            yield Case(group, run.scenario.name, run.number, PutTrouble(how, tries))


def _operations(runs: Runs) -> Iterator[tuple[Settings, Run, str]]:
    for settings in ((), CONTRARY):
        for run in runs.all(settings):
            for operation in run.trace.operations:
                yield settings, run, operation


def _times(settings: Settings) -> tuple[Times, ...]:
    """All; where the service behaves the contrary way, the two that are the furthest apart."""
    return (Times.FIRST, Times.ALWAYS) if settings else tuple(Times)
