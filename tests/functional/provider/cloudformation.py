"""The tests' own model of CloudFormation: one resource of one stack, and the events it gets."""

import json
from dataclasses import dataclass, field
from typing import Any

from local.comprehend import Admin
from local.receiver import Put, Receiver
from local.runner import Operation, Runner
from provider.contract.validation import schema
from provider.model.stack import StackView
from tests.functional.emulated import ACCOUNT, REGION, classifier, flywheel, recognizer

Json = dict[str, Any]

CLASSIFIER: Json = {"ModelArn": classifier(), "DesiredInferenceUnits": "1"}
RECOGNIZER: Json = {"ModelArn": recognizer(), "DesiredInferenceUnits": "1"}
FLYWHEEL: Json = {"FlywheelArn": flywheel(), "DesiredInferenceUnits": "1"}
BROKEN: Json = {**CLASSIFIER, "ModelArn": classifier("broken/version/v1")}
"""The creation, or an update, is accepted and then fails."""

_WRITE_ONLY = {pointer.rpartition("/")[2] for pointer in schema()["writeOnlyProperties"]}

ATTRIBUTES = {
    name
    for name, rule in schema()["properties"].items()
    if name not in _WRITE_ONLY and rule["type"] != "array"
}
"""What Fn::GetAtt can read after every successful Create and Update."""

CHANGES = ("CreateEndpoint", "UpdateEndpoint", "DeleteEndpoint", "TagResource", "UntagResource")
TOKEN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:comprehend-endpoint-provider"
STACK_TAG = "comprehend-endpoint-provider:stack-id"
LOGICAL_ID_TAG = "comprehend-endpoint-provider:logical-id"
REQUEST_TAG = "comprehend-endpoint-provider:request"


def stack_id(name: str) -> str:
    unique = "11111111-2222-3333-4444-555555555555"
    return f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/{unique}"


@dataclass
class Outcome:
    """What came of one event."""

    answer: Json
    calls: list[Json]
    """The calls that Comprehend got."""
    operation: Operation
    seconds: float
    """From the event to its answer."""
    seconds_in_all: float
    """From the event to the end of all that it set off, clean-up included."""

    @property
    def changes(self) -> list[str]:
        """The calls that changed something, or tried to."""
        return [call["operation"] for call in self.calls if call["operation"] in CHANGES]

    @property
    def physical_id(self) -> str:
        return str(self.answer["PhysicalResourceId"])

    @property
    def reason(self) -> str:
        """Why it failed; an empty text where it did not."""
        return str(self.answer.get("Reason", ""))

    @property
    def waits(self) -> int:
        """How often the state machine waited."""
        return sum(each.entered.count("Wait") for each in self.operation.executions)

    def succeeded(self) -> "Outcome":
        """Asserts that it did, and gives the outcome."""
        assert self.answer["Status"] == "SUCCESS", self.reason
        return self

    def failed(self, *words: str) -> "Outcome":
        """Asserts that it did, for a reason that holds these words."""
        assert self.answer["Status"] == "FAILED"
        for word in words:
            assert word in self.reason
        return self

    def parameters(self, operation: str) -> Json:
        """The parameters of the only call of an operation."""
        (call,) = (call for call in self.calls if call["operation"] == operation)
        return dict(call["parameters"])


