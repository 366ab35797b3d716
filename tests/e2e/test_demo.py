"""The demo as a user starts it, with its output going to a pipe."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from local.demo import summary
from local.demo.steps import STEPS
from local.installation import PROJECT

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="finds processes by their environment in /proc"
)

CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")
MARK = "TEST_OF_THE_DEMO"


@pytest.fixture(autouse=True)
def _no_faults() -> None:
    """Takes the place of the other tests' fixture: the demo starts an embedded AWS of its own."""


class Demo:
    """A demo that runs, in a process group and with a temporary folder of its own."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._mark = uuid.uuid4().hex
        self._folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "local.demo", *arguments],
            cwd=PROJECT,
            env={**os.environ, MARK: self._mark, "TMPDIR": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def processes(self) -> list[str]:
        """The command lines of all that the demo started, and of itself, as far as they run."""
        mark, found = f"{MARK}={self._mark}".encode(), []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # It has ended, or is another user's.
                if mark in (process / "environ").read_bytes().split(b"\0"):
                    found.append((process / "cmdline").read_text().replace("\0", " "))
        return found

    def check_nothing_is_left(self) -> None:
        assert self.processes() == []
        assert list(self._folder.iterdir()) == []


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[Demo]:
    demo = Demo(folder, *arguments)
    try:
        yield demo
    finally:
        with suppress(ProcessLookupError):
            os.killpg(demo.process.pid, signal.SIGKILL)
        demo.process.communicate()


def test_the_demo_goes_as_expected_and_leaves_nothing(tmp_path: Path) -> None:
    with running(tmp_path, "--time-scale", "400") as demo:
        told, complaints = demo.process.communicate()
        assert demo.process.returncode == 0, f"{told}\n{complaints}"
        assert complaints == ""
        demo.check_nothing_is_left()
    assert not CONTROL.search(told)
    assert str(PROJECT) not in told
    assert str(tmp_path) not in told
    rows = [re.split(r" {2,}", line) for line in told.splitlines()]
    table = [row for row in rows if len(row) == len(summary.HEADINGS)]
    assert [row[:2] for row in table if row[0] in {step.title for step in STEPS}] == [
        [step.title, step.expected.status] for step in STEPS
    ]
    assert "\n0 endpoints left.\n" in told
    assert f"All {len(STEPS)} operations went as expected" in told


@pytest.mark.parametrize("moment", ["sam build", "CREATE_IN_PROGRESS"])
def test_an_interrupted_demo_leaves_nothing(tmp_path: Path, moment: str) -> None:
    with running(tmp_path) as demo:
        assert demo.process.stdout is not None
        assert any(moment in line for line in demo.process.stdout)
        # To the whole group, as the terminal does it.
        os.killpg(demo.process.pid, signal.SIGINT)
        _, complaints = demo.process.communicate()
        assert demo.process.returncode == 128 + signal.SIGINT
        assert complaints == "Stopped. Nothing is left running.\n"
        demo.check_nothing_is_left()


def test_a_demo_without_make_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    with running(tmp_path) as demo:
        told, complaints = demo.process.communicate()
        assert demo.process.returncode == 1
        assert told == ""
        assert complaints.startswith("The demo failed: `sam build` needs `make`")
