"""Events that nobody should send, at the real handlers: no harm, a clean answer, no secret told."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from testing.arns import TOKEN, arn, classifier
from testing.functions import REQUEST
from tests.security import hostile
from tests.security.checks import check, check_calm, with_address
from tests.security.examples import PATIENCE, examples
from tests.security.world import OURS, STATUSES, THEIRS, Json, World

pytestmark = pytest.mark.timeout(PATIENCE)

MINE = arn("document-classifier-endpoint", "mine")
THEIR_ENDPOINT = arn("document-classifier-endpoint", "theirs")
GOOD: Json = {"ServiceToken": TOKEN, "ModelArn": classifier(), "DesiredInferenceUnits": "1"}


@examples(200, 15_000)
@given(event=hostile.events(), status=st.sampled_from(STATUSES))
def test_no_event_does_harm(world: World, event: Any, status: str | None) -> None:
    check(world.send(with_address(world, event), status))


# Events that once came through as something else than an answer or a line in the log. More of
# them, with other addresses, are in the tables of tests/unit/test_event.py.


def test_a_host_that_is_no_name_is_an_answer_that_cannot_be_delivered(world: World) -> None:
    seen = world.send(world.event("Create", GOOD, ResponseURL=f"https://{'a' * 300}.test/x"))

    check_calm(seen)
    (kept,) = seen.queue
    assert kept["answer"]["Status"] == "SUCCESS"


@pytest.mark.parametrize("region", ["-", "a" * 100, "local"])
def test_a_stack_in_no_region_is_answered_at_once(world: World, region: str) -> None:
    seen = world.send(world.event("Create", GOOD, StackId=OURS.replace("us-east-1", region)))

    assert seen.escaped == []
    (put,) = seen.puts
    assert put.answer()["Reason"].startswith("StackId")


@pytest.mark.parametrize("name", ["RequestId", "LogicalResourceId"])
@pytest.mark.parametrize("kind", ["Create", "Delete", "Read"])
def test_half_a_character_in_an_id_is_answered(world: World, name: str, kind: str) -> None:
    seen = world.send(world.event(kind, GOOD, **{name: "half \ud800", "PhysicalResourceId": "x"}))

    assert seen.escaped == []
    (put,) = seen.puts
    assert put.answer()[name] == "half \ud800"


@pytest.mark.parametrize(
    "changes",
    [
        {"StackId": OURS.replace("shop", "s" * 4096)},
        *({name: "x" * 4096} for name in ("RequestId", "LogicalResourceId", "PhysicalResourceId")),
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_ids_that_leave_no_room_for_an_answer_are_no_request(world: World, changes: Json) -> None:
    seen = world.send(world.event("Delete", GOOD, **changes))

    assert (seen.puts, seen.calls, seen.escaped) == ([], [], [])
    assert "not a CloudFormation request" in seen.log


@pytest.mark.parametrize("kind", ["Create", "Update", "Delete"])
def test_an_event_that_looks_like_a_state_is_an_event_to_the_fallback(
    world: World, kind: str
) -> None:
    looks: Json = {
        "answer": {"Status": "SUCCESS", "PhysicalResourceId": "forged"},
        "progression": ["forged"],
        "event": {"ResponseURL": "https://evil.example.test/x"},
        "arn": THEIR_ENDPOINT,
    }
    world.failing = REQUEST
    seen = world.send(world.event(kind, GOOD, PhysicalResourceId=MINE, **looks))

    (put,) = seen.puts
    assert put.answer()["Status"] == "FAILED"
    assert put.answer()["PhysicalResourceId"] == MINE
    assert seen.elsewhere == []


def test_crhelpers_own_keys_in_an_event_change_nothing(world: World) -> None:
    seen = world.send(world.event("Create", GOOD, CrHelperPoll=True, CrHelperData={"x": "y"}))

    (put,) = seen.puts
    assert put.answer()["Status"] == "SUCCESS"
    assert "x" not in put.answer()["Data"]
    assert [call["operation"] for call in seen.changes] == ["CreateEndpoint"]


def test_what_is_nested_too_deep_goes_to_the_fallback(world: World) -> None:
    """Python cannot carry it on: Lambda tries three times, and then the fallback answers."""
    seen = world.send(world.event("Create", {**GOOD, "Deep": hostile.nested(900)}))

    assert seen.changes == []
    assert set(seen.escaped) <= {(REQUEST, "RecursionError")}
    (put,) = seen.puts
    assert put.answer()["Status"] == "FAILED"


def test_whoever_may_invoke_the_function_can_act_for_any_stack(world: World) -> None:
    """SECURITY.md says so, and what to do about it: this is not defended in code."""
    seen = world.send(world.event("Delete", {}, StackId=THEIRS, PhysicalResourceId=THEIR_ENDPOINT))

    assert [call["operation"] for call in seen.changes] == ["DeleteEndpoint"]
    assert THEIR_ENDPOINT not in [each["EndpointArn"] for each in seen.after]


@pytest.mark.parametrize("forged", [{"LogicalResourceId": "Other"}, {"StackId": OURS + "1"}, {}])
def test_an_event_of_ones_own_stack_reaches_nothing_of_another(world: World, forged: Json) -> None:
    larger = {**GOOD, "DesiredInferenceUnits": "2"}
    for kind in ("Update", "Delete"):
        seen = world.send(world.event(kind, larger, PhysicalResourceId=THEIR_ENDPOINT, **forged))

        assert seen.changes == []
        (put,) = seen.puts
        assert put.answer()["Status"] == "FAILED"
