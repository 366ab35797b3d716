"""Reads the application for its tests: the template as written, and as SAM expands it."""

from __future__ import annotations

import copy
import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template.yaml"
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
DOCUMENTS = sorted(
    page
    for pattern in ("*.md", "docs/**/*.md", "examples/**/*.md", "lint/*.md")
    for page in ROOT.glob(pattern)
)
"""What readers get; not what pages in docs/ are written from."""

MACHINE = "AWS::StepFunctions::StateMachine"


@functools.cache
def _written() -> Any:
    return yaml_parse(TEMPLATE.read_text())


@functools.cache
def _expanded() -> Any:
    template = copy.deepcopy(_written())
    # The translator takes no local paths: sam build and sam deploy have replaced them by then.
    template["Globals"]["Function"]["CodeUri"] = "s3://bucket/code"
    session = boto3.Session(region_name="eu-west-1")
    return Translator(None, Parser(), boto_session=session).translate(template, {})


def written() -> dict[str, Any]:
    """template.yaml, with short forms such as !Ref as mappings."""
    return copy.deepcopy(_written())


def expanded() -> dict[str, Any]:
    """template.yaml as CloudFormation gets it from the SAM transform."""
    return copy.deepcopy(_expanded())


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """The properties of the expanded template's resources of a type, by logical id."""
    return {
        name: resource["Properties"]
        for name, resource in expanded()["Resources"].items()
        if resource["Type"] == kind
    }


def state_machines() -> dict[str, dict[str, Any]]:
    """The state machines' definitions, by logical id."""
    return {
        name: json.loads((ROOT / resource["Properties"]["DefinitionS3Location"]).read_text())
        for name, resource in written()["Resources"].items()
        if resource["Type"] == MACHINE
    }


def text(node: Any) -> str:
    """A value of the template in one line: intrinsic functions in the form of Fn::Sub."""
    match node:
        case {"Ref": str(name)}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return f"${{{name}.{attribute}}}"
        case {"Fn::Sub": str(pattern)}:
            return pattern
        case str() | int():
            return str(node)
    raise AssertionError(f"no rule to print {node!r}")


def references(node: Any) -> Iterator[str]:
    """The names that a part of the template refers to by Ref, Fn::GetAtt or Fn::Sub."""
    match node:
        case {"Ref": str(name)}:
            yield name
        case {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case {"Fn::Sub": str(pattern)}:
            for part in pattern.split("${")[1:]:
                yield part.split("}")[0].split(".")[0]
        case Mapping():
            for value in node.values():
                yield from references(value)
        case list():
            for value in node:
                yield from references(value)
