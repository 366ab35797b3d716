"""The resource's properties: checked against the schema, parsed once, every problem reported."""

from __future__ import annotations

import difflib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import fastjsonschema

from .event import Place
from .properties import Properties, typed_properties

SCHEMA_FILE = Path(__file__).with_name("schema.json")

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_REFUSED = {
    "ClientRequestToken": (
        "ClientRequestToken: it is not a property. The provider derives the token from the stack, "
        "the logical id and the request, so that a repeated request never makes a second "
        "endpoint. Remove it."
    ),
}

Problem = tuple[str, str]
"""The property that breaks a rule, and the message about it."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """Properties that were parsed.

    Args:
        properties: typed. A property that breaks a rule counts as not set, so that a Delete, old
            properties, or a rollback to properties older than a rule never fail on it.
        problems: every message about them, each beginning with the property.
    """

    properties: Properties
    problems: tuple[str, ...] = ()


@cache
def schema() -> dict[str, Any]:
    """Read the resource's schema, the single source of what a property may be."""
    content: dict[str, Any] = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    return content


@cache
def settable() -> tuple[str, ...]:
    """Name the properties that a template may set."""
    read_only = {pointer.rpartition("/")[2] for pointer in schema()["readOnlyProperties"]}
    return tuple(name for name in schema()["properties"] if name not in read_only)


def parse_properties(raw: Mapping[str, Any], place: Place | None) -> Parsed:
    """Check a template's properties and give them their types.

    Args:
        raw: ResourceProperties as CloudFormation sends them, every scalar a string.
        place: the stack's partition, region and account, which the ARNs must share. Without it, as
            before a deployment, the ARNs' region and account are not checked.
    """
    values = {name: _typed(value, _rule(name)) for name, value in raw.items()}
    problems = [*_unknown(values), *_against_schema(values), *_beyond_schema(values, place)]
    wrong = {name for name, _ in problems}
    valid = {name: values[name] for name in settable() if name in values and name not in wrong}
    messages = dict.fromkeys(message for _, message in problems)
    return Parsed(typed_properties(valid), tuple(messages))


def nearest(name: str, known: tuple[str, ...], kind: str = "properties") -> str:
    """Suggest the known name that an unknown one most likely means, or list the known ones."""
    by_lower = {each.lower(): each for each in known}
    near = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    if near:
        return f"Did you mean {by_lower[near[0]]}?"
    return f"The {kind} are {', '.join(known)}."


def _rule(name: str) -> Mapping[str, Any]:
    rule: Mapping[str, Any] = schema()["properties"].get(name, {})
    return rule


