"""Runs one sample event through the handlers against an emulator: `make invoke EVENT=…`.

The time that Comprehend takes is not waited for: the clock is moved instead. What has to be there
before an event, situations.json beside it says; CONTRIBUTING.md describes its keys.
"""

import argparse
import contextlib
import json
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from local.comprehend import AdminError, ManualClock
from local.comprehend.protocol import DEFAULT_ACCOUNT
from provider.contract.event import parse_reply, parse_stack_id
from provider.telemetry import SERVICE
from testing.account import Account, Operation
from testing.asl import Json
from testing.world import environment

SITUATIONS = "situations.json"
KEYS = frozenset({"about", "before", "under_way", "stack_status", "faults"})
"""What an entry of situations.json may hold."""

_CHANGES = ("CreateEndpoint", "UpdateEndpoint", "DeleteEndpoint", "TagResource", "UntagResource")
_SHOWN = ("observed", "decided")
"""How the log messages begin that are printed in any case."""
_EVERYWHERE = frozenset(
    {"level", "location", "logical_id", "message", "operation", "request", "service", "stack"}
    | {"timestamp"}
)
"""Keys of a log line that say the same in each line, or are printed anyway."""


class CannotPlayError(ValueError):
    """The emulator would give a misleading answer to this event or state."""


class Stage:
    """Runs events one after the other, and prints what happens at Comprehend."""

    def __init__(self, account: Account, *, whole_log: bool = False) -> None:
        self.account = account
        self._whole_log = whole_log
        self._logged = 0
        self._last_line = ""
        self._admin = account.comprehend.admin
        self._mailbox = account.mailbox
        self._urls: dict[str, str] = {}
        self._statuses: dict[str, str] = {}
        self._seen = 0

    def read(self, file: Path) -> Json:
        """An event, or the state of an operation, with a ResponseURL that the mailbox serves.

        A request has one URL, however often its event is delivered.
        """
        content: Json = json.loads(file.read_text(encoding="utf-8"))
        request = content.get("event", content)
        url = self._urls.get(request["RequestId"]) or self._mailbox.url()
        self._urls[request["RequestId"]] = request["ResponseURL"] = url
        return renamed(content) if "event" in content else content

    def play(
        self, title: str, content: Json, status: str | None = None, until: str | None = None
    ) -> None:
        """Carries an event, or an operation from a state on, out; or until a status is seen.

        `status` is the one to which the stack comes first. Without any, CloudFormation has no
        record of the stack: somebody has written the event.

        Raises CannotPlayError for a state whose endpoint is not in the emulator.
        """
        print(f"\n{title}")
        is_state = "event" in content
        if status is not None:
            self.account.stacks.says(content.get("event", content)["StackId"], status)
        if is_state:
            self._check_endpoints(content)
        operation = self.account.resume(content) if is_state else self.account.send(content)
        begun, answers = self.account.clock(), len(self._mailbox.puts)
        while not operation.done and until not in self._statuses.values():
            operation.step()
            self._print_log()
            for line in [*self._calls(), *self._changes()]:
                self._print(begun, line)
            for put in self._mailbox.puts[answers:]:
                self._print(begun, f"answered {put.answer()['Status']}")
            answers = len(self._mailbox.puts)
        if operation.done:
            self._print(begun, f"done: {_rounds(operation)}")

    def answer(self, content: Json) -> Json | None:
        """The answer that CloudFormation got, if it got one."""
        answers = self._mailbox.answers(content.get("event", content)["ResponseURL"])
        return answers[-1] if answers else None

    def _check_endpoints(self, state: Json) -> None:
        there = {each["EndpointArn"] for each in self._admin.endpoints()}
        for task in state.get("tasks", []):
            accepted = (task.get("accepted") or {}).get("call")
            was_there = task.get("status") or accepted == "create"
            if was_there and task.get("arn") not in there:
                raise CannotPlayError(
                    f"the state's endpoint {task.get('arn')} does not exist in the emulator. Give "
                    f"the event that creates it as under_way or before, in {SITUATIONS} beside "
                    "the state"
                )

    def _print_log(self) -> None:
        """Prints what the functions have logged since the last time; a repeated line once."""
        written = self.account.functions.log.getvalue()
        lines, self._logged = written[self._logged :].splitlines(), len(written)
        for line in lines:
            told = _logged(line, whole=self._whole_log)
            if told and told != self._last_line:
                print(f"{'':12}{told}")
                self._last_line = told

    def _print(self, begun: float, line: str) -> None:
        print(f"  +{self.account.clock() - begun:5.0f} s  {line}")

    def _calls(self) -> list[str]:
        """The changes that were asked of Comprehend since the last time."""
        calls = self._admin.calls(since=self._seen)
        self._seen = max((call["sequence"] for call in calls), default=self._seen)
        return [_told(call) for call in calls if call["operation"] in _CHANGES]

    def _changes(self) -> list[str]:
        """What became of the endpoints since the last time."""
        now = {each["EndpointName"]: each["Status"] for each in self._admin.endpoints()}
        before, self._statuses = self._statuses, now
        changed = [name for name in now if now[name] != before.get(name)]
        gone = [f"{name} is gone" for name in before if name not in now]
        return [f"{name} is {now[name]}" for name in changed] + gone


