"""Lints templates with the package's rules alone, in this process: quick enough for many."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from cfnlint.config import ConfigMixIn
from cfnlint.decode.decode import decode_str
from cfnlint.rules import Rules
from cfnlint.runner import run_template_by_data

from tests.unit import given

PACKAGE = "cfn_lint_comprehend_endpoint"
FOLDER = given.ROOT / "lint" / "src" / PACKAGE
TEMPLATES = given.ROOT / "tests" / "lint" / "templates"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """What a rule says, of which resource, and of which line: its text, without what is around."""

    rule: str
    words: str
    logical_id: str
    line: str


def lint(template: str | dict[str, Any]) -> list[Finding]:
    """Everything that the rules say of a template, in their order; a mapping is linted as JSON."""
    text = template if isinstance(template, str) else json.dumps(template, indent=1)
    decoded, unreadable = decode_str(text)
    assert not unreadable, unreadable
    config = ConfigMixIn(regions=["eu-west-1"], include_checks=["I"])
    rules = Rules.create_from_module(PACKAGE)
    found = []
    for match in run_template_by_data(decoded, config, rules):
        words, _, about = match.message.rpartition(" (")
        line = text.splitlines()[match.linenumber - 1]
        found.append(Finding(match.rule.id, words, about.removesuffix(")"), line.strip()))
    return found


def template(properties: dict[str, Any], **sections: Any) -> dict[str, Any]:
    """A template with one endpoint, Sentiment."""
    resource = {"Type": "Custom::ComprehendEndpoint", "Properties": properties}
    return {"Resources": {"Sentiment": resource}, **sections}


def refused(found: list[Finding]) -> list[str]:
    """The words of what the provider would refuse."""
    return [each.words for each in found if each.rule in ("E9501", "E9502")]


CONDITIONS = """
Parameters:
  Stage: {Type: String}
  Team: {Type: String}
Conditions:
  IsLive: !Equals [!Ref Stage, live]
  IsNotLive: !Not [!Condition IsLive]
  IsSearch: !Equals [!Ref Team, search]
"""


def written(properties: str, *, more: str = "", condition: str = "") -> str:
    """A template in YAML, with the properties line by line."""
    lines = "\n".join(f"      {line}" for line in properties.strip().splitlines())
    only = f"\n    Condition: {condition}" if condition else ""
    kind = "Custom::ComprehendEndpoint"
    return (
        f"{CONDITIONS}Resources:\n  Sentiment:\n    Type: {kind}{only}\n    Properties:\n{lines}"
        f"\n{more}"
    )


SMALLEST = f"ServiceToken: x\nDesiredInferenceUnits: 1\nModelArn: {given.CLASSIFIER}"