def resolved(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a rule's reference to one of the schema's definitions."""
    if "$ref" not in rule:
        return rule
    definition: Mapping[str, Any] = schema()["definitions"][str(rule["$ref"]).rpartition("/")[2]]
    return definition


def _typed(value: Any, rule: Mapping[str, Any]) -> Any:
    """Undo CloudFormation's conversion of every scalar to a string, as the schema's types say."""
    rule = resolved(rule)
    kind = rule.get("type")
    if isinstance(value, str) and kind == "integer" and _INTEGER.fullmatch(value.strip()):
        return int(value)
    if isinstance(value, str) and kind == "boolean" and value in ("true", "false"):
        return value == "true"
    if isinstance(value, Mapping) and kind == "object":
        rules = rule.get("properties", {})
        return {name: _typed(each, rules.get(name, {})) for name, each in value.items()}
    if isinstance(value, list) and kind == "array":
        return [_typed(each, rule.get("items", {})) for each in value]
    return value


def _unknown(values: Mapping[str, Any]) -> Iterator[Problem]:
    for name in values:
        if name in settable():
            continue
        if name in _REFUSED:
            yield name, _REFUSED[name]
        elif name in schema()["properties"]:
            yield name, f"{name}: it is a return value; read it with Fn::GetAtt and do not set it."
        else:
            yield name, f"{name}: there is no such property. {nearest(name, settable())}"


@cache
def _validator() -> Callable[[Any], Any]:
    """Compile the schema once in each process; with fast_fail off it reports every problem."""
    definition = {
        "type": "object",
        "properties": {name: schema()["properties"][name] for name in settable()},
        "required": schema()["required"],
        "anyOf": schema()["anyOf"],
        "definitions": schema()["definitions"],
    }
    compiled: Callable[[Any], Any] = fastjsonschema.compile(
        definition, use_default=False, use_formats=False, fast_fail=False
    )
    return compiled


def _against_schema(values: Mapping[str, Any]) -> Iterator[Problem]:
    try:
        _validator()(dict(values))
    except fastjsonschema.JsonSchemaValuesException as failure:
        for error in failure.errors:
            for message in _messages(error):
                yield re.split(r"[.:\[]", message, maxsplit=1)[0], message


def _messages(error: fastjsonschema.JsonSchemaValueException) -> Iterator[str]:
    """Put one broken rule into words for a template's author."""
    path = re.sub(r"^data\.?", "", error.name or "")
    rule, limit, value = error.rule, error.rule_definition, error.value
    if rule == "required":
        for missing in (name for name in limit if name not in value):
            yield f"{f'{path}.' if path else ''}{missing}: it is required."
    elif rule == "anyOf":
        yield "ModelArn: give a ModelArn, a FlywheelArn or both."
    elif rule == "additionalProperties":
        known = tuple(error.definition["properties"])
        for name in (name for name in value if name not in known):
            yield f"{path}.{name}: there is no such property. {nearest(name, known)}"
    elif rule == "type":
        article = {"integer": "a whole number", "string": "a string"}.get(limit, f"an {limit}")
        yield f"{path}: it must be {article}, not {_shown(value)}."
    elif value == "":
        yield f"{path}: it is empty; leave the property out (AWS::NoValue) or give it a value."
    else:
        yield f"{path}: {_broken(str(rule), limit, path, value)}"


def _broken(rule: str, limit: object, path: str, value: Any) -> str:
    if rule in ("minimum", "maximum"):
        return f"it must be {'at least' if rule == 'minimum' else 'at most'} {limit}, not {value}."
    if rule in ("minLength", "maxLength"):
        bound = "at least" if rule == "minLength" else "at most"
        return f"it must have {bound} {limit} characters, not {len(value)}."
    if rule == "maxItems" and path == "Tags":
        return (
            f"you can set at most {limit}, not {len(value)}: Amazon Comprehend allows 50, and the "
            "provider uses three."
        )
    if rule == "maxItems":
        return f"it must have at most {limit} items, not {len(value)}."
    if path.endswith(".Key"):
        return (
            f"the prefixes aws: and comprehend-endpoint-provider: are reserved ({_shown(value)})."
        )
    return f"{_shown(value)} does not match {limit}."


def _shown(value: object) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _beyond_schema(values: Mapping[str, Any], place: Place | None) -> Iterator[Problem]:
    """Check what JSON Schema cannot say plainly."""
    if place is not None:
        yield from _elsewhere(values, place)
    tags = values.get("Tags")
    keys = Counter(
        tag["Key"]
        for tag in (tags if isinstance(tags, list) else [])
        if isinstance(tag, dict) and isinstance(tag.get("Key"), str)
    )
    for key in sorted(key for key, times in keys.items() if times > 1):
        yield "Tags", f"Tags: duplicate key {_shown(key)}."


def _elsewhere(values: Mapping[str, Any], place: Place) -> Iterator[Problem]:
    """Find the ARNs of another partition, region or account."""
    for name in ("ModelArn", "FlywheelArn", "DataAccessRoleArn"):
        parts = str(values.get(name, "")).split(":", 5)
        if len(parts) < 6:
            continue
        _, partition, _, region, account, _ = parts
        wrong = [
            f"{what} {found or '(none)'} but the stack is in {expected}"
            for what, found, expected in (
                ("partition", partition, place.partition),
                # IAM is global: a role's ARN has no region.
                ("region", region, "" if name == "DataAccessRoleArn" else place.region),
                ("account", account, place.account),
            )
            if found != expected
        ]
        if wrong:
            where = ", ".join(wrong)
            yield name, f"{name}: it must be in the stack's region and account: {where}."
