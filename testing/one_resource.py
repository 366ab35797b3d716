"""One resource of one stack, whose events a test sends one by one."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from provider.contract.validation import schema
from testing.account import Account, Operation
from testing.arns import classifier, flywheel, recognizer, stack_arn
from testing.cloudformation import Stack
from testing.events import DEFAULT_TIMEOUT, Json, Request
from testing.mailbox import Mailbox, Put

CLASSIFIER: Json = {"ModelArn": classifier(), "DesiredInferenceUnits": "1"}
RECOGNIZER: Json = {"ModelArn": recognizer(), "DesiredInferenceUnits": "1"}
FLYWHEEL: Json = {"FlywheelArn": flywheel(), "DesiredInferenceUnits": "1"}
NAMED: Json = {**CLASSIFIER, "EndpointName": "mine"}
RENAMED: Json = {**CLASSIFIER, "EndpointName": "second"}
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
"""The calls that change something."""

STACK_TAG = "comprehend-endpoint-provider:stack-id"
LOGICAL_ID_TAG = "comprehend-endpoint-provider:logical-id"
REQUEST_TAG = "comprehend-endpoint-provider:request"

_CLEAN_UPS = ("UPDATE_COMPLETE_CLEANUP", "UPDATE_ROLLBACK_COMPLETE_CLEANUP")
_SENT_IN: dict[str, tuple[str, ...]] = {
    "Create": ("CREATE", "UPDATE"),
    "Update": ("UPDATE", "UPDATE_ROLLBACK"),
    "Delete": ("DELETE", "ROLLBACK", *_CLEAN_UPS),
}
"""The operations in which a stack usually sends a request; the first is the one that begins."""

DURATIONS: Json = {
    # Few observations are enough to see an operation through.
    "create_seconds": 4,
    "update_seconds": 6,
    "delete_seconds": 2,
    "visibility_delay_seconds": 3,
}
"""The service's, where a test does not say others."""


def tags(**pairs: str) -> Json:
    """The property Tags."""
    return {"Tags": [{"Key": key, "Value": value} for key, value in pairs.items()]}


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


