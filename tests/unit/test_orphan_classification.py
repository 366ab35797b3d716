"""The classification of an endpoint, over whatever can be read of it and of its stack."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest

from provider.model.api_errors import ApiError
from provider.model.ownership import LOGICAL_ID_TAG, REQUEST_TAG, STACK_TAG
from provider.model.stack import ResourceRecord, StackEvent, StackRecord
from provider.orphans.classification import (
    MAX_MESSAGE,
    REMEMBERED,
    Classification,
    Verdict,
    unread,
)
from provider.orphans.scan import scan
from tests.unit import given
from tests.unit.orphan_world import (
    DAY,
    GONE,
    IDLE_DAYS,
    LONG_AGO,
    MADE,
    NOW,
    TAGS,
    THERE,
    Aws,
    event,
    listed,
    skipped,
)

IN_USE, IDLE, IN_PROGRESS, RETAINED, ORPHANED, UNKNOWN = Classification
OTHER_ARN = given.arn("other")


def resource(status: str, arn: str = given.ARN, at: datetime | None = NOW) -> ResourceRecord:
    return ResourceRecord(arn, status, at)


def verdict_on(**about: Any) -> Verdict:
    (finding,) = scan(Aws(**about).services()).findings
    return finding.verdict


# ---------------------------------------------------------------- The endpoint itself


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("DELETING", IN_PROGRESS),
        *((each, ORPHANED) for each in ("CREATING", "IN_SERVICE", "UPDATING", "FAILED", "NOVEL")),
    ],
)
def test_an_endpoint_that_is_being_deleted_is_in_progress_whatever_its_stack_says(
    status: str, expected: Classification
) -> None:
    verdict = verdict_on(listed=[listed(status=status)], record=GONE)
    assert verdict.classification is expected


@pytest.mark.parametrize(
    ("tags", "why"),
    [
        ({STACK_TAG: ""}, STACK_TAG),
        ({STACK_TAG: "shop"}, STACK_TAG),
        ({STACK_TAG: given.STACK_ID.replace(given.REGION, "us-east-1")}, STACK_TAG),
        ({STACK_TAG: given.STACK_ID.replace(given.ACCOUNT, "999999999999")}, STACK_TAG),
        ({LOGICAL_ID_TAG: ""}, LOGICAL_ID_TAG),
    ],
)
def test_tags_that_name_no_resource_of_the_place_leave_it_unknown(
    tags: dict[str, str], why: str
) -> None:
    verdict = verdict_on(tagged={"reviews": TAGS | tags})
    assert verdict.classification is UNKNOWN
    assert why in verdict.why


@pytest.mark.parametrize("key", [STACK_TAG, LOGICAL_ID_TAG, REQUEST_TAG])
def test_a_part_of_the_mark_is_enough_to_be_classified(key: str) -> None:
    assert verdict_on(tagged={"reviews": {key: "x"}}).classification is UNKNOWN


# ---------------------------------------------------------------- Its stack


class Case(NamedTuple):
    """What is so, and what follows: the stack's status, the resource in it, and its events."""

    expected: Classification
    stack: str
    resource: ResourceRecord | None = None
    events: tuple[StackEvent, ...] = ()


