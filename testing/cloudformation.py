"""A model of CloudFormation: stacks of endpoints, and the events that they send.

Rows (E1, E2, …) are those of docs/cloudformation-events.md. A stack's life is played by courses:
generators that say what they wait for, so that several stacks, and whatever the provider still
has under way, go on side by side in virtual time.
"""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol

from provider.model.stack import StackEvent, StackView
from testing.arns import TOKEN, stack_arn
from testing.events import (
    DEFAULT_TIMEOUT,
    Fate,
    Json,
    Request,
    Resource,
    Template,
    in_strings,
)

Wait = Callable[[], bool]
Course = Iterator[Wait]
"""Goes on when what it gave last is true."""

CLEAN_UP_TRIES = 3
"""E12: how often the clean-up of an update sends a Delete before it is skipped."""


class Carried(StrEnum):
    """E8: with which physical id a replacement is rolled back."""

    NEW = "the new id"
    OLD = "the old id"
    ALONE = "a Delete alone"


class Environment(Protocol):
    """What the model stands in."""

    def deliver(self, event: Json, timeout: float) -> Request:
        """Delivers an event to the provider."""

    def url(self) -> str:
        """A new ResponseURL."""

    def clock(self) -> float:
        """The time, in seconds since the epoch."""


@dataclass
class _Change:
    """What an update does to one resource, and what undoes it."""

    resource: Resource
    request: Request
    old: Json
    """Its properties before; of a resource that the update adds, none."""
    old_id: str
    undone: bool = False


