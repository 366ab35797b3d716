"""Events that nobody should send, at the real handlers: no harm, a clean answer, no secret told."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given

from local.functions import LAST_RESORT, REQUEST
from provider.stack import StackView
from tests.functional.emulated import arn, classifier
from tests.functional.provider.cloudformation import LOGICAL_ID_TAG, STACK_TAG, TOKEN
from tests.security import hostile
from tests.security.examples import PATIENCE, examples
from tests.security.oracle import answerable, valid_event
from tests.security.world import OURS, THEIRS, Json, Seen, World

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
    "http://evil.example.test/x",
    "file:///etc/passwd",
]
VIEWS = (
    StackView(),
    StackView("UPDATE_IN_PROGRESS", True, "UPDATE_IN_PROGRESS"),
    StackView("DELETE_IN_PROGRESS", False),
)
ON_PURPOSE = {
    # An answer that needs no execution, or that of the last resort, was not taken: Lambda tries
    # again, and then the queue has it.
    (REQUEST, "DeliveryError"),
    (LAST_RESORT, "DeliveryError"),
}
"""What may come out of a function, and why: everything else is a defect."""


SHORT = 20
"""Characters. What is shorter is no signature, and may stand in a line by chance."""


def with_address(world: World, event: Any) -> Any:
    """The event with an address to answer to, unless it has one or is meant to have none."""
    if not isinstance(event, dict):
        return event
    address = world.receiver.url()
    url = event.get("ResponseURL", address)
    if isinstance(url, str):
        url = url.replace("{here}", address.removeprefix("https://"))
    return event | {"ResponseURL": url}


def check_harmless(seen: Seen) -> None:
    """Whoever sent it: no change without a valid event, and never to what is another's."""
    if seen.changes:
        assert valid_event(seen.event)
    assert seen.untouched
    event = seen.event
    for call in seen.changes:
        if call["operation"] == "CreateEndpoint":
            tags = {tag["Key"]: tag["Value"] for tag in call["parameters"]["Tags"]}
            assert tags[STACK_TAG] == event["StackId"]
            assert tags[LOGICAL_ID_TAG] == event["LogicalResourceId"]


def check_answered(seen: Seen) -> None:
    """One answer, or a message in the queue; never at another request's address."""
    event = seen.event
    if not answerable(event):
        assert not seen.puts
        assert not seen.elsewhere
        return
    assert len({put.body for put in seen.puts}) <= 1
    for put in seen.puts:
        url = urlsplit(event["ResponseURL"])
        assert (put.path, put.query) == (url.path, url.query)
        answer = put.answer()
        for key in ("StackId", "RequestId", "LogicalResourceId"):
            assert answer[key] == event[key]
        assert answer["Status"] in ("SUCCESS", "FAILED")
        assert answer["PhysicalResourceId"]
        if not valid_event(event):
            assert answer["Status"] == "FAILED"
            assert answer["Reason"].strip()
    misplaced = "CrHelperPoll" in event
    assert seen.puts or seen.queue or misplaced


def check_silent(seen: Seen) -> None:
    """No line holds the address, or what is secret in it."""
    url = seen.event.get("ResponseURL") if isinstance(seen.event, dict) else None
    if isinstance(url, str):
        for secret in (url, url.partition("?")[2]):
            assert len(secret) < SHORT or secret not in seen.log


def check_calm(seen: Seen) -> None:
    assert set(seen.escaped) <= ON_PURPOSE


def check(seen: Seen) -> None:
    check_harmless(seen)
    check_answered(seen)
    check_silent(seen)
    check_calm(seen)


@examples(200, 20_000)
@given(event=hostile.events())
def test_no_event_does_harm(world: World, event: Any) -> None:
    check(world.send(with_address(world, event)))


@examples(60, 5_000)
@given(properties=hostile.properties(), old=hostile.properties())
@pytest.mark.parametrize("view", VIEWS, ids=lambda view: str(view.stack_status))
def test_no_update_s_properties_do_harm(
    world: World, view: StackView, properties: Any, old: Any
) -> None:
    event = world.event(
        "Update",
        properties,
        OldResourceProperties=old,
        PhysicalResourceId=MINE,
    )
    check(world.send(event, view))


@examples(40, 3_000)
@given(properties=hostile.properties(), old=hostile.properties())
def test_a_rollback_reads_leniently_and_does_no_harm(
    world: World, properties: Any, old: Any
) -> None:
    event = world.event(
        "Update",
        properties,
        OldResourceProperties=old,
        PhysicalResourceId=MINE,
    )
    seen = world.send(event, StackView("UPDATE_ROLLBACK_IN_PROGRESS", True, "UPDATE_IN_PROGRESS"))
    assert seen.untouched
    check_silent(seen)
    check_calm(seen)
    if isinstance(properties, dict):
        assert seen.puts


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
    def test_an_event_that_looks_like_a_state_is_an_event_to_the_last_resort(
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


def test_a_step_of_crhelpers_own_polling_is_ignored(world: World) -> None:
    seen = world.send(world.event("Create", GOOD, CrHelperPoll=True, CrHelperData={}))

    assert seen.puts == []
    assert seen.calls == []
    assert "does not belong here" in seen.log


def test_what_is_nested_beyond_all_reason_goes_to_the_last_resort(world: World) -> None:
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
