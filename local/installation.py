"""Builds and deploys the provider with the real sam, from the unchanged template.yaml."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.children import run

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
    sam = Path(sys.executable).with_name("sam")
    # Its own python, and the make that it starts find python3, in this environment.
    path = f"{sam.parent}:{environment.get('PATH', '')}"
    own = {**sam_variables(directory / "sam-notes"), "TMPDIR": str(directory), "PATH": path}
    code, printed = run(
        [str(sam), *arguments, "--config-file", str(PROJECT / "samconfig.toml")],
        cwd=PROJECT,
        environment={**environment, **own},
    )
    if code:
        tail = "\n".join(printed.splitlines()[-20:])
        raise SamError(f"sam {arguments[0]} failed with exit code {code}:\n{tail}")


def sam_variables(notes: Path) -> dict[str, str]:
    """Keeps sam from asking for its newest release, from reporting what it does, and from writing
    into the home directory: it writes its notes into a folder.

    The last of the variables is not documented: tests/functional/test_private_apis.py says what to
    look at when sam changes it.
    """
    notes.mkdir(parents=True, exist_ok=True)
    (notes / "metadata.json").write_text('{"telemetryEnabled": false, "lastVersionCheck": 4e9}')
    return {
        "SAM_CLI_TELEMETRY": "0",
        # Seconds between its looks at a stack: nobody counts its requests here.
        "SAM_CLI_POLL_DELAY": "1",
        "__SAM_CLI_APP_DIR": str(notes),
    }