def _rounds(operation: Operation) -> str:
    steps = sum(each.entered.count("Step") for each in operation.executions)
    return f"{steps} steps of the state machine" if steps else "no work for the state machine"


def _told(call: Json) -> str:
    parameters = call["parameters"]
    arn = parameters.get("EndpointArn", parameters.get("ResourceArn", ""))
    name = parameters.get("EndpointName", arn.rpartition("/")[2])
    outcome = "" if call["outcome"] == "ok" else f": {call['outcome']}"
    return f"{call['operation']} {name}{outcome}"


def _logged(line: str, *, whole: bool) -> str:
    """A log line in short, or an empty text for one that is not to be printed."""
    entry: Json = json.loads(line) if line.startswith("{") else {"message": line}
    message, level = str(entry.get("message", "")), entry.get("level", "INFO")
    # A metric has no message.
    if not message or not (whole or (level != "DEBUG" and message.startswith(_SHOWN))):
        return ""
    fields = {name: value for name, value in entry.items() if name not in _EVERYWHERE}
    if not whole:
        fields = {name: fields[name] for name in ("action", "reason") if name in fields}
    told = [f"{name}={value}" for name, value in fields.items()]
    return "  ".join(["log:", *([level] if whole else []), message, *told])


@contextlib.contextmanager
def _every_level() -> Iterator[None]:
    """Has the provider log at every level; restores its logger's level, or Powertools' default."""
    logger = logging.getLogger(SERVICE)
    level = logger.level
    os.environ["POWERTOOLS_LOG_LEVEL"] = "DEBUG"
    if level:
        # Powertools reads its environment only for its first logger.
        logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.setLevel(level or logging.INFO)


def _check_account(content: Json) -> None:
    place = parse_stack_id(content.get("event", content).get("StackId"))
    if place is not None and place.account != DEFAULT_ACCOUNT:
        raise CannotPlayError(
            f"its StackId is of account {place.account}: use account {DEFAULT_ACCOUNT} in all of "
            "its ARNs, because that is the emulator's"
        )


def situation_of(file: Path) -> dict[str, Any]:
    """What situations.json beside an event says of it; empty if it says nothing.

    Raises CannotPlayError for a key that is not among KEYS.
    """
    described = file.with_name(SITUATIONS)
    situations: Json = json.loads(described.read_text("utf-8")) if described.is_file() else {}
    found: dict[str, Any] = situations.get(file.name, {})
    unknown = sorted(found.keys() - KEYS)
    if unknown:
        known = ", ".join(sorted(KEYS))
        raise CannotPlayError(f"{described}: unknown key {unknown[0]}; known are {known}")
    return found


def status_of(file: Path) -> str | None:
    """The stack's status in which CloudFormation sends an event, if situations.json gives one."""
    status: str | None = situation_of(file).get("stack_status")
    return status


def renamed(state: Json) -> Json:
    """A state with the execution's name that its request's ResponseURL gives."""
    reply, name = parse_reply(state["event"]), str(state.get("execution", ""))
    if reply is None or not name:
        return state
    own = f"{name.rpartition('-')[0]}-{reply.digest}"
    # The endpoint's tags in the state have the name, too.
    found: Json = json.loads(json.dumps(state).replace(name, own))
    return found


def run(file: Path, *, whole_log: bool = False) -> Json | None:
    """Prints what comes of an event file, and gives the answer that CloudFormation would get.

    Raises CannotPlayError if the answer would mislead.
    """
    given: Json = json.loads(file.read_text(encoding="utf-8"))
    _check_account(given)
    situation = situation_of(file)
    # A state's own times must not lie hours before the emulator's.
    clock = ManualClock(given["received"]) if "event" in given else ManualClock()
    account = Account(clock=clock)
    with environment(), _every_level():
        stage = Stage(account, whole_log=whole_log)
        print(situation.get("about", f"An event of your own: {file.name}."))
        for name in situation.get("before", []):
            other = file.with_name(name)
            stage.play(f"before: {name}", stage.read(other), status_of(other))
        if "under_way" in situation:
            name = situation["under_way"]
            other = file.with_name(name)
            stage.play(f"under way: {name}", stage.read(other), status_of(other), until="CREATING")
        for fault in situation.get("faults", []):
            account.comprehend.admin.add_fault(**fault)
        # Not before, because a ResponseURL says when it was signed.
        content = stage.read(file)
        stage.play(file.name, content, status_of(file))
        return stage.answer(content)


def main(arguments: Sequence[str] | None = None) -> int:
    """Gives the process's exit code: 0 if CloudFormation would have got an answer."""
    parser = argparse.ArgumentParser(prog="python -m local.invoke", description=__doc__)
    parser.add_argument("event", type=Path, help="such as events/create.json")
    parser.add_argument("--log", action="store_true", help="print all that the provider logs")
    given = parser.parse_args(arguments)
    try:
        answer = run(given.event, whole_log=given.log)
    except (CannotPlayError, AdminError) as error:
        print(f"{given.event} cannot be run: {error}.", file=sys.stderr)
        return 2
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        print(f"{given.event} cannot be run: {error!r}", file=sys.stderr)
        return 2
    if answer is None:
        print("\nCloudFormation gets no answer.")
        return 1
    print(f"\nThe answer that CloudFormation gets:\n{json.dumps(answer, indent=2)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
