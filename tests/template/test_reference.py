"""What the documents say of the resource is what its schema says, and what the provider does."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # It ships no types.
import pytest
from samtranslator.yaml_helper import yaml_parse

from provider.contract.event import Place
from provider.contract.limits import MAX_TIMEOUT
from provider.contract.validation import parse_properties
from provider.contract.validation import settable as settable_at_run_time
from provider.model.endpoint import Endpoint, Status
from tests.template.application import ROOT
from tests.template.conftest import Run
from tools import reference

SCHEMA = reference.read_schema()
SETTABLE = reference.settable(SCHEMA)
PLACE = Place("aws", "eu-west-1", "123456789012", "shop")
README = (ROOT / "README.md").read_text()
LISTING = (ROOT / "README-SAR.md").read_text()


def table(document: str) -> list[dict[str, str]]:
    """The rows of the table of properties, by column."""
    found = re.search(r"^\| Property \|.*\n(?:\|.*\n)+", document, re.MULTILINE)
    assert found is not None
    head, _, *rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in found[0].splitlines()
    ]
    return [dict(zip(head, row, strict=True)) for row in rows]


def names(cell: str) -> list[str]:
    return re.findall(r"\w+", cell)


def blocks(language: str) -> list[Any]:
    """The examples in the reference, as JSON or with YAML's short forms as mappings."""
    page = reference.PAGE.read_text()
    texts = re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return [yaml_parse(text) for text in texts]


def limits(rules: Any) -> Iterator[int]:
    """Every bound that the schema sets to a property's value."""
    for word in reference.CONSTRAINTS:
        if isinstance(rules.get(word), int):
            yield rules[word]


class TestReference:
    def test_it_is_what_make_docs_writes(self) -> None:
        assert reference.PAGE.read_text() == reference.page(SCHEMA), "run make docs"

    def test_it_tells_every_property_attribute_and_property_type(self) -> None:
        page = reference.PAGE.read_text()
        properties, rest = page.split("\n## Properties\n")[1].split("\n## Return values\n")

        assert re.findall(r"^### (.*)$", properties, re.MULTILINE) == [
            *SETTABLE,
            *SCHEMA["definitions"],
        ]
        told = re.findall(r"^`(\w+)`\\$", rest, re.MULTILINE)
        assert told == reference.attributes(SCHEMA)

    def test_it_tells_every_rule_of_every_property(self) -> None:
        page = reference.PAGE.read_text()
        for name in SETTABLE:
            section = re.split(rf"^### {name}\n", page, flags=re.MULTILINE)[1].split("\n### ")[0]
            rules = SCHEMA["properties"][name]

            told = {word: rules[word] for word in reference.CONSTRAINTS if word in rules}
            assert [word for word, limit in told.items() if f"`{limit}`" not in section] == []
            assert "- *Required*: " in section
            assert "- *Update requires*: " in section

    def test_a_change_of_the_schema_makes_it_stale(self) -> None:
        changed = copy.deepcopy(SCHEMA)
        changed["properties"]["Tags"]["maxItems"] = 46

        assert reference.page(changed) != reference.PAGE.read_text()

    def test_its_examples_are_valid_for_the_provider(self) -> None:
        for template in blocks("yaml"):
            for resource in template["Resources"].values():
                given = {
                    name: value if isinstance(value, list) else str(value)
                    for name, value in resource["Properties"].items()
                }
                assert parse_properties(given, PLACE).problems == ()

    def test_each_example_is_the_same_in_yaml_and_in_json(self) -> None:
        assert len(blocks("yaml")) == len(reference.alternatives(SCHEMA)) + 1
        assert blocks("yaml") == blocks("json")

    def test_the_last_example_has_every_property_and_every_return_value(self) -> None:
        *_, template = blocks("json")
        (resource,) = template["Resources"].values()
        values = [output["Value"] for output in template["Outputs"].values()]

        assert list(resource["Properties"]) == SETTABLE
        assert values == [
            {"Ref": "Reviews"},
            *({"Fn::GetAtt": ["Reviews", each]} for each in reference.attributes(SCHEMA)),
        ]

    def test_its_examples_pass_cfn_lint(self, run_tool: Run, tmp_path: Path) -> None:
        files = [tmp_path / f"{number}.json" for number, _ in enumerate(blocks("json"))]
        for file, template in zip(files, blocks("json"), strict=True):
            file.write_text(json.dumps(template))
        done = run_tool("cfn-lint", "--template", *files)

        assert done.returncode == 0, done.stdout + done.stderr


