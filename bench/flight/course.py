"""Sends many Creates at once, and CloudFormation's Delete after each that fails, whoever serves."""

import contextlib
import functools
import json
import logging
import os
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Protocol
from unittest import mock

import boto3

from bench.flight.figures import Flight
from local.comprehend import Admin, ComprehendEmulator
from local.load.concurrently import Log, as_in_lambda
from local.load.play import ACCOUNT, MODEL, REGION, SERVICE, TOKEN
from local.receiver import Receiver
from local.runner import environment
from local.turns import Turns

Json = dict[str, Any]

_LOOK_AT_LOG = 2_000
"""Invocations between two reads of the emulator's log of calls, which keeps 100,000."""
_CODE = re.compile(r"\((\w+)\) when calling the (\w+) operation")
_LONGEST_REASON = 60

FAVOUR = {"delete_while_creating": "accepted"}
"""Nothing public says whether it is. Where it is refused, what a peer fails at once a creation has
begun stays: nobody sends a second Delete.
"""


class Peer(Protocol):
    """What serves the events."""

    def carry_out(self, event: Json) -> None:
        """Serves an event, in its thread, until nothing that it set off is left to do."""


class Account:
    """What peers run in: its clock, its end of the answers, and the count of what they do."""

    def __init__(self, clock: Turns, receiver: Receiver, admin: Admin) -> None:
        self.clock = clock
        self.receiver = receiver
        self.calls: Counter[tuple[str, str]] = Counter()
        self.invocations = 0
        self.most_at_once = 0
        self.most_events = 0
        self.largest_state = 0
        self._at_once = 0
        self._admin = admin

    @contextlib.contextmanager
    def invocation(self) -> Iterator[None]:
        """Counts one invocation of a function, while it is under way."""
        self.invocations += 1
        self._at_once += 1
        self.most_at_once = max(self.most_at_once, self._at_once)
        if self.invocations % _LOOK_AT_LOG == 0:
            self.count_calls()
        try:
            yield
        finally:
            self._at_once -= 1

    def execution(self, events: int, largest_state: int) -> None:
        """Notes an execution of Step Functions that has ended."""
        self.most_events = max(self.most_events, events)
        self.largest_state = max(self.largest_state, largest_state)

    def count_calls(self) -> None:
        self.calls.update((call["operation"], call["outcome"]) for call in self._admin.calls())
        self._admin.reset_calls()

    def endpoints(self) -> set[str]:
        """The ARNs of those that are there."""
        return {each["EndpointArn"] for each in self._admin.endpoints()}


Kind = Callable[[Account], contextlib.AbstractContextManager[Peer]]
"""Makes a peer: while the context is open, it can serve."""


def play(
    name: str,
    kind: Kind,
    size: int,
    seed: int = 0,
    variables: Mapping[str, str] = MappingProxyType({}),
    **settings: Any,
) -> Flight:
    """So many Creates, each of a stack of its own, on an emulator of their own.

    `variables` are set in the functions' environment; `settings` are the emulator's, where they
    are to differ from the load test's.
    """
    clock, log, session = Turns(seed), Log(), boto3.Session()
    random.seed(seed)  # The SDK draws its pauses.
    with (
        ComprehendEmulator(clock=clock, **(SERVICE | FAVOUR | settings)) as emulator,
        _Receiver(clock) as receiver,
        environment(emulator, receiver, session),
        mock.patch.dict(os.environ, AWS_REGION=REGION, AWS_DEFAULT_REGION=REGION),
        mock.patch.dict(os.environ, variables),
        _quiet(),
    ):
        account = Account(clock, receiver, Admin(emulator.url, timeout=120))
        course = _Course(account)
        with (
            # Making a client takes longer than most calls: equal ones are made once.
            as_in_lambda(functools.cache(boto3.client), clock.advance, log),
            kind(account) as peer,
        ):
            begun = clock()
            clock.run([functools.partial(course.live, peer, number) for number in range(size)])
        account.count_calls()
        return Flight(
            peer=name,
            size=size,
            seconds=tuple(sorted(receiver.came[path] - begun for path in course.answered)),
            seconds_of_successes=tuple(
                sorted(receiver.came[path] - begun for path in course.created)
            ),
            failures=dict(course.failures.most_common()),
            undeleted=course.undeleted,
            lost=course.lost,
            leaked=len(account.endpoints() - set(course.created.values())),
            calls=dict(account.calls),
            invocations=account.invocations,
            most_at_once=account.most_at_once,
            most_events=account.most_events,
            largest_state=account.largest_state,
        )


class _Receiver(Receiver):
    """Knows when answers came."""

    def __init__(self, clock: Turns) -> None:
        super().__init__()
        self.came: dict[str, float] = {}
        """URLs to the virtual time of their first answer."""
        self._clock = clock

    def take(self, path: str, headers: Mapping[str, str], body: bytes) -> int | str:
        self.came.setdefault(path, self._clock())
        return super().take(path, headers, body)


class _Course:
    """The lives of the resources, as CloudFormation sees them."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self.answered: list[str] = []
        """The paths at which Creates were answered."""
        self.created: dict[str, str] = {}
        """The physical ids of the successes, by the path of the answer."""
        self.failures: Counter[str] = Counter()
        self.undeleted = 0
        self.lost = 0

    def live(self, peer: Peer, number: int) -> None:
        """A Create; where it fails, the Delete with the id of its answer, at once."""
        event = _creation(number, self._account.receiver.url())
        answer = self._ask(peer, event)
        if answer is None:
            return
        self.answered.append(_path(event))
        if answer["Status"] == "SUCCESS":
            self.created[_path(event)] = answer["PhysicalResourceId"]
            return
        self.failures[reason(answer["Reason"])] += 1
        deleted = self._ask(
            peer,
            event
            | {
                "RequestType": "Delete",
                "RequestId": f"delete-{number}",
                "ResponseURL": self._account.receiver.url(),
                "PhysicalResourceId": answer["PhysicalResourceId"],
            },
        )
        self.undeleted += deleted is not None and deleted["Status"] != "SUCCESS"

    def _ask(self, peer: Peer, event: Json) -> Json | None:
        """The first answer to an event; None where there is none."""
        peer.carry_out(json.loads(json.dumps(event)))
        answers: list[Json] = self._account.receiver.answers(event["ResponseURL"])
        self.lost += not answers
        return answers[0] if answers else None


def _creation(number: int, url: str) -> Json:
    stack = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/fleet-{number}/{number:032x}"
    return {
        "RequestType": "Create",
        "ServiceToken": TOKEN,
        "ResponseURL": url,
        "StackId": stack,
        "RequestId": f"create-{number}",
        "LogicalResourceId": "Endpoint",
        "ResourceType": "Custom::ComprehendEndpoint",
        "ResourceProperties": {
            "ServiceToken": TOKEN,
            "EndpointName": f"fleet-{number}",
            "ModelArn": MODEL,
            "DesiredInferenceUnits": "1",
        },
    }


def _path(event: Json) -> str:
    """A ResponseURL as the receiver's server sees it."""
    url: str = event["ResponseURL"]
    return "/" + url.split("/", 3)[3]


def reason(text: str) -> str:
    """What an answer's reason comes to: the API's code and the operation, or its beginning."""
    found = _CODE.search(text)
    if found:
        return f"{found[1]} of {found[2]}"
    first = text.strip().splitlines()[0] if text.strip() else "no reason"
    return first[:_LONGEST_REASON]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Functions log to the root logger, and crhelper sets its level: nothing of it is kept."""
    root, handler = logging.getLogger(), logging.NullHandler()
    level = root.level
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
