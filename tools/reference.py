"""Writes the resource's reference page from its schema, in the form of CloudFormation's own."""

from __future__ import annotations

import argparse
import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
SCHEMA = ROOT / "schema" / "custom-comprehendendpoint.json"
PAGE = ROOT / "docs" / "reference.md"

Schema = Mapping[str, Any]
"""The schema, or a part of it."""

WIDTH = 120
NO_INTERRUPTION = "No interruption"
REPLACEMENT = "Replacement"
NOT_SUPPORTED = "Updates are not supported"
BEHAVIOURS = (
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/"
    "using-cfn-updating-stacks-update-behaviors.html"
)
ANCHORS = {NO_INTERRUPTION: "update-no-interrupt", REPLACEMENT: "update-replacement"}
# The keywords of JSON Schema, and what CloudFormation's pages call them.
CONSTRAINTS = {
    "pattern": "Pattern",
    "minimum": "Minimum",
    "minLength": "Minimum",
    "maximum": "Maximum",
    "maxLength": "Maximum",
    "maxItems": "Maximum",
    "default": "Default",
}
API = "https://docs.aws.amazon.com/comprehend/latest/APIReference"
SEE_ALSO = f"""\
- [README](../README.md): installation, updates and rollbacks, limits and costs
- [Troubleshooting](troubleshooting.md): what each reason for a failure means, and what to do
- [CreateEndpoint]({API}/API_CreateEndpoint.html) and
  [UpdateEndpoint]({API}/API_UpdateEndpoint.html) in the API reference of Amazon Comprehend"""


def read_schema() -> dict[str, Any]:
    """Reads the schema as it is written."""
    content: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return content


def settable(schema: Schema) -> list[str]:
    """The properties that a template may set."""
    return [name for name in schema["properties"] if name not in listed(schema, "readOnly")]


def attributes(schema: Schema) -> list[str]:
    """What Fn::GetAtt gives: all that is the endpoint's own, and no list."""
    return [
        name
        for name, rules in schema["properties"].items()
        if name not in listed(schema, "writeOnly") and rules["type"] != "array"
    ]


def listed(schema: Schema, kind: str) -> list[str]:
    """The names in one of the schema's lists of properties: readOnly, createOnly and so on."""
    return [pointer.rpartition("/")[2] for pointer in schema[f"{kind}Properties"]]


def alternatives(schema: Schema) -> list[str]:
    """The properties of which at least one is needed."""
    return [name for each in schema["anyOf"] for name in each["required"]]


def required(schema: Schema, name: str) -> str:
    """Whether a template must set a property; Conditional where another one will do as well."""
    if name in alternatives(schema):
        return "Conditional"
    return "Yes" if name in schema["required"] else "No"


def update_requires(schema: Schema, name: str) -> str:
    """What an update of a property does to the endpoint.

    The schema's lists name what may replace it; when it does, and what cannot be updated, is
    in the last sentence of the property's description.
    """
    _, condition = _split(schema["properties"][name]["description"])
    if name in listed(schema, "createOnly"):
        return REPLACEMENT
    if name in listed(schema, "conditionalCreateOnly"):
        return f"{NO_INTERRUPTION}; {condition[:1].lower()}{condition[1:]}"
    return condition or NO_INTERRUPTION


def page(schema: Schema) -> str:
    """Gives the whole page."""
    parts = [
        f"<!-- Written by make docs from {SCHEMA.relative_to(ROOT)}: change it there. -->",
        f"# {schema['typeName']}",
        _filled(schema["description"]),
        "## Syntax",
        *_syntax(schema),
        "## Properties",
        *(part for name in settable(schema) for part in _property(schema, name)),
        "## Property types",
        *(part for name in schema["definitions"] for part in _definition(schema, name)),
        "## Return values",
        *_return_values(schema),
        "## Examples",
        *_examples(schema),
        "## See also",
        SEE_ALSO,
    ]
    return "\n\n".join(parts) + "\n"


def _split(description: str) -> tuple[str, str]:
    """A description, and what its last sentence says of updates; see :func:`update_requires`."""
    match = re.fullmatch(rf"(.*) ({REPLACEMENT} where [^.]*|{NOT_SUPPORTED})\.", description)
    return (match[1], match[2]) if match else (description, "")


def _told(schema: Schema, description: str) -> str:
    """A description as a paragraph, with names, prefixes and paths as code."""
    names = "|".join(name for name in schema["properties"] if len(re.findall("[A-Z]", name)) > 1)
    code = rf"\b[a-z-]+:[\w:-]*|\b(?:{names})s?\b|(?<=\s)/[a-z/-]+|\bRef\b"
    return _filled(re.sub(code, r"`\g<0>`", _split(description)[0]))


