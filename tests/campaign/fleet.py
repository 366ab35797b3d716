"""Several stacks that share names, each request with at most one fault, and who had which name."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from provider.contract.event import Place
from provider.model.naming import Kind, endpoint_arn
from provider.model.ownership import LOGICAL_ID_TAG, STACK_TAG
from testing.account import Operation
from testing.arns import ACCOUNT, REGION
from testing.cloudformation import Course, Stack
from testing.events import Json, Request
from testing.functions import REQUEST
from testing.interception import Site
from testing.world import World
from tests.campaign.denials import NotStarted
from tests.campaign.expected import Expected
from tests.campaign.faults import ApiError, Burst, Fault, LostAnswer, Slowed, Times
from tests.campaign.mishaps import End, Killed, NotImported
from tests.campaign.scenario import TIMEOUT

Owner = tuple[str, str]
"""A stack's id and a logical id, as an endpoint's tags name them; of an outsider, empty."""

LONG_INVOCATION = 10
"""Seconds, after which an invocation holds the others up."""

_CHANGES = frozenset({"UpdateEndpoint", "DeleteEndpoint", "TagResource", "UntagResource"})
_PLACE = Place("aws", REGION, ACCOUNT, "")


@dataclass(frozen=True)
class Due:
    """A fault that is to hit a stack's request, when so many others were sent before it."""

    fault: Fault
    others: int = 0


class Fleet(World):
    """A world of several stacks, whose courses go on side by side."""

    def __init__(self, settings: Mapping[str, Any], seed: str = "") -> None:
        self.struck: dict[str, Fault] = {}
        """What happened to requests, by their ResponseURLs."""
        self.forgotten: set[str] = set()
        """The ResponseURLs of requests whose executions' names are free again."""
        self.reads_are_stale = False
        self.overstepped: list[str] = []
        """Changes that a request made of what is not its resource's."""
        self._looked_at = 0
        """The calls of which it is known by what they changed, by their number."""
        self._standstills: list[tuple[str, float, float]] = []
        self._due: dict[str, Due] = {}
        self._busy: set[str] = set()
        self._holders: dict[str, list[tuple[float, Owner | None]]] = {}
        super().__init__(settings, seed)

    def deliver(self, event: Json, timeout: float) -> Request:
        due = self._due.pop(event["StackId"], None)
        if due is not None and due.others:
            self._due[event["StackId"]] = replace(due, others=due.others - 1)
        elif due is not None:
            fault = _bounded(due.fault, timeout)
            self.struck[event["ResponseURL"]] = fault
            self.intercept(fault.interception())
        return super().deliver(event, timeout)

    def set_off(self, stack: Stack, course: Course, due: Due | None = None) -> None:
        """Begins a course of a stack's, which may have a fault."""
        self._due.pop(stack.id, None)
        if due is not None:
            self._due[stack.id] = due
        self._busy.add(stack.id)
        self.begin(self._booked(stack, course))
        self.go_on()

    def _booked(self, stack: Stack, course: Course) -> Course:
        yield from course
        self._busy.discard(stack.id)

    def is_idle(self, stack: Stack) -> bool:
        """Whether CloudFormation is through with what was asked of a stack."""
        return stack.id not in self._busy

    def is_taken_up(self, stack: Stack) -> bool:
        """Whether Lambda has the stack's events. One that it delays until a rollback is under way
        cannot tell that this is not its own: see design-notes.md, "Limits that are known".
        """
        return all(each.steps for each in self._operations(stack))

    def is_quiet(self, stack: Stack) -> bool:
        """Whether the provider is through as well."""
        return self.is_idle(stack) and all(each.done for each in self._operations(stack))

    def _operations(self, stack: Stack) -> list[Operation]:
        sent = [each.operation for each in self.requests] + self._repeated
        return [each for each in sent if each.event["StackId"] == stack.id]

    def settle(self) -> None:
        """Plays until nothing is left to do."""
        self.rested = self.clock()
        while self.tick():
            pass
        self.rested = self.clock()

    def tick(self) -> bool:
        going = super().tick()
        self.look_around()
        return going

    def turn(self, operation: Operation) -> tuple[float, bool]:
        """Lambda takes events up at once: what else is due then comes after that."""
        return operation.due, operation.steps > 0

    def look_around(self) -> None:
        """Notes who has which name now."""
        now = self.clock()
        held = {arn: owner(each) for arn, each in self.endpoints().items()}
        for arn in held.keys() | self._holders.keys():
            known = self._holders.setdefault(arn, [(self.began, None)])
            if held.get(arn) != known[-1][1]:
                known.append((now, held.get(arn)))

    def holder(self, arn: str) -> Owner | None:
        """Who has an endpoint there now."""
        live = self.endpoints().get(arn)
        return owner(live) if live else None

    def was_anothers(self, arn: str, request: Request) -> bool:
        """Whether at some time since a request was sent somebody else had an endpoint there."""
        mine = (request.event["StackId"], request.event["LogicalResourceId"])
        known = self._holders.get(arn, [])
        ends = [time for time, _ in known[1:]] + [float("inf")]
        return any(
            holder not in (None, mine)
            for (_, holder), end in zip(known, ends, strict=True)
            if end >= request.sent
        )

    def fault_of(self, request: Request) -> Fault | None:
        return self.struck.get(request.url)

    def read_late(self, seconds: int) -> None:
        """Each read of CloudFormation shows a view that is up to so many seconds old."""
        lots = random.Random(seconds)
        self.account.stacks.stale = lambda: lots.uniform(0, seconds)
        self.reads_are_stale = seconds > 0

    def forget(self, request: Request) -> None:
        """The name of a request's execution is free again: the provider knows nothing of it."""
        for execution in request.operation.executions:
            if self.account.executions.get(execution.name) is execution:
                self.account.forget(execution.name)
        self.forgotten.add(request.url)

    def expected_of(self, request: Request) -> Expected:
        """What a request's fault takes away or allows; without one, it must succeed."""
        expected = self._expected_of(request)
        return replace(expected, answers_differ=request.url in self.forgotten)

    def _expected_of(self, request: Request) -> Expected:
        fault = self.fault_of(request)
        if fault is None:
            return Expected(success=True)
        expected = fault.expected()
        if request.timeout <= TIMEOUT and _takes_minutes(fault):
            return replace(expected, late=True, success=False)
        return expected

    def was_slowed(self, request: Request) -> bool:
        """Whether what a request is about may be busy for longer than it waits."""
        about = about_which(request)
        return any(
            about & about_which(each)
            for each in self.requests
            if isinstance(fault := self.fault_of(each), Slowed) and fault.seconds > TIMEOUT
        )

    def was_held_up(self, request: Request) -> bool:
        """Whether time went by for a request, all of it at once, in a function of another one.

        On AWS they run side by side; here, where one takes minutes, all others wait.
        """
        return any(
            url != request.url and began < request.expires and ended > request.sent
            for url, began, ended in self._standstills
        )

    def _invocation(self, function: str, event: Any, carry_out: Callable[[Any], Any]) -> Any:
        began, number = self.clock(), self._request_of(event)
        try:
            return super()._invocation(function, event, carry_out)
        finally:
            if self.clock() - began > LONG_INVOCATION and number >= 0:
                self._standstills.append((self.requests[number].url, began, self.clock()))

    def _around(self, site: Site, carry_out: Callable[[], Any]) -> Any:
        if site.name not in _CHANGES or self.running < 0:
            return super()._around(site, carry_out)
        event = self.requests[self.running].event
        before = self.endpoints()
        result = super()._around(site, carry_out)
        for call in self.admin.calls(since=self._looked_at):
            self._looked_at = call["sequence"]
            if call["operation"] != site.name:
                continue
            given = call["parameters"]
            arn = given.get("EndpointArn", given.get("ResourceArn"))
            mine = (event["StackId"], event["LogicalResourceId"])
            if arn in before and owner(before[arn]) != mine:
                whose = " ".join(owner(before[arn])).strip() or "an outsider"
                self.overstepped.append(f"foreign: {site.name} was called for {arn} of {whose}")
        return result


