"""What must hold of several stacks, whoever interfered: the campaign's invariants for each request
and each endpoint by itself.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from testing.cloudformation import Stack
from testing.events import Fate, Json, Request, Resource
from testing.mailbox import Put
from tests.campaign.expected import Expected
from tests.campaign.fleet import Fleet, named_arn, owner
from tests.campaign.invariants import (
    Watch,
    of_answers,
    of_execution,
    of_logs,
    of_resource,
)
from tests.campaign.let_go import LetGo
from tests.campaign.scenario import BROKEN

Mark = tuple[str, str, str]
"""A stack, a logical id, an endpoint's ARN."""


class Oversight(Watch):
    """Looks on while the stacks' courses are played.

    It knows what people, auto scaling and flywheels did, and until when that excuses what it
    finds: nothing is left out for good.
    """

    def __init__(self, fleet: Fleet) -> None:
        super().__init__(fleet, Expected())
        self.fleet = fleet
        self.outsiders: dict[str, Json] = {}
        """What others put under the stacks' names, as it must stay."""
        self._harmed: dict[Mark, int] = {}
        """Endpoints that were deleted or that failed by themselves, until a request that was sent
        after so many others has mended them."""
        self._scaled: dict[str, tuple[int, set[int]]] = {}
        """Units that auto scaling has set, likewise until a request has set others."""
        self._promoted: set[str] = set()

    def harmed(self, stack: Stack, resource: Resource) -> None:
        """Somebody deleted the resource's endpoint, or it has FAILED by itself."""
        mark = (stack.id, resource.logical_id, resource.physical_id)
        self._harmed[mark] = len(self.fleet.requests)
        self.fleet.look_around()

    def scaled(self, arn: str, units: int) -> None:
        _, known = self._scaled.get(arn, (0, set()))
        self._scaled[arn] = (len(self.fleet.requests), known | {units})

    def promoted(self, flywheel_arn: str) -> None:
        self._promoted.add(flywheel_arn)

    def intruded(self, arn: str) -> None:
        """An outsider has put an endpoint there."""
        self.outsiders[arn] = self.fleet.endpoints()[arn]
        self.fleet.look_around()

    def check_at_rest(self) -> None:
        """What must hold of everything whenever nothing is left to do."""
        fleet = self.fleet
        fleet.rest()
        for request in fleet.requests:
            expected = fleet.expected_of(request)
            late = expected.late or self._may_take_long(request)
            self.problems += of_answers(fleet, request, replace(expected, late=late))
            for execution in request.operation.executions:
                self.problems += of_execution(execution, expected.aborted)
        self.problems += self._of_the_log()
        self.problems += fleet.overstepped
        self.problems += self._of_foreign_ones()
        self.problems += self._of_outsiders()
        self.problems += self._of_all_endpoints()

    def retained(self) -> set[str]:
        """The physical ids that stacks have let go on purpose."""
        return {arn for stack in self.fleet.stacks.values() for arn in stack.retained}

    def may_stay(self) -> set[str]:
        """What may be left when all stacks are gone: others' endpoints, and what was retained."""
        unseen = {
            arn
            for arn, endpoint in self.fleet.endpoints().items()
            if self._is_unseen(owner(endpoint)[0])
        }
        return {*self.foreign, *self.retained(), *unseen}

    def _is_unseen(self, stack_id: str) -> bool:
        """Whether a stack has retained what it never learned the ARN of: its Create was given up,
        and reads are too old to show that before the Create is answered. Nobody sends a Delete: the
        orphan scan reports it.
        """
        stack = self.fleet.stacks.get(stack_id)
        retained = set() if stack is None else stack.retained
        return self.fleet.reads_are_stale and any(not each.startswith("arn:") for each in retained)

    def _of_the_log(self) -> Iterator[str]:
        stream = self.fleet.account.functions.log
        self.fleet.log = stream.getvalue()
        yield from of_logs(self.fleet)
        # What was looked at needs no second look.
        stream.seek(0)
        stream.truncate()

    def _of_outsiders(self) -> Iterator[str]:
        present = self.fleet.endpoints()
        for arn, before in self.outsiders.items():
            if present.get(arn) != before:
                yield f"foreign: {arn} was changed"

    def _of_all_endpoints(self) -> Iterator[str]:
        present = self.fleet.endpoints()
        owned = {
            arn
            for stack in self.fleet.stacks.values()
            for resource in stack.resources.values()
            for arn in resource.ids
        }
        # Others may have scaled it, or promoted its model.
        kept = LetGo(self.fleet, Expected(units=False, model=False), self.proofs)
        for problem in kept.problems(owned):
            # It may be retained as it came to harm.
            if not any(f" {arn} " in problem for _, _, arn in self._harmed):
                yield problem
        for stack in self.fleet.stacks.values():
            if not stack.status.endswith("FAILED"):
                for resource in stack.resources.values():
                    yield from self._of_one(stack, resource, present)
        for arn, endpoint in present.items():
            if arn in self.foreign or arn in self.outsiders:
                continue
            stack_id, logical_id = owner(endpoint)
            stacks = [each for each in self.fleet.stacks.values() if each.id == stack_id]
            owners = [each.resources[logical_id] for each in stacks if logical_id in each.resources]
            if arn in self.retained() or self._is_unseen(stack_id):
                continue
            if not any(arn in each.ids for each in owners):
                yield f"leak: {arn} ({endpoint['Status']}) of {stack_id} {logical_id} is nobody's"

    def _of_one(self, stack: Stack, resource: Resource, present: dict[str, Json]) -> Iterator[str]:
        arn = resource.physical_id
        if (
            resource.is_gone
            or stack.status == "DELETE_COMPLETE"
            or stack.status == "ROLLBACK_COMPLETE"
        ):
            return
        if (stack.id, resource.logical_id, arn) in self._harmed:
            return
        expected = self._expected_of(arn, resource.properties)
        for problem in of_resource(stack, resource, present, expected):
            yield f"{stack.name} {resource.logical_id}: {problem}"
        live = present.get(arn)
        if live is not None and not expected.units:
            allowed = {int(resource.properties["DesiredInferenceUnits"]), *self._scaled[arn][1]}
            if live.get("CurrentInferenceUnits") not in allowed:
                yield f"endpoint: {arn} has {live.get('CurrentInferenceUnits')} of {allowed} units"

    def _expected_of(self, arn: str, properties: Json) -> Expected:
        return Expected(
            units=arn not in self._scaled,
            model=properties.get("FlywheelArn") not in self._promoted,
        )

    def _look_at(self, request: Request, put: Put) -> None:
        counts = request.fate is Fate.OPEN and not request.answer
        body = put.answer()
        arn = str(body.get("PhysicalResourceId"))
        if counts and body.get("Status") == "SUCCESS":
            self._book(request, arn)
        elif counts:
            self._look_at_failure(request, str(body.get("Reason")))
        expected = self.fleet.expected_of(request)
        here = self._expected_of(arn, request.event["ResourceProperties"])
        self.expected = replace(expected, units=here.units, model=here.model)
        mark = (request.event["StackId"], request.event["LogicalResourceId"], arn)
        if not (self._goes_back(request) and mark in self._harmed):
            super()._look_at(request, put)

    def _goes_back(self, request: Request) -> bool:
        """A way back that has nothing to change is done, whatever the endpoint came to."""
        return request.kind == "Update" and "ROLLBACK" in self._status(request)

    def _status(self, request: Request) -> str:
        return self.fleet.stacks[request.event["StackId"]].status

    def _book(self, request: Request, arn: str) -> None:
        """A success ends what excused the endpoint until then."""
        event, number = request.event, self.fleet.requests.index(request)
        mark = (event["StackId"], event["LogicalResourceId"], arn)
        is_mended = request.kind != "Delete" and not self._goes_back(request)
        if is_mended and number >= self._harmed.get(mark, number + 1):
            del self._harmed[mark]
        new, old = event["ResourceProperties"], event.get("OldResourceProperties", {})
        units = "DesiredInferenceUnits"
        rolled_back = "ROLLBACK" in self._status(request)
        sets = request.kind == "Create" or (new.get(units) != old.get(units) and not rolled_back)
        if sets and number >= self._scaled.get(arn, (number + 1, set()))[0]:
            del self._scaled[arn]

    def _look_at_failure(self, request: Request, reason: str) -> None:
        """A failure has a cause: the template's, somebody else's endpoint, or a fault."""
        if self.fleet.expected_of(request).success and not self._is_excused(request, reason):
            about = f"{request.kind} {request.event['RequestId'][-4:]}"
            self.problems.append(f"success: {about} should have succeeded: {reason}")

    def _is_excused(self, request: Request, reason: str) -> bool:
        event = request.event
        new: Json = event["ResourceProperties"]
        if reason.startswith("EndpointName: an endpoint named"):
            is_retained = any(f"({arn})" in reason for arn in self.retained())
            return is_retained or self.fleet.was_anothers(named_arn(new), request)
        if reason.startswith("Tags: the endpoint"):
            return self.fleet.was_anothers(event["PhysicalResourceId"], request)
        if reason.startswith("DataAccessRoleArn: a role cannot be removed"):
            return self._keeps_a_name_without_its_role(request)
        if " was accepted, but " in reason:
            return new.get("ModelArn") == BROKEN
        return "Timed out" in reason and self._may_take_long(request)

    def _may_take_long(self, request: Request) -> bool:
        return self.fleet.was_slowed(request) or self.fleet.was_held_up(request)

    def _keeps_a_name_without_its_role(self, request: Request) -> bool:
        event: dict[str, Any] = request.event
        new, old = event["ResourceProperties"], event.get("OldResourceProperties", {})
        took_away = "DataAccessRoleArn" in old and "DataAccessRoleArn" not in new
        same = named_arn(new) == event.get("PhysicalResourceId")
        rolled_back = "ROLLBACK" in self._status(request)
        return took_away and same and not rolled_back
