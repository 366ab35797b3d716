"""What a stack's events say: which way a request goes, what the stack held, whose trial is over."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from botocore.loaders import Loader

from provider.contract.event import Operation
from provider.model.stack import (
    Direction,
    History,
    StackEvent,
    Standing,
    history,
    standing,
    trial_is_over,
)
from tests.unit import given

AT = 1_700_000_000.0
"""The request's time, the endpoint's creation, or the adoption: events are seconds from it."""
ROOT = given.STACK_ID.replace("/shop/", "/root/")
CREATE, UPDATE, DELETE = Operation
FORWARD, BACK, UNKNOWN = Direction
STATUSES: list[str] = Loader().load_service_model("cloudformation", "service-2")["shapes"][
    "StackStatus"
]["enum"]


def event(
    status: str, seconds: float, about: str = given.STACK_ID, logical_id: str = "shop"
) -> StackEvent:
    return StackEvent(logical_id, about, status, given.at(AT + seconds))


def resource(
    status: str, seconds: float, about: str = given.ARN, logical_id: str = "Sentiment"
) -> StackEvent:
    return event(status, seconds, about, logical_id)


def only(*events: StackEvent) -> Iterator[StackEvent]:
    yield from events
    raise AssertionError("another page was asked for")


# ---------------------------------------------------------------- Which way a request goes


class Certainty(NamedTuple):
    """Out of date, and whether one read is enough to say so."""

    is_certain: bool


ONCE, TWICE = Certainty(True), Certainty(False)


def stands(operation: Operation, *events: StackEvent) -> Direction | Certainty:
    found = standing(operation, "Sentiment", given.STACK_ID, AT, events)
    return Certainty(found.is_certain) if found.out_of_date else found.direction


def updating(seconds: float = -60) -> StackEvent:
    return event("UPDATE_IN_PROGRESS", seconds)


def rolling_back(seconds: float = -60) -> StackEvent:
    return event("UPDATE_ROLLBACK_IN_PROGRESS", seconds)


FAILED, CHANGED = resource("UPDATE_FAILED", -20), resource("UPDATE_COMPLETE", -20)
PAGES = [event("UPDATE_COMPLETE", -9000), event("CREATE_COMPLETE", -99_000)]
"""What was before the operation."""

STANDINGS: dict[str, tuple[Operation, list[StackEvent], Direction | Certainty]] = {
    # Forward. Which statuses fit which request: SENT_IN, below.
    "a Create in an update of the stack": (CREATE, [updating(), *PAGES], FORWARD),
    "an Update": (UPDATE, [updating(), *PAGES], FORWARD),
    "an Update after siblings have ended": (
        UPDATE,
        [
            resource("UPDATE_COMPLETE", -9, "x", "Other"),
            resource("UPDATE_FAILED", -9, "", "Table"),
            updating(),
        ],
        FORWARD,
    ),
    "an Update that has begun itself": (
        UPDATE,
        [resource("UPDATE_IN_PROGRESS", -1, ""), updating(), *PAGES],
        FORWARD,
    ),
    "an Update whose resource ended one in an earlier operation": (
        UPDATE,
        [updating(-5), event("UPDATE_COMPLETE", -15), CHANGED, updating(), *PAGES],
        FORWARD,
    ),
    "an Update after a rollback that is over": (
        UPDATE,
        [updating(-5), event("UPDATE_ROLLBACK_COMPLETE", -15), rolling_back(), *PAGES],
        FORWARD,
    ),
    # Back.
    "a rollback": (UPDATE, [rolling_back(-5), updating(), *PAGES], BACK),
    "a rollback, the Update ended before": (UPDATE, [rolling_back(-5), FAILED, updating()], BACK),
    "preserved resources, the Update failed": (UPDATE, [FAILED, updating(), *PAGES], BACK),
    "preserved resources, the Update was complete": (UPDATE, [CHANGED, updating()], BACK),
    "preserved resources, events carry no physical id": (
        UPDATE,
        [resource("UPDATE_FAILED", -20, ""), updating()],
        BACK,
    ),
    # Clocks: two seconds newer count as older, and ten do not say that it is given up.
    "its own stack's status, two seconds newer": (UPDATE, [updating(2), *PAGES], FORWARD),
    "its rollback, two seconds newer": (UPDATE, [rolling_back(2), updating()], BACK),
    "its resource's end, two seconds newer": (
        UPDATE,
        [resource("UPDATE_FAILED", 2), updating()],
        BACK,
    ),
    "its resource's end is newer": (UPDATE, [resource("UPDATE_FAILED", 2.5), updating()], FORWARD),
    "a rollback ten seconds newer": (UPDATE, [rolling_back(10), updating()], TWICE),
    "a rollback more than ten seconds newer": (UPDATE, [rolling_back(10.5), updating()], ONCE),
    "the same status, more than ten seconds newer": (UPDATE, [updating(11), updating()], ONCE),
    # Late, or a duplicate.
    "a forward Update after the rollback": (
        UPDATE,
        [event("UPDATE_ROLLBACK_COMPLETE", 300), rolling_back(90), updating()],
        ONCE,
    ),
    "a Create, the stack is being deleted": (
        CREATE,
        [event("DELETE_IN_PROGRESS", 90), event("CREATE_IN_PROGRESS", -5)],
        ONCE,
    ),
    "a Delete, hours later": (DELETE, [event("UPDATE_COMPLETE", 7200), *PAGES], ONCE),
    "a duplicate of one that has just finished": (
        UPDATE,
        [event("UPDATE_COMPLETE", 5), CHANGED, updating()],
        TWICE,
    ),
    # A resource's events are no stack events, however new.
    "siblings go on": (
        CREATE,
        [resource("CREATE_COMPLETE", 60, "x", "Other"), updating()],
        FORWARD,
    ),
    # What CloudFormation has no record of stops nothing.
    "an unknown stack": (UPDATE, [], UNKNOWN),
    "events that begin after the request": (UPDATE, [updating(5)], UNKNOWN),
}


@pytest.mark.parametrize("situation", STANDINGS)
def test_a_request_goes_forward_or_back_or_is_out_of_date(situation: str) -> None:
    operation, events, expected = STANDINGS[situation]
    assert stands(operation, *events) == expected


SENT_IN: dict[Operation, dict[str, Direction]] = {
    CREATE: {"CREATE_IN_PROGRESS": FORWARD, "UPDATE_IN_PROGRESS": FORWARD},
    UPDATE: {"UPDATE_IN_PROGRESS": FORWARD, "UPDATE_ROLLBACK_IN_PROGRESS": BACK},
    DELETE: {status: FORWARD for status in STATUSES if status.endswith("_IN_PROGRESS")},
}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("operation", Operation)
def test_each_request_is_sent_in_few_statuses_and_no_other_one_lasts(
    operation: Operation, status: str
) -> None:
    expected = SENT_IN[operation].get(status, TWICE)
    assert stands(operation, event(status, -30), *PAGES) == expected


def test_the_reason_names_the_stack_s_status_and_an_unknown_stack_gives_none() -> None:
    late = standing(DELETE, "Sentiment", given.STACK_ID, AT, [event("UPDATE_COMPLETE", 60)])
    assert "UPDATE_COMPLETE" in late.out_of_date
    assert standing(DELETE, "Sentiment", given.STACK_ID, AT, []) == Standing()


@pytest.mark.parametrize("last", [updating(), event("UPDATE_COMPLETE", 60)])
def test_no_more_events_are_read_than_tell_how_a_request_stands(last: StackEvent) -> None:
    standing(UPDATE, "Sentiment", given.STACK_ID, AT, only(FAILED, last))


# ---------------------------------------------------------------- What the stack held

CREATED = resource("CREATE_COMPLETE", 60)
SKIPPED = resource("DELETE_SKIPPED", 90)
OLDER = event("UPDATE_COMPLETE", -9000)
FIRST = event("CREATE_IN_PROGRESS", 5)
NOTHING = History()
NEVER = History(is_whole=True)

HISTORIES: dict[str, tuple[list[StackEvent], History]] = {
    "the events reach back to before it, and none holds it": ([updating(5), OLDER], NEVER),
    "it was created": ([CREATED, FIRST], History(CREATED)),
    "it was updated": (
        [resource("UPDATE_COMPLETE", 60), OLDER],
        History(resource("UPDATE_COMPLETE", 60)),
    ),
    "it was retained": ([SKIPPED, CREATED, FIRST], History(SKIPPED)),
    "it is held again, under another logical id": (
        [resource("CREATE_COMPLETE", 95, logical_id="Other"), SKIPPED],
        History(resource("CREATE_COMPLETE", 95, logical_id="Other")),
    ),
    "its creation and its update have failed": (
        [resource(f"{each}_FAILED", 60) for each in ("DELETE", "UPDATE", "CREATE")] + [OLDER],
        NEVER,
    ),
    "it is only being created, updated or deleted": (
        [resource(f"{each}_IN_PROGRESS", 60) for each in ("DELETE", "UPDATE", "CREATE")] + [OLDER],
        NEVER,
    ),
    "another endpoint was created": (
        [resource("CREATE_COMPLETE", 60, given.arn("x")), OLDER],
        NEVER,
    ),
    "an older event is about another endpoint of the same ARN": (
        [updating(5), resource("DELETE_SKIPPED", -1), resource("CREATE_COMPLETE", -60)],
        NEVER,
    ),
    "an event of its very moment counts": (
        [resource("CREATE_COMPLETE", 0), OLDER],
        History(resource("CREATE_COMPLETE", 0)),
    ),
    "the events end after its creation": ([updating(60), event("UPDATE_COMPLETE", 9)], NOTHING),
    "the stack's first event is newer than it": ([FIRST], NEVER),
    "the stack repeats its first status when all is configured": (
        [event("CREATE_COMPLETE", 90), event("CREATE_IN_PROGRESS", 80), CREATED, FIRST],
        History(CREATED),
    ),
    "it repeats it, and the events end after the creation": (
        [event("CREATE_IN_PROGRESS", 80), resource("CREATE_IN_PROGRESS", 5)],
        NOTHING,
    ),
    "the stack began as a change set": ([FIRST, event("REVIEW_IN_PROGRESS", 1)], NEVER),
    "a nested stack's first event says nothing": (
        [event("CREATE_IN_PROGRESS", 5, ROOT)],
        NOTHING,
    ),
    "CloudFormation has no record of the stack": ([], NOTHING),
}


@pytest.mark.parametrize("situation", HISTORIES)
def test_events_say_whether_the_stack_held_an_endpoint(situation: str) -> None:
    events, expected = HISTORIES[situation]
    found = history(given.ARN, AT, given.STACK_ID, events)
    assert found == expected
    assert found.never_held is (expected == NEVER)
    assert (found.retained is not None) is (expected == History(SKIPPED))


@pytest.mark.parametrize("events", [[FIRST], [updating(), OLDER], [updating(), PAGES[1], FIRST]])
def test_without_a_creation_time_events_prove_that_it_was_held_but_never_that_it_was_not(
    events: list[StackEvent],
) -> None:
    assert history(given.ARN, None, given.STACK_ID, events) == NOTHING
    held = resource("CREATE_COMPLETE", -9999)
    assert history(given.ARN, None, given.STACK_ID, [updating(), held]) == History(held)


@pytest.mark.parametrize("last", [CREATED, OLDER])
def test_no_more_events_are_read_than_tell_what_the_stack_held(last: StackEvent) -> None:
    history(given.ARN, AT, given.STACK_ID, only(last))


# ---------------------------------------------------------------- The trial of an adoption


def root(status: str, seconds: float) -> StackEvent:
    return event(status, seconds, ROOT, "root")


BEFORE = root("UPDATE_COMPLETE", -60)

TRIALS: dict[str, tuple[list[StackEvent], bool]] = {
    "completed just after it": ([root("UPDATE_COMPLETE", 0.25), BEFORE], True),
    "completed in its very moment": ([root("UPDATE_COMPLETE", 0), BEFORE], False),
    "updated, then deleted": (
        [root("DELETE_IN_PROGRESS", 90), root("UPDATE_COMPLETE", 60), BEFORE],
        True,
    ),
    "a later update was rolled back": (
        [root("UPDATE_ROLLBACK_COMPLETE", 90), root("UPDATE_COMPLETE", 60), BEFORE],
        True,
    ),
    "only a nested stack has completed": ([event("UPDATE_COMPLETE", 60), BEFORE], False),
    "only the resource is complete": ([resource("CREATE_COMPLETE", 60), BEFORE], False),
    "the events no longer reach back to it": ([root("UPDATE_IN_PROGRESS", 60)], True),
    "the stack is younger than it": ([root("CREATE_IN_PROGRESS", 5)], False),
    "the stack is younger, and has rolled back": (
        [root("ROLLBACK_COMPLETE", 60), root("REVIEW_IN_PROGRESS", 5)],
        False,
    ),
    "CloudFormation has no record of the stack": ([], False),
}


@pytest.mark.parametrize("situation", TRIALS)
def test_a_trial_is_over_once_the_outermost_stack_has_completed_an_operation(
    situation: str,
) -> None:
    events, is_over = TRIALS[situation]
    assert trial_is_over(ROOT, AT, events) is is_over


@pytest.mark.parametrize("status", STATUSES)
def test_no_other_status_ends_a_trial(status: str) -> None:
    is_over = status in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
    assert trial_is_over(ROOT, AT, [root(status, 60), BEFORE]) is is_over


@pytest.mark.parametrize("last", [root("UPDATE_COMPLETE", 60), BEFORE])
def test_no_more_events_are_read_than_tell_whether_a_trial_is_over(last: StackEvent) -> None:
    trial_is_over(ROOT, AT, only(root("DELETE_IN_PROGRESS", 90), last))