class OneResource:
    """Keeps the resource's properties and physical id as a stack does: a success is kept, after a
    failure everything is as before.

    What CloudFormation tells of the stack (E30) fits the requests: each is sent in an operation of
    the stack, which begins with it if need be. How that operation ends, a test says.
    """

    def __init__(
        self, account: Account, stack: str = "demo", logical_id: str = "Sentiment"
    ) -> None:
        self.account = account
        self.mailbox, self.admin = account.mailbox, account.comprehend.admin
        known = account.stacks.known.get(stack_arn(stack))
        self.stack = known if isinstance(known, Stack) else Stack(self, stack)
        """Shared with all other resources of the stack."""
        account.stacks.known[self.stack.id] = self.stack
        self.logical_id = logical_id
        self.properties: Json = {}
        self.physical_id: str | None = None
        self.preserves = False
        """E27: the stack preserves what succeeds; `roll_back` is of the failed resource alone."""
        self._sent: dict[int, tuple[float, int]] = {}
        """When an operation's event was sent, and how many calls there were before, by its id()."""
        self._in_flight: Json | None = None
        """The Create or Update that CloudFormation waits for."""

    @property
    def stack_id(self) -> str:
        return self.stack.id

    def hand_made(self) -> None:
        """From now on CloudFormation has no record of the stack: somebody writes the events."""
        self.account.stacks.known.pop(self.stack_id, None)

    def comes_to(self, status: str, resource: str | None = None) -> None:
        """The stack gets a status, and waits no more for what is in flight (E4, E9). Then the
        resource gets one, too, if it is given.
        """
        if self._in_flight is not None:
            self._ends(self._in_flight, False)
        self.stack.status = status
        if resource:
            self.stack.record(self.logical_id, resource, self.physical_id or "")

    def completes(self) -> None:
        """The stack's operation ends as it should."""
        status = self.stack.status.removesuffix("_IN_PROGRESS").removesuffix("_CLEANUP")
        self.comes_to(status if status.endswith("_COMPLETE") else f"{status}_COMPLETE")

    def retained(self, physical_id: str | None = None) -> str:
        """E17: an update lets an endpoint go on purpose, and completes; gives its ARN.

        It is a replaced one, whose id is given. Otherwise the resource leaves its template.
        """
        arn = physical_id or str(self.physical_id)
        if physical_id is None:
            if self.stack.status.endswith("_IN_PROGRESS"):
                self.completes()
            self.comes_to("UPDATE_IN_PROGRESS")
            self.physical_id, self.properties = None, {}
        self.comes_to("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        self.stack.record(self.logical_id, "DELETE_SKIPPED", arn)
        self.comes_to("UPDATE_COMPLETE")
        return arn

    def event(
        self,
        kind: str,
        new: Json,
        old: Json | None = None,
        *,
        during: str | None = None,
        **others: Any,
    ) -> Json:
        """An event as CloudFormation sends it now; `others` are set as they are given.

        `during` is the stack's status, if it is not one in which it usually sends such an event.
        """
        if during is None:
            self._begin(kind)
        elif during != self.stack.status:
            self.comes_to(during)
        event = self.stack.event(kind, self.logical_id, new, old)
        if kind != "Create":
            event["PhysicalResourceId"] = self.physical_id
        event |= others
        if kind in _SENT_IN:
            held = str(event.get("PhysicalResourceId") or "")
            self.stack.record(self.logical_id, f"{kind.upper()}_IN_PROGRESS", held)
            self.mailbox.answered[event["ResponseURL"]] = lambda put: self._takes(event, put)
        if kind in ("Create", "Update"):
            self._in_flight = event
        return event

    def late(self, event: Json, seconds: float) -> Json:
        """The event with a ResponseURL that was signed so many seconds ago (E31)."""
        url = self.mailbox.url(seconds)
        self.mailbox.answered[url] = self.mailbox.answered.pop(event["ResponseURL"])
        return event | {"ResponseURL": url}

    def _begin(self, kind: str) -> None:
        """Brings the stack into an operation that sends this request. Only a Delete comes twice."""
        statuses = [f"{each}_IN_PROGRESS" for each in _SENT_IN.get(kind, ())]
        again = kind != "Delete" and self.stack.has_sent(self.logical_id)
        if statuses and (again or self.stack.status not in statuses):
            # Only the first operation of a stack is its creation.
            self.comes_to(statuses[kind == "Create" and bool(self.stack.events)])

    def _takes(self, event: Json, put: Put) -> None:
        """CloudFormation takes an answer, unless it has given the request up."""
        if event is not self._in_flight and event["RequestType"] != "Delete":
            return
        answer = put.answer()
        physical_id = answer["PhysicalResourceId"]
        refused = self.preserves and physical_id != event.get("PhysicalResourceId", physical_id)
        self._ends(event, answer["Status"] == "SUCCESS" and not refused, physical_id)

    def _ends(self, event: Json, well: bool, physical_id: str = "") -> None:
        """What CloudFormation does with a request is over."""
        held = physical_id or str(event.get("PhysicalResourceId") or "")
        if event is self._in_flight:
            self._in_flight = None
            held = held or self.stack.invented(self.logical_id)
        status = f"{event['RequestType'].upper()}_{'COMPLETE' if well else 'FAILED'}"
        self.stack.record(self.logical_id, status, held)

    def send(self, event: Any) -> Operation:
        operation = self.account.send(event)
        self._sent[id(operation)] = self.account.clock(), len(self.admin.calls())
        return operation

    def send_until(self, event: Json, happened: Callable[[], object]) -> Operation:
        """Carries a request on until something has happened."""
        operation = self.send(event)
        while not happened():
            assert not operation.done, "it never happened"
            operation.step()
        return operation

    def send_until_answered(self, event: Json) -> Operation:
        """Carries a request on to its answer; what it does after that is still to come."""
        return self.send_until(event, lambda: self.mailbox.answers(event["ResponseURL"]))

    def send_until_called(self, event: Json, call: str) -> Operation:
        """Carries a request on until Comprehend has got a call."""
        before = len(self.admin.calls(call))
        return self.send_until(event, lambda: len(self.admin.calls(call)) > before)

    def finish(self, operation: Operation, *others: Operation) -> Outcome:
        """Carries requests out to the end of their clean-up; gives the outcome of the first, whose
        one answer is checked, and kept as a stack does.
        """
        self.account.run(operation, *others)
        event, (sent, calls) = operation.event, self._sent[id(operation)]
        answer = answer_to(event, self.mailbox)
        answered = next(
            put.time for put in self.mailbox.at(event["ResponseURL"]) if put.status == 200
        )
        outcome = Outcome(
            answer,
            self.admin.calls()[calls:],
            operation,
            answered - sent,
            self.account.clock() - sent,
        )
        kind, succeeded = event["RequestType"], answer["Status"] == "SUCCESS"
        # The Delete that follows a failed Create has its id and its properties.
        if kind == "Create" or (kind == "Update" and succeeded):
            self.physical_id, self.properties = outcome.physical_id, event["ResourceProperties"]
        return outcome

    def run(self, event: Json) -> Outcome:
        """Carries a request out to the end of its clean-up, and checks its one answer."""
        return self.finish(self.send(event))

    def own_tags(self, request: str = "an earlier request") -> dict[str, str]:
        """The ownership tags of this resource."""
        return {STACK_TAG: self.stack_id, LOGICAL_ID_TAG: self.logical_id, REQUEST_TAG: request}

    def given(self, properties: Json, status: str = "IN_SERVICE") -> str:
        """Puts the endpoint there as an earlier Create with an explicit name has left it."""
        tags = {each["Key"]: each["Value"] for each in properties.get("Tags", [])}
        self._begin("Create")
        self.properties = properties
        self.physical_id = self.admin.put_endpoint(
            properties["EndpointName"],
            properties["ModelArn"],
            status=status,
            units=int(properties["DesiredInferenceUnits"]),
            role_arn=properties.get("DataAccessRoleArn"),
            flywheel_arn=properties.get("FlywheelArn"),
            tags=tags | self.own_tags(),
        )
        self.stack.record(self.logical_id, "CREATE_COMPLETE", self.physical_id)
        self.completes()
        return self.physical_id

    def create(self, properties: Json) -> Outcome:
        return self.run(self.event("Create", properties))

    def update(self, properties: Json) -> Outcome:
        """An Update on the way forward."""
        if self.stack.has_sent(self.logical_id):
            self.comes_to("UPDATE_IN_PROGRESS")
        event = self.event("Update", properties, self.properties, during="UPDATE_IN_PROGRESS")
        return self.run(event)

    def roll_back(self, to: Json, carrying: str | None = None, was: Json | None = None) -> Outcome:
        """The Update back to former properties; what it was after, if not what is kept.

        `carrying` is the physical id that it carries, where that is not the present one.
        """
        during = "UPDATE_IN_PROGRESS" if self.preserves else "UPDATE_ROLLBACK_IN_PROGRESS"
        held = carrying or self.physical_id
        old = was or self.properties
        return self.run(self.event("Update", to, old, during=during, PhysicalResourceId=held))

    def clean_up(self, physical_id: str, properties: Json, status: str | None = None) -> Outcome:
        """The Delete of what an update or its rollback has replaced."""
        during = status or "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
        event = self.event("Delete", properties, during=during, PhysicalResourceId=physical_id)
        return self.run(event)

    def delete(self) -> Outcome:
        """The Delete with the stack, or after a failed Create."""
        return self.run(self.event("Delete", self.properties))

    def endpoint(self) -> Json:
        """The endpoint that the physical id names."""
        found = self.admin.endpoint(str(self.physical_id))
        assert found is not None, f"{self.physical_id} is not there"
        return found

    def statuses(self) -> dict[str, str]:
        """All endpoints there are: names to statuses."""
        return {each["EndpointName"]: each["Status"] for each in self.admin.endpoints()}

    # What the model of the stack stands in: cloudformation.Environment.

    def url(self) -> str:
        return self.mailbox.url()

    def clock(self) -> float:
        return self.account.clock()

    def deliver(self, event: Json, timeout: float = DEFAULT_TIMEOUT) -> Request:
        return Request(event, self.clock(), timeout, self.account.send(event))


def answer_to(event: Json, mailbox: Mailbox) -> Json:
    """The answer to an event, which must have been accepted, be valid, and never have changed."""
    puts = mailbox.at(event["ResponseURL"])
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