CASES = {
    "listed after a create": Case(IN_USE, "CREATE_COMPLETE", resource("CREATE_COMPLETE")),
    "listed after an update": Case(IN_USE, "UPDATE_COMPLETE", resource("UPDATE_COMPLETE")),
    "another resource is being updated": Case(
        IN_USE, "UPDATE_IN_PROGRESS", resource("CREATE_COMPLETE")
    ),
    "rolled back": Case(IN_USE, "UPDATE_ROLLBACK_COMPLETE", resource("UPDATE_COMPLETE")),
    "stuck": Case(IN_USE, "UPDATE_ROLLBACK_FAILED", resource("UPDATE_FAILED")),
    "a creation that failed and stays": Case(IN_USE, "CREATE_FAILED", resource("CREATE_FAILED")),
    "a deletion that failed": Case(IN_USE, "DELETE_FAILED", resource("DELETE_FAILED")),
    "being created": Case(IN_PROGRESS, "CREATE_IN_PROGRESS", resource("CREATE_IN_PROGRESS")),
    "being created, with an id yet to come": Case(
        IN_PROGRESS, "CREATE_IN_PROGRESS", resource("CREATE_IN_PROGRESS", "")
    ),
    "being updated": Case(IN_PROGRESS, "UPDATE_IN_PROGRESS", resource("UPDATE_IN_PROGRESS")),
    "its replacement is being made": Case(
        IN_PROGRESS, "UPDATE_IN_PROGRESS", resource("UPDATE_IN_PROGRESS", OTHER_ARN)
    ),
    "it was replaced, other resources follow": Case(
        IN_PROGRESS, "UPDATE_IN_PROGRESS", resource("UPDATE_COMPLETE", OTHER_ARN)
    ),
    "it was replaced and is being removed": Case(
        IN_PROGRESS, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", resource("UPDATE_COMPLETE", OTHER_ARN)
    ),
    "not listed before it is complete": Case(IN_PROGRESS, "CREATE_IN_PROGRESS"),
    "rolling back": Case(IN_PROGRESS, "ROLLBACK_IN_PROGRESS"),
    "being deleted": Case(IN_PROGRESS, "DELETE_IN_PROGRESS", resource("DELETE_IN_PROGRESS")),
    "the stack is being deleted": Case(IN_PROGRESS, "DELETE_IN_PROGRESS"),
    "skipped, and another resource is being updated": Case(
        IN_PROGRESS, "UPDATE_IN_PROGRESS", resource("DELETE_SKIPPED")
    ),
    "skipped, and the stack is gone": Case(RETAINED, "DELETE_COMPLETE", resource("DELETE_SKIPPED")),
    "skipped, nobody says when": Case(
        RETAINED, "DELETE_COMPLETE", resource("DELETE_SKIPPED", at=None)
    ),
    "taken out of the template, and skipped": Case(
        RETAINED, "UPDATE_COMPLETE", resource("DELETE_SKIPPED")
    ),
    "skipped, say the events": Case(RETAINED, "DELETE_COMPLETE", None, (skipped(),)),
    "skipped at the time when it was made": Case(
        RETAINED, "DELETE_COMPLETE", None, (skipped(at=MADE),)
    ),
    "skipped in a stack that is still there": Case(RETAINED, "UPDATE_COMPLETE", None, (skipped(),)),
    "skipped before this one was made": Case(
        ORPHANED, "DELETE_COMPLETE", resource("DELETE_SKIPPED", at=MADE - DAY)
    ),
    "skipped before this one was made, say the events": Case(
        ORPHANED, "UPDATE_COMPLETE", None, (skipped(at=MADE - DAY),)
    ),
    "another one was skipped": Case(
        ORPHANED, "DELETE_COMPLETE", resource("DELETE_SKIPPED", OTHER_ARN), (skipped("other"),)
    ),
    "its deletion was not skipped": Case(
        ORPHANED, "DELETE_COMPLETE", None, (event("DELETE_COMPLETE"),)
    ),
    "skipped, then taken back, then neither kept nor deleted": Case(
        ORPHANED, "DELETE_COMPLETE", None, (event("UPDATE_COMPLETE"), skipped(at=MADE))
    ),
    "skipped, then brought back, then neither kept nor deleted": Case(
        ORPHANED, "UPDATE_COMPLETE", None, (event("CREATE_COMPLETE"), skipped(at=MADE))
    ),
    "taken back, then skipped again": Case(
        RETAINED, "DELETE_COMPLETE", None, (skipped(), event("UPDATE_COMPLETE", at=MADE))
    ),
    "skipped, then an update that failed": Case(
        RETAINED, "UPDATE_COMPLETE", None, (event("UPDATE_FAILED"), skipped(at=MADE))
    ),
    "a deletion failed, then CloudFormation was told to skip it": Case(
        ORPHANED, "DELETE_COMPLETE", None, (skipped(), event("DELETE_FAILED", at=MADE + DAY))
    ),
    "forced, and the stack lists it as skipped": Case(
        ORPHANED,
        "DELETE_COMPLETE",
        resource("DELETE_SKIPPED"),
        (skipped(), event("DELETE_FAILED", at=MADE + DAY)),
    ),
    "forced, and nobody says when it was skipped": Case(
        ORPHANED,
        "DELETE_COMPLETE",
        resource("DELETE_SKIPPED", at=None),
        (event("DELETE_FAILED", at=MADE + DAY),),
    ),
    "forced, after a second attempt": Case(
        ORPHANED,
        "DELETE_COMPLETE",
        None,
        (
            skipped(),
            event("DELETE_IN_PROGRESS", at=MADE + 2 * DAY),
            event("DELETE_FAILED", at=MADE + DAY),
        ),
    ),
    "the deletion of another one failed": Case(
        RETAINED, "DELETE_COMPLETE", None, (skipped(), event("DELETE_FAILED", "other"))
    ),
    "a deletion failed before this one was made": Case(
        RETAINED, "DELETE_COMPLETE", None, (skipped(), event("DELETE_FAILED", at=MADE - DAY))
    ),
    "a deletion failed, the stack went on with it, then kept it on purpose": Case(
        RETAINED,
        "DELETE_COMPLETE",
        None,
        (
            skipped(),
            event("UPDATE_COMPLETE", at=MADE + 2 * DAY),
            event("DELETE_FAILED", at=MADE + DAY),
        ),
    ),
    "kept on purpose, held again, then its deletion failed": Case(
        ORPHANED,
        "DELETE_COMPLETE",
        resource("DELETE_SKIPPED", at=MADE + DAY),
        (
            event("DELETE_FAILED", at=MADE + 3 * DAY),
            event("UPDATE_COMPLETE", at=MADE + 2 * DAY),
            skipped(at=MADE + DAY),
        ),
    ),
    "kept on purpose, then a deletion that failed": Case(
        ORPHANED,
        "DELETE_COMPLETE",
        resource("DELETE_SKIPPED", at=MADE + DAY),
        (event("DELETE_FAILED", at=MADE + 2 * DAY), skipped(at=MADE + DAY)),
    ),
    "its deletion failed, and the stack went on without it": Case(
        ORPHANED,
        "UPDATE_COMPLETE",
        None,
        (event("DELETE_FAILED"), event("CREATE_COMPLETE", at=MADE)),
    ),
    "deleted, says the stack": Case(ORPHANED, "UPDATE_COMPLETE", resource("DELETE_COMPLETE")),
    "a deleted stack's list": Case(ORPHANED, "DELETE_COMPLETE", resource("DELETE_COMPLETE")),
    "a deleted stack that lists it yet": Case(
        ORPHANED, "DELETE_COMPLETE", resource("CREATE_COMPLETE")
    ),
    "a deleted stack": Case(ORPHANED, "DELETE_COMPLETE"),
    "no longer in the stack": Case(ORPHANED, "UPDATE_COMPLETE"),
    "a creation that was rolled back": Case(ORPHANED, "ROLLBACK_COMPLETE"),
    "the stack has another one": Case(
        ORPHANED, "UPDATE_COMPLETE", resource("UPDATE_COMPLETE", OTHER_ARN)
    ),
}