def owner(endpoint: Json) -> Owner:
    tags = endpoint["Tags"]
    return (tags.get(STACK_TAG, ""), tags.get(LOGICAL_ID_TAG, ""))


def about_which(request: Request) -> set[str]:
    """The ARNs that a request may be about, and the resource."""
    event = request.event
    found = {event.get("PhysicalResourceId", ""), named_arn(event["ResourceProperties"])}
    found.add(request.answer.get("PhysicalResourceId", ""))
    return {f"{event['StackId']} {event['LogicalResourceId']}", *found} - {""}


def named_arn(properties: Json) -> str:
    """The ARN of an endpoint whose name is given; otherwise nothing."""
    name = properties.get("EndpointName", "")
    return arn_of(kind_of(properties), name) if name else ""


def arn_of(kind: Kind, name: str) -> str:
    return endpoint_arn(_PLACE, kind, name)


def kind_of(properties: Json) -> Kind:
    source = properties.get("ModelArn") or properties.get("FlywheelArn", "")
    return Kind.RECOGNIZER if "recognizer" in source else Kind.CLASSIFIER


def _bounded(fault: Fault, timeout: float) -> Fault:
    """What lasts for ever lasts as long as a short ServiceTimeout; of a long one every second
    would be played.
    """
    lasts = isinstance(fault, ApiError | LostAnswer) and fault.times is Times.ALWAYS
    if isinstance(fault, ApiError | LostAnswer) and lasts and timeout > TIMEOUT:
        return replace(fault, times=Times.TWICE)
    return fault


def _takes_minutes(fault: Fault) -> bool:
    """Lambda tries again after one minute and two; a function that hangs takes three; whoever is
    throttled looks less and less often.
    """
    if isinstance(fault, Killed):
        again = fault.function == REQUEST and fault.times > 1
        return again or fault.end is End.TIMEOUT
    if isinstance(fault, Burst):
        return fault.tries > 3
    if isinstance(fault, NotImported):
        return fault.function == REQUEST and fault.times > 1
    return isinstance(fault, NotStarted) and fault.times > 1
