"""A model of CloudFormation: stacks of endpoints, and the events that they send.

Rows (E1, E2, …) are those of docs/cloudformation-events.md. A stack's life is played by courses:
generators that say what they wait for, so that several stacks, and whatever the provider still
has under way, go on side by side in virtual time.
"""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Protocol

from testing.arns import TOKEN, stack_arn
from testing.events import (
    DEFAULT_TIMEOUT,
    DeletionPolicy,
    Fate,
    Json,
    Request,
    Resource,
    Template,
    in_strings,
)
from testing.stack_events import StackEvents

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
    well: bool = False
    undone: bool = False


_Sent = list[tuple[Request, Callable[[], None]]]
"""Requests, each with what follows from its answer."""


class Stack(StackEvents):
    """One stack: its courses are `create`, `update`, `delete` and `continue_rollback`."""

    def __init__(self, environment: Environment, name: str, number: int = 1) -> None:
        super().__init__(name, stack_arn(name, number), environment.clock)
        self.resources: dict[str, Resource] = {}
        self.deletion_policy = DeletionPolicy.DELETE
        """E17: of all its resources, for replacements (UpdateReplacePolicy), too."""
        self.repeats_ids = False
        """E15: each deployment gives its requests the same RequestIds."""
        self.deletes_failed_first = False
        """E28: a Create that failed and was kept is deleted before it is tried again."""
        self.skipped: set[str] = set()
        """E12, E29: physical ids that were given up after their Delete had failed."""
        self.retained: set[str] = set()
        """E17: physical ids that were let go on purpose."""
        self._environment = environment
        self._requests = 0
        self._cancelled = self._deleting = self._preserves = False
        self._changes: list[_Change] = []

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
        operation = "DELETE" if self._deleting else "ROLLBACK"
        self.status = f"{operation}_IN_PROGRESS"
        gone = yield from self._remove(made_now=not self._deleting)
        self.status = f"{operation}_{_ending(gone)}"

    def update(
        self,
        template: Template,
        *,
        sibling_fails: bool = False,
        carried: Carried = Carried.NEW,
        preserve: bool = False,
    ) -> Course:
        """E6 to E11: adds, changes and removes resources, and rolls that back where it fails.

        `preserve` (E27): what fails goes back alone, and the stack does not roll back.
        """
        self._begin("UPDATE_IN_PROGRESS", preserve)
        removed = [each for name, each in self.resources.items() if name not in template]
        self._changes = []
        for name, properties in template.items():
            resource = self.resources.get(name)
            if resource is None or resource.is_gone:
                self._changes.append(self._add(name, properties))
            elif resource.status == "CREATE_FAILED":
                if self.deletes_failed_first:
                    yield from self._let_go(resource, list(resource.ids), made_now=True)
                self._changes.append(self._add(name, properties, resource.ids))
            elif resource.properties != properties:
                self._changes.append(self._change(resource, properties))
        yield from self._settle()
        if self._went_well() and not sibling_fails:
            self.status = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
            yield from self._clean_up(removed)
            self.status = "UPDATE_COMPLETE"
        elif preserve:
            failed = [each for each in self._changes if each.old and not each.well]
            yield from self._undo(failed, carried)
            self.status = "UPDATE_FAILED"
        else:
            yield from self._roll_back(carried)

    def delete(self, *, force: bool = False) -> Course:
        """E12, E16: a Delete that fails, or is not answered, blocks the deletion.

        `force` (E29): what could not be deleted before is left.
        """
        self._begin("DELETE_IN_PROGRESS")
        gone = yield from self._remove(force=force)
        self.status = f"DELETE_{_ending(gone)}"

    def continue_rollback(self, *, skip: bool = False) -> Course:
        """E18, E33: sends again what the rollback could not do, or a way back in vain.

        `skip` (E32): what is not undone counts as undone, and nothing is sent for it.
        """
        for change in self._changes if skip else ():
            if change.old and not change.undone:
                change.undone = True
                change.resource.is_now(change.resource.physical_id, change.old)
                self._mark(change.resource, "UPDATE_COMPLETE", change.resource.physical_id)
        yield from self._roll_back(Carried.NEW)

    def _begin(self, status: str, preserves: bool = False) -> None:
        self.status, self._cancelled, self._preserves = status, False, preserves
        if self.repeats_ids:
            self._requests = 0

    def _roll_back(self, carried: Carried) -> Course:
        self.status = "UPDATE_ROLLBACK_IN_PROGRESS"
        changed = [each for each in self._changes if each.old]
        yield from self._undo([each for each in changed if not each.undone], carried)
        if not all(each.undone for each in changed):
            self.status = "UPDATE_ROLLBACK_FAILED"
            return
        self.status = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"
        added = [each.resource for each in self._changes if not each.old]
        yield from self._clean_up(added, made_now=True)
        self.status = "UPDATE_ROLLBACK_COMPLETE"

    def _undo(self, changes: list[_Change], carried: Carried) -> Course:
        """E6, E8, E9, E10, E27: old and new properties change places."""
        sent: _Sent = []
        for change in changes:
            resource, new = change.resource, dict(change.request.event["ResourceProperties"])
            replaced = resource.physical_id != change.old_id
            if replaced and self._preserves and carried is not Carried.NEW:
                # The replacement was refused: what it made is nobody's.
                del resource.ids[resource.physical_id]
                resource.is_now(change.old_id, change.old)
            elif replaced and carried is Carried.ALONE:
                resource.is_now(change.old_id, change.old)
                change.undone = True
                continue
            held = change.old_id if carried is Carried.OLD else resource.physical_id
            self._mark(resource, "UPDATE_IN_PROGRESS", held)
            request = self._send("Update", resource.logical_id, change.old, new, held)
            sent.append((request, partial(self._take_back, change, request)))
        yield from _answers(sent)

    def _take_back(self, change: _Change, request: Request) -> None:
        resource, change.undone = change.resource, request.succeeded
        if request.succeeded:
            resource.is_now(request.answer["PhysicalResourceId"], change.old)
        self._mark(resource, f"UPDATE_{_ending(request.succeeded)}", resource.physical_id)

    def _settle(self) -> Course:
        """Takes the answers to all changes. The first failure cancels the others (E4, E9), unless
        what succeeds is preserved (E27).
        """
        waiting = self._changes
        cancels = not self._preserves

        def goes_on() -> bool:
            ended = any(each.request.fate is not Fate.OPEN for each in waiting)
            return ended or (cancels and self._cancelled)

        while waiting:
            yield goes_on
            ended = [each for each in waiting if each.request.fate is not Fate.OPEN]
            waiting = [each for each in waiting if each.request.fate is Fate.OPEN]
            for change in ended:
                self._take(change)
            if cancels and (self._cancelled or not all(each.well for each in ended)):
                break
        for change in waiting:
            change.request.end(Fate.CANCELLED)
            self._take(change)

    def _take(self, change: _Change) -> None:
        """Books what was answered: a physical id that is empty or missing is made up (E3 to E5),
        any other is believed, from a failed update too (E11).
        """
        resource, request, new = change.resource, change.request, change.resource.properties
        physical_id = request.answer.get("PhysicalResourceId") or change.old_id
        if not physical_id:
            physical_id = self.invented(resource.logical_id)
        # E27: with preserved resources, CloudFormation refuses a replacement.
        refused = self._preserves and bool(change.old) and physical_id != change.old_id
        change.well = request.succeeded and not refused
        resource.is_now(physical_id, new if change.well or not change.old else change.old)
        if refused:
            resource.ids[physical_id] = new
        operation = "UPDATE" if change.old else "CREATE"
        self._mark(resource, f"{operation}_{_ending(change.well)}", physical_id)

    def invented(self, logical_id: str) -> str:
        """A physical id that CloudFormation makes up."""
        return f"{self.name}-{logical_id}-1{self._requests:011X}"

    def _went_well(self) -> bool:
        return not self._cancelled and all(each.well for each in self._changes)

    def _add(
        self, logical_id: str, properties: Json, ids: dict[str, Json] | None = None
    ) -> _Change:
        """`ids` are those of a former resource, which are still to be deleted."""
        resource = Resource(logical_id, properties, ids=ids or {})
        self.resources[logical_id] = resource
        self._mark(resource, "CREATE_IN_PROGRESS")
        return _Change(resource, self._send("Create", logical_id, properties), {}, "")

    def _change(self, resource: Resource, properties: Json) -> _Change:
        old, held = resource.properties, resource.physical_id
        resource.properties = properties
        self._mark(resource, "UPDATE_IN_PROGRESS", held)
        request = self._send("Update", resource.logical_id, properties, old, held)
        return _Change(resource, request, old, held)

    def _clean_up(self, removed: list[Resource], *, made_now: bool = False) -> Course:
        """E7, E8: what was replaced or removed is deleted; a failure is no failure of the stack."""
        for resource in list(self.resources.values()):
            former = [each for each in resource.ids if each != resource.physical_id]
            yield from self._let_go(resource, former, made_now=made_now)
        for resource in removed:
            yield from self._let_go(resource, list(resource.ids), made_now=made_now)

    def _let_go(self, resource: Resource, ids: list[str], *, made_now: bool) -> Course:
        """E12, E17: deletes physical ids of a resource one by one, or retains them."""
        for physical_id in ids:
            if not self.deletion_policy.deletes(made_now=made_now):
                self._skip(resource, physical_id, self.retained)
                continue
            for _ in range(CLEAN_UP_TRIES):
                request = self._delete(resource, physical_id)
                yield from _answers([(request, partial(self._deleted, resource, request))])
                if request.succeeded:
                    break
            else:
                self.skipped.add(physical_id)
                resource.loses(physical_id, "DELETE_COMPLETE")

    def _remove(
        self, *, made_now: bool = False, force: bool = False
    ) -> Generator[Wait, None, bool]:
        """Deletes the resources with the stack; gives whether all are gone."""
        sent: _Sent = []
        for resource in self.resources.values():
            forced = force and resource.status == "DELETE_FAILED"
            for physical_id in list(resource.ids):
                if forced:
                    self._skip(resource, physical_id, self.skipped)
                elif not self.deletion_policy.deletes(made_now=made_now):
                    self._skip(resource, physical_id, self.retained)
                else:
                    request = self._delete(resource, physical_id)
                    sent.append((request, partial(self._deleted, resource, request)))
        yield from _answers(sent)
        left = [each for each in self.resources.values() if each.ids]
        for resource in left:
            resource.status = "DELETE_FAILED"
        return not left

    def _delete(self, resource: Resource, physical_id: str) -> Request:
        self.record(resource.logical_id, "DELETE_IN_PROGRESS", physical_id)
        properties = resource.ids[physical_id]
        return self._send("Delete", resource.logical_id, properties, None, physical_id)

    def _deleted(self, resource: Resource, request: Request) -> None:
        physical_id = request.event["PhysicalResourceId"]
        status = f"DELETE_{_ending(request.succeeded)}"
        self.record(resource.logical_id, status, physical_id)
        if request.succeeded:
            resource.loses(physical_id, status)

    def _skip(self, resource: Resource, physical_id: str, booked: set[str]) -> None:
        """E17, E29: lets a physical id go without a Delete."""
        self.record(resource.logical_id, "DELETE_SKIPPED", physical_id)
        booked.add(physical_id)
        resource.loses(physical_id, "DELETE_SKIPPED")

    def _mark(self, resource: Resource, status: str, physical_id: str = "") -> None:
        """Gives a resource a status."""
        resource.status = status
        self.record(resource.logical_id, status, physical_id)

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


def _answers(sent: _Sent) -> Course:
    """Waits for answers, and takes each when it comes."""
    waiting = sent

    def goes_on() -> bool:
        return any(request.fate is not Fate.OPEN for request, _ in waiting)

    while waiting:
        yield goes_on
        ended = [take for request, take in waiting if request.fate is not Fate.OPEN]
        waiting = [each for each in waiting if each[0].fate is Fate.OPEN]
        for take in ended:
            take()


def _ending(well: bool) -> str:
    return "COMPLETE" if well else "FAILED"
