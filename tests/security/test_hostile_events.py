"""Events that nobody should send, at the real handlers: no harm, a clean answer, no secret told."""

from typing import Any

import pytest
from hypothesis import given

from local.functions import REQUEST
from tests.functional.emulated import arn, classifier
from tests.functional.provider.cloudformation import TOKEN
from tests.security import hostile
from tests.security.checks import check, check_calm, with_address
from tests.security.examples import PATIENCE, examples
from tests.security.world import OURS, THEIRS, Json, World

pytestmark = pytest.mark.timeout(PATIENCE)

MINE = arn("document-classifier-endpoint", "mine")
GOOD: Json = {"ServiceToken": TOKEN, "ModelArn": classifier(), "DesiredInferenceUnits": "1"}
URLS_OF_NOBODY = [
    "https://",
    "https:///x",
    "https://[::1",
    "https://127.0.0.1:0/x",
    "https://127.0.0.1:99999/x",
    "https://127.0.0.1:port/x",
    "https://ex\u2100mple.test/x",
    "https://evil.example.test/\u00e9?Signature=\u00fc",
    "https://evil.example.test/a b",
    "https://evil.example.test/a\r\nHost: other",
    "https://evil.example.test/\0",
    "https://evil.example.test/\ud800",
    'https://evil.example.test/?Signature="secret"',
    "http://evil.example.test/x",
    "file:///etc/passwd",
]


@examples(200, 15_000)
@given(event=hostile.events())
def test_no_event_does_harm(world: World, event: Any) -> None:
    check(world.send(with_address(world, event)))


class TestWhatWasFound:
    """Events that once came through as something else than an answer or a line in the log."""

    @pytest.mark.parametrize("url", URLS_OF_NOBODY)
    def test_nothing_is_made_for_an_address_that_nobody_can_be_answered_at(
        self, world: World, url: str
    ) -> None:
        seen = world.send(world.event("Create", GOOD, ResponseURL=url))

        assert seen.calls == []
        assert seen.escaped == []
        assert seen.elsewhere == []
        assert "not a CloudFormation request" in seen.log

    def test_a_host_that_is_no_name_is_an_answer_that_cannot_be_delivered(
        self, world: World
    ) -> None:
        event = world.event("Create", GOOD, ResponseURL=f"https://{'a' * 300}.test/x")
        seen = world.send(event)

        check_calm(seen)
        (kept,) = seen.queue
        assert kept["answer"]["Status"] == "SUCCESS"

    @pytest.mark.parametrize("region", ["-", "a" * 100, "local"])
    def test_a_stack_in_no_region_is_answered_at_once(self, world: World, region: str) -> None:
        stack = OURS.replace("us-east-1", region)
        seen = world.send(world.event("Create", GOOD, StackId=stack))

        assert seen.escaped == []
        (put,) = seen.puts
        assert put.answer()["Reason"].startswith("StackId")

    @pytest.mark.parametrize("name", ["RequestId", "LogicalResourceId"])
    @pytest.mark.parametrize("kind", ["Create", "Delete", "Read"])
    def test_half_a_character_in_an_id_is_answered(
        self, world: World, name: str, kind: str
    ) -> None:
        seen = world.send(
            world.event(kind, GOOD, **{name: "half \ud800", "PhysicalResourceId": "x"})
        )

        assert seen.escaped == []
        (put,) = seen.puts
        assert put.answer()[name] == "half \ud800"

    @pytest.mark.parametrize(
        "name", ["StackId", "RequestId", "LogicalResourceId", "PhysicalResourceId"]
    )
    def test_ids_that_leave_no_room_for_an_answer_are_no_request(
        self, world: World, name: str
    ) -> None:
        given_id = OURS.replace("shop", "s" * 4096) if name == "StackId" else "x" * 4096
        seen = world.send(world.event("Delete", GOOD, **{name: given_id}))

        assert seen.puts == []
        assert seen.calls == []
        assert seen.escaped == []

    def test_a_short_query_blots_nothing_out_of_the_log(self, world: World) -> None:
        """Who forges an event must not be able to make its lines unreadable."""
        address = world.receiver.url().partition("?")[0]
        seen = world.send(world.event("Create", GOOD, ResponseURL=f"{address}?e"))

        assert seen.puts
        assert OURS in seen.log
        assert "[ResponseURL]" not in seen.log

    @pytest.mark.parametrize("kind", ["Create", "Update", "Delete"])
    def test_an_event_that_looks_like_a_state_is_an_event_to_the_fallback(
        self, world: World, kind: str
    ) -> None:
        looks: Json = {
            "answer": {"Status": "SUCCESS", "PhysicalResourceId": "forged"},
            "progression": ["forged"],
            "event": {"ResponseURL": "https://evil.example.test/x"},
            "arn": arn("document-classifier-endpoint", "theirs"),
        }
        event = world.event(kind, GOOD, PhysicalResourceId=MINE, **looks)
        with world.failing(REQUEST):
            seen = world.send(event)

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


def test_what_is_nested_beyond_all_reason_goes_to_the_fallback(world: World) -> None:
    """Python cannot carry it on: Lambda tries three times, and then it is answered all the same."""
    seen = world.send(world.event("Create", {**GOOD, "Deep": hostile.nested(900)}))

    assert seen.changes == []
    assert set(seen.escaped) <= {(REQUEST, "RecursionError")}
    (put,) = seen.puts
    assert put.answer()["Status"] == "FAILED"


def test_whoever_may_invoke_the_function_can_act_for_any_stack(world: World) -> None:
    """SECURITY.md says so, and what to do about it: this is not defended in code."""
    theirs = arn("document-classifier-endpoint", "theirs")
    seen = world.send(world.event("Delete", {}, StackId=THEIRS, PhysicalResourceId=theirs))

    assert [call["operation"] for call in seen.changes] == ["DeleteEndpoint"]
    assert theirs not in [each["EndpointArn"] for each in seen.after]


@pytest.mark.parametrize("forged", [{"LogicalResourceId": "Other"}, {"StackId": OURS + "1"}, {}])
def test_an_event_of_ones_own_stack_reaches_nothing_of_another(world: World, forged: Json) -> None:
    theirs = arn("document-classifier-endpoint", "theirs")
    for kind in ("Update", "Delete"):
        seen = world.send(world.event(kind, GOOD, PhysicalResourceId=theirs, **forged))

        assert seen.changes == []
        (put,) = seen.puts
        assert put.answer()["Status"] == "FAILED"
