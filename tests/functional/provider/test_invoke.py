"""`make invoke`: what it prints, and what it never prints."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from local import invoke
from tests.functional.provider.test_events import EVENTS, EXPECTED


# The others are run in test_events.py, with a service that is faster.
@pytest.mark.parametrize("name", ["bad-properties.json", "duplicate.json", "poll.json"])
def test_an_event_is_run_and_its_answer_printed(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke.main([str(EVENTS / name)]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    story, _, answer = printed.out.partition("The answer that CloudFormation gets:\n")
    assert json.loads(answer)["Status"] == EXPECTED[name][0]
    assert "Signature" not in printed.out
    assert len(story.splitlines()) < 30
    # In service time: a creation takes ten minutes, and nobody waits for it.
    assert ("+  600 s" in story) == (name != "bad-properties.json")


def event_of_ones_own(folder: Path, name: str, situation: Any = None) -> Path:
    """A copy of an event in another folder, with the events before it and its own situation."""
    for other in EVENTS.glob("*.json"):
        shutil.copy(other, folder / f"sample-{other.name}")
    if situation is not None:
        (folder / invoke.SITUATIONS).write_text(json.dumps({"own.json": situation}))
    return Path(shutil.copy(EVENTS / name, folder / "own.json"))


def test_what_was_observed_and_decided_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke.main([str(EVENTS / "bad-properties.json")]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "log:" in line]
    assert line.split("  ")[-3:-1] == ["log:", "decided: FAILED"]
    assert "reason=ModelARN: there is no such property." in line


def test_the_whole_log_is_printed_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    assert invoke.main(["--log", str(EVENTS / "create.json")]) == 0
    printed = capsys.readouterr().out
    told = [line for line in printed.splitlines() if "log:" in line]
    assert any("INFO  execution started  execution=" in line for line in told)
    # Two hundred observations of an endpoint that is being created are one line.
    assert sum("action=wait: the endpoint is in CREATING" in line for line in told) == 1
    assert "Signature" not in printed


def test_a_fault_of_the_situation_is_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    denied = {"operation": "CreateEndpoint", "code": "AccessDeniedException", "status": 400}
    own = event_of_ones_own(tmp_path, "create.json", {"about": "Denied.", "faults": [denied]})
    assert invoke.main([str(own)]) == 0
    printed = capsys.readouterr().out
    assert "Denied." in printed
    answer = json.loads(printed.partition("The answer that CloudFormation gets:\n")[2])
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("AccessDeniedException from CreateEndpoint")


def test_a_fault_does_not_reach_the_events_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    situation = {
        "before": ["sample-create.json"],
        "faults": [{"operation": "UpdateEndpoint", "code": "KmsKeyValidationException"}],
    }
    own = event_of_ones_own(tmp_path, "update-units.json", situation)
    assert invoke.main([str(own)]) == 0
    answered = [line for line in capsys.readouterr().out.splitlines() if "answered" in line]
    assert [line.split()[-1] for line in answered] == ["SUCCESS", "FAILED"]


@pytest.mark.parametrize(
    ("situation", "told"),
    [
        ({"faults": [{"operation": "Create"}]}, "Create is no operation"),
        ({"fault": []}, "unknown key fault; known are about, before, faults"),
    ],
)
def test_a_situation_that_is_wrong_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], situation: Any, told: str
) -> None:
    own = event_of_ones_own(tmp_path, "create.json", situation)
    assert invoke.main([str(own)]) == 2
    assert told in capsys.readouterr().err


def test_an_event_of_another_account_is_not_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = event_of_ones_own(tmp_path, "create.json")
    own.write_text(own.read_text().replace("000000000000", "123456789012"))
    assert invoke.main([str(own)]) == 2
    printed = capsys.readouterr()
    assert "account 123456789012: use account 000000000000" in printed.err
    assert printed.out == ""


def test_a_state_without_its_endpoint_is_not_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = event_of_ones_own(tmp_path, "poll.json")
    assert invoke.main([str(own)]) == 2
    assert "does not exist in the emulator" in capsys.readouterr().err


def test_a_state_is_played_in_its_own_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = event_of_ones_own(tmp_path, "poll.json", {"under_way": "sample-create.json"})
    own.write_text(own.read_text().replace("1800000000.0", "1700000000.0"))
    assert invoke.main([str(own)]) == 0
    assert '"Status": "SUCCESS"' in capsys.readouterr().out


def test_an_event_of_ones_own_needs_no_situation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own.json"
    own.write_text((EVENTS / "bad-properties.json").read_text(encoding="utf-8"), encoding="utf-8")
    assert invoke.main([str(own)]) == 0
    assert "An event of your own" in capsys.readouterr().out


def test_a_request_that_nobody_answers_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    event = json.loads((EVENTS / "create.json").read_text(encoding="utf-8"))
    del event["LogicalResourceId"]
    own = tmp_path / "own.json"
    own.write_text(json.dumps(event), encoding="utf-8")
    assert invoke.main([str(own)]) == 1
    assert "no answer" in capsys.readouterr().out


@pytest.mark.parametrize("content", ["", "[]", "{}", "5", '{"RequestId": "x"'])
def test_what_is_no_event_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    own = tmp_path / "own.json"
    own.write_text(content, encoding="utf-8")
    assert invoke.main([str(own)]) == 2
    assert capsys.readouterr().err.startswith(f"{own} cannot be run")
