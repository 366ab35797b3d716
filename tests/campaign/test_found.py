"""Failures that the campaign has found: each one a case that must hold ever since."""

import pytest

from testing.functions import REQUEST
from testing.interception import START
from tests.campaign.denials import NotStarted, Unreadable
from tests.campaign.encounters import Overtaken, Point, Rivalry
from tests.campaign.faults import ApiError, Fault, How, LostAnswer, Nothing, Times
from tests.campaign.mishaps import End, Killed, When
from tests.campaign.play import LONG_TIMEOUT, Case, Settings, play, traces
from tests.campaign.runs import CONTRARY
from tests.campaign.scenario import TIMEOUT
from tests.campaign.steps import SteppedTwice
from tests.campaign.trace import Trace

LATE: Settings = (("update_visibility", "late"),)
REVIVAL = "update of a failed endpoint"


def assert_holds(
    scenario: str,
    fault: Fault,
    *,
    request: int = 0,
    settings: Settings = (),
    timeout: int = TIMEOUT,
) -> None:
    problems = play(Case("found", scenario, request, fault, settings, timeout)).problems
    assert problems == []


def place(trace: Trace, call: str) -> tuple[int, int]:
    """The invocation, and the call in it, at which a call is first made."""
    return next(
        (at, calls.index(call)) for at, (_, calls) in enumerate(trace.invocations) if call in calls
    )


@pytest.mark.parametrize("scenario", ["create, explicit name", "update of units", "delete"])
def test_a_request_function_that_dies_thrice_after_it_started_the_execution_answers_nothing(
    scenario: str,
) -> None:
    """The execution answers; the fallback, which Lambda then calls, must not say otherwise."""
    at, call = place(traces(scenario, ())[0], START)
    killed = Killed(REQUEST, at, call, START, When.AFTER, End.EXIT, 3)
    assert_holds(scenario, killed, timeout=LONG_TIMEOUT)
    lost = NotStarted("InternalFailure", 3, after=True)
    assert_holds(scenario, lost, timeout=LONG_TIMEOUT)


@pytest.mark.parametrize(
    "scenario", ["replacement by rename", "replacement by role removed", "update of units"]
)
@pytest.mark.parametrize("settings", [(), CONTRARY], ids=["usual", "contrary"])
def test_an_update_that_arrives_when_its_rollback_is_over_changes_nothing(
    scenario: str, settings: Settings
) -> None:
    """E9, with the Update held up on its way: it sees a stack that has been rolled back."""
    overtaken = Overtaken(Point(0), Rivalry.WHOLLY)
    assert_holds(scenario, overtaken, settings=settings)


@pytest.mark.parametrize(
    "scenario", ["update of units", "update of model", "update of role changed"]
)
@pytest.mark.parametrize("rivalry", Rivalry)
def test_a_rollback_undoes_an_update_that_was_accepted_and_is_not_visible_yet(
    scenario: str, rivalry: Rivalry
) -> None:
    """E9: DescribeEndpoint shows the endpoint as it was for a while."""
    trace = traces(scenario, LATE)[0]
    at, call = place(trace, "UpdateEndpoint")
    point = Point(at, call, "UpdateEndpoint", When.AFTER)
    assert_holds(scenario, Overtaken(point, rivalry), settings=LATE)


def test_a_flywheel_is_gone_when_its_removal_is_said_to_be_done() -> None:
    """The model stays the same, so that an update that is not visible yet looks done."""
    name = "update of flywheel added, rolled back"
    assert_holds(name, Nothing(), settings=LATE)


def test_an_update_of_a_failed_endpoint_succeeds_though_its_answer_was_lost() -> None:
    """The SDK's second try meets the update that the first has begun."""
    lost = LostAnswer("UpdateEndpoint", How.DROPPED_AFTER, Times.FIRST)
    assert_holds(REVIVAL, lost)


def test_an_update_of_a_failed_endpoint_succeeds_though_its_step_runs_twice() -> None:
    trace = traces(REVIVAL, ())[0]
    at, call = place(trace, "UpdateEndpoint")
    assert_holds(REVIVAL, SteppedTwice(Point(at, call, "UpdateEndpoint")))


def test_a_role_that_was_added_does_not_stop_a_rollback_that_cannot_be_seen() -> None:
    """Whether the stack is rolling back is not known where it cannot be read."""
    unreadable = Unreadable(1, always=True)
    assert_holds("update of role added, rolled back", unreadable, request=1)


@pytest.mark.parametrize(
    "fault",
    [
        ApiError("CreateEndpoint", "InternalServerException", Times.ALWAYS),
        LostAnswer("CreateEndpoint", How.DROPPED_BEFORE, Times.ALWAYS),
    ],
    ids=str,
)
def test_a_create_of_which_nobody_knows_whether_it_made_anything_names_no_endpoint(
    fault: Fault,
) -> None:
    assert_holds("create, explicit name", fault)
