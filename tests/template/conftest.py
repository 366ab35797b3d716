"""Fixtures of the template tests."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.launcher import EmbeddedAws
from tests.template.application import ROOT
from tools.packaging import Packaged, make

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def run_tool(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs a command of the environment in the project's folder, away from any account.

    It leaves nothing behind and asks no index: what it would write to the home folder goes to the
    tests' own, and python3 is the environment's, which has the wheels that a build needs.
    """
    scratch = tmp_path_factory.mktemp("tools")
    notes = scratch / "sam"
    notes.mkdir()
    far = {"telemetryEnabled": False, "lastVersionCheck": 32503680000.0}
    (notes / "metadata.json").write_text(json.dumps(far))
    binaries = Path(sys.executable).parent
    environment = {name: value for name, value in os.environ.items() if "AWS" not in name} | {
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
        "SAM_CLI_TELEMETRY": "0",
        "TMPDIR": str(scratch),
        "__SAM_CLI_APP_DIR": str(notes),
    }

    def run(command: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(binaries / command), *map(str, arguments)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def built(run_tool: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which `sam build` has built the application."""
    folder = tmp_path_factory.mktemp("build") / "application"
    done = run_tool("sam", "build", "--build-dir", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="session")
def aws() -> Iterator[EmbeddedAws]:
    """An embedded AWS, for its S3 above all."""
    with EmbeddedAws() as running:
        yield running


@pytest.fixture(scope="session")
def packaged(aws: EmbeddedAws) -> Packaged:
    """The application as `sam package` has put it into a bucket of the embedded AWS."""
    return make(aws, "packaged")