@pytest.mark.parametrize("situation", CASES)
def test_the_stack_and_its_events_say_what_an_endpoint_is(situation: str) -> None:
    case = CASES[situation]
    verdict = verdict_on(record=StackRecord(case.stack), has=case.resource, happened=[*case.events])
    assert verdict.classification is case.expected


@pytest.mark.parametrize("record", [GONE, THERE, None])
def test_what_a_running_execution_made_is_in_progress_unless_it_was_retained(
    record: StackRecord | None,
) -> None:
    running: dict[str, Any] = {"record": record, "executions": {"d1ce": 1.0}}
    adopted = {"reviews": TAGS | {REQUEST_TAG: "d1ce/adopted/2026-11-13T12:00:00.000+00:00"}}
    assert verdict_on(**running).classification is IN_PROGRESS
    assert verdict_on(**running, tagged=adopted).classification is IN_PROGRESS
    if record is not None:
        assert verdict_on(**running, happened=[skipped()]).classification is RETAINED


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (timedelta(0), ORPHANED),
        (REMEMBERED - DAY, ORPHANED),
        (REMEMBERED, UNKNOWN),
        (900 * DAY, UNKNOWN),
        (None, UNKNOWN),
    ],
)
def test_an_unknown_stack_s_endpoint_is_orphaned_unless_the_stack_may_be_long_deleted(
    age: timedelta | None, expected: Classification
) -> None:
    made = None if age is None else NOW - age
    verdict = verdict_on(record=None, listed=[listed(created=made)])
    assert (verdict.classification, verdict.since) == (expected, made)


