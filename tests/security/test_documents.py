"""The documents on permissions list every statement of every role, and no others."""

import re
from collections.abc import Iterator

import pytest

from tests.security.policies import ROLES, ROOT
from tests.template.application import resources

EVERY = {
    kind: {name for name in ROLES.values() if name.endswith(kind.removeprefix("every "))}
    for kind in ("every function", "every machine")
}


def in_the_template() -> Iterator[tuple[str, str]]:
    """Who has a statement, as the documents call them, and its Sid."""
    for role, properties in resources("AWS::IAM::Role").items():
        for policy in properties["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                _, given, _ = statement.get("Fn::If", (None, statement, None))
                yield ROLES[role], given["Sid"]


def told(text: str) -> Iterator[tuple[str, str]]:
    """The statements in a document's table: an empty cell repeats the one above it."""
    table = re.search(r"^\| Who \| Statement \|.*\n(?:\|.*\n)+", text, re.MULTILINE)
    assert table is not None
    names: set[str] = set()
    for line in table[0].splitlines()[2:]:
        who, what = (cell.strip() for cell in line.split("|")[1:3])
        if who:
            names = set().union(*(EVERY.get(name, {name}) for name in who.split(", ")))
        yield from ((name, sid) for sid in re.findall(r"`(\w+)`", what) for name in names)


@pytest.mark.parametrize("document", ["SECURITY.md", "docs/permissions.md"])
def test_a_document_tells_every_statement_once_and_none_that_is_not_there(document: str) -> None:
    assert sorted(told((ROOT / document).read_text())) == sorted(in_the_template())
