"""The sample events in events/: each is what CloudFormation sends, and does what its name says."""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from local import invoke
from local.comprehend import Admin
from provider.reconcile.state import State, load
from testing.account import Account, Operation
from testing.arns import TOKEN, classifier, endpoint_arn
from testing.events import Json
from testing.one_resource import CHANGES, answer_to

EVENTS = Path(__file__).parents[3] / "events"
FILES = sorted(file.name for file in EVENTS.glob("*.json") if file.name != invoke.SITUATIONS)
SITUATIONS: Json = json.loads((EVENTS / invoke.SITUATIONS).read_text(encoding="utf-8"))

GENERATED = "reviews-Sentiment-47615f249eb5"
V3, V4 = classifier("reviews/version/v3"), classifier("reviews/version/v4")
# File: status, name of the endpoint that the physical id names, calls, what is left.
EXPECTED: dict[str, tuple[str, str | None, list[str], Json]] = {
    "create.json": ("SUCCESS", GENERATED, ["CreateEndpoint"], {GENERATED: (V3, 1)}),
    "update-units.json": ("SUCCESS", GENERATED, ["UpdateEndpoint"], {GENERATED: (V3, 2)}),
    "update-model.json": ("SUCCESS", GENERATED, ["UpdateEndpoint"], {GENERATED: (V4, 1)}),
    "update-name.json": (
        "SUCCESS",
        "reviews-sentiment",
        ["CreateEndpoint"],
        {GENERATED: (V3, 1), "reviews-sentiment": (V3, 1)},
    ),
    "update-tags.json": ("SUCCESS", GENERATED, ["TagResource"], {GENERATED: (V3, 1)}),
    "rollback.json": ("SUCCESS", GENERATED, ["UpdateEndpoint"], {GENERATED: (V3, 1)}),
    "delete.json": ("SUCCESS", GENERATED, ["DeleteEndpoint"], {}),
    "delete-with-invented-id.json": ("SUCCESS", None, ["DeleteEndpoint"], {}),
    "duplicate.json": ("SUCCESS", GENERATED, [], {GENERATED: (V3, 1)}),
    "bad-properties.json": ("FAILED", None, [], {}),
    "poll.json": ("SUCCESS", GENERATED, [], {GENERATED: (V3, 1)}),
}
CREATE_KEYS = {
    "RequestType",
    "ServiceToken",
    "ResponseURL",
    "StackId",
    "RequestId",
    "LogicalResourceId",
    "ResourceType",
    "ResourceProperties",
}
KEYS = {
    "Create": CREATE_KEYS,
    "Update": CREATE_KEYS | {"PhysicalResourceId", "OldResourceProperties"},
    "Delete": CREATE_KEYS | {"PhysicalResourceId"},
}
"""CloudFormation User Guide, "Custom resource request objects"."""


def read(name: str) -> Json:
    content: Json = json.loads((EVENTS / name).read_text(encoding="utf-8"))
    return content


def request(name: str) -> Json:
    """The event of a file; a state has parsed its properties, which are those of create.json."""
    content = read(name)
    if "event" not in content:
        return content
    created: Json = read("create.json")
    event: Json = content["event"]
    return {name: event.get(name, each) for name, each in created.items()}


class Played:
    """The events of one test: each request with a URL of its own."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._urls: dict[str, str] = {}

    def send(self, name: str) -> tuple[Operation, Json]:
        content = read(name)
        event = content.get("event", content)
        if event["RequestId"] not in self._urls:
            self._urls[event["RequestId"]] = self._account.mailbox.url()
        event["ResponseURL"] = self._urls[event["RequestId"]]
        status = invoke.status_of(EVENTS / name)
        if status is not None:
            self._account.stacks.says(event["StackId"], status)
        if "event" not in content:
            return self._account.send(content), event
        # The file's times are those of a clock that stands still.
        state = json.dumps(invoke.renamed(content))
        state = state.replace(json.dumps(content["received"]), json.dumps(self._account.clock()))
        return self._account.resume(json.loads(state)), event


def test_every_file_has_a_situation_and_a_test() -> None:
    assert set(FILES) == SITUATIONS.keys() == EXPECTED.keys()


@pytest.mark.parametrize("name", FILES)
def test_an_event_does_what_its_name_says(account: Account, admin: Admin, name: str) -> None:
    status, endpoint, expected, left = EXPECTED[name]
    situation, played = SITUATIONS[name], Played(account)
    for before in situation.get("before", []):
        account.run(played.send(before)[0])
    if "under_way" in situation:
        # From here on it is the poll that carries it on.
        operation, _ = played.send(situation["under_way"])
        while not admin.endpoints():
            operation.step()
    admin.reset_calls()

    operation, event = played.send(name)
    account.run(operation)

    assert [call["operation"] for call in admin.calls() if call["operation"] in CHANGES] == expected
    answer = answer_to(event, account.mailbox)
    assert answer["Status"] == status
    if endpoint is not None:
        assert answer["PhysicalResourceId"] == endpoint_arn(endpoint)
    there = {
        each["EndpointName"]: (each["ModelArn"], each["CurrentInferenceUnits"])
        for each in admin.endpoints()
    }
    assert there == left
    assert len(account.mailbox.at(event["ResponseURL"])) == 1


def test_bad_properties_are_all_reported(account: Account) -> None:
    operation, event = Played(account).send("bad-properties.json")
    account.run(operation)
    reason = answer_to(event, account.mailbox)["Reason"]
    properties = set(event["ResourceProperties"]) - {"ServiceToken"}
    assert all(f"{name}:" in reason for name in properties)


@pytest.mark.parametrize("name", FILES)
def test_an_event_has_the_shape_that_cloudformation_sends(name: str) -> None:
    event = request(name)
    assert event.keys() == KEYS[event["RequestType"]]
    assert event["ServiceToken"] == TOKEN
    assert event["StackId"] == request("create.json")["StackId"]
    assert event["ResponseURL"].startswith("https://")
    # A placeholder: no name below .invalid leads anywhere.
    assert ".invalid/" in event["ResponseURL"]
    for properties in ("ResourceProperties", "OldResourceProperties"):
        if properties in event:
            assert event[properties]["ServiceToken"] == TOKEN
            assert all(isinstance(value, str) for value in scalars(event[properties]))


def scalars(value: Any) -> list[Any]:
    """Everything in a JSON value that is neither list nor object."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [scalar for each in value for scalar in scalars(each)]
    return [value]


def test_all_requests_differ_except_the_duplicate() -> None:
    ids = [request(name)["RequestId"] for name in FILES]
    assert len(set(ids)) == len(ids) - 2
    assert read("duplicate.json") == read("create.json") == request("poll.json")


def test_the_poll_is_a_state_as_this_release_writes_it() -> None:
    state = read("poll.json")
    assert state.keys() == {field.name for field in fields(State)}
    assert load(state).dump() == state
