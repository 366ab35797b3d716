"""examples/README.md names every example, and says of each what the template says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from tests.template.application import EXAMPLES, ROOT

FOLDER = ROOT / "examples"


def index() -> dict[str, list[str]]:
    """The table of examples/README.md: the first column's text, and what is in the others."""
    rows = re.findall(
        r"^\| \[([^]]+)\]\((.+) \|$", (FOLDER / "README.md").read_text(), re.MULTILINE
    )
    return {name: re.split(r"\)? ?\| ?", rest) for name, rest in rows}


def capabilities(resources: dict[str, Any]) -> set[str]:
    """What CloudFormation asks for."""
    asked = set()
    for resource in resources.values():
        if resource["Type"].startswith("AWS::IAM::"):
            named = {"RoleName", "ManagedPolicyName"} & set(resource["Properties"])
            asked.add("CAPABILITY_NAMED_IAM" if named else "CAPABILITY_IAM")
        elif resource["Type"] == "AWS::Serverless::Application":
            asked |= {"CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"}
    return asked


def test_the_index_names_every_example_in_order() -> None:
    numbered = sorted(path.name for path in FOLDER.iterdir() if path.name[:2].isdigit())

    assert list(index()) == numbered
    assert all((FOLDER / row[0]).is_file() for row in index().values())


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_index_says_what_the_example_asks_for(path: Path) -> None:
    template = yaml_parse(path.read_text())
    _, _, parameters, asked = index()[path.name]
    required = [key for key, each in template["Parameters"].items() if "Default" not in each]

    assert re.findall(r"`(\w+)`", parameters) == required
    assert set(re.findall(r"`(\w+)`", asked)) == capabilities(template["Resources"])
