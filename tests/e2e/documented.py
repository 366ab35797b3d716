"""The commands in the documentation: all fenced shell blocks, and what the tests do with each."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from local.installation import PROJECT

SHELLS = ("sh", "bash", "shell", "console")
PAGES = sorted(
    page
    for pattern in ("*.md", "docs/**/*.md", "examples/**/*.md", "lint/*.md")
    for page in PROJECT.glob(pattern)
    if ".venv" not in page.parts
)
NOT_RUN = {
    "bash .ci/run": "It runs these tests.",
    "sam build && sam deploy --guided": "It asks. The fixture `provider` builds and deploys with "
    "the same sam, the same samconfig.toml and no questions.",
    "cd examples/10-cdk": "It installs from the package index and deploys to a real account. "
    "test_examples.py synthesizes and deploys the same application.",
    "pip install ./lint": "It installs into the reader's own environment, in lint/README.md from a "
    "repository too. tests/lint installs the folder, and runs cfn-lint with it.",
    "cfn-lint template.yaml --append-rules cfn_lint_comprehend_endpoint": "As the one before.",
    "aws cloudformation deploy --stack-name endpoint-providers": "The embedded AWS has no stack "
    "sets. test_stackset.py deploys what the stack set would.",
    "make publish BUCKET=acme-artifacts-eu-west-1": "The embedded AWS has no Serverless "
    "Application Repository. test_publish_check.py runs all that comes before the upload.",
    "aws cloudformation create-change-set --stack-name STACK_NAME": "The embedded AWS knows no "
    "type of Comprehend's, which test_moving.py shows.",
}
"""Blocks that no test runs, by how they begin, with the reason. Blocks of nothing but `make` need
none: other tests check that the targets exist, and run what they run.
"""


@dataclass(frozen=True)
class Block:
    """A fenced block of shell commands."""

    page: str
    """The file, from the project's folder."""
    line: int
    text: str

    @property
    def commands(self) -> list[str]:
        """One for each line, continued lines joined, without comments and prompts."""
        joined = self.text.replace("\\\n", " ")
        lines = (shlex.join(_words(line.removeprefix("$ "))) for line in joined.splitlines())
        return [line for line in lines if line]

    @property
    def excuse(self) -> str | None:
        """The beginning by which NOT_RUN has it."""
        text = self.text.removeprefix("$ ")
        return next((start for start in NOT_RUN if text.startswith(start)), None)

    @property
    def programs(self) -> set[str]:
        return {command.split()[0] for command in self.commands}

    @property
    def is_run(self) -> bool:
        """Whether it is run against the embedded AWS, as it is written."""
        return "aws" in self.programs and self.excuse is None

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def _words(line: str) -> list[str]:
    return shlex.split(line, comments=True)


def blocks() -> list[Block]:
    found = []
    for page in PAGES:
        text = page.read_text()
        for fence in re.finditer(r"^( *)```(\w+)\n(.*?)^\1```", text, re.DOTALL | re.MULTILINE):
            if fence[2] in SHELLS:
                line = text.count("\n", 0, fence.start()) + 2
                name = str(page.relative_to(PROJECT))
                found.append(Block(name, line, re.sub(f"^{fence[1]}", "", fence[3], flags=re.M)))
    return found


def files(command: str) -> list[Path]:
    """The project's files that a command names."""
    top = "|".join(path.name for path in PROJECT.iterdir() if path.is_dir() and path.name[0] != ".")
    named = re.findall(rf"(?<![\w./-])((?:{top})/[\w./-]+)", command)
    return [PROJECT / name for name in named]
