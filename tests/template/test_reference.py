"""What the documents say of the resource is what its schema says, and what the provider does."""

from __future__ import annotations

import re
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from provider.contract.event import Place
from provider.contract.validation import parse_properties
from provider.model.endpoint import Endpoint, Status
from tests.template.application import ROOT
from tools import reference

SCHEMA = reference.read_schema()
SETTABLE = reference.settable(SCHEMA)
PLACE = Place("aws", "eu-west-1", "123456789012", "shop")
TABLES = {
    "README.md": SETTABLE,
    # For who has not installed it yet.
    "README-SAR.md": [name for name in SETTABLE if not name.startswith("Service")],
}
"""The properties in the table of each document."""


def table(document: str) -> list[dict[str, str]]:
    """The rows of a document's table of properties, by column."""
    text = (ROOT / document).read_text()
    found = re.search(r"^\| Property \|.*\n(?:\|.*\n)+", text, re.MULTILINE)
    assert found is not None
    head, _, *rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in found[0].splitlines()
    ]
    return [dict(zip(head, row, strict=True)) for row in rows]


def names(cell: str) -> list[str]:
    return re.findall(r"\w+", cell)


def examples(language: str) -> list[Any]:
    """The templates on the reference page, with YAML's short forms as mappings."""
    page = reference.PAGE.read_text()
    texts = re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return [yaml_parse(text) for text in texts]


def test_the_reference_s_examples_are_valid_and_the_same_in_yaml_and_in_json() -> None:
    assert len(examples("yaml")) == len(reference.alternatives(SCHEMA)) + 1
    assert examples("yaml") == examples("json")
    for template in examples("yaml"):
        for resource in template["Resources"].values():
            given = {
                name: value if isinstance(value, list) else str(value)
                for name, value in resource["Properties"].items()
            }
            assert parse_properties(given, PLACE).problems == ()


@pytest.mark.parametrize("name", SETTABLE)
def test_a_property_that_may_replace_an_endpoint_says_when(name: str) -> None:
    requires = reference.update_requires(SCHEMA, name)
    conditional = name in reference.listed(SCHEMA, "conditionalCreateOnly")
    kinds = {reference.NO_INTERRUPTION, reference.REPLACEMENT, reference.NOT_SUPPORTED}

    assert ("; replacement where " in requires) == conditional
    assert requires.partition(";")[0] in kinds


def test_the_return_values_are_those_of_the_provider_s_answer() -> None:
    paragraph = (ROOT / "README.md").read_text().split("**Return values.**")[1].split("\n\n")[0]
    answered = sorted(Endpoint("arn:none", Status.IN_SERVICE).attributes())

    assert sorted(set(re.findall(r"`(\w+)`", paragraph)) - {"Ref"}) == answered
    assert sorted(reference.attributes(SCHEMA)) == answered


@pytest.mark.parametrize("document", TABLES)
def test_a_table_has_the_properties_in_their_order(document: str) -> None:
    rows = table(document)

    assert [name for row in rows for name in names(row["Property"])] == TABLES[document]


@pytest.mark.parametrize("row", table("README.md"), ids=lambda row: row["Property"].strip("`"))
def test_a_row_of_the_readme_says_what_the_schema_says(row: dict[str, str]) -> None:
    (name,) = names(row["Property"])
    rules = SCHEMA["properties"][name]
    needed = {"Yes": ["yes"], "No": ["no"], "Conditional": reference.alternatives(SCHEMA)}
    kind = {"string": "String", "integer": "Integer", "array": "list of `Key`, `Value`"}
    limits = {rules[word] for word in reference.CONSTRAINTS if isinstance(rules.get(word), int)}
    numbers = {int(number) for number in re.findall(r"\d+", row["Constraint"])}

    assert row["Type"] == kind[rules["type"]]
    expected = needed[reference.required(SCHEMA, name)]
    assert set(names(row["Required"])) - {"this", "or", "both"} == set(expected) - {name}
    assert row["An update"] == reference.update_requires(SCHEMA, name).lower()
    assert numbers <= limits
    # Of an ARN, its length says nothing to a reader.
    assert numbers or "ARN" in rules["description"].split(".")[0]


@pytest.mark.parametrize("row", table("README-SAR.md"), ids=lambda row: row["Property"])
def test_a_row_of_the_listing_s_readme_says_what_the_schema_says(row: dict[str, str]) -> None:
    needed = {"Yes": "yes", "No": "no", "Conditional": "one or both"}
    for name in names(row["Property"]):
        requires = reference.update_requires(SCHEMA, name).lower()
        most = SCHEMA["properties"][name].get("maxItems")

        assert row["An update"].startswith("no interruption") == requires.startswith(
            reference.NO_INTERRUPTION.lower()
        )
        assert ("replaces the endpoint" in row["An update"]) == (
            reference.REPLACEMENT.lower() in requires
        )
        assert row["Required"].split(",")[0] == needed[reference.required(SCHEMA, name)]
        assert most is None or str(most) in row["Required"]