@dataclass
class CloudFormation:
    """Sends events about one resource, and keeps its properties and physical id as a stack does.

    A success is kept; after a failure everything is as before.
    """

    runner: Runner
    receiver: Receiver
    admin: Admin
    stack: str = "demo"
    logical_id: str = "Sentiment"
    properties: Json = field(default_factory=dict)
    physical_id: str | None = None
    requests: int = 0

    @property
    def stack_id(self) -> str:
        return stack_id(self.stack)

    def says(
        self, status: str | None, listed: bool | None = True, resource: str | None = None
    ) -> None:
        """What CloudFormation says of the stack and the resource from now on; None: nothing."""
        self.runner.stacks.views[self.stack_id] = StackView(status, listed, resource)

    def event(self, kind: str, new: Json, old: Json | None = None, **others: Any) -> Json:
        """An event as CloudFormation sends it; `others` are set as they are given."""
        self.requests += 1
        event: Json = {
            "RequestType": kind,
            "ServiceToken": TOKEN,
            "ResponseURL": self.receiver.url(),
            "StackId": self.stack_id,
            "RequestId": f"aaaaaaaa-bbbb-cccc-dddd-{self.requests:012}",
            "LogicalResourceId": self.logical_id,
            "ResourceType": "Custom::ComprehendEndpoint",
            "ResourceProperties": {"ServiceToken": TOKEN, **new},
        }
        if kind != "Create":
            event["PhysicalResourceId"] = self.physical_id
        if old is not None:
            event["OldResourceProperties"] = {"ServiceToken": TOKEN, **old}
        return event | others

    def send(self, event: Any) -> Operation:
        return self.runner.send(event)

    def run(self, event: Json) -> Outcome:
        """Carries a request out to the end of its clean-up, and checks its one answer."""
        begun, calls = self.runner.clock(), len(self.admin.calls())
        operation = self.send_until_answered(event)
        answered = self.runner.clock()
        self.runner.run(operation)
        return Outcome(
            answer_to(event, self.receiver),
            self.admin.calls()[calls:],
            operation,
            answered - begun,
            self.runner.clock() - begun,
        )

    def send_until_answered(self, event: Json) -> Operation:
        """Carries a request on to its answer; what it does after that is still to come."""
        operation = self.send(event)
        while not self.receiver.answers(event["ResponseURL"]):
            assert not operation.done, "there was no answer"
            operation.step()
        return operation

    def own_tags(self, request: str = "an earlier request") -> dict[str, str]:
        """The ownership tags of this resource."""
        return {STACK_TAG: self.stack_id, LOGICAL_ID_TAG: self.logical_id, REQUEST_TAG: request}

    def given(self, properties: Json) -> str:
        """Puts the endpoint there as an earlier Create with an explicit name has left it."""
        tags = {each["Key"]: each["Value"] for each in properties.get("Tags", [])}
        self.properties = properties
        self.physical_id = self.admin.put_endpoint(
            properties["EndpointName"],
            properties["ModelArn"],
            units=int(properties["DesiredInferenceUnits"]),
            role_arn=properties.get("DataAccessRoleArn"),
            flywheel_arn=properties.get("FlywheelArn"),
            tags=tags | self.own_tags(),
        )
        return self.physical_id

    def create(self, properties: Json) -> Outcome:
        self.says("CREATE_IN_PROGRESS", resource="CREATE_IN_PROGRESS")
        outcome = self.run(self.event("Create", properties))
        # The Delete that follows a failed Create has its id and its properties.
        self.physical_id, self.properties = outcome.physical_id, properties
        return outcome

    def update(self, properties: Json) -> Outcome:
        self.says("UPDATE_IN_PROGRESS", resource="UPDATE_IN_PROGRESS")
        outcome = self.run(self.event("Update", properties, self.properties))
        if outcome.answer["Status"] == "SUCCESS":
            self.physical_id, self.properties = outcome.physical_id, properties
        return outcome

    def roll_back(self, to: Json, carrying: str | None = None, was: Json | None = None) -> Outcome:
        """The rollback's Update to former properties; what it was after, if not what is kept.

        `carrying` is the physical id that it carries, where that is not the present one.
        """
        self.says("UPDATE_ROLLBACK_IN_PROGRESS", resource="UPDATE_IN_PROGRESS")
        event = self.event("Update", to, was or self.properties)
        outcome = self.run(event | {"PhysicalResourceId": carrying or self.physical_id})
        if outcome.answer["Status"] == "SUCCESS":
            self.physical_id, self.properties = outcome.physical_id, to
        return outcome

    def clean_up(self, physical_id: str, properties: Json, status: str | None = None) -> Outcome:
        """The Delete of what an update or its rollback has replaced."""
        self.says(status or "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", resource="DELETE_IN_PROGRESS")
        event = self.event("Delete", properties) | {"PhysicalResourceId": physical_id}
        return self.run(event)

    def delete(self) -> Outcome:
        """The Delete with the stack, or after a failed Create."""
        self.says("DELETE_IN_PROGRESS", resource="DELETE_IN_PROGRESS")
        return self.run(self.event("Delete", self.properties))

    def endpoint(self) -> Json:
        """The endpoint that the physical id names."""
        found = self.admin.endpoint(str(self.physical_id))
        assert found is not None, f"{self.physical_id} is not there"
        return found

    def statuses(self) -> dict[str, str]:
        """All endpoints there are: names to statuses."""
        return {each["EndpointName"]: each["Status"] for each in self.admin.endpoints()}


def answer_to(event: Json, receiver: Receiver) -> Json:
    """The answer to an event, which must have been accepted, be valid, and never have changed."""
    puts = receiver.at(event["ResponseURL"])
    assert puts, "there was no answer"
    assert len({put.body for put in puts}) == 1, "the answer changed"
    assert any(put.status == 200 for put in puts), "the answer was not accepted"
    for put in puts:
        assert_valid_answer(put, event)
    answer: Json = puts[0].answer()
    return answer


def assert_valid_answer(put: Put, event: Json) -> None:
    """Asserts what CloudFormation asks of an answer, and what the provider promises about it."""
    headers = {name.lower(): value for name, value in put.headers.items()}
    # The signature of the pre-signed URL covers an empty content type.
    assert headers.get("content-type", "") == ""
    assert int(headers["content-length"]) == len(put.body) <= 4096
    answer = json.loads(put.body)
    for key in ("StackId", "RequestId", "LogicalResourceId"):
        assert answer[key] == event[key]
    physical_id = answer["PhysicalResourceId"]
    assert isinstance(physical_id, str)
    assert 0 < len(physical_id.encode()) <= 1024
    success = answer["Status"] == "SUCCESS"
    assert success or answer["Status"] == "FAILED"
    if success:
        assert "Reason" not in answer
        assert answer["Data"].keys() == (ATTRIBUTES if event["RequestType"] != "Delete" else set())
        assert all(isinstance(value, str) for value in answer["Data"].values())
    else:
        assert isinstance(answer["Reason"], str)
        assert answer["Reason"].strip()
    if event["RequestType"] == "Delete" or (event["RequestType"] == "Update" and not success):
        assert physical_id == event["PhysicalResourceId"], "the physical id changed"
    elif success:
        assert physical_id == answer["Data"]["EndpointArn"] == answer["Data"]["Arn"]
