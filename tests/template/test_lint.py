"""What cfn-lint, with the rules for consumers, says of all templates: ours, and those we show."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.template.application import EXAMPLES, ROOT, TEMPLATE
from tests.template.test_reference import examples

RULES = ROOT / "lint" / "src" / "cfn_lint_comprehend_endpoint"
MISTAKES = {
    "template.yaml": TEMPLATE.read_text().replace("SqsManagedSseEnabled", "SqsManagedSse"),
    "example.yaml": EXAMPLES[0].read_text().replace("DesiredInferenceUnits:", "InferenceUnits:"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Templates with mistakes, and those on the reference page."""
    folder = tmp_path_factory.mktemp("linted")
    for name, text in MISTAKES.items():
        (folder / name).write_text(text)
    for number, template in enumerate(examples("json")):
        (folder / f"shown-{number}.json").write_text(json.dumps(template))
    return folder


@pytest.fixture(scope="module")
def said(folder: Path) -> dict[str, list[str]]:
    """What cfn-lint says of all templates, by path, with every rule: I is advice.

    I9505 is advice for four regions; the templates are for all of them.
    """
    templates = [TEMPLATE, *EXAMPLES, ROOT / "examples" / "rollout" / "stackset.yaml"]
    done = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("cfn-lint")), "--format", "json"),
            *("--append-rules", str(RULES), "--include-checks", "I", "--ignore-checks", "I9505"),
            *("--template", *map(str, [*templates, *sorted(folder.iterdir())])),
        ],
        env={name: value for name, value in os.environ.items() if "AWS" not in name},
        capture_output=True,
        text=True,
        check=False,
    )
    found: dict[str, list[str]] = {}
    for match in json.loads(done.stdout):
        found.setdefault(match["Filename"], []).append(match["Message"])
    return found


def test_every_template_passes_every_rule(said: dict[str, list[str]], folder: Path) -> None:
    mistaken = {str(folder / name) for name in MISTAKES}

    assert {path: messages for path, messages in said.items() if path not in mistaken} == {}


def test_mistakes_are_seen(said: dict[str, list[str]], folder: Path) -> None:
    template, example = (" ".join(said[str(folder / name)]) for name in MISTAKES)

    assert "'SqsManagedSse' was unexpected" in template
    assert "InferenceUnits: there is no such property. Did you mean" in example
