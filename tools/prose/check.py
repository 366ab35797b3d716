"""Checks the prose of documents, template and reasons: `python -m tools.prose.check`."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from local.cdk import TOOLS, node
from local.installation import PROJECT

HERE = Path(__file__).parent
PACKAGES = TOOLS / "node_modules"

Text = tuple[int, str]
"""The line of a file on which a text begins, and the text."""


def paragraphs(page: str) -> Iterator[Text]:
    """A document, line by line: textlint reads Markdown itself."""
    yield from enumerate(page.splitlines(), start=1)


def descriptions(template: str) -> Iterator[Text]:
    """A template's descriptions: of itself, parameters, resources, alarms and outputs."""
    unread = [yaml.compose(template, yaml.SafeLoader)]
    while unread:
        match unread.pop():
            case yaml.SequenceNode(value=items):
                unread += items
            case yaml.MappingNode(value=pairs):
                for key, value in pairs:
                    if key.value.endswith("Description") and isinstance(value, yaml.ScalarNode):
                        yield from _apart(value.start_mark.line + 1, value.value)
                    unread.append(value)


def sentences(module: str) -> Iterator[Text]:
    """What a module says to users and to the log: its strings of several words.

    What is computed inside of a string counts as one word.
    """
    unread: list[ast.AST] = [ast.parse(module)]
    while unread:
        match unread.pop():
            case ast.Expr(value=ast.Constant()):
                pass  # A docstring.
            case ast.Constant(value=str(text), lineno=line):
                yield from _apart(line, text)
            case ast.JoinedStr(values=parts, lineno=line):
                words = [
                    part.value if isinstance(part, ast.Constant) else f"X{number}"
                    for number, part in enumerate(parts)
                ]
                yield from _apart(line, "".join(map(str, words)))
                unread += [part for part in parts if not isinstance(part, ast.Constant)]
            case other:
                unread += ast.iter_child_nodes(other)


def _apart(line: int, text: str) -> Iterator[Text]:
    """A text as a paragraph of its own."""
    words = text.split()
    if len(words) > 1:
        yield line, " ".join(words)
        yield line, ""


SOURCES = {
    "README*.md": paragraphs,
    "CONTRIBUTING.md": paragraphs,
    "SECURITY.md": paragraphs,
    "docs/*.md": paragraphs,
    "template.yaml": descriptions,
    "src/provider/**/*.py": sentences,
}


def findings(project: Path) -> list[str]:
    """What textlint finds in a project, as `file:line: what (rule)`.

    Raises RuntimeError if textlint does not work.
    """
    lines: dict[str, list[int]] = {}
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for pattern, read in SOURCES.items():
            for path in project.glob(pattern):
                name = path.relative_to(project).as_posix()
                texts = list(read(path.read_text()))
                lines[name] = [line for line, _ in texts]
                copy = Path(folder, name)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_text("".join(f"{text}\n" for _, text in texts))
        for file in _textlint(folder, list(lines)):
            name = Path(file["filePath"]).relative_to(Path(folder).resolve()).as_posix()
            for each in file["messages"]:
                # Some messages begin with the line in the copy.
                message = re.sub(r"^Line \d+ ", "", " ".join(each["message"].split()))
                found.append((name, lines[name][each["line"] - 1], message, each["ruleId"]))
    return [f"{name}:{line}: {message} ({rule})" for name, line, message, rule in sorted(found)]


def _textlint(folder: str, names: list[str]) -> list[Any]:
    """What textlint reports of files in a folder: a dictionary for each file."""
    done = subprocess.run(
        [
            *(str(node()), str(PACKAGES / "textlint" / "bin" / "textlint.js"), "--format", "json"),
            *("--config", str(HERE / ".textlintrc.yml")),
            *("--ignore-path", str(HERE / ".textlintignore")),
            *names,
        ],
        cwd=folder,
        # Where textlint looks for rules: ours, then the packages'.
        env=os.environ | {"NODE_PATH": f"{HERE}{os.pathsep}{PACKAGES}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    # 1 stands for findings.
    if done.returncode > 1 or not done.stdout.startswith("["):
        raise RuntimeError(done.stdout + done.stderr)
    reported: list[Any] = json.loads(done.stdout)
    return reported


def main() -> int:
    """Prints what is found; gives the process's exit code."""
    found = findings(PROJECT)
    for each in found:
        print(each)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
