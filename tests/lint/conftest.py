"""Fixtures of the tests of the linter's rules."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis.configuration import set_hypothesis_home_dir

from tests.unit import given

_hypothesis_home = tempfile.TemporaryDirectory(prefix="hypothesis-")
set_hypothesis_home_dir(_hypothesis_home.name)


def pytest_unconfigure() -> None:
    _hypothesis_home.cleanup()


CfnLint = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A user's environment with no settings of his own, which asks no index."""
    scratch = str(tmp_path_factory.mktemp("home"))
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return ours | {
        "HOME": scratch,
        "TMPDIR": scratch,
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_CACHE_DIR": "1",
        "PIP_NO_INDEX": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


@pytest.fixture(scope="session")
def installed(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which pip has installed the package, from a copy of the repository."""
    clone = tmp_path_factory.mktemp("clone")
    for name in ("lint", "schema", "src"):
        # Without what an installation from the clone itself has left there.
        ignored = shutil.ignore_patterns("__pycache__", "build", "*.egg-info")
        shutil.copytree(given.ROOT / name, clone / name, symlinks=True, ignore=ignored)
    shutil.copy(given.ROOT / "LICENSE", clone)
    target = tmp_path_factory.mktemp("installed")
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--no-build-isolation"),
            *("--no-deps", "--target", target, clone / "lint"),
        ],
        env=environment,
        check=True,
    )
    # What is installed must not need it.
    shutil.rmtree(clone)
    return target


@pytest.fixture(scope="session")
def cfn_lint(
    environment: dict[str, str], installed: Path, tmp_path_factory: pytest.TempPathFactory
) -> CfnLint:
    """Runs the command, with the package installed, in a folder of its own or a given one."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")

    def run(*arguments: object, cwd: Path = elsewhere) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(Path(sys.executable).parent / "cfn-lint"), *map(str, arguments)],
            cwd=cwd,
            env=environment | {"PYTHONPATH": str(installed)},
            capture_output=True,
            text=True,
            check=False,
        )

    return run
