"""What proves each deletion: the world's history, whatever the provider knows or believes.

The rule is SECURITY.md's. What is asked here is the truth: the events as they happened, the tags
as they are, who made or adopted an endpoint, which executions run, and who waits for what.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from local.comprehend.protocol import Reply
from provider.model.ownership import ADOPT_TAG, LOGICAL_ID_TAG, REQUEST_TAG, STACK_TAG
from testing.events import Fate, Json, Request
from testing.interception import Site
from testing.stack_events import StackEvents
from testing.world import World


class Proof(StrEnum):
    """Why an endpoint may be deleted."""

    NAMED = "named"
    """CloudFormation waits for its deletion."""
    NEVER_HELD = "never held"
    """The provider made it, and the stack has never had it as its resource."""
    REPLACED = "replaced"
    """It has FAILED, and takes no update, for good."""


Endpoint = tuple[str, float]
"""An ARN and a CreationTime: this endpoint, not one that has its name later."""

_CHANGES = frozenset({"CreateEndpoint", "DeleteEndpoint", "TagResource", "UntagResource"})


@dataclass(frozen=True)
class Adoption:
    """A request has adopted an endpoint; `at` is when it set the ownership tags."""

    request: Request
    at: float


_AT_ONCE = 2
"""Seconds."""
_OVERTAKEN_AFTER = 10
"""Seconds: a stack event that is so much newer than a request shows that it is out of date."""
_ALLOWED_LATE = 0.01
"""Seconds by which an event's time may be rounded."""
_HELD = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_SKIPPED"})
_COMPLETED = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE"})
_PROVES_NOTHING = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "ConcurrentModificationException",
        "ResourceInUseException",
        "ResourceLimitExceededException",
        "ResourceUnavailableException",
        "ServiceUnavailable",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""Errors of UpdateEndpoint that CreateEndpoint would meet as well, or that pass."""


class Proofs:
    """Looks on at each change, judges each deletion, and counts the deletions by proof."""

    def __init__(self, world: World, tell: Callable[[str], None]) -> None:
        self.counts: Counter[str] = Counter()
        self._world = world
        self._tell = tell
        self._made: set[Endpoint] = set()
        """Made by the provider's CreateEndpoint."""
        self._adopted: dict[Endpoint, Adoption] = {}
        """Adopted, and not given back since."""
        self.deleted: set[Endpoint] = set()
        """Deleted, with proof."""
        self.given_back: set[Endpoint] = set()
        """Given back, though they were the stack's for good."""
        self._refused: dict[tuple[int, str], list[tuple[str, frozenset[str]]]] = {}
        """The refusals of UpdateEndpoint, by request and ARN: code and names of what was sent."""
        world.reached, world.replied = self._around, self._heard

    def left_behind(self, arn: str) -> None:
        """A request whose execution has ended long ago made this endpoint, and left it."""
        self._made.add(_endpoint(self._world.endpoints()[arn]))

    def _is_complete(self, adoption: "Adoption", since: float) -> bool:
        """Whether the outermost stack has completed an operation since the adoption."""
        own = self._world.stacks[adoption.request.event["StackId"]]
        root = self._world.stacks[own.root_id or own.id]
        return any(
            each.status in _COMPLETED and each.at.timestamp() > since
            for each in _stack_events(root)
        )

    def _is_on_trial(self, live: Json) -> bool:
        """Whether it was adopted, and whoever made it may have to get it back."""
        adoption = self._adopted.get(_endpoint(live))
        return adoption is not None and not self._is_complete(adoption, adoption.request.sent)

    def _around(self, site: Site, carry_out: Callable[[], Any]) -> Any:
        if site.name not in _CHANGES:
            return carry_out()
        given, before = site.parameters, self._world.endpoints()
        about = before.get(given.get("EndpointArn", given.get("ResourceArn")))
        if site.name == "DeleteEndpoint" and about is not None:
            self._judge(about)
        reply = carry_out()
        if site.name == "CreateEndpoint":
            now = self._world.endpoints()
            self._made |= {_endpoint(now[arn]) for arn in now.keys() - before.keys()}
        elif about is not None and reply.status == 200 and self._world.running >= 0:
            request = self._world.requests[self._world.running]
            if site.name == "TagResource" and STACK_TAG in _keys(given):
                self._adopted[_endpoint(about)] = Adoption(request, self._world.clock())
            elif site.name == "UntagResource" and STACK_TAG in given["TagKeys"]:
                self._give_back(_endpoint(about))
        return reply

    def _give_back(self, endpoint: Endpoint) -> None:
        adoption = self._adopted.pop(endpoint, None)
        # What is complete in the very moment of the adoption may have been so before it.
        if adoption is not None and self._is_complete(adoption, adoption.at + _AT_ONCE):
            self.given_back.add(endpoint)

    def _heard(self, site: Site, reply: Any) -> None:
        if site.name == "UpdateEndpoint" and isinstance(reply, Reply) and reply.status >= 400:
            code = str(reply.headers.get("x-amzn-errortype", ""))
            if reply.status >= 500:
                code = "ServiceUnavailable"
            place = (self._world.running, str(site.parameters["EndpointArn"]))
            sent = frozenset(site.parameters) - {"EndpointArn"}
            self._refused.setdefault(place, []).append((code, sent))

    def _judge(self, live: Json) -> None:
        if live["Status"] == "DELETING":
            return
        number = self._world.running
        request = self._world.requests[number] if number >= 0 else None
        proof = self._proof(live, request) if request is not None else None
        if proof is not None:
            self.counts[proof] += 1
            self.deleted.add(_endpoint(live))
            return
        who = "nobody's request" if request is None else _name(request)
        self._tell(
            f"unproved: {who} deleted {live['EndpointArn']}, which is in {live['Status']}"
            f" with the tags {live['Tags']}"
        )

    def _proof(self, live: Json, request: Request) -> Proof | None:
        arn = live["EndpointArn"]
        stack = self._world.stacks.get(request.event["StackId"])
        if stack is None or not _is_of(live["Tags"], request):
            return None
        if request.kind == "Update" and self._is_replaced(live):
            return Proof.REPLACED
        if request.event.get("PhysicalResourceId") != arn:
            return Proof.NEVER_HELD if self._was_never_held(live, request, stack) else None
        is_named = request.kind == "Delete" and self._is_waited_for(request, stack)
        return Proof.NAMED if is_named and not self._is_on_trial(live) else None

    def _is_waited_for(self, request: Request, stack: StackEvents) -> bool:
        """Whether CloudFormation waits for a request, or nobody could know yet that it does not."""
        if request.fate is Fate.OPEN:
            return True
        newest = _stack_events(stack)[-1]
        is_new = newest.at.timestamp() > request.sent + _OVERTAKEN_AFTER
        is_late = self._world.clock() > request.expires
        return newest.status.endswith("_IN_PROGRESS") and not is_new and not is_late

    def _was_never_held(self, live: Json, request: Request, stack: StackEvents) -> bool:
        arn, created = _endpoint(live)
        held = any(
            each.physical_id == arn
            and each.status in _HELD
            and each.at.timestamp() > created - _ALLOWED_LATE
            for each in stack.events
        )
        is_given = (arn, created) in self._adopted or ADOPT_TAG in live["Tags"]
        return (
            not held
            and not is_given
            and (arn, created) in self._made
            and not self._is_anothers(live["Tags"], request)
        )

    def _is_anothers(self, tags: Mapping[str, str], request: Request) -> bool:
        """Whether another execution that runs has made it: that one sees to it."""
        execution = self._world.account.executions.get(tags.get(REQUEST_TAG, "").partition("/")[0])
        if execution is None or execution.status != "RUNNING":
            return False
        return bool(execution.input["event"]["ResponseURL"] != request.url)

    def _is_replaced(self, live: Json) -> bool:
        place = (self._world.running, live["EndpointArn"])
        final = [each for each in self._refused.get(place, []) if each[0] not in _PROVES_NOTHING]
        alone = frozenset({"DesiredInferenceUnits"})
        is_beyond_repair = len(final) >= 2 and final[-1][1] == alone
        return live["Status"] == "FAILED" and is_beyond_repair and not self._is_on_trial(live)


def _endpoint(live: Json) -> Endpoint:
    return live["EndpointArn"], live["CreationTime"]


def _stack_events(stack: StackEvents) -> list[Any]:
    return [each for each in stack.events if each.physical_id == stack.id]


def _keys(given: Mapping[str, Any]) -> set[str]:
    return {tag["Key"] for tag in given["Tags"]}


def _is_of(tags: Json, request: Request) -> bool:
    event = request.event
    mine = (event["StackId"], event["LogicalResourceId"])
    return (tags.get(STACK_TAG), tags.get(LOGICAL_ID_TAG)) == mine


def _name(request: Request) -> str:
    return f"{request.kind} {request.event['RequestId'][-4:]} (of {request.event['StackId']})"
