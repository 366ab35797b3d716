"""The Makefile makes .venv with the interpreter that is given, or else with the best at hand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.installation import PROJECT

NAMES = "python3.13", "python3", "python3.14", "python3.12", "python3.11"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a finished .venv, made by the interpreter that runs the tests."""
    (tmp_path / "Makefile").symlink_to(PROJECT / "Makefile")
    (tmp_path / "requirements").symlink_to(PROJECT / "requirements")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    (tmp_path / ".venv" / ".ready").touch()
    for name in NAMES:
        interpreter(tmp_path / "bin" / name, works=False)
    return tmp_path


def interpreter(path: Path, works: bool = True) -> str:
    """Play a Python: it is new enough or not, it tells who it is, and it makes no .venv."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\ntest "$2" != venv && echo "PLAYED $0" && exit {int(not works)}\n')
    path.chmod(0o700)
    return str(path)


def make(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments],
        cwd=project,
        env={"PATH": f"{project / 'bin'}:{os.defpath}", "PYENV_ROOT": str(project / "pyenv")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("given", [(), (f"PYTHON={sys.executable}",)], ids=["none", "the same"])
def test_a_venv_stays_if_no_other_interpreter_is_given(project: Path, given: tuple[str]) -> None:
    assert make(project, "--question", "setup", *given).returncode == 0


def test_another_interpreter_that_is_given_makes_the_venv_anew(project: Path) -> None:
    other = interpreter(project / "other")

    assert f"Making .venv with PLAYED {other}" in make(project, "setup", f"PYTHON={other}").stdout


@pytest.mark.parametrize("given", ["absent", "python3"], ids=["absent", "too old"])
def test_an_interpreter_that_cannot_be_used_is_named_and_the_venv_stays(
    project: Path, given: str
) -> None:
    done = make(project, "setup", f"PYTHON={given}")

    assert done.returncode == 2
    assert done.stderr.splitlines()[0] == (
        "None of these is Python 3.11 or newer with venv (Debian, Ubuntu: apt install "
        f"python3-venv): {given}"
    )
    assert make(project, "--question", "setup").returncode == 0


def test_pyenvs_3_13_comes_before_other_versions_on_the_path(project: Path) -> None:
    (project / ".venv" / ".ready").unlink()
    interpreter(project / "bin" / "python3.12")
    best = interpreter(project / "pyenv" / "versions" / "3.13.7" / "bin" / "python3.13")

    assert f"Making .venv with PLAYED {best}" in make(project, "setup").stdout


def test_the_first_on_the_path_that_works_is_taken(project: Path) -> None:
    (project / ".venv" / ".ready").unlink()
    best = interpreter(project / "bin" / "python3.12")
    interpreter(project / "bin" / "python3.11")

    assert f"Making .venv with PLAYED {best}" in make(project, "setup").stdout
