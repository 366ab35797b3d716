"""Runs the state machines of statemachine/ as Step Functions does, one step at a time.

Only what those files use is known here; anything else is refused when a file is read, so that
what the tests run and what AWS runs cannot drift apart unseen.
"""

import copy
import json
import re
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

Json = dict[str, Any]
Tasks = Mapping[str, Callable[[Json], Any]]
"""What carries a task out, by the last part of its Resource, such as `lambda:invoke`: it gets the
evaluated Parameters and gives the result, or raises TaskError."""

LARGEST_DATA = 262_144
"""Bytes that a state's input or output may have (Step Functions' quota)."""

_SUBSTITUTION = re.compile(r"\$\{(\w+)\}")
_PATH = re.compile(r"\$(\.[A-Za-z_]+)*")
_NEVER_CAUGHT = frozenset({"States.DataLimitExceeded", "States.Runtime"})
"""What States.ALL does not match (Step Functions Developer Guide, "Handling errors")."""

_FIELDS: dict[str, tuple[set[str], set[str]]] = {
    # Type: fields that must be there, fields that may.
    "Task": (
        {"Resource", "Parameters", "TimeoutSeconds", "Next"},
        {"OutputPath", "ResultPath", "Retry", "Catch"},
    ),
    "Choice": ({"Choices"}, set()),
    "Wait": ({"SecondsPath", "Next"}, set()),
    "Succeed": (set(), set()),
    "Fail": (set(), {"Error", "Cause"}),
    "retrier": (
        {"ErrorEquals", "IntervalSeconds", "BackoffRate", "MaxAttempts"},
        {"MaxDelaySeconds", "JitterStrategy"},
    ),
    "catcher": ({"ErrorEquals", "ResultPath", "Next"}, set()),
    "choice": ({"Variable", "StringEquals", "Next"}, set()),
}


class UnsupportedError(Exception):
    """A definition uses something that is not known here, or is wrong."""


class TaskError(Exception):
    """A task failed: what `ErrorEquals` is compared with, and the Cause."""

    def __init__(self, error: str, cause: str = "") -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause


class Machine:
    """A definition that was read and checked."""

    def __init__(self, definition: Json) -> None:
        if set(definition) - {"Comment"} != {"StartAt", "States"}:
            raise UnsupportedError(f"a machine with {', '.join(definition)}")
        self.start: str = definition["StartAt"]
        self.states: dict[str, Json] = definition["States"]
        targets = {self.start}
        for name, state in self.states.items():
            _check(name, str(state.get("Type")), state, ignored={"Type", "Comment"})
            parts = {
                "retrier": state.get("Retry", []),
                "catcher": state.get("Catch", []),
                "choice": state.get("Choices", []),
            }
            for kind, each in ((kind, each) for kind, found in parts.items() for each in found):
                _check(name, kind, each, ignored=set())
                targets.add(each.get("Next", self.start))
            targets.add(state.get("Next", self.start))
        if not targets <= set(self.states):
            raise UnsupportedError(f"unknown states: {targets - set(self.states)}")

    @classmethod
    def read(cls, file: Path, substitutions: Mapping[str, str]) -> "Machine":
        """Reads a definition with the substitutions that the template makes."""
        text = file.read_text(encoding="utf-8")
        return cls(json.loads(_SUBSTITUTION.sub(lambda found: substitutions[found[1]], text)))


def _check(state: str, kind: str, found: Json, ignored: set[str]) -> None:
    if kind not in _FIELDS:
        raise UnsupportedError(f"{state}: the type {kind}")
    required, optional = _FIELDS[kind]
    fields = set(found) - ignored
    if not required <= fields <= required | optional:
        raise UnsupportedError(f"{state}: {kind} with {', '.join(sorted(fields))}")


