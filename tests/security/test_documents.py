"""The documents on permissions list every statement of every role, and no others."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.security.policies import ROLES, ROOT
from tests.template.application import resources

DOCUMENTS = ["SECURITY.md", "docs/permissions.md"]
EVERY = {
    "every function": {
        "request function",
        "step function",
        "fallback function",
        "orphan scan function",
    },
    "every machine": {"state machine", "fallback machine", "orphan scan machine"},
}
Statement = tuple[str, str]
"""Who has it, as the documents call them, and its Sid."""


def in_the_template() -> Iterator[Statement]:
    for role, properties in resources("AWS::IAM::Role").items():
        for policy in properties["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                _, given, _ = statement.get("Fn::If", (None, statement, None))
                yield ROLES[role], given["Sid"]


def told(text: str) -> Iterator[Statement]:
    """The statements in a document's table: an empty cell repeats the one above it."""
    table = re.search(r"^\| Who \| Statement \|.*\n(?:\|.*\n)+", text, re.MULTILINE)
    assert table is not None
    names: set[str] = set()
    for line in table[0].splitlines()[2:]:
        who, what = line.split("|")[1:3]
        if who.strip():
            names = set()
            for name in who.strip().split(", "):
                names |= EVERY.get(name, {name})
        for sid in re.findall(r"`(\w+)`", what):
            yield from ((name, sid) for name in names)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_tells_every_statement_once_and_none_that_is_not_there(name: str) -> None:
    assert sorted(told((ROOT / name).read_text())) == sorted(in_the_template())


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_a_document_points_to_is_there(name: str) -> None:
    document = Path(ROOT, name)
    places = re.findall(r"\]\(([^)#:]+)[)#]", document.read_text())

    assert places
    assert [place for place in places if not (document.parent / place).exists()] == []


def test_a_table_gives_its_statements_to_everybody_in_the_first_cell() -> None:
    table = "\n".join(
        [
            "| Who | Statement | May |",
            "|---|---|---|",
            "| step function | `One`, `Two` | |",
            "| | `Three` | |",
            "| orphan scan rule, every machine | `Four` | |",
            "",
        ]
    )

    assert sorted(told(table)) == [
        ("fallback machine", "Four"),
        *[(name, "Four") for name in ("orphan scan machine", "orphan scan rule", "state machine")],
        *[("step function", sid) for sid in ("One", "Three", "Two")],
    ]
