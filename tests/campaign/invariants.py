"""What must hold after every case, whatever happened to it."""

import json
from collections.abc import Iterator
from dataclasses import replace

from provider.model.ownership import LOGICAL_ID_TAG, REQUEST_TAG, STACK_TAG
from testing.arns import classifier, recognizer
from testing.asl import Execution
from testing.cloudformation import Stack
from testing.events import Fate, Json, Request, Resource, in_strings
from testing.mailbox import Put
from testing.world import World
from tests.campaign.expected import Expected, settings_of
from tests.campaign.let_go import LetGo
from tests.campaign.proofs import Proofs
from tests.campaign.scenario import FOREIGN, LOGICAL_ID, LOST, NAME

MOST_BYTES, LONGEST_ID = 4096, 1024
"""CloudFormation User Guide, custom resource response objects."""
MOST_EVENTS = 20_000
"""Of one execution; Step Functions ends it at 25,000."""

ATTRIBUTES = {
    "EndpointArn",
    "Arn",
    "EndpointName",
    "ModelArn",
    "FlywheelArn",
    "DataAccessRoleArn",
    "DesiredInferenceUnits",
    "CurrentInferenceUnits",
    "Status",
    "CreationTime",
    "LastModifiedTime",
    "ScalableDimension",
}
_CHANGES = ("UpdateEndpoint", "DeleteEndpoint", "TagResource", "UntagResource")


