"""The demo as a user starts it: in a terminal to its end, and interrupted while a pipe reads it."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from local.demo.steps import STEPS
from local.installation import PROJECT

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="finds processes by their environment in /proc"
)

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x09\x0b-\x1f\x7f-\x9f]")


@pytest.fixture(autouse=True)
def _no_faults() -> None:
    """Takes the place of the other tests' fixture: the demo starts an embedded AWS of its own."""


class Demo:
    """A demo that runs, in a process group and with a temporary folder of its own."""

    def __init__(self, process: subprocess.Popen[str], mark: str, folder: Path) -> None:
        self.process = process
        self._mark = mark
        self._folder = folder

    def check_nothing_is_left(self) -> None:
        running = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # It has ended, or is another user's.
                if self._mark.encode() in (process / "environ").read_bytes().split(b"\0"):
                    running.append((process / "cmdline").read_text().replace("\0", " "))
        assert running == []
        assert list(self._folder.iterdir()) == []


@contextmanager
def started(folder: Path, *arguments: str, output: int = subprocess.PIPE) -> Iterator[Demo]:
    name, value = "TEST_OF_THE_DEMO", uuid.uuid4().hex
    terminal = {"TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"}
    with subprocess.Popen(
        [sys.executable, "-m", "local.demo", *arguments],
        cwd=PROJECT,
        env={**os.environ, **terminal, name: value, "TMPDIR": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield Demo(process, f"{name}={value}", folder)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def shown(terminal: int) -> str:
    """Everything that is written to a terminal, until nobody has it open."""
    written = b""
    with suppress(OSError):  # Linux ends so, other systems by an empty read.
        while piece := os.read(terminal, 65536):
            written += piece
    return CONTROL.sub("", written.decode())


def test_the_demo_goes_as_expected_and_leaves_nothing(tmp_path: Path) -> None:
    scratch, picture = tmp_path / "scratch", tmp_path / "demo.svg"
    scratch.mkdir()
    terminal, output = pty.openpty()
    arguments = ("--time-scale", "400", "--svg", str(picture))
    with started(scratch, *arguments, output=output) as demo:
        os.close(output)
        told = shown(terminal)
        os.close(terminal)
        _, complaints = demo.process.communicate()
        assert (demo.process.returncode, complaints) == (0, ""), told
        demo.check_nothing_is_left()
    drawn = re.sub(r"<[^>]*>", "", picture.read_text()).replace("&#160;", " ")
    for text in (told, drawn):
        for step in STEPS:
            assert re.search(rf"{step.title}\s*{step.expected.status}", text)
        assert "0 endpoints left." in text
        assert f"All {len(STEPS)} operations went as expected" in text


@pytest.mark.parametrize("moment", ["sam build", "CREATE_IN_PROGRESS"])
def test_an_interrupted_demo_leaves_nothing(tmp_path: Path, moment: str) -> None:
    with started(tmp_path) as demo:
        assert demo.process.stdout is not None
        lines = iter(demo.process.stdout)
        told = next(line for line in lines if moment in line)
        assert not CONTROL.search(told)
        # To the whole group, as the terminal does it.
        os.killpg(demo.process.pid, signal.SIGINT)
        _, complaints = demo.process.communicate()
        assert demo.process.returncode == 128 + signal.SIGINT
        assert complaints == "Stopped. Nothing is left running.\n"
        demo.check_nothing_is_left()
