"""Builds and deploys the provider with the real sam, from the unchanged template.yaml."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.supervisor import PR_SET_CHILD_SUBREAPER

PROJECT = Path(__file__).resolve().parent.parent
STACK_NAME = "comprehend-endpoint-provider"


class SamError(Exception):
    """A sam command failed; the text holds the end of what it printed."""


def build(directory: Path, environment: Mapping[str, str]) -> Path:
    """Builds the functions into a folder, away from the project's own .aws-sam.

    Returns the built template. Raises SamError.
    """
    _sam(
        ["build", "--build-dir", str(directory / "build"), "--base-dir", str(PROJECT)],
        directory,
        environment,
    )
    return directory / "build" / "template.yaml"


def package(template: Path, bucket: str, output: Path, environment: Mapping[str, str]) -> None:
    """Puts what a built template refers to into a bucket, and writes a template that finds it
    there. Raises SamError.
    """
    _sam(
        [
            *("package", "--template-file", str(template), "--s3-bucket", bucket),
            *("--output-template-file", str(output), "--no-progressbar"),
        ],
        template.parent,
        environment,
    )


def deploy(
    template: Path,
    environment: Mapping[str, str],
    *,
    parameters: Mapping[str, str] | None = None,
) -> None:
    """Deploys a built template as samconfig.toml says, but for asking. Raises SamError."""
    overrides = [f"{name}={value}" for name, value in (parameters or {}).items()]
    _sam(
        [
            *("deploy", "--template-file", str(template)),
            *("--no-confirm-changeset", "--no-progressbar", "--no-fail-on-empty-changeset"),
            *(["--parameter-overrides", *overrides] if overrides else []),
        ],
        template.parent,
        environment,
    )


def _sam(arguments: Sequence[str], directory: Path, environment: Mapping[str, str]) -> None:
    notes = directory / "sam-notes"
    notes.mkdir(parents=True, exist_ok=True)
    # sam would ask the package index for its newest release, and leave folders in TMPDIR.
    (notes / "metadata.json").write_text('{"telemetryEnabled": false, "lastVersionCheck": 4e9}')
    own = {"__SAM_CLI_APP_DIR": str(notes), "SAM_CLI_TELEMETRY": "0", "TMPDIR": str(directory)}
    sam = Path(sys.executable).with_name("sam")
    # Its own python, and the make that it starts find python3, in this environment.
    path = f"{sam.parent}:{environment.get('PATH', '')}"
    with subprocess.Popen(
        [str(sam), *arguments, "--config-file", str(PROJECT / "samconfig.toml")],
        cwd=PROJECT,
        env={**environment, **own, "PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            printed, _ = process.communicate()
        except BaseException:
            _end_group(process.pid)
            raise
    if process.returncode:
        tail = "\n".join(printed.splitlines()[-20:])
        raise SamError(f"sam {arguments[0]} failed with exit code {process.returncode}:\n{tail}")


def _end_group(leader: int) -> None:
    """Ends a process with all that it has started (make, and that pip), and waits for all of them.

    On Linux, they become children of this process when their parents end, so it can wait for each.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-leader, 0)