@pytest.mark.parametrize("made", [NOW - 900 * DAY, None])
@pytest.mark.parametrize("record", [GONE, THERE])
def test_what_cloudformation_remembers_counts_however_old_the_endpoint_is(
    record: StackRecord, made: datetime | None
) -> None:
    old: dict[str, Any] = {"record": record, "listed": [listed(created=made)]}
    assert verdict_on(**old).classification is ORPHANED
    assert verdict_on(**old, happened=[skipped()]).classification is RETAINED


# ---------------------------------------------------------------- Since when, and why


@pytest.mark.parametrize(
    ("about", "since", "why"),
    [
        ({"has": resource("CREATE_COMPLETE")}, MADE, "is this endpoint (CREATE_COMPLETE)"),
        ({"record": GONE}, NOW - 3 * DAY, "its stack was deleted and did not keep it"),
        ({"record": StackRecord("DELETE_COMPLETE")}, MADE, "was deleted and did not keep it"),
        ({"happened": [skipped()]}, NOW - DAY, "its stack kept Sentiment on purpose"),
        (
            {"happened": [skipped(), event("DELETE_FAILED", at=MADE)]},
            NOW - DAY,
            "could not delete Sentiment and gave it up (DELETE_FAILED, then DELETE_SKIPPED)",
        ),
        ({"has": None}, MADE, "its stack (UPDATE_COMPLETE) no longer has Sentiment"),
        ({"has": resource("DELETE_COMPLETE")}, MADE, "(UPDATE_COMPLETE) no longer has Sentiment"),
        (
            {"has": resource("X", OTHER_ARN)},
            MADE,
            f"Sentiment of its stack (UPDATE_COMPLETE) is {OTHER_ARN}",
        ),
    ],
)
def test_a_verdict_says_since_when_and_why(
    about: dict[str, Any], since: datetime, why: str
) -> None:
    verdict = verdict_on(**about)
    assert verdict.since == since
    assert why in verdict.why


def test_an_idle_endpoint_s_verdict_says_since_when_and_for_how_many_days() -> None:
    long_there = [listed(created=LONG_AGO)]
    verdict = verdict_on(has=resource("CREATE_COMPLETE"), listed=long_there, used={"reviews": 0})
    midnight = (NOW - IDLE_DAYS * DAY).replace(hour=0)
    why = (
        "Sentiment of its stack is this endpoint (CREATE_COMPLETE), but nothing has used it for "
        "14 days"
    )
    assert verdict == Verdict(IDLE, why, midnight)


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ("User is\nnot  authorized.", "Code from Call: User is not authorized"),
        ("x" * 5000, "Code from Call: " + "x" * MAX_MESSAGE),
        ("", "Code from Call"),
    ],
)
def test_what_could_not_be_read_is_reported_code_first(message: str, why: str) -> None:
    assert unread(listed(), ApiError("Call", "Code", message)) == Verdict(UNKNOWN, why, MADE)
