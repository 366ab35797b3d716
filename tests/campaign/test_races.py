"""The races in which an operation runs on after its stack gave up: each with its events.

What must hold in all of them is what the campaign checks: above all, no endpoint is nobody's.
"""

import pytest

from testing.arns import endpoint_arn
from testing.cloudformation import Course
from testing.events import Fate
from testing.interception import HISTORY, PUT, START
from testing.world import World
from tests.campaign.encounters import Overtaken, Point, Rivalry
from tests.campaign.expected import Expected
from tests.campaign.invariants import Watch
from tests.campaign.mishaps import Stalled, When
from tests.campaign.play import LONG_TIMEOUT, Case, play, traces
from tests.campaign.scenario import BASE, BROKEN, LOGICAL_ID, NAME, TIMEOUT

CREATE = "create, explicit name"
RENAME = "replacement by rename"
OTHER = endpoint_arn("other")


def point(scenario: str, call: str, when: When, nth: int = 1) -> Point:
    """Where the first request of a scenario makes a call for the nth time."""
    trace = traces(scenario, ())[0]
    places = [
        (at, place)
        for at, (_, calls) in enumerate(trace.invocations)
        for place, name in enumerate(calls)
        if name == call
    ]
    at, place = places[nth - 1]
    return Point(at, place, call, when)


def race(
    scenario: str, overtaken: Overtaken, settings: dict[str, str], timeout: int = TIMEOUT
) -> World:
    """Plays a race, in which everything must hold; gives the world afterwards."""
    case = Case("races", scenario, 0, overtaken, tuple(settings.items()), timeout)
    problems, world, _ = play(case)
    assert problems == []
    return world


def kinds(world: World) -> list[str]:
    return [request.kind for request in world.requests]


def made(world: World) -> int:
    """How many endpoints were made."""
    calls = world.admin.calls()
    return sum(call["operation"] == "CreateEndpoint" and call["outcome"] == "ok" for call in calls)


@pytest.fixture(params=["accepted", "refused"])
def busy(request: pytest.FixtureRequest) -> dict[str, str]:
    """Whether an endpoint can be deleted while it is created: not documented."""
    return {"delete_while_creating": request.param, "delete_while_updating": request.param}


@pytest.mark.parametrize("deleted", [False, True], ids=["a sibling fails", "the stack is deleted"])
@pytest.mark.parametrize("rivalry", Rivalry)
@pytest.mark.parametrize(
    ("call", "when"),
    [
        (HISTORY, When.BEFORE),  # Before anything was looked at.
        (START, When.BEFORE),  # Before it was taken up.
        ("CreateEndpoint", When.BEFORE),  # It was wanted a moment ago.
        ("CreateEndpoint", When.AFTER),
        (PUT, When.BEFORE),  # Its success is decided.
        (PUT, When.AFTER),
    ],
)
def test_a_create_that_its_stack_has_cancelled_leaves_no_endpoint(
    busy: dict[str, str],
    call: str,
    when: When,
    rivalry: Rivalry,
    deleted: bool,
) -> None:
    """E4, E19: Create; Delete(invented), while the Create still runs."""
    at = point(CREATE, call, when)
    world = race(CREATE, Overtaken(at, rivalry, deleted), busy)
    assert kinds(world)[:2] == ["Create", "Delete"]
    if call != PUT:
        assert not world.requests[1].event["PhysicalResourceId"].startswith("arn:")
        assert world.requests[0].fate is Fate.CANCELLED


def test_a_create_that_was_overtaken_before_its_call_removes_what_it_made() -> None:
    """The Delete waits for the Create; the endpoint is made, seen unwanted, and removed."""
    at = point(CREATE, "CreateEndpoint", When.BEFORE)
    world = race(CREATE, Overtaken(at, Rivalry.WHOLLY), {}, LONG_TIMEOUT)
    assert made(world) == 1
    assert world.requests[1].succeeded


def test_a_create_that_was_overtaken_before_it_was_taken_up_makes_nothing() -> None:
    world = race(CREATE, Overtaken(Point(1), Rivalry.WHOLLY), {})
    assert made(world) == 0