class Stack:
    """One stack: its courses are `create`, `update`, `delete` and `continue_rollback`.

    `forgets` is whether a resource that was deleted is no longer listed, or shows as deleted
    (E20: neither is documented).
    """

    def __init__(self, environment: Environment, name: str, number: int = 1) -> None:
        self.name = name
        self.id = stack_arn(name, number)
        self.root_id: str | None = None
        """The outermost stack's id, if this one is nested."""
        self.events: list[StackEvent] = []
        """What became of the stack itself, the oldest first."""
        self._status = ""
        self.resources: dict[str, Resource] = {}
        self.forgets = True
        self.repeats_ids = False
        """E15: each deployment gives its requests the same RequestIds."""
        self.skipped: set[str] = set()
        """E12: physical ids whose Delete failed for good in a clean-up."""
        self._environment = environment
        self._requests = 0
        self._cancelled = self._deleting = False
        self._changes: list[_Change] = []

    @property
    def status(self) -> str:
        return self._status

    @status.setter
    def status(self, status: str) -> None:
        self._status = status
        at = datetime.fromtimestamp(self._environment.clock(), UTC)
        self.events.append(StackEvent(self.id, status, at))

    def view(self, logical_id: str) -> StackView:
        """What DescribeStacks and DescribeStackResource say."""
        resource = self.resources.get(logical_id)
        if resource is None or (self.forgets and resource.status == "DELETE_COMPLETE"):
            return StackView(self.status or None, listed=False)
        return StackView(self.status, True, resource.status)

    def cancel(self) -> None:
        """E4, E9: a sibling fails now, while whatever is in flight is in flight."""
        self._cancelled = True

    def delete_now(self) -> None:
        """E19: somebody deletes the stack while it is created."""
        self._cancelled = self._deleting = True

    def create(self, template: Template, *, sibling_fails: bool = False) -> Course:
        """E1 to E5. `sibling_fails`: another resource fails when these are through."""
        self._begin("CREATE_IN_PROGRESS")
        self._changes = [self._add(name, properties) for name, properties in template.items()]
        yield from self._settle()
        if self._went_well() and not sibling_fails:
            self.status = "CREATE_COMPLETE"
            return
        self.status = "DELETE_IN_PROGRESS" if self._deleting else "ROLLBACK_IN_PROGRESS"
        gone = yield from self._remove(list(self.resources.values()))
        operation = "DELETE" if self._deleting else "ROLLBACK"
        self.status = f"{operation}_{'COMPLETE' if gone else 'FAILED'}"

    def update(
        self,
        template: Template,
        *,
        sibling_fails: bool = False,
        carried: Carried = Carried.NEW,
    ) -> Course:
        """E6 to E11: adds, changes and removes resources, and rolls that back where it fails."""
        self._begin("UPDATE_IN_PROGRESS")
        removed = [each for name, each in self.resources.items() if name not in template]
        self._changes = []
        for name, properties in template.items():
            resource = self.resources.get(name)
            if resource is None or resource.status == "DELETE_COMPLETE":
                self._changes.append(self._add(name, properties))
            elif resource.properties != properties:
                self._changes.append(self._change(resource, properties))
        yield from self._settle()
        if self._went_well() and not sibling_fails:
            self.status = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
            yield from self._clean_up(removed)
            self.status = "UPDATE_COMPLETE"
        else:
            yield from self._roll_back(carried)

    def delete(self) -> Course:
        """E12, E16: a Delete that fails, or is not answered, blocks the deletion."""
        self._begin("DELETE_IN_PROGRESS")
        gone = yield from self._remove(list(self.resources.values()))
        self.status = f"DELETE_{'COMPLETE' if gone else 'FAILED'}"

    def continue_rollback(self) -> Course:
        """E18: sends again what the rollback could not do."""
        yield from self._roll_back(Carried.NEW)

    def _begin(self, status: str) -> None:
        self.status, self._cancelled = status, False
        if self.repeats_ids:
            self._requests = 0

    def _roll_back(self, carried: Carried) -> Course:
        """E6, E8, E9, E10: old and new properties change places."""
        self.status = "UPDATE_ROLLBACK_IN_PROGRESS"
        sent: list[tuple[_Change, Json, Request]] = []
        for change in (each for each in self._changes if each.old and not each.undone):
            resource, new = change.resource, dict(change.request.event["ResourceProperties"])
            replaced = resource.physical_id != change.old_id
            if replaced and carried is Carried.ALONE:
                resource.is_now(change.old_id, change.old)
                change.undone = True
                continue
            given = change.old_id if carried is Carried.OLD else resource.physical_id
            resource.status = "UPDATE_IN_PROGRESS"
            request = self._send("Update", resource.logical_id, change.old, new, given)
            sent.append((change, change.old, request))
        yield lambda: all(request.fate is not Fate.OPEN for _, _, request in sent)
        for change, old, request in sent:
            resource = change.resource
            change.undone = request.succeeded
            resource.status = "UPDATE_COMPLETE" if request.succeeded else "UPDATE_FAILED"
            if request.succeeded:
                resource.is_now(request.answer["PhysicalResourceId"], old)
        if not all(change.undone for change, _, _ in sent):
            self.status = "UPDATE_ROLLBACK_FAILED"
            return
        self.status = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"
        yield from self._clean_up([each.resource for each in self._changes if not each.old])
        self.status = "UPDATE_ROLLBACK_COMPLETE"

    def _settle(self) -> Course:
        """Waits for the answers to all changes; the first failure cancels the others (E4, E9)."""
        requests = [change.request for change in self._changes]

        def is_over() -> bool:
            ended = [each for each in requests if each.fate is not Fate.OPEN]
            failed = any(not each.succeeded for each in ended)
            return len(ended) == len(requests) or failed or self._cancelled

        yield is_over
        for change in self._changes:
            change.request.end(Fate.CANCELLED)
            self._take(change)

    def _take(self, change: _Change) -> None:
        """Books what was answered: a physical id that is empty or missing is made up (E3 to E5),
        any other is believed, from a failed update too (E11).
        """
        resource, answer = change.resource, change.request.answer
        operation = "UPDATE" if change.old else "CREATE"
        well = change.request.succeeded
        resource.status = f"{operation}_{'COMPLETE' if well else 'FAILED'}"
        physical_id = answer.get("PhysicalResourceId") or change.old_id
        if not physical_id:
            physical_id = f"{self.name}-{resource.logical_id}-1{self._requests:011X}"
        resource.is_now(physical_id, resource.properties if well or not change.old else change.old)

    def _went_well(self) -> bool:
        return not self._cancelled and all(each.request.succeeded for each in self._changes)

    def _add(self, logical_id: str, properties: Json) -> _Change:
        resource = Resource(logical_id, properties, status="CREATE_IN_PROGRESS")
        self.resources[logical_id] = resource
        return _Change(resource, self._send("Create", logical_id, properties), {}, "")

    def _change(self, resource: Resource, properties: Json) -> _Change:
        old, old_id = resource.properties, resource.physical_id
        resource.properties, resource.status = properties, "UPDATE_IN_PROGRESS"
        request = self._send("Update", resource.logical_id, properties, old, old_id)
        return _Change(resource, request, old, old_id)

    def _clean_up(self, removed: list[Resource]) -> Course:
        """E7, E8: what was replaced or removed is deleted; a failure is no failure of the stack."""
        for resource in list(self.resources.values()):
            for physical_id in [each for each in resource.ids if each != resource.physical_id]:
                yield from self._try_to_remove(resource, physical_id)
        for resource in removed:
            resource.status = "DELETE_IN_PROGRESS"
            for physical_id in list(resource.ids):
                yield from self._try_to_remove(resource, physical_id)
            resource.status = "DELETE_COMPLETE"

    def _try_to_remove(self, resource: Resource, physical_id: str) -> Course:
        properties = resource.ids[physical_id]
        for _ in range(CLEAN_UP_TRIES):
            request = self._send("Delete", resource.logical_id, properties, None, physical_id)
            # mypy infers no type for a default that keeps a loop's variable.
            yield lambda request=request: request.fate is not Fate.OPEN  # type: ignore[misc]
            if request.succeeded:
                break
        else:
            self.skipped.add(physical_id)
        del resource.ids[physical_id]

    def _remove(self, resources: list[Resource]) -> Generator[Wait, None, bool]:
        """Deletes resources with the stack; gives whether all are gone."""
        sent = []
        for resource in (each for each in resources if each.status != "DELETE_COMPLETE"):
            resource.status = "DELETE_IN_PROGRESS"
            for physical_id, properties in resource.ids.items():
                request = self._send("Delete", resource.logical_id, properties, None, physical_id)
                sent.append((resource, physical_id, request))
        yield lambda: all(request.fate is not Fate.OPEN for _, _, request in sent)
        for resource, physical_id, request in sent:
            if request.succeeded:
                del resource.ids[physical_id]
            resource.status = f"DELETE_{'FAILED' if resource.ids else 'COMPLETE'}"
        return all(request.succeeded for _, _, request in sent)

    def _send(
        self, kind: str, logical_id: str, new: Json, old: Json | None = None, held: str = ""
    ) -> Request:
        given = in_strings(new), None if old is None else in_strings(old)
        timeout = float(new.get("ServiceTimeout", DEFAULT_TIMEOUT))
        return self._environment.deliver(self.event(kind, logical_id, *given, held), timeout)

    def event(
        self, kind: str, logical_id: str, new: Json, old: Json | None = None, held: str = ""
    ) -> Json:
        """E21: the form of an event, with a RequestId and ResponseURL of its own."""
        self._requests += 1
        event: Json = {
            "RequestType": kind,
            "ServiceToken": TOKEN,
            "ResponseURL": self._environment.url(),
            "StackId": self.id,
            "RequestId": f"aaaaaaaa-bbbb-cccc-dddd-{self._requests:012}",
            "LogicalResourceId": logical_id,
            "ResourceType": "Custom::ComprehendEndpoint",
            "ResourceProperties": {"ServiceToken": TOKEN, **new},
        }
        if held:
            event["PhysicalResourceId"] = held
        if old is not None:
            event["OldResourceProperties"] = {"ServiceToken": TOKEN, **old}
        return event
