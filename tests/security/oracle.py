"""Says without the provider's code, by the schema, whether an event may change anything."""

import functools
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema  # type: ignore[import-untyped]  # It ships no types.

SCHEMA = Path(__file__).parents[2] / "schema" / "custom-comprehendendpoint.json"
_STACK = re.compile(
    r"arn:(aws[a-z-]*):cloudformation:([a-z]+(?:-[a-z]+)+-[0-9]+):([0-9]{12}):stack/[A-Za-z0-9-]+/[A-Za-z0-9-]+"
)
_HALF_A_CHARACTER = re.compile("[\ud800-\udfff]")
_NOT_IN_A_URL = re.compile(r"""[^!-~]|["<>\\^`{|}]""")
MAX_IDS = 3072
_TEXTS = ("StackId", "RequestId", "LogicalResourceId")


@functools.cache
def _schema() -> Any:
    return json.loads(SCHEMA.read_text())


@functools.cache
def _validator() -> Any:
    whole = _schema()
    read_only = {pointer.rpartition("/")[2] for pointer in whole["readOnlyProperties"]}
    definition = {
        "type": "object",
        "additionalProperties": False,
        "required": whole["required"],
        "anyOf": whole["anyOf"],
        "definitions": whole["definitions"],
        "properties": {
            name: rule for name, rule in whole["properties"].items() if name not in read_only
        },
    }
    # In Python $ is also before a line's end.
    text = json.dumps(definition).replace('$"', '\\\\Z"')
    return jsonschema.Draft7Validator(json.loads(text.replace('"\\\\Zref"', '"$ref"')))


def valid_properties(properties: Any, stack: str) -> bool:
    """Whether the schema, and the stack's place, allow these properties."""
    if not isinstance(properties, dict):
        return False
    typed = {name: _typed(name, value) for name, value in properties.items()}
    if not _validator().is_valid(typed):
        return False
    place = _STACK.fullmatch(stack)
    if place is None:
        return False
    partition, region, account = place.groups()
    for name in ("ModelArn", "FlywheelArn", "DataAccessRoleArn"):
        if name in typed:
            _, its_partition, _, its_region, its_account, _ = typed[name].split(":", 5)
            here = "" if name == "DataAccessRoleArn" else region
            if (its_partition, its_region, its_account) != (partition, here, account):
                return False
    keys = [tag["Key"] for tag in typed.get("Tags", [])]
    return len(keys) == len(set(keys))


def valid_event(event: Any, *, goes_back: bool = False) -> bool:
    """Whether an event may lead to a change, as far as what it says is concerned.

    `goes_back`: it is an Update that undoes another one, whose properties stop nothing.
    """
    if not isinstance(event, dict) or not answerable(event):
        return False
    if not _STACK.fullmatch(event["StackId"]):
        return False
    if any(_HALF_A_CHARACTER.search(event[key]) for key in _TEXTS):
        return False
    match event.get("RequestType"):
        case "Create":
            return valid_properties(event.get("ResourceProperties", {}), event["StackId"])
        case "Update":
            identity = event.get("PhysicalResourceId")
            named = isinstance(identity, str) and identity != ""
            properties = event.get("ResourceProperties", {})
            sound = goes_back and isinstance(properties, dict)
            return named and (sound or valid_properties(properties, event["StackId"]))
        case "Delete":
            # Never validated: only ownership counts.
            return True
    return False


def answerable(event: Any) -> bool:
    """Whether somebody waits for an answer, at an address that may get one: an HTTPS URL."""
    if not isinstance(event, dict):
        return False
    texts = [event.get(key) for key in _TEXTS]
    identity = event.get("PhysicalResourceId")
    repeated = [*texts, identity if isinstance(identity, str) and identity else None]
    return (
        _is_https(event.get("ResponseURL"))
        and all(isinstance(text, str) and text for text in texts)
        # An answer has 4096 bytes, and repeats them.
        and len(json.dumps(repeated)) <= MAX_IDS
    )


def _is_https(url: Any) -> bool:
    if not isinstance(url, str) or _NOT_IN_A_URL.search(url):
        return False
    if not url.lower().startswith("https://"):
        return False
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _typed(name: str, value: Any) -> Any:
    """CloudFormation sends every scalar as a string."""
    is_integer = _schema()["properties"].get(name, {}).get("type") == "integer"
    if is_integer and isinstance(value, str):
        number = re.fullmatch(r"\s*([+-]?[0-9]{1,18})\s*", value)
        return int(number[1]) if number else value
    return value