class Watch:
    """Looks on while a world is played, and says afterwards what did not hold."""

    def __init__(self, world: World, expected: "Expected") -> None:
        self.world = world
        self.expected = expected
        self.problems: list[str] = []
        self.foreign = _put_foreign(world)
        self._before = self._foreign_ones()
        self._found: dict[str, Json] = {}
        """The endpoints that were there when the operation began."""
        self._first = 0
        """The number of the operation's first request."""
        self.proofs = Proofs(world, self.problems.append)
        self._let_go = LetGo(world, expected, self.proofs)
        world.on_answer = self._look_at

    def begin(self) -> None:
        """The operation that is looked at begins now."""
        self._found = self.world.endpoints()
        self._first = len(self.world.requests)
        for arn, live in self._found.items():
            if live["Tags"].get(REQUEST_TAG) == LOST:
                self.proofs.left_behind(arn)
        self._let_go.begin()

    def check(self, tested: Request | None, *, at_the_end: bool = False) -> None:
        """What must hold whenever the world is at rest. `tested`: the intercepted request."""
        expected = self.expected
        self.world.rest()
        for request in self.world.requests:
            here = expected if request is tested else replace(expected, undeliverable=False)
            self.problems += of_answers(self.world, request, here)
        for execution in self.world.account.executions.values():
            self.problems += of_execution(execution, expected.aborted)
        self.problems += of_logs(self.world)
        self.problems += self._of_foreign_ones()
        if not expected.believed:
            self.problems += self._of_endpoints(expected)
        if expected.success and not at_the_end and tested is not None and not tested.succeeded:
            said = tested.answer.get("Reason", tested.fate)
            self.problems.append(f"success: {tested.kind} should have succeeded: {said}")
        if expected.completes and not at_the_end and self.world.subject.status != "UPDATE_COMPLETE":
            self.problems.append(f"success: the stack is in {self.world.subject.status}")
        if expected.refused and self.world.requests[self._first].succeeded:
            self.problems.append("refused: the operation took what nobody offered, or differs")

    def _look_at(self, request: Request, put: Put) -> None:
        """Whether a physical id is true can be seen only when it is told."""
        body = put.answer()
        physical_id = str(body.get("PhysicalResourceId"))
        held = request.event.get("PhysicalResourceId")
        success = body.get("Status") == "SUCCESS"
        problem = ""
        if success and request.kind != "Delete" and request.fate is Fate.OPEN:
            self._look_at_endpoint(request, physical_id)
        if request.kind == "Delete" or (request.kind == "Update" and not success):
            problem = "" if physical_id == held else f"changed from {held}"
        elif success:
            # Of a request that was given up the endpoint may be gone again.
            given_up = request.fate is not Fate.OPEN and self._made(request, physical_id)
            owned = given_up or self._owned(request, physical_id)
            problem = "" if owned else "of no endpoint of this resource"
        elif not physical_id.startswith("failed/"):
            problem = "invented"
        if problem:
            self.problems.append(f"true id: {request.kind} answered {physical_id}: {problem}")

    def _look_at_endpoint(self, request: Request, arn: str) -> None:
        """A success says that the endpoint is as the template asks, now."""
        live = self.world.endpoints().get(arn)
        if live is not None:
            asked = request.event["ResourceProperties"]
            name = f"{request.kind} {request.event['RequestId'][-4:]}"
            if live["Status"] != "IN_SERVICE" and not self._is_promoted(live):
                self.problems.append(f"true success: {name}, but it is in {live['Status']}")
            for what, wanted, has in settings_of(
                in_strings(asked), in_strings(live), self.expected
            ):
                if wanted != has:
                    problem = f"{name}, but {what} is {has!r} instead of {wanted!r}"
                    self.problems.append(f"true success: {problem}")

    def _is_promoted(self, live: Json) -> bool:
        """Whether its flywheel has begun to change its model since the operation last looked."""
        promoting = live.get("DesiredModelArn") not in (None, live.get("ModelArn"))
        return not self.expected.model and live["Status"] == "UPDATING" and promoting

    def _owned(self, request: Request, arn: str) -> bool:
        found = self.world.endpoints().get(arn)
        return found is not None and _is_of(found["Tags"], request)

    def _made(self, request: Request, arn: str) -> bool:
        if self._owned(request, arn) or _is_of(self._found.get(arn, {"Tags": {}})["Tags"], request):
            return True
        made = (each for each in self.world.admin.calls() if _makes_its_own(each, arn))
        return any(_is_of(_tags(each["parameters"]), request) for each in made)

    def _foreign_ones(self) -> dict[str, Json]:
        return {arn: self.world.endpoints()[arn] for arn in self.foreign}

    def _of_foreign_ones(self) -> Iterator[str]:
        present = self.world.endpoints()
        for arn, before in self._before.items():
            if present.get(arn) != before:
                yield f"foreign: {arn} was changed"
        for call in self.world.admin.calls():
            about = call["parameters"].get("EndpointArn", call["parameters"].get("ResourceArn"))
            if call["operation"] in _CHANGES and about in self._before:
                yield f"foreign: {call['operation']} was called for {about}"

    def _of_endpoints(self, expected: Expected) -> Iterator[str]:
        """Every endpoint has an owner, and every owner that is well has its endpoint."""
        present = self.world.endpoints()
        owned: set[str] = set()
        for stack in self.world.stacks.values():
            for resource in stack.resources.values():
                owned |= set(resource.ids)
                yield from of_resource(stack, resource, present, expected)
        yield from self._let_go.problems(owned)
        # What CloudFormation has given up, while the fault lasted, is the orphan scan's to report.
        if self.world.subject.skipped and not expected.success:
            return
        for arn in present.keys() - owned - self._before.keys() - self._let_go.arns():
            if not (expected.reported and self._is_reported(arn)):
                yield f"leak: {arn} ({present[arn]['Status']}) is nobody's"

    def _is_reported(self, arn: str) -> bool:
        """By the alarm on clean-ups that fail, on executions that do, on the fallback's answers, or
        on the queue.
        """
        lines = self.world.log.splitlines()
        executions = self.world.account.executions.values()
        return (
            bool(self.world.account.queue)
            or any("an endpoint could not be deleted" in line and arn in line for line in lines)
            or any("the fallback answers" in line for line in lines)
            or any(each.status != "SUCCEEDED" for each in executions)
        )


def of_answers(world: World, request: Request, expected: Expected) -> Iterator[str]:
    puts = [put for put in world.mailbox.puts if put.url == request.url]
    accepted = [put for put in puts if put.status == 200]
    name = f"{request.kind} {request.event['RequestId'][-4:]}"
    if len({put.body for put in puts}) > 1 and not expected.answers_differ:
        yield f"one answer: {name} got different ones: {[put.body.decode() for put in puts]}"
    for put in {put.body: put for put in puts}.values():
        for problem in _of_body(put, request):
            yield f"valid answer: {name}: {problem}"
    if not accepted:
        kept = any(request.url in json.dumps(message) for message in world.account.queue)
        if not (expected.undeliverable and kept):
            yield f"one answer: {name} got none{'' if kept else ', nor is it in the queue'}"
    elif accepted[0].time > request.expires and not expected.late:
        took = accepted[0].time - request.sent
        yield f"deadline: {name} was answered after {took:.0f} of {request.timeout:.0f} seconds"


