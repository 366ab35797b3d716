"""Events that CloudFormation never sends: answered where that is possible, else only logged."""

import json
from enum import Enum
from typing import Any

import pytest

from tests.functional.emulated import endpoint_arn
from tests.functional.provider.cloudformation import CLASSIFIER, CloudFormation, Json

NAMED: Json = {**CLASSIFIER, "EndpointName": "mine"}


class Gone(Enum):
    """Stands for a key that is not there."""

    GONE = "gone"

    def __repr__(self) -> str:
        return self.name


GONE = Gone.GONE


def without(event: Json, changes: Json) -> Json:
    """The event with these keys changed, or gone."""
    changed = event | changes
    return {key: value for key, value in changed.items() if value is not GONE}


def error_lines(cfn: CloudFormation) -> list[Json]:
    lines = [json.loads(line) for line in cfn.runner.functions.log.getvalue().splitlines()]
    return [line for line in lines if line.get("level") == "ERROR"]


@pytest.mark.parametrize(
    "event",
    [None, [], "Create", 5, True, {}, [{"RequestType": "Create"}], {"Records": [{"body": "x"}]}],
    ids=repr,
)
def test_what_is_no_event_is_logged_and_nothing_else(cfn: CloudFormation, event: Any) -> None:
    operation = cfn.send(event)
    cfn.runner.run(operation)
    assert operation.steps == 1  # It is not tried again: it would fail the same way.
    assert error_lines(cfn)
    assert cfn.receiver.puts == []
    assert cfn.admin.calls() == []
    assert cfn.runner.queue == []


@pytest.mark.parametrize("kind", ["Create", "Update", "Delete"])
@pytest.mark.parametrize(
    "changes",
    [
        {"ResponseURL": GONE},
        {"ResponseURL": ""},
        {"ResponseURL": None},
        {"ResponseURL": 5},
        {"ResponseURL": "http://127.0.0.1:1/x?y=z"},
        {"ResponseURL": "file:///etc/passwd"},
        {"RequestId": GONE},
        {"LogicalResourceId": GONE},
        {"LogicalResourceId": ""},
        {"StackId": GONE},
        {"StackId": {"a": 1}},
    ],
    ids=repr,
)
def test_a_request_that_cannot_be_answered_changes_nothing(
    cfn: CloudFormation, kind: str, changes: Json
) -> None:
    # Somebody else's request came before it in the same process.
    cfn.given(NAMED)
    cfn.receiver.reset()
    before = cfn.admin.endpoints()
    cfn.runner.run(cfn.send(without(cfn.event(kind, NAMED, NAMED), changes)))
    assert cfn.receiver.puts == []
    assert cfn.admin.endpoints() == before
    assert error_lines(cfn)


@pytest.mark.parametrize(
    ("kind", "changes", "word"),
    [
        ("Create", {"RequestType": "Restart"}, "RequestType"),
        ("Create", {"RequestType": "create"}, "RequestType"),
        ("Create", {"RequestType": GONE}, "RequestType"),
        ("Create", {"RequestType": ["Create"]}, "RequestType"),
        ("Create", {"StackId": "demo"}, "StackId"),
        ("Create", {"StackId": "arn:aws:s3:::bucket"}, "StackId"),
        ("Delete", {"StackId": "demo"}, "StackId"),
        ("Create", {"ResourceProperties": "text"}, "ResourceProperties"),
        ("Create", {"ResourceProperties": None}, "ResourceProperties"),
        ("Create", {"ResourceProperties": GONE}, "ServiceToken"),
        ("Update", {"ResourceProperties": []}, "ResourceProperties"),
        ("Update", {"PhysicalResourceId": GONE}, "PhysicalResourceId"),
        ("Update", {"PhysicalResourceId": ""}, "PhysicalResourceId"),
        ("Update", {"PhysicalResourceId": 5}, "PhysicalResourceId"),
    ],
    ids=lambda value: repr(value) if isinstance(value, dict) else str(value),
)
def test_a_malformed_request_is_answered_with_the_reason_and_changes_nothing(
    cfn: CloudFormation, kind: str, changes: Json, word: str
) -> None:
    event = without(cfn.event(kind, NAMED, NAMED) | {"PhysicalResourceId": "x"}, changes)
    cfn.runner.run(cfn.send(event))
    (put,) = cfn.receiver.puts
    assert put.query == event["ResponseURL"].partition("?")[2]
    answer = put.answer()
    assert answer["Status"] == "FAILED"
    assert word in answer["Reason"]
    assert answer["PhysicalResourceId"]
    assert not answer["PhysicalResourceId"].startswith("arn:")
    assert cfn.admin.calls() == []


def test_a_delete_without_an_id_finds_the_endpoint_by_its_properties(cfn: CloudFormation) -> None:
    cfn.given(NAMED)
    event = without(cfn.event("Delete", NAMED), {"PhysicalResourceId": GONE})
    cfn.runner.run(cfn.send(event))
    (answer,) = cfn.receiver.answers(event["ResponseURL"])
    assert answer["Status"] == "SUCCESS"
    assert answer["PhysicalResourceId"]
    assert cfn.statuses() == {}


def test_one_invocation_leaves_no_trace_in_the_next(cfn: CloudFormation) -> None:
    """Good and bad requests take turns in one process, and each gets its own answer."""
    bad = without(cfn.event("Create", NAMED), {"RequestType": "Restart"})
    good = cfn.event("Create", NAMED)
    nobodys = without(cfn.event("Create", NAMED), {"ResponseURL": GONE})
    wrong = cfn.event("Create", {**NAMED, "Unknown": "x"})
    for event in (bad, good, nobodys, wrong, None, good):
        cfn.runner.run(cfn.send(event))
    statuses = {
        event["RequestId"]: [each["Status"] for each in cfn.receiver.answers(event["ResponseURL"])]
        for event in (bad, good, wrong)
    }
    assert list(statuses.values()) == [["FAILED"], ["SUCCESS"], ["FAILED"]]
    assert len(cfn.receiver.puts) == 3
    for event in (bad, good, wrong):
        (answer,) = cfn.receiver.answers(event["ResponseURL"])
        assert answer["RequestId"] == event["RequestId"]
    assert cfn.statuses() == {"mine": "IN_SERVICE"}


def test_crhelpers_own_marks_in_an_event_do_not_lead_it_astray(cfn: CloudFormation) -> None:
    event = cfn.event("Create", NAMED) | {"CrHelperPoll": True, "CrHelperRule": "x"}
    cfn.runner.run(cfn.send(event))
    assert all(put.answer()["PhysicalResourceId"] for put in cfn.receiver.puts)
    assert set(cfn.statuses()) <= {endpoint_arn("mine").rpartition("/")[2]}
