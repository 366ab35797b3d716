"""The resource's properties: checked against the schema, typed, every problem at once."""

from __future__ import annotations

import difflib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import fastjsonschema

from provider.errors import InvalidPropertiesError
from provider.request import Place

SCHEMA_FILE = Path(__file__).with_name("schema.json")
DEFAULT_TIMEOUT = 3600
"""Seconds; CloudFormation's own default for ServiceTimeout."""

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_REFUSED = {
    "ClientRequestToken": (
        "ClientRequestToken: it is not a property: the provider derives the token from the stack, "
        "the logical id and the request, so that a repeated request never makes a second "
        "endpoint. Remove it."
    ),
}


@dataclass(frozen=True, slots=True)
class Properties:
    """The properties of one resource; what is absent is None."""

    endpoint_name: str | None = None
    model_arn: str | None = None
    flywheel_arn: str | None = None
    inference_units: int | None = None
    role_arn: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    timeout: int = DEFAULT_TIMEOUT


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


def parse_properties(raw: Mapping[str, Any], place: Place) -> Properties:
    """Check a template's properties and give them their types.

    Args:
        raw: ResourceProperties as CloudFormation sends them, every scalar a string.
        place: the stack's partition, region and account, which the ARNs must share.

    Raises:
        InvalidPropertiesError: with every problem there is, each beginning with the property.
    """
    problems = problems_of(raw, place)
    if problems:
        raise InvalidPropertiesError(problems)
    return _properties(_typed(raw))


def problems_of(raw: Mapping[str, Any], place: Place | None) -> list[str]:
    """List what is wrong with a template's properties; see :func:`parse_properties`.

    Without a place, as before a deployment, region and account of ARNs are not checked.
    """
    typed = _typed(raw)
    problems = [*_unknown(typed), *_against_schema(typed), *_beyond_schema(typed, place)]
    return list(dict.fromkeys(problems))


def read_properties(raw: Mapping[str, Any], place: Place) -> Properties:
    """Read properties that must not fail a request: what breaks a rule counts as absent.

    For OldResourceProperties, for a Delete, and for a rollback to properties that are older than
    a rule of today.
    """
    typed = {name: value for name, value in _typed(raw).items() if name in settable()}
    problems = [*_against_schema(typed), *_beyond_schema(typed, place)]
    return _properties(
        {
            name: value
            for name, value in typed.items()
            if not any(problem.startswith(_prefixes(name)) for problem in problems)
        }
    )


def _properties(typed: Mapping[str, Any]) -> Properties:
    return Properties(
        endpoint_name=typed.get("EndpointName"),
        model_arn=typed.get("ModelArn"),
        flywheel_arn=typed.get("FlywheelArn"),
        inference_units=typed.get("DesiredInferenceUnits"),
        role_arn=typed.get("DataAccessRoleArn"),
        tags={tag["Key"]: tag["Value"] for tag in typed.get("Tags", [])},
        timeout=typed.get("ServiceTimeout", DEFAULT_TIMEOUT),
    )


def _prefixes(name: str) -> tuple[str, ...]:
    return (f"{name}:", f"{name}[", f"{name}.")


def _typed(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Undo CloudFormation's turning of every scalar into a string, as the schema's types say."""
    typed = {}
    for name, value in raw.items():
        kind = schema()["properties"].get(name, {}).get("type")
        is_number = isinstance(value, str) and _INTEGER.fullmatch(value.strip())
        typed[name] = int(value) if kind == "integer" and is_number else value
    return typed


def _unknown(typed: Mapping[str, Any]) -> Iterator[str]:
    for name in typed:
        if name in settable():
            continue
        if name in _REFUSED:
            yield _REFUSED[name]
        elif name in schema()["properties"]:
            yield f"{name}: it is a return value; read it with Fn::GetAtt and do not set it."
        else:
            yield f"{name}: there is no such property. {nearest(name, settable())}"


def nearest(name: str, known: tuple[str, ...], kind: str = "properties") -> str:
    """Suggest what was meant by an unknown name, or say what there is."""
    by_lower = {each.lower(): each for each in known}
    near = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    if near:
        return f"Did you mean {by_lower[near[0]]}?"
    return f"The {kind} are {', '.join(known)}."


@cache
def _validator() -> Callable[[Any], Any]:
    """Compile the schema once for each process: fast_fail off, so that every problem is told."""
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


def _against_schema(typed: Mapping[str, Any]) -> Iterator[str]:
    try:
        _validator()(dict(typed))
    except fastjsonschema.JsonSchemaValuesException as failure:
        for error in failure.errors:
            yield from _told(error)


def _told(error: fastjsonschema.JsonSchemaValueException) -> Iterator[str]:
    """Tell one broken rule in the words of a template's author."""
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
    if rule == "maxItems":
        return (
            f"there may be at most {limit} of your own, not {len(value)}: "
            "Amazon Comprehend allows 50, and the provider needs three."
        )
    if path.endswith(".Key"):
        return (
            f"the prefixes aws: and comprehend-endpoint-provider: are reserved ({_shown(value)})."
        )
    return f"{_shown(value)} does not match {limit}."


def _shown(value: object) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _beyond_schema(typed: Mapping[str, Any], place: Place | None) -> Iterator[str]:
    """Check what JSON Schema cannot say plainly."""
    if place is not None:
        yield from _elsewhere(typed, place)
    tags = typed.get("Tags")
    keys = Counter(
        tag["Key"]
        for tag in (tags if isinstance(tags, list) else [])
        if isinstance(tag, dict) and isinstance(tag.get("Key"), str)
    )
    for key in sorted(key for key, times in keys.items() if times > 1):
        yield f"Tags: the key {_shown(key)} stands there more than once."


def _elsewhere(typed: Mapping[str, Any], place: Place) -> Iterator[str]:
    """Find the ARNs of another partition, region or account."""
    for name in ("ModelArn", "FlywheelArn", "DataAccessRoleArn"):
        parts = str(typed.get(name, "")).split(":", 5)
        if len(parts) < 6:
            continue
        _, partition, _, region, account, _ = parts
        wrong = [
            f"{what} {found or '(none)'} where the stack is in {expected}"
            for what, found, expected in (
                ("partition", partition, place.partition),
                # IAM is global: a role's ARN has no region.
                ("region", region, "" if name == "DataAccessRoleArn" else place.region),
                ("account", account, place.account),
            )
            if found != expected
        ]
        if wrong:
            yield f"{name}: it must be in the stack's region and account: {', '.join(wrong)}."
