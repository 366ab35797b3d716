"""One account with endpoints of several owners in it, and what an event does to it."""

import contextlib
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Self

from provider.model.ownership import ADOPT_TAG
from provider.model.polling import TAGS_SHOW_LATE
from testing.account import Account
from testing.arns import TOKEN, arn, classifier, recognizer, stack_arn
from testing.asl import TaskError
from testing.logs import listening
from testing.mailbox import Put
from testing.one_resource import CHANGES, LOGICAL_ID_TAG, REQUEST_TAG, STACK_TAG
from testing.world import environment

Json = dict[str, Any]

OURS = stack_arn("shop")
"""The stack whose events are sent."""
LOGICAL_ID = "Sentiment"
THEIRS = stack_arn("bank")
"""Another team's stack."""

_SERVICE: Json = {"create_seconds": 3, "update_seconds": 3, "delete_seconds": 3}


def owned_by(stack: str, logical_id: str) -> dict[str, str]:
    return {STACK_TAG: stack, LOGICAL_ID_TAG: logical_id, REQUEST_TAG: "an-earlier-one"}


OWNERS = {
    "mine": owned_by(OURS, LOGICAL_ID),
    "kept": owned_by(OURS, LOGICAL_ID),
    "offered": {ADOPT_TAG: f"shop/{LOGICAL_ID}"},
    "sibling": owned_by(OURS, "Other"),
    "theirs": owned_by(THEIRS, LOGICAL_ID),
    "partly": {STACK_TAG: OURS},
    "nobodys": {},
}
"""The endpoints that exist, by name, with their tags: of each name one of either kind.

The stack has kept "kept" on purpose: what names it otherwise than as the physical id leaves it.
"""
KINDS = {"document-classifier-endpoint": classifier(), "entity-recognizer-endpoint": recognizer()}
"""Both kinds of endpoint, with the model of each."""
STATUSES = (
    None,
    "UPDATE_IN_PROGRESS",
    "UPDATE_ROLLBACK_IN_PROGRESS",
    "ROLLBACK_IN_PROGRESS",
    "DELETE_IN_PROGRESS",
)
"""Of the stack, when an event comes; None is a stack that CloudFormation has no record of. While a
stack is created, it has kept nothing yet.
"""


@dataclass
class Seen:
    """What one event came to."""

    event: Any
    status: str | None
    """The stack's, when the event came."""
    puts: list[Put]
    calls: list[Json]
    escaped: list[tuple[str, str]]
    """The functions that raised something, with its class."""
    queue: list[Any]
    log: str
    elsewhere: list[str]
    """The hosts that were called, except the mailbox's."""
    before: list[Json]
    after: list[Json]

    @property
    def changes(self) -> list[Json]:
        return [call for call in self.calls if call["operation"] in CHANGES]

    @property
    def goes_back(self) -> bool:
        """Whether it is an Update that undoes another one."""
        is_update = isinstance(self.event, dict) and self.event.get("RequestType") == "Update"
        return is_update and self.status == "UPDATE_ROLLBACK_IN_PROGRESS"

    @property
    def untouched(self) -> bool:
        """Whether every endpoint that does not belong to the event's resource is as it was. An
        offered one may have other tags.
        """
        return all(self._is_as_it_was(each) for each in self.before if not self._is_its(each))

    def _is_its(self, endpoint: Json) -> bool:
        """Whether it is the event's resource's, as far as may be."""
        event = self.event if isinstance(self.event, dict) else {}
        marks = {STACK_TAG: event.get("StackId"), LOGICAL_ID_TAG: event.get("LogicalResourceId")}
        is_kept = endpoint["EndpointName"] == "kept"
        is_named = event.get("PhysicalResourceId") == endpoint["EndpointArn"]
        return marks.items() <= endpoint["Tags"].items() and (is_named or not is_kept)

    def _is_as_it_was(self, endpoint: Json) -> bool:
        is_offered = ADOPT_TAG in endpoint["Tags"]
        return any(
            endpoint == (each | {"Tags": endpoint["Tags"]} if is_offered else each)
            for each in self.after
        )


