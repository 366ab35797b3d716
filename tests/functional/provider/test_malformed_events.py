"""Events that CloudFormation never sends: answered if that is possible, else only logged.

What is malformed is a table in tests/unit/test_event.py.
"""

import json
from typing import Any

import pytest

from testing.events import Json
from testing.one_resource import NAMED, OneResource


def without(event: Json, key: str) -> Json:
    return {name: value for name, value in event.items() if name != key}


def error_lines(cfn: OneResource) -> list[Json]:
    lines = [json.loads(line) for line in cfn.account.functions.log.getvalue().splitlines()]
    return [line for line in lines if line.get("level") == "ERROR"]


@pytest.mark.parametrize(
    "event", [None, [], "Create", 5, {}, {"Records": [{"body": "x"}]}], ids=repr
)
def test_what_is_no_event_is_logged_and_nothing_else(cfn: OneResource, event: Any) -> None:
    operation = cfn.send(event)
    cfn.account.run(operation)
    assert operation.steps == 1  # It is not tried again: it would fail the same way.
    assert error_lines(cfn)
    assert cfn.mailbox.puts == []
    assert cfn.admin.calls() == []
    assert cfn.account.queue == []


@pytest.mark.parametrize("kind", ["Create", "Update", "Delete"])
@pytest.mark.parametrize(
    "changes",
    [
        {"ResponseURL": None},
        {"ResponseURL": "http://127.0.0.1:1/x?y=z"},
        {"ResponseURL": "file:///etc/passwd"},
        {"LogicalResourceId": ""},
        {"StackId": {"a": 1}},
    ],
    ids=lambda changes: next(f"{name} {value}"[:40] for name, value in changes.items()),
)
def test_a_request_that_cannot_be_answered_changes_nothing(
    cfn: OneResource, kind: str, changes: Json
) -> None:
    cfn.given(NAMED)
    before = cfn.admin.endpoints()
    cfn.account.run(cfn.send(cfn.event(kind, NAMED, NAMED) | changes))
    assert cfn.mailbox.puts == []
    assert cfn.mailbox.elsewhere == []
    assert cfn.admin.endpoints() == before
    assert error_lines(cfn)


@pytest.mark.parametrize(
    ("kind", "changes", "word"),
    [
        ("Create", {"RequestType": "Restart"}, "RequestType"),
        ("Create", {"StackId": "arn:aws:s3:::bucket"}, "StackId"),
        ("Delete", {"StackId": "demo"}, "StackId"),
        ("Create", {"ResourceProperties": None}, "ResourceProperties"),
        ("Create", {"ResourceProperties": {}}, "ServiceToken"),
        ("Update", {"PhysicalResourceId": ""}, "PhysicalResourceId"),
    ],
    ids=str,
)
def test_a_malformed_request_is_answered_with_the_reason_and_changes_nothing(
    cfn: OneResource, kind: str, changes: Json, word: str
) -> None:
    event = cfn.event(kind, NAMED, NAMED) | {"PhysicalResourceId": "x"} | changes
    cfn.account.run(cfn.send(event))
    (put,) = cfn.mailbox.puts
    assert put.url == event["ResponseURL"]
    answer = put.answer()
    assert answer["Status"] == "FAILED"
    assert word in answer["Reason"]
    assert answer["PhysicalResourceId"]
    assert not answer["PhysicalResourceId"].startswith("arn:")
    assert cfn.admin.calls() == []


def test_a_delete_without_an_id_finds_the_endpoint_by_its_properties(cfn: OneResource) -> None:
    """CloudFormation never got the answer of its Create."""
    cfn.mailbox.misbehave(403, times=1)
    cfn.account.run(cfn.send(cfn.event("Create", NAMED)))
    cfn.comes_to("ROLLBACK_IN_PROGRESS")
    event = without(cfn.event("Delete", NAMED), "PhysicalResourceId")
    cfn.account.run(cfn.send(event))
    (answer,) = cfn.mailbox.answers(event["ResponseURL"])
    assert answer["Status"] == "SUCCESS"
    assert answer["PhysicalResourceId"]
    assert cfn.statuses() == {}


def test_one_invocation_leaves_no_trace_in_the_next(cfn: OneResource) -> None:
    """Good and bad requests take turns in one process, and each gets its own answer."""
    bad = cfn.event("Create", NAMED) | {"RequestType": "Restart"}
    good = cfn.event("Create", NAMED)
    nobodys = without(cfn.event("Create", NAMED), "ResponseURL")
    wrong = cfn.event("Create", {**NAMED, "Unknown": "x"})
    for event in (bad, good, nobodys, wrong, None, good):
        cfn.account.run(cfn.send(event))
    assert len(cfn.mailbox.puts) == 3
    for event, status in ((bad, "FAILED"), (good, "SUCCESS"), (wrong, "FAILED")):
        (answer,) = cfn.mailbox.answers(event["ResponseURL"])
        assert (answer["RequestId"], answer["Status"]) == (event["RequestId"], status)
    assert cfn.statuses() == {"mine": "IN_SERVICE"}
