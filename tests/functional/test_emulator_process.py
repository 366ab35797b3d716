"""`python -m local.comprehend`: the emulator as a process of its own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from local.comprehend import Admin
from local.comprehend.__main__ import main

PROJECT = Path(__file__).parents[2]


def run(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "local.comprehend", *arguments],
        cwd=PROJECT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_listens_obeys_its_flags_and_ends_when_told(
    signal_number: signal.Signals,
) -> None:
    flags = ("--time-scale", "100", "--set", "update_visibility=late", "--set", "seed=7")
    with run(*flags) as process:
        try:
            assert process.stdout
            line = process.stdout.readline()
            url = line.removeprefix("export AWS_ENDPOINT_URL_COMPREHEND=").strip()
            settings = Admin(url).settings()
            assert settings["time_scale"] == 100
            assert settings["update_visibility"] == "late"
            assert settings["seed"] == 7
            process.send_signal(signal_number)
            output, errors = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, output, errors) == (0, "", "")


def test_it_says_in_one_line_why_it_cannot_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--set", "colour=red"]) == 1
    assert "unknown settings: colour" in capsys.readouterr().err


def test_a_setting_without_a_value_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--set", "colour"])
    assert "NAME=VALUE" in capsys.readouterr().err
