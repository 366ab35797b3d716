"""`make invoke`: what it prints, and what it never prints."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from local import invoke
from tests.functional.provider.test_events import EVENTS, EXPECTED


class Printed(NamedTuple):
    """What one run printed."""

    status: int
    story: str
    answer: str
    error: str


Run = Callable[..., Printed]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs an event."""

    def run(path: Path, *options: str) -> Printed:
        status = invoke.main([*options, str(path)])
        printed = capsys.readouterr()
        assert "Signature" not in printed.out
        story, _, answer = printed.out.partition("The answer that CloudFormation gets:\n")
        return Printed(status, story, answer, printed.err)

    return run


def event_of_ones_own(folder: Path, name: str, situation: Any = None) -> Path:
    """A copy of an event in another folder, with the events before it and its own situation."""
    for other in EVENTS.glob("*.json"):
        shutil.copy(other, folder / f"sample-{other.name}")
    if situation is not None:
        (folder / invoke.SITUATIONS).write_text(json.dumps({"own.json": situation}))
    return Path(shutil.copy(EVENTS / name, folder / "own.json"))


def replace(own: Path, old: str, new: str) -> Path:
    own.write_text(own.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    return own


# The others are run in test_events.py, with a service that is faster.
@pytest.mark.parametrize("name", ["bad-properties.json", "duplicate.json", "poll.json"])
def test_an_event_is_run_and_its_answer_printed(name: str, run: Run) -> None:
    printed = run(EVENTS / name)
    assert (printed.status, printed.error) == (0, "")
    assert json.loads(printed.answer)["Status"] == EXPECTED[name][0]
    assert len(printed.story.splitlines()) < 30
    # In service time: a creation takes ten minutes, and nobody waits for it.
    assert ("+  600 s" in printed.story) == (name != "bad-properties.json")


def test_what_was_observed_and_decided_is_printed(run: Run) -> None:
    story = run(EVENTS / "bad-properties.json").story
    (line,) = [line for line in story.splitlines() if "log:" in line]
    assert line.split("  ")[-3:-1] == ["log:", "decided: FAILED"]
    assert "reason=ModelARN: there is no such property." in line


def test_the_whole_log_is_printed_on_request(run: Run) -> None:
    story = run(EVENTS / "create.json", "--log").story
    logged = [line for line in story.splitlines() if "log:" in line]
    assert any("INFO  execution started  execution=" in line for line in logged)
    # Two hundred observations of an endpoint that is being created are one line.
    assert sum("action=wait: the endpoint is in CREATING" in line for line in logged) == 1


def test_a_fault_of_the_situation_is_played(tmp_path: Path, run: Run) -> None:
    denied = {"operation": "CreateEndpoint", "code": "AccessDeniedException", "status": 400}
    situation = {"about": "Denied.", "faults": [denied]}
    printed = run(event_of_ones_own(tmp_path, "create.json", situation))
    assert printed.status == 0
    assert "Denied." in printed.story
    reason = json.loads(printed.answer)["Reason"]
    assert reason.startswith("AccessDeniedException from CreateEndpoint")


def test_a_fault_does_not_reach_the_events_before(tmp_path: Path, run: Run) -> None:
    situation = {
        "before": ["sample-create.json"],
        "faults": [{"operation": "UpdateEndpoint", "code": "KmsKeyValidationException"}],
    }
    story = run(event_of_ones_own(tmp_path, "update-units.json", situation)).story
    answered = [line for line in story.splitlines() if "answered" in line]
    assert [line.split()[-1] for line in answered] == ["SUCCESS", "FAILED"]


@pytest.mark.parametrize(
    ("situation", "error"),
    [
        ({"faults": [{"operation": "Create"}]}, "Create is no operation"),
        ({"fault": []}, "unknown key fault; known are about, before, faults"),
    ],
)
def test_a_wrong_situation_is_refused(tmp_path: Path, run: Run, situation: Any, error: str) -> None:
    printed = run(event_of_ones_own(tmp_path, "create.json", situation))
    assert printed.status == 2
    assert error in printed.error


def test_an_event_of_another_account_is_refused(tmp_path: Path, run: Run) -> None:
    own = event_of_ones_own(tmp_path, "create.json")
    printed = run(replace(own, "000000000000", "123456789012"))
    assert (printed.status, printed.story) == (2, "")
    assert "account 123456789012: use account 000000000000" in printed.error


def test_a_state_without_its_endpoint_is_refused(tmp_path: Path, run: Run) -> None:
    printed = run(event_of_ones_own(tmp_path, "poll.json"))
    assert printed.status == 2
    assert "does not exist in the emulator" in printed.error


def test_a_state_is_played_in_its_own_time(tmp_path: Path, run: Run) -> None:
    own = event_of_ones_own(tmp_path, "poll.json", {"under_way": "sample-create.json"})
    printed = run(replace(own, "1800000000.0", "1700000000.0"))
    assert printed.status == 0
    assert '"Status": "SUCCESS"' in printed.answer


def test_an_event_of_ones_own_needs_no_situation(tmp_path: Path, run: Run) -> None:
    printed = run(event_of_ones_own(tmp_path, "bad-properties.json"))
    assert printed.status == 0
    assert "An event of your own" in printed.story


def test_a_stack_without_a_status_proves_nothing(tmp_path: Path, run: Run) -> None:
    """CloudFormation has no record of it: what only the properties name is left."""
    situation = {"before": ["sample-create.json"]}
    own = event_of_ones_own(tmp_path, "delete-with-invented-id.json", situation)
    printed = run(own, "--log")
    assert '"Status": "SUCCESS"' in printed.answer
    assert "WARNING  an endpoint is left" in printed.story
    assert "DeleteEndpoint" not in printed.story


def test_a_request_that_nobody_answers_is_reported(tmp_path: Path, run: Run) -> None:
    own = event_of_ones_own(tmp_path, "create.json")
    printed = run(replace(own, '"LogicalResourceId"', '"Removed"'))
    assert printed.status == 1
    assert "no answer" in printed.story + printed.answer


@pytest.mark.parametrize("content", ["", "[]", "{}", "5", '{"RequestId": "x"'])
def test_what_is_no_event_is_refused_in_one_line(tmp_path: Path, run: Run, content: str) -> None:
    own = tmp_path / "own.json"
    own.write_text(content, encoding="utf-8")
    printed = run(own)
    assert printed.status == 2
    assert printed.error.startswith(f"{own} cannot be run")
