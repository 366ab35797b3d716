"""`make invoke`: what it prints, and what it never prints."""

import json
from pathlib import Path

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
