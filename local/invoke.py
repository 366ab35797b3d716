"""Runs one sample event through the handlers against an emulator: `make invoke EVENT=…`.

The time that Comprehend takes is not waited for: the clock is moved instead. What has to be there
before an event, situations.json beside it says.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from local.asl import Json
from local.comprehend import ComprehendEmulator, ManualClock
from local.receiver import Receiver
from local.runner import Operation, Runner, environment
from provider.model.stack import StackView

SITUATIONS = "situations.json"
_CHANGES = ("CreateEndpoint", "UpdateEndpoint", "DeleteEndpoint", "TagResource", "UntagResource")


class Stage:
    """Runs events one after the other, and prints what happens at Comprehend."""

    def __init__(
        self, clock: ManualClock, emulator: ComprehendEmulator, receiver: Receiver
    ) -> None:
        self.runner = Runner(clock)
        self._admin = emulator.admin
        self._receiver = receiver
        self._urls: dict[str, str] = {}
        self._statuses: dict[str, str] = {}
        self._seen = 0

    def read(self, file: Path) -> Json:
        """An event, or the state of an operation, with a ResponseURL that the receiver serves.

        A request has one URL, however often its event is delivered.
        """
        content: Json = json.loads(file.read_text(encoding="utf-8"))
        request = content.get("event", content)
        url = self._urls.get(request["RequestId"]) or self._receiver.url()
        self._urls[request["RequestId"]] = request["ResponseURL"] = url
        return content

    def play(self, title: str, content: Json, until: str | None = None) -> None:
        """Carries an event, or an operation from a state on, out; or until a status is seen."""
        print(f"\n{title}")
        is_state = "event" in content
        operation = self.runner.resume(content) if is_state else self.runner.send(content)
        begun, answers = self.runner.clock(), len(self._receiver.puts)
        while not operation.done and until not in self._statuses.values():
            operation.step()
            for line in [*self._calls(), *self._changes()]:
                self._print(begun, line)
            for put in self._receiver.puts[answers:]:
                self._print(begun, f"answered {put.answer()['Status']}")
            answers = len(self._receiver.puts)
        if operation.done:
            self._print(begun, f"done: {_rounds(operation)}")

    def answer(self, content: Json) -> Json | None:
        """The answer that CloudFormation got, if it got one."""
        answers = self._receiver.answers(content.get("event", content)["ResponseURL"])
        return answers[-1] if answers else None

    def _print(self, begun: float, line: str) -> None:
        print(f"  +{self.runner.clock() - begun:5.0f} s  {line}")

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


def run(file: Path) -> Json | None:
    """Prints what comes of an event file, and gives the answer that CloudFormation would get."""
    described = file.with_name(SITUATIONS)
    situations: Json = json.loads(described.read_text("utf-8")) if described.is_file() else {}
    situation: dict[str, Any] = situations.get(file.name, {})
    clock = ManualClock()
    with (
        ComprehendEmulator(clock=clock) as emulator,
        Receiver() as receiver,
        environment(emulator, receiver),
    ):
        stage = Stage(clock, emulator, receiver)
        print(situation.get("about", f"An event of your own: {file.name}."))
        for name in situation.get("before", []):
            stage.play(f"before: {name}", stage.read(file.with_name(name)))
        if "under_way" in situation:
            name = situation["under_way"]
            stage.play(f"under way: {name}", stage.read(file.with_name(name)), until="CREATING")
        if "stack_status" in situation:
            stage.runner.stacks.every = StackView(situation["stack_status"])
        content = stage.read(file)
        stage.play(file.name, content)
        return stage.answer(content)


def main(arguments: Sequence[str] | None = None) -> int:
    """Gives the process's exit code: 0 if CloudFormation would have got an answer."""
    parser = argparse.ArgumentParser(prog="python -m local.invoke", description=__doc__)
    parser.add_argument("event", type=Path, help="such as events/create.json")
    given = parser.parse_args(arguments)
    try:
        answer = run(given.event)
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