def _of_body(put: Put, request: Request) -> Iterator[str]:
    """CloudFormation's rules for a response, and the provider's own promise about Data."""
    try:
        body = put.answer()
    except ValueError:
        yield "it is no JSON"
        return
    if len(put.body) > MOST_BYTES:
        yield f"{len(put.body)} bytes"
    for key in ("StackId", "RequestId", "LogicalResourceId"):
        if body.get(key) != request.event[key]:
            yield f"{key} is {body.get(key)!r}"
    physical_id = body.get("PhysicalResourceId")
    if not isinstance(physical_id, str) or not 0 < len(physical_id.encode()) <= LONGEST_ID:
        yield f"PhysicalResourceId is {physical_id!r}"
    status, reason, data = body.get("Status"), body.get("Reason"), body.get("Data")
    if status == "FAILED":
        if not isinstance(reason, str) or not reason.strip():
            yield f"Reason is {reason!r}"
    elif status != "SUCCESS":
        yield f"Status is {status!r}"
    elif request.kind != "Delete" and (not isinstance(data, dict) or data.keys() != ATTRIBUTES):
        yield f"Data is {data!r}"


def of_execution(execution: Execution, aborted: bool) -> Iterator[str]:
    if execution.status == "RUNNING":
        yield f"execution: {execution.name} has not ended"
    elif execution.status != "SUCCEEDED" and not aborted:
        yield f"execution: it ended as {execution.status} ({execution.error})"
    if execution.events >= MOST_EVENTS:
        yield f"execution: {execution.events} events"


def of_logs(world: World) -> Iterator[str]:
    for secret in world.mailbox.secrets():
        if secret in world.log:
            line = next(line for line in world.log.splitlines() if secret in line)
            yield f"secret: a ResponseURL is in the log: {line}"


def of_resource(
    stack: Stack, resource: Resource, present: dict[str, Json], expected: Expected
) -> Iterator[str]:
    if stack.status in ("DELETE_FAILED", "ROLLBACK_FAILED"):
        yield f"stack: it is stuck in {stack.status}"
    if stack.status.startswith("DELETE") or stack.status == "ROLLBACK_COMPLETE":
        return
    if resource.is_gone:
        return
    live = present.get(resource.physical_id)
    if expected.stays_failed:
        yield from _of_failed_one(stack, live)
        return
    if stack.status.endswith("FAILED"):
        yield f"stack: it is stuck in {stack.status}"
    if live is None:
        yield f"endpoint: {stack.status}, but {resource.physical_id} is not there"
        return
    if live["Status"] != "IN_SERVICE":
        yield f"endpoint: {stack.status}, but it is in {live['Status']}"
    for name, asked, has in settings_of(resource.properties, live, expected):
        if asked != has:
            yield f"endpoint: {stack.status}, but {name} is {has!r} instead of {asked!r}"


def _of_failed_one(stack: Stack, live: Json | None) -> Iterator[str]:
    if stack.status != "UPDATE_ROLLBACK_FAILED":
        yield f"stays failed: the stack is in {stack.status}"
    if live is None or live["Status"] != "FAILED":
        yield f"stays failed: the endpoint is in {live and live['Status']}"


def _put_foreign(world: World) -> list[str]:
    """Endpoints that are all but ours, beside ours; gives their ARNs."""
    stack = world.subject
    mine = {STACK_TAG: stack.id, LOGICAL_ID_TAG: LOGICAL_ID, REQUEST_TAG: "1"}
    # ARN kinds, names, tags; that in another region has even our own tags.
    beside: list[tuple[str, str, Json]] = [
        ("other", recognizer(), mine | {LOGICAL_ID_TAG: f"{LOGICAL_ID}2"}),
        (f"{NAME}-2", classifier(), mine | {STACK_TAG: f"{stack.id[:-1]}9"}),
        (NAME.upper(), classifier(), {f"{key}x": value for key, value in mine.items()}),
        (NAME, classifier(region="eu-west-1"), mine),
        (FOREIGN, classifier(), {}),
    ]
    return [str(world.admin.put_endpoint(name, model, tags=tags)) for name, model, tags in beside]


def _is_of(tags: Json, request: Request) -> bool:
    event = request.event
    mine = {STACK_TAG: event["StackId"], LOGICAL_ID_TAG: event["LogicalResourceId"]}
    return {key: tags.get(key) for key in mine} == mine


def _makes_its_own(call: Json, arn: str) -> bool:
    """Whether a call created an endpoint, or set tags on it, as an adoption does."""
    if call["operation"] == "TagResource":
        return bool(call["parameters"]["ResourceArn"] == arn)
    name = call["parameters"].get("EndpointName")
    return bool(call["operation"] == "CreateEndpoint" and arn.rpartition("/")[2] == name)


def _tags(parameters: Json) -> Json:
    return {tag["Key"]: tag["Value"] for tag in parameters.get("Tags", [])}
