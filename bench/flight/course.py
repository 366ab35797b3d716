"""Sends many Creates at once, and CloudFormation's Delete after each that fails, whoever serves."""

import functools
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from local.comprehend import Admin
from testing.arns import TOKEN, classifier, stack_arn
from testing.mailbox import Mailbox
from testing.rates import SERVICE
from testing.turns import Turns

Json = dict[str, Any]

_CODE = re.compile(r"\((\w+)\) when calling the (\w+) operation")
_LONGEST_REASON = 60

FAVOUR = {"delete_while_creating": "accepted"}
"""Nothing public says whether it is. Where it is refused, what a peer fails at once a creation has
begun stays: nobody sends a second Delete.
"""


class Peer(Protocol):
    """What serves the events, in an account of its own."""

    mailbox: Mailbox
    admin: Admin

    def carry_out(self, event: Json) -> None:
        """Serves an event, in its thread, until nothing that it set off is left to do."""


Kind = Callable[[Turns, Json], AbstractContextManager[Peer]]
"""Makes a peer from the clock and the emulator's settings: while it is open, it can serve."""


@dataclass(frozen=True)
class Flight:
    """What came of so many creations at once."""

    peer: str
    size: int
    seconds: tuple[float, ...]
    """When each success was answered, in virtual seconds from the events on, in order."""
    failures: Mapping[str, int]
    """The reasons of the Creates that failed, to how many failed by each."""
    undeleted: int
    """Of what failed: how many of CloudFormation's Deletes failed as well."""
    lost: int
    """Operations that were never answered, the Deletes among them."""
    leaked: int
    """Endpoints that are there in the end, though no stack has got them by a success."""

    @property
    def succeeded(self) -> int:
        return len(self.seconds)

    @property
    def failed(self) -> int:
        return sum(self.failures.values())


def play(name: str, kind: Kind, size: int, seed: int = 0, **settings: Any) -> Flight:
    """So many Creates, each of a stack of its own.

    `settings` are the emulator's, if they are to differ from the load test's.
    """
    clock = Turns(seed)
    random.seed(seed)  # The SDK draws its pauses.
    with kind(clock, SERVICE | FAVOUR | settings) as peer:
        course, begun = _Course(peer), clock()
        clock.run([functools.partial(course.live, number) for number in range(size)])
        return Flight(
            peer=name,
            size=size,
            seconds=tuple(sorted(time - begun for time in course.created.values())),
            failures=dict(course.failures.most_common()),
            undeleted=course.undeleted,
            lost=course.lost,
            leaked=len(
                {each["EndpointArn"] for each in peer.admin.endpoints()} - course.created.keys()
            ),
        )


class _Course:
    """The lives of the resources, as CloudFormation sees them."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self.created: dict[str, float] = {}
        """The physical ids of the successes, and when they were answered."""
        self.failures: Counter[str] = Counter()
        self.undeleted = 0
        self.lost = 0

    def live(self, number: int) -> None:
        """A Create; where it fails, the Delete with the id of its answer, at once."""
        event = _creation(number, self._peer.mailbox.url())
        answer = self._ask(event)
        if answer is None:
            return
        if answer["Status"] == "SUCCESS":
            (first, *_) = self._peer.mailbox.at(event["ResponseURL"])
            self.created[answer["PhysicalResourceId"]] = first.time
            return
        self.failures[reason(answer["Reason"])] += 1
        deleted = self._ask(
            event
            | {
                "RequestType": "Delete",
                "RequestId": f"delete-{number}",
                "ResponseURL": self._peer.mailbox.url(),
                "PhysicalResourceId": answer["PhysicalResourceId"],
            },
        )
        self.undeleted += deleted is not None and deleted["Status"] != "SUCCESS"

    def _ask(self, event: Json) -> Json | None:
        """The first answer to an event; None where there is none."""
        self._peer.carry_out(json.loads(json.dumps(event)))
        answers: list[Json] = self._peer.mailbox.answers(event["ResponseURL"])
        self.lost += not answers
        return answers[0] if answers else None


def _creation(number: int, url: str) -> Json:
    return {
        "RequestType": "Create",
        "ServiceToken": TOKEN,
        "ResponseURL": url,
        "StackId": stack_arn(f"fleet-{number}", number),
        "RequestId": f"create-{number}",
        "LogicalResourceId": "Endpoint",
        "ResourceType": "Custom::ComprehendEndpoint",
        "ResourceProperties": {
            "ServiceToken": TOKEN,
            "EndpointName": f"fleet-{number}",
            "ModelArn": classifier(),
            "DesiredInferenceUnits": "1",
        },
    }


def reason(text: str) -> str:
    """What an answer's reason comes to: the API's code and the operation, or its beginning."""
    found = _CODE.search(text)
    if found:
        return f"{found[1]} of {found[2]}"
    first = text.strip().splitlines()[0] if text.strip() else "no reason"
    return first[:_LONGEST_REASON]