@pytest.mark.parametrize("rivalry", Rivalry)
@pytest.mark.parametrize(
    ("call", "when"),
    [
        ("CreateEndpoint", When.BEFORE),
        ("CreateEndpoint", When.AFTER),
        ("ListTagsForResource", When.AFTER),
        (PUT, When.BEFORE),
        (PUT, When.AFTER),
    ],
)
def test_a_replacement_that_its_stack_has_cancelled_leaves_the_old_endpoint_alone(
    busy: dict[str, str], call: str, when: When, rivalry: Rivalry
) -> None:
    """E9: Update x to y; Update y to x with the id of x, while the first one still runs."""
    at = point(RENAME, call, when)
    world = race(RENAME, Overtaken(at, rivalry), busy)
    assert kinds(world)[:3] == ["Create", "Update", "Update"]
    back = world.requests[2]
    assert back.succeeded
    if call != PUT:
        assert back.event["PhysicalResourceId"] == endpoint_arn(NAME)
        assert back.answer["PhysicalResourceId"] == endpoint_arn(NAME)


def test_an_abandoned_replacement_is_removed_by_its_own_execution() -> None:
    """It is stalled until after the rollback, which finds what it has made, and waits for it."""
    at = point(RENAME, "CreateEndpoint", When.AFTER)
    stalled = Stalled(at.invocation + 1, TIMEOUT + 60)
    world = race_of(Case("races", RENAME, 0, stalled))
    assert world.requests[1].fate is Fate.TIMED_OUT
    assert made(world) == 2
    deleted = [call for call in world.admin.calls() if call["operation"] == "DeleteEndpoint"]
    assert deleted[0]["parameters"]["EndpointArn"] == OTHER
    assert deleted[0]["time"] > world.requests[1].expires + 60


def race_of(case: Case) -> World:
    problems, world, _ = play(case)
    assert problems == []
    return world


@pytest.mark.parametrize("scenario", [CREATE, RENAME])
@pytest.mark.parametrize("invocation", [1, 2, 4])
def test_an_operation_that_goes_on_after_its_timeout_leaves_no_endpoint(
    scenario: str, invocation: int
) -> None:
    """E5, E16: nothing is answered within ServiceTimeout; the operation goes on a minute later."""
    case = Case("races", scenario, 0, Stalled(invocation, TIMEOUT + 60))
    world = race_of(case)
    assert Fate.TIMED_OUT in {request.fate for request in world.requests}


def test_a_deployment_that_is_tried_again_finds_the_clean_up_of_its_failure_still_running(
    busy: dict[str, str],
) -> None:
    """E2, then the same stack, logical id and name once more: what comes second stays."""
    world = World(busy)
    watch = Watch(world, Expected())
    watch.begin()
    stack = world.subject

    def deployments() -> Course:
        yield from stack.create({})
        yield from stack.update({LOGICAL_ID: {**BASE, "ModelArn": BROKEN}})
        yield from stack.update({LOGICAL_ID: BASE})

    world.play(deployments())
    watch.check(None)
    assert watch.problems == []
    assert stack.status == "UPDATE_COMPLETE"
    assert kinds(world) == ["Create", "Delete", "Create"]
    assert world.endpoints()[endpoint_arn(NAME)]["Status"] == "IN_SERVICE"


@pytest.mark.parametrize("status", ["ROLLBACK_IN_PROGRESS", "ROLLBACK_COMPLETE"])
def test_the_clean_up_of_a_create_that_timed_out_leaves_its_successor_alone(
    busy: dict[str, str], status: str
) -> None:
    """E2, then another stack takes the name: at once, or when the first one has given it up."""
    world = World({"create_seconds": TIMEOUT, **busy})
    watch = Watch(world, Expected())
    watch.begin()
    first, second = world.subject, world.stack("successor", 2)

    def successor() -> Course:
        yield lambda: first.status == status
        world.admin.change_settings({"create_seconds": 5})
        yield from second.create({"Topics": BASE})

    world.play(first.create({LOGICAL_ID: BASE}), successor())
    watch.check(None)
    assert watch.problems == []
    assert first.status == "ROLLBACK_COMPLETE"
    if status == "ROLLBACK_COMPLETE":
        assert second.status == "CREATE_COMPLETE"
