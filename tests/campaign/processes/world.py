"""A world whose functions run in processes of their own, and reach it over the network.

Whatever fails for a request fails as in any other world; only that a process which is to end
is killed by SIGKILL, before the call at which that happens is answered.
"""

import atexit
import functools
import json
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local.comprehend import ManualClock
from local.comprehend.protocol import Reply
from testing.account import Account
from testing.asl import TaskError
from testing.functions import Functions, Outside
from testing.interception import (
    HISTORY,
    PUT,
    READ,
    RUNNING,
    START,
    AroundInvocation,
    ProcessGoneError,
    Site,
)
from testing.world import ENVIRONMENT, World
from tests.campaign.processes import replies
from tests.campaign.processes.forks import Forks, Process
from tests.campaign.processes.loopback import DROPPED, Loopback

DURATIONS: Mapping[str, Any] = {
    "create_seconds": 3,
    "update_seconds": 3,
    "delete_seconds": 1,
    "visibility_delay_seconds": 1,
}
"""Each operation waits once: processes take time."""

END = "end"
"""Where a process is killed that has been through all its calls: before it is heard."""


@dataclass(frozen=True)
class Death:
    """SIGKILL has ended a function's process at a call, or at the END."""

    function: str
    place: str


class Machinery:
    """The program that forks, and the ends of its connections: one world at a time has them."""

    def __init__(self) -> None:
        self.loopback = Loopback()
        self.forks = Forks(ENVIRONMENT | self.loopback.environment())

    def close(self) -> None:
        self.forks.close()
        self.loopback.close()


@functools.cache
def machinery() -> Machinery:
    """That of this program: started when it is first needed, closed at the end."""
    made = Machinery()
    atexit.register(made.close)
    return made


class ForkedFunctions(Functions):
    """Runs each invocation in a process."""

    def __init__(self, outside: Outside, forks: Forks, around: AroundInvocation) -> None:
        super().__init__(outside)
        self.deaths: list[Death] = []
        """The processes that SIGKILL has ended."""
        self._forks = forks
        self._around = around
        self._process: Process | None = None
        self._cause: BaseException | None = None
        """Why the process was killed."""
        self._place = END

    def invoke(self, name: str, event: Any) -> Any:
        """See Functions.invoke. Raises whatever a process was killed for."""
        if self._process is not None:
            raise RuntimeError("one process at a time")
        self.before(name, event)
        self._cause, self._place = None, END
        try:
            result = self._around(name, event, functools.partial(self._run, name))
        except ProcessGoneError as gone:
            # Where the process has been through all its calls, it ends before it is heard.
            self.kill(gone, END)
            raise TaskError(gone.error, json.dumps({"errorType": gone.error})) from gone
        finally:
            self._end(name)
        return result

    def kill(self, cause: BaseException, place: str) -> None:
        """Ends the process that is at work; one that was killed already is left alone."""
        if self._process is None:
            raise RuntimeError("no process is at work") from cause
        if self._cause is None:
            self._cause, self._place = cause, place
            self._process.kill()

    def _run(self, name: str, event: Any) -> Any:
        self._process = self._forks.begin(name, event, self._outside.clock())
        try:
            return self._process.result()
        except RuntimeError:
            if self._cause is None:
                raise
            raise self._cause from None

    def _end(self, name: str) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.end()
        self.log.write(self._forks.printed())
        if process.exit_code == -signal.SIGKILL:
            self.deaths.append(Death(name, self._place))


class ForkedAccount(Account):
    """An account whose functions run in processes. What gets between a call and its effect does so
    where the call comes in, over the network.
    """

    def __init__(
        self,
        settings: Mapping[str, Any],
        clock: ManualClock,
        forks: Forks,
        invocation: AroundInvocation,
    ) -> None:
        self._forks = forks
        super().__init__(settings, clock=clock, invocation=invocation)

    def _functions(self, invocation: AroundInvocation) -> ForkedFunctions:
        return ForkedFunctions(self._outside(), self._forks, invocation)


class ForkedWorld(World):
    """See World; also the one who answers all calls."""

    def __init__(self, machinery: Machinery, settings: Mapping[str, Any], seed: str = "") -> None:
        self._forks = machinery.forks
        super().__init__({**DURATIONS, **settings}, seed)
        self.mailbox.host = machinery.loopback.host
        self.mailbox.around = self._around
        machinery.loopback.answering = self

    def _account(self, settings: Mapping[str, Any]) -> Account:
        return ForkedAccount(settings, self.clock, self._forks, self._invocation)

    @property
    def functions(self) -> ForkedFunctions:
        """The account's."""
        functions = self.account.functions
        assert isinstance(functions, ForkedFunctions)
        return functions

    def comprehend(self, headers: Mapping[str, str], body: bytes) -> Reply:
        name = headers["x-amz-target"].rpartition(".")[2]
        return self._answer(
            Site(name, json.loads(body)),
            lambda: self.account.comprehend.protocol.handle(headers, body),
        )

    def step_functions(self, operation: str, body: bytes) -> Reply:
        if operation == RUNNING:
            return self._answer(Site(RUNNING), lambda: replies.running(self.account.listed()))
        if operation != START:
            return replies.unknown_operation(operation)
        asked = json.loads(body)
        name, state = asked["name"], json.loads(asked["input"])

        def start() -> Reply:
            if self.account.begin(name, state):
                return replies.started(name, self.clock())
            return replies.already_exists(name)

        return self._answer(Site(START), start)

    def cloudformation(self, action: str, parameters: Mapping[str, str]) -> Reply:
        stack_id, stacks = parameters["StackName"], self.account.stacks
        reads = {
            READ: lambda: replies.stacks(stack_id, stacks.described(stack_id)),
            HISTORY: lambda: replies.stack_events(stack_id, stacks.happened(stack_id)),
        }
        if action not in reads:
            return replies.invalid_action(action)
        return self._answer(Site(action), reads[action])

    def put(self, url: str, headers: Mapping[str, str], body: bytes) -> int | None:
        try:
            return self.mailbox.take(url, body, headers)
        except BaseException as cause:
            self.functions.kill(cause, PUT)
            return None

    def _answer(self, site: Site, carry_out: Callable[[], Reply]) -> Reply:
        """Answers a call, in its connection's thread: the main one waits for the process.

        What is raised there kills the process, and is raised again where it was waited for.
        """
        try:
            reply: Reply = self._around(site, carry_out)
        except BaseException as cause:
            self.functions.kill(cause, site.name)
            return DROPPED
        return reply


def forked_world(settings: Mapping[str, Any], seed: str) -> ForkedWorld:
    """A world with this program's machinery."""
    return ForkedWorld(machinery(), settings, seed)
