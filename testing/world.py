"""A world in which stacks are created, updated and deleted: an account, a model of CloudFormation,
and the time between them.
"""

import contextlib
import json
import math
import os
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from local.comprehend import ManualClock
from testing.account import QUEUE, Account, Operation
from testing.arns import ACCOUNT
from testing.cloudformation import Course, Stack, Wait
from testing.events import Fate, Json, Request
from testing.interception import (
    FUNCTION_TIMEOUT,
    AroundCall,
    Interception,
    ProcessGoneError,
    Site,
    call_through,
)
from testing.logs import listening
from testing.mailbox import Put

DURATIONS: Mapping[str, Any] = {
    # Each observation takes real time: few are enough to see an operation through.
    "create_seconds": 3,
    "update_seconds": 3,
    "delete_seconds": 3,
    "visibility_delay_seconds": 2,
}
MOST_CALLS = 200
"""Of one invocation: a function that goes on like this runs into its timeout."""

LONGEST = 6 * 3600
"""Seconds of virtual time, after which something that is still under way never ends."""

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": ACCOUNT,
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "POWERTOOLS_LOG_LEVEL": "DEBUG",
    "POWERTOOLS_METRICS_DISABLED": "false",
}


class EndlessError(Exception):
    """Something goes on for longer than anything may take."""


@contextlib.contextmanager
def environment() -> Iterator[None]:
    """The environment variables of a function, and nothing of the machine's."""
    present = dict(os.environ)
    for name in list(os.environ):
        if name.startswith(("AWS_", "POWERTOOLS_")):
            del os.environ[name]
    os.environ |= ENVIRONMENT
    try:
        yield
    finally:
        os.environ.clear()
        os.environ |= present