class TestSchema:
    @pytest.mark.parametrize("name", SETTABLE)
    def test_what_may_replace_an_endpoint_says_when(self, name: str) -> None:
        requires = reference.update_requires(SCHEMA, name)
        conditional = name in reference.listed(SCHEMA, "conditionalCreateOnly")

        assert ("; replacement where " in requires) == conditional
        assert requires.partition(";")[0] in {
            reference.NO_INTERRUPTION,
            reference.REPLACEMENT,
            reference.NOT_SUPPORTED,
        }

    def test_its_examples_are_examples(self) -> None:
        for rules in SCHEMA["properties"].values():
            checked = {"definitions": SCHEMA["definitions"], **rules}
            for example in rules.get("examples", []):
                jsonschema.Draft7Validator(checked).validate(example)

    def test_what_it_says_at_run_time_and_on_paper_is_the_same(self) -> None:
        timeout = SCHEMA["properties"]["ServiceTimeout"]

        assert list(settable_at_run_time()) == SETTABLE
        assert timeout["default"] == MAX_TIMEOUT

    def test_what_fn_getatt_gives_is_what_the_provider_answers(self) -> None:
        answered = Endpoint("arn:none", Status.IN_SERVICE).attributes()

        assert sorted(reference.attributes(SCHEMA)) == sorted(answered)


class TestReadme:
    def test_its_table_has_the_properties_in_their_order(self) -> None:
        assert [name for row in table(README) for name in names(row["Property"])] == SETTABLE

    @pytest.mark.parametrize("row", table(README), ids=lambda row: row["Property"].strip("`"))
    def test_a_row_says_what_the_schema_says(self, row: dict[str, str]) -> None:
        (name,) = names(row["Property"])
        rules = SCHEMA["properties"][name]
        needed = {"Yes": ["yes"], "No": ["no"], "Conditional": reference.alternatives(SCHEMA)}
        kind = {"string": "String", "integer": "Integer", "array": "list of `Key`, `Value`"}
        numbers = [int(number) for number in re.findall(r"\d+", row["Constraint"])]

        assert row["Type"] == kind[rules["type"]]
        expected = needed[reference.required(SCHEMA, name)]
        assert [each for each in expected if each != name] == [
            each for each in names(row["Required"]) if each not in {"this", "or", "both"}
        ]
        assert row["An update"] == reference.update_requires(SCHEMA, name).lower()
        assert set(numbers) <= set(limits(rules))
        # Of an ARN, its length says nothing to a reader.
        assert numbers or "ARN" in rules["description"].split(".")[0]

    def test_it_names_every_return_value(self) -> None:
        paragraph = README.split("**Return values.**")[1].split("\n\n")[0]
        told = re.findall(r"`(\w+)`", paragraph)

        assert sorted(set(told) - {"Ref"}) == sorted(reference.attributes(SCHEMA))

    def test_the_tags_it_says_are_left_are_those_of_the_schema(self) -> None:
        most = SCHEMA["properties"]["Tags"]["maxItems"]

        assert "An endpoint has 50 tags at most; the provider uses three of them" in README
        assert most == 50 - 3


class TestListingsReadme:
    """README-SAR.md is for who has not installed it yet: a shorter table."""

    def test_its_table_has_the_properties_of_an_endpoint_in_their_order(self) -> None:
        told = [name for row in table(LISTING) for name in names(row["Property"])]

        assert told == [name for name in SETTABLE if not name.startswith("Service")]

    @pytest.mark.parametrize("row", table(LISTING), ids=lambda row: row["Property"])
    def test_a_row_says_what_the_schema_says(self, row: dict[str, str]) -> None:
        for name in names(row["Property"]):
            requires = reference.update_requires(SCHEMA, name)
            needed = {"Yes": "yes", "No": "no", "Conditional": "one or both"}
            most = SCHEMA["properties"][name].get("maxItems")

            assert row["An update"].startswith("no interruption") == requires.startswith(
                reference.NO_INTERRUPTION
            )
            assert ("replaces the endpoint" in row["An update"]) == (
                reference.REPLACEMENT.lower() in requires.lower()
            )
            assert re.split(",", row["Required"])[0] == needed[reference.required(SCHEMA, name)]
            assert most is None or str(most) in row["Required"]