class Execution:
    """One execution of a machine: `steps` carries it out."""

    def __init__(
        self, machine: Machine, name: str, data: Json, tasks: Tasks, clock: Callable[[], float]
    ) -> None:
        self.name = name
        self.input: Json = copy.deepcopy(data)
        self.status = "RUNNING"
        self.started = clock()
        self.ended: float | None = None
        """When it ended, in seconds since the epoch, as `started`."""
        self.error = ""
        self.entered: list[str] = []
        """The names of the states that were entered, in order."""
        self.outputs: list[tuple[str, Any]] = []
        """The states that were left, each with its output."""
        self.tries = 0
        """How often a task was tried, in all states together."""
        self.machine = machine
        self._tasks = tasks
        self._clock = clock

    def steps(self) -> Iterator[float]:
        """Goes on by one state, or one try of a task, for each item, which is the time in seconds
        until the next one is due. `status` says how it ended.
        """
        name: str | None = self.machine.start
        data: Any = copy.deepcopy(self.input)
        while name is not None and self.status == "RUNNING":
            self.entered.append(name)
            state = self.machine.states[name]
            try:
                if state["Type"] == "Task":
                    name, data = yield from self._task(name, state, data)
                elif state["Type"] == "Choice":
                    name = _chosen(state, data)
                elif state["Type"] == "Wait":
                    yield _seconds(state, data)
                    name = state["Next"]
                else:
                    self._end("SUCCEEDED" if state["Type"] == "Succeed" else "FAILED")
            except TaskError as error:
                self.error = error.error
                self._end("FAILED")

    @property
    def events(self) -> int:
        """The events of its history: two for each state, three more for each try of a task, and
        those of its own beginning and end.
        """
        return 2 + 2 * len(self.entered) + 3 * self.tries

    def abort(self) -> None:
        """What an operator can do to an execution: the next step is the last."""
        self._end("ABORTED")

    def was_running(self, then: float) -> bool:
        """Whether it had started at a time, and had not ended."""
        return self.started <= then and (self.ended is None or self.ended > then)

    def _end(self, status: str) -> None:
        self.status, self.ended = status, self._clock()

    def _task(self, name: str, state: Json, data: Any) -> Generator[float, None, tuple[str, Any]]:
        """Gives the next state's name and its input. Raises TaskError where it failed for good."""
        carry_out = self._tasks[state["Resource"].rpartition(":::")[2]]
        tries = [0] * len(state.get("Retry", []))
        while True:
            self.tries += 1
            try:
                result = carry_out(_evaluated(state["Parameters"], data))
                output = _put(state.get("ResultPath", "$"), data, result)
                output = _at(state.get("OutputPath", "$"), output)
                if len(json.dumps(output)) > LARGEST_DATA:
                    raise TaskError("States.DataLimitExceeded")
                following = state["Next"]
            except TaskError as error:
                pause = _retried(state.get("Retry", []), tries, error)
                if pause is not None:
                    yield pause
                    if self.status != "RUNNING":
                        return name, data
                    continue
                catcher = next(
                    (one for one in state.get("Catch", []) if _matches(one, error)), None
                )
                if catcher is None:
                    raise
                told = {"Error": error.error, "Cause": error.cause}
                output = _put(catcher["ResultPath"], data, told)
                following = catcher["Next"]
            self.outputs.append((name, output))
            yield 0
            return following, output


def _chosen(state: Json, data: Any) -> str:
    for choice in state["Choices"]:
        if _at(choice["Variable"], data) == choice["StringEquals"]:
            return str(choice["Next"])
    raise TaskError("States.NoChoiceMatched")


def _seconds(state: Json, data: Any) -> float:
    seconds = _at(state["SecondsPath"], data)
    if not isinstance(seconds, int) or seconds < 0:
        raise TaskError("States.Runtime", f"SecondsPath gives {seconds!r}")
    return seconds


def _retried(retriers: list[Json], tries: list[int], error: TaskError) -> float | None:
    """The seconds until the next try; None where there is none. The first match decides."""
    for number, retrier in enumerate(retriers):
        if not _matches(retrier, error):
            continue
        if tries[number] >= retrier["MaxAttempts"]:
            return None
        # JitterStrategy draws from nothing to this: the longest is what deadlines must bear.
        pause = retrier["IntervalSeconds"] * retrier["BackoffRate"] ** tries[number]
        tries[number] += 1
        return float(min(pause, retrier.get("MaxDelaySeconds", pause)))
    return None


def _matches(rule: Json, error: TaskError) -> bool:
    names = rule["ErrorEquals"]
    everything = "States.ALL" in names and error.error not in _NEVER_CAUGHT
    return everything or error.error in names


def _evaluated(template: Json, data: Any) -> Json:
    """Parameters, with the paths of those whose name ends in `.$` looked up."""
    return {
        name.removesuffix(".$"): copy.deepcopy(_at(value, data)) if name.endswith(".$") else value
        for name, value in template.items()
    }


def _at(path: str, data: Any) -> Any:
    if not _PATH.fullmatch(path):
        raise UnsupportedError(f"the path {path}")
    for key in path.split(".")[1:]:
        if not isinstance(data, dict) or key not in data:
            raise TaskError("States.Runtime", f"{path} is not in the input")
        data = data[key]
    return data


def _put(path: str | None, data: Any, result: Any) -> Any:
    """The state's output by ResultPath: null throws the result away, `$` the input."""
    if path is None:
        return data
    if path == "$":
        return result
    if not _PATH.fullmatch(path) or path.count(".") != 1:
        raise UnsupportedError(f"the path {path}")
    return {**data, path.removeprefix("$."): result}