class World:
    """The account. What an event did is undone before the next one."""

    def __init__(self) -> None:
        self.account = Account(_SERVICE, invocation=self._watched)
        self.mailbox = self.account.mailbox
        self.admin = self.account.comprehend.admin
        self.escaped: list[tuple[str, str]] = []
        """The functions that raised something, with its class."""
        self.failing: str | None = None
        """A function that fails, in the next event, before it does anything."""
        self._endpoints: list[Json] = []
        """All that exist, as last seen."""
        self._first_ones: list[Json] = []
        """All that exist before an event."""
        self._prepare()

    @classmethod
    @contextlib.contextmanager
    def started(cls) -> Iterator[Self]:
        with environment():
            yield cls()

    def _watched(self, name: str, event: Any, carry_out: Callable[[Any], Any]) -> Any:
        try:
            if name == self.failing:
                raise TaskError("Runtime.ExitError")
            return carry_out(event)
        except TaskError as error:
            self.escaped.append((name, error.error))
            raise

    def event(self, kind: str, properties: Any, **others: Any) -> Json:
        """An event of our stack, well-formed except what is given."""
        event: Json = {
            "RequestType": kind,
            "ServiceToken": TOKEN,
            "ResponseURL": self.mailbox.url(),
            "StackId": OURS,
            "RequestId": "aaaaaaaa-bbbb-cccc-dddd-000000000001",
            "LogicalResourceId": LOGICAL_ID,
            "ResourceType": "Custom::ComprehendEndpoint",
            "ResourceProperties": properties,
        }
        return event | others

    def send(self, event: Any, status: str | None = None) -> Seen:
        """Sends an event while our stack has a status, and carries out all that it sets off."""
        self.account.stacks.known.clear()
        if status is not None:
            self._begin(status)
        before, log = self._endpoints, io.StringIO()
        # Alone: tens of thousands of events are too much for pytest to keep.
        with listening(log, alone=True):
            operation = self.account.send(json.loads(json.dumps(event)))
            steps = 0
            while not operation.done:
                operation.step()
                steps += 1
                assert steps < 1000, "the operation does not end"
        self.failing, self._endpoints = None, self.admin.endpoints()
        seen = Seen(
            event,
            status,
            list(self.mailbox.puts),
            self.admin.calls(),
            list(self.escaped),
            list(self.account.queue),
            self.account.functions.log.getvalue() + log.getvalue(),
            list(self.mailbox.elsewhere),
            before,
            self._endpoints,
        )
        # Not before an event: its ResponseURL says when it was made.
        self._prepare()
        return seen

    def _begin(self, status: str) -> None:
        """Brings our stack into a status; before that it has kept two endpoints."""
        stacks = self.account.stacks
        stacks.says(OURS, "CREATE_IN_PROGRESS")
        for kind in KINDS:
            stacks.known[OURS].record(LOGICAL_ID, "DELETE_SKIPPED", arn(kind, "kept"))
        stacks.says(OURS, status)

    def _prepare(self) -> None:
        """Undoes what an event did."""
        self.account.functions.log.seek(0)
        self.account.functions.log.truncate()
        self.escaped.clear()
        self.account.executions.clear()
        self.account.queue.clear()
        self.mailbox.elsewhere.clear()
        self.mailbox.puts.clear()
        if self._endpoints and self._endpoints == self._first_ones:
            self.admin.reset_calls()
        else:
            self.admin.reset()
            for name, tags in OWNERS.items():
                for model in KINDS.values():
                    self.admin.put_endpoint(name, model, tags=tags)
            # On a new endpoint, tags may show late.
            self.account.clock.advance(TAGS_SHOW_LATE)
            self._endpoints = self._first_ones = self.admin.endpoints()