class World:
    """Plays courses of CloudFormation's until nothing of them, or of the provider, is left to do.

    `intercept(interception, number)` has an interception hit a request that is still to come:
    the number is its place among those that are sent from then on, from 0.
    """

    def __init__(self, settings: Mapping[str, Any] | None = None, seed: str = "") -> None:
        random.seed(seed)  # The SDK draws the pauses between its tries from it.
        self.clock = ManualClock()
        self.began = self.rested = self.clock()
        self.stacks: dict[str, Stack] = {}
        self.requests: list[Request] = []
        self.log = ""
        """What the functions printed and all libraries logged."""
        self.on_answer: Callable[[Request, Put], None] = lambda request, put: None
        """Told of each PUT that is accepted, before anybody acts on it."""
        self.reached: AroundCall = call_through
        """Gets between a call that nothing has failed on its way and what carries it out."""
        self.replied: Callable[[Site, Any], None] = lambda site, reply: None
        """Told of each call that was answered, by whatever failed it or by what carried it out."""
        self.withheld: int | None = None
        """The number of a request that Lambda keeps in its queue until it is delivered again."""
        self.patient = False
        """CloudFormation goes on only when the provider is through with a request, clean-up
        included, rather than when it has the answer."""
        self.account = self._account({**DURATIONS, **(settings or {})})
        self.account.functions.before = self._told
        self.admin = self.account.comprehend.admin
        self.mailbox = self.account.mailbox
        self.mailbox.accepted = self._accepted
        self.subject = self.stack()
        """The stack that a case is about."""
        self._interceptions: dict[int, Interception] = {}
        self._tested = 0
        self._repeated: list[Operation] = []
        self._courses: list[tuple[Course, Wait]] = []
        self._running: list[int] = []
        """The requests that functions are at work on, the innermost last."""
        self._calls_made: list[int] = []
        """How many calls each of these functions has made."""

    def _account(self, settings: Mapping[str, Any]) -> Account:
        return Account(settings, clock=self.clock, around=self._around, invocation=self._invocation)

    def stack(self, name: str = "demo", number: int = 1) -> Stack:
        """A new stack, in the place of one of the same name."""
        stack = Stack(self, name, number)
        self.stacks[stack.id] = self.account.stacks.known[stack.id] = stack
        return stack

    def intercept(self, interception: Interception, number: int = 0) -> None:
        self._tested = len(self.requests) + number
        self._interceptions[self._tested] = interception

    @property
    def tested(self) -> Request | None:
        """The request that was intercepted last; None where it was never sent."""
        return self.requests[self._tested] if self._tested < len(self.requests) else None

    def deliver(self, event: Json, timeout: float) -> Request:
        """Delivers an event of CloudFormation's; see `cloudformation.Environment`."""
        is_kept = len(self.requests) == self.withheld
        operation = Operation(event, self.clock) if is_kept else self.account.send(event)
        request = Request(event, self.clock(), timeout, operation)
        self.requests.append(request)
        return request

    def deliver_again(self, request: Request) -> Operation:
        """The same event once more (E13)."""
        again = self.account.send(request.event)
        self._repeated.append(again)
        return again

    def pause(self, seconds: float) -> Wait:
        """What a course waits for that goes on after so many seconds."""
        timer = Operation({"StackId": ""}, self.clock)
        timer.begin(iter([seconds]))
        self._repeated.append(timer)
        return lambda: timer.done

    def endpoints(self) -> dict[str, Json]:
        """All that there are, by ARN."""
        return {each["EndpointArn"]: each for each in self.admin.endpoints()}

    @contextlib.contextmanager
    def at_once(self, setting: str) -> Iterator[None]:
        """Complete unobserved, fault-free operations instantly: fewer observations."""
        before = self.admin.settings()[setting]
        self.admin.change_settings({setting: 0})
        yield
        self.admin.change_settings({setting: before})

    def rest(self) -> None:
        """Lets time pass until the service is through with all that it does by itself."""
        self.clock.advance(sum(map(float, DURATIONS.values())))

    def url(self) -> str:
        return self.mailbox.url()

    def begin(self, course: Course) -> None:
        """Has a course go on beside the others."""
        self._courses.append((course, lambda: True))

    def play(self, *courses: Course) -> None:
        """Plays courses, and whatever the provider does on their behalf, to the end."""
        for course in courses:
            self.begin(course)
        with self.listening():
            while self.tick():
                pass

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Collects what is logged."""
        stream = self.account.functions.log
        with listening(stream):
            yield
        self.log = stream.getvalue()

    def tick(self) -> bool:
        """Makes the next step of whatever is due first; False where there is nothing to do.

        May be called from inside a step, which then waits: another process overtakes it.
        """
        self.go_on()
        operations = [each.operation for each in self.requests] + self._repeated
        due = min(operations, key=self.turn, default=None)
        open_ones = [each for each in self.requests if each.fate is Fate.OPEN and not each.answer]
        expiry = min((each.expires for each in open_ones), default=math.inf)
        if self.clock() - self.rested > LONGEST:
            raise EndlessError(f"after {LONGEST} seconds there is still something to do")
        if due is not None and due.due < expiry:
            self._step(due)
        elif open_ones:
            self.clock.advance(max(0.0, expiry - self.clock()))
            for request in open_ones:
                if request.expires <= self.clock():
                    request.end(Fate.TIMED_OUT)
        elif self._courses:
            raise EndlessError("the model waits for what can never come")
        else:
            return False
        return True

    def turn(self, operation: Operation) -> Any:
        """What says whose turn it is: the smallest goes first."""
        return operation.due

    def _step(self, operation: Operation) -> None:
        for number, request in enumerate(self.requests):
            if request.operation is operation and number in self._interceptions:
                self._interceptions[number].step(self, operation)
        self.account.advance(operation)

    def go_on(self) -> None:
        """Books the answers that have come, and has the courses go on that waited for them."""
        for request in self.requests:
            if request.answer and (request.operation.done or not self.patient):
                request.end(Fate.ANSWERED)
        going = True
        while going:
            going = False
            for number, (course, is_over) in enumerate(self._courses):
                if is_over():
                    going = True
                    wait = next(course, None)
                    self._courses[number : number + 1] = [] if wait is None else [(course, wait)]
                    break

    def _accepted(self, put: Put) -> None:
        for request in self.requests:
            if request.url == put.url:
                self.on_answer(request, put)
                # The first one counts (E22), and what comes when nobody waits any more does not.
                if request.fate is Fate.OPEN and not request.answer:
                    request.answer = put.answer()

    def _told(self, what: str, given: Any) -> None:
        number = self._request_of(given)
        if what == QUEUE and number in self._interceptions:
            self._interceptions[number].queued(self)

    def _invocation(self, function: str, event: Any, carry_out: Callable[[Any], Any]) -> Any:
        self._running.append(self._request_of(event))
        self._calls_made.append(0)
        try:
            return self._interception().invocation(self, function, event, carry_out)
        finally:
            self._running.pop()
            self._calls_made.pop()

    def _around(self, site: Site, carry_out: Callable[[], Any]) -> Any:
        self._calls_made[-1] += 1
        if self._calls_made[-1] > MOST_CALLS:
            self.clock.advance(FUNCTION_TIMEOUT)
            raise ProcessGoneError("Sandbox.Timedout")
        reply = self._interception().call(self, site, lambda: self.reached(site, carry_out))
        self.replied(site, reply)
        return reply

    @property
    def running(self) -> int:
        """The number of the request that a function is at work on."""
        return self._running[-1]

    def _interception(self) -> Interception:
        """What fails the request that a function is at work on."""
        return self._interceptions.get(self._running[-1], _NOTHING)

    def _request_of(self, event: Json) -> int:
        """The number of the request that an invocation is about; -1 where it is about none."""
        text = json.dumps(event)
        found = (number for number, each in enumerate(self.requests) if each.url in text)
        return next(found, -1)


_NOTHING = Interception()