def _filled(text: str, *, hanging: str = "") -> str:
    return textwrap.fill(
        text,
        WIDTH,
        subsequent_indent=hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _fenced(text: str, language: str = "") -> str:
    return f"```{language}\n{text}\n```"


def _kind(rules: Schema) -> str:
    """A property's type, in a list that of its items."""
    kind: str = rules["type"]
    return rules["items"]["$ref"].rpartition("/")[2] if kind == "array" else kind.capitalize()


def _json_lines(properties: Mapping[str, Schema], names: Iterable[str]) -> str:
    return ",\n".join(
        f'"{name}" : [ {_kind(properties[name])}, ... ]'
        if properties[name]["type"] == "array"
        else f'"{name}" : {_kind(properties[name])}'
        for name in names
    )


def _yaml_lines(properties: Mapping[str, Schema], names: Iterable[str]) -> str:
    return "\n".join(
        f"{name}:\n  - {_kind(properties[name])}"
        if properties[name]["type"] == "array"
        else f"{name}: {_kind(properties[name])}"
        for name in names
    )


def _syntax(schema: Schema) -> Iterator[str]:
    in_json = textwrap.indent(_json_lines(schema["properties"], settable(schema)), " " * 4)
    in_yaml = textwrap.indent(_yaml_lines(schema["properties"], settable(schema)), " " * 2)
    yield "### JSON"
    yield _fenced(
        f'{{\n  "Type" : "{schema["typeName"]}",\n  "Properties" : {{\n{in_json}\n  }}\n}}'
    )
    yield "### YAML"
    yield _fenced(f"Type: {schema['typeName']}\nProperties:\n{in_yaml}")


def _property(schema: Schema, name: str) -> Iterator[str]:
    rules = schema["properties"][name]
    yield f"### {name}"
    yield _told(schema, rules["description"])
    yield _facts(rules, required(schema, name), update_requires(schema, name))


def _definition(schema: Schema, name: str) -> Iterator[str]:
    """A property type, such as Tag."""
    definition = schema["definitions"][name]
    properties = definition["properties"]
    yield f"### {name}"
    yield _told(schema, definition["description"])
    yield _fenced("{\n" + textwrap.indent(_json_lines(properties, properties), "  ") + "\n}")
    yield _fenced(_yaml_lines(properties, properties))
    for each, rules in properties.items():
        yield f"#### {each}"
        yield _told(schema, rules["description"])
        yield _facts(rules, "Yes" if each in definition["required"] else "No", NO_INTERRUPTION)


def _facts(rules: Schema, needed: str, update: str) -> str:
    """The list below a property's description."""
    kind = _kind(rules)
    linked = update
    for words, anchor in ANCHORS.items():
        link = rf"[\g<0>]({BEHAVIOURS}#{anchor})"
        linked = re.sub(words, link, linked, count=1, flags=re.IGNORECASE)
    facts = [
        ("Required", needed),
        ("Type", f"Array of [{kind}](#{kind.lower()})" if rules["type"] == "array" else kind),
        *((title, f"`{rules[word]}`") for word, title in CONSTRAINTS.items() if word in rules),
        ("Update requires", linked),
    ]
    return "\n".join(f"- *{title}*: {text}" for title, text in facts)


def _return_values(schema: Schema) -> Iterator[str]:
    (pointer,) = schema["primaryIdentifier"]
    identifier = pointer.rpartition("/")[2]
    example = schema["properties"][identifier]["examples"][0]
    yield "### Ref"
    yield f"`Ref` gives the physical resource id, which is the `{identifier}`. For example:"
    yield _fenced(example)
    yield "### Fn::GetAtt"
    yield _filled(
        "`Fn::GetAtt` gives what follows, each as a string, as it was when the last operation on "
        "the endpoint ended. What does not apply is an empty string."
    )
    for name in attributes(schema):
        description = schema["properties"][name]["description"]
        if name not in listed(schema, "readOnly"):
            # The rest of it is about what to write into a template.
            description = re.split(r"(?<=\.) ", description)[0]
        yield f"`{name}`\\\n{_told(schema, description)}"


def _examples(schema: Schema) -> Iterator[str]:
    """The least with each of the alternatives; then everything."""
    example = {name: rules.get("examples") for name, rules in schema["properties"].items()}
    for name in alternatives(schema):
        needed = [each for each in settable(schema) if each in (*schema["required"], name)]
        yield f"### An endpoint with {name}"
        yield from _template(schema, {each: example[each][0] for each in needed}, [])
    yield "### All properties and return values"
    everything = {each: example[each][0] for each in settable(schema)}
    yield from _template(schema, everything, attributes(schema))


def _template(
    schema: Schema, properties: Mapping[str, Any], outputs: Iterable[str]
) -> Iterator[str]:
    """A template with one endpoint, in YAML and in JSON, each with its own form of functions."""
    name = "Reviews"
    resource = {"Type": schema["typeName"], "Properties": dict(properties)}
    template: dict[str, Any] = {"Resources": {name: resource}}
    if outputs:
        values = {"Id": {"Ref": name}} | {each: {"Fn::GetAtt": [name, each]} for each in outputs}
        template["Outputs"] = {each: {"Value": value} for each, value in values.items()}
    in_yaml = yaml.dump(template, Dumper=_Dumper, sort_keys=False, width=WIDTH)
    in_yaml = re.sub(r"\n +Ref: (\w+)", r" !Ref \1", in_yaml)
    in_yaml = re.sub(r"\n +Fn::GetAtt:\n +- (\w+)\n +- (\w+)", r" !GetAtt \1.\2", in_yaml)
    yield _fenced(in_yaml.rstrip(), "yaml")
    in_json = json.dumps(template, indent=2)
    in_json = re.sub(r"\[\s+(\"\w+\"),\s+(\"\w+\")\s+\]", r"[\1, \2]", in_json)
    in_json = re.sub(r"\{\s+(\"(?:Ref|Fn::GetAtt)\": [^{}\n]+)\s+\}", r"{ \1 }", in_json)
    yield _fenced(in_json, "json")


class _Dumper(yaml.SafeDumper):
    """Writes lists as templates are written: further in than their key."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        del indentless
        super().increase_indent(flow, indentless=False)


def main() -> None:
    """Writes the page."""
    parser = argparse.ArgumentParser(prog="python -m tools.reference", description=__doc__)
    parser.add_argument("--page", type=Path, default=PAGE, help="default: docs/reference.md")
    parser.parse_args().page.write_text(page(read_schema()), encoding="utf-8")


if __name__ == "__main__":
    main()
