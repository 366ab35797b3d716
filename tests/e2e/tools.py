"""The tools of those who use the provider, and cfn-lint.

`python -m tests.e2e.tools` makes the CDK run once, because it unpacks itself then.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from local.cdk import synthesized
from local.installation import PROJECT


def synthesize(application: Path) -> str:
    """The template of a CDK application's only stack, as `cdk synth` makes it."""
    with synthesized(application) as folder:
        (template,) = folder.glob("*.template.json")
        return template.read_text()


def linted(template: str) -> str:
    """The template, which passes every rule of cfn-lint, advice included."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.yaml"
        path.write_text(template)
        lint = str(Path(sys.executable).with_name("cfn-lint"))
        every_rule = ("--include-checks", "I", "--non-zero-exit-code", "informational")
        done = subprocess.run(
            [lint, *every_rule, "--template", str(path)],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return template


if __name__ == "__main__":
    synthesize(PROJECT / "examples" / "10-cdk")
