"""CloudFormation's own types of Comprehend endpoints, and how this provider's compares with them.

The schemas are CloudFormation's, as cfn-lint 1.58.0 ships them (MIT-0).
`PYTHONPATH=src python -m tests.template.native_types` writes the table in docs/native-types.md.
"""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from provider.contract.validation import schema
from provider.model.endpoint import Endpoint, Status

Schema = dict[str, Any]

HERE = Path(__file__).parent
PAGE = HERE.parents[2] / "docs" / "native-types.md"
BEGIN, END = "<!-- from the schemas: begin -->", "<!-- from the schemas: end -->"

REGIONS = ("ap-south-1", "eu-central-1", "us-east-1", "us-west-2")
"""Where cfn-lint 1.58.0 has both types, of the 13 public regions in which it has Comprehend."""

OTHER_NAMES = {"Status": "EndpointStatus"}
"""Attributes of ours, as CloudFormation's types call them."""

NATIVE: dict[str, Schema] = {
    found["typeName"]: found
    for found in (json.loads(path.read_text()) for path in sorted(HERE.glob("*.json")))
}
OURS: Schema = dict(schema())


def schemas() -> list[Schema]:
    """Ours first."""
    return [OURS, *NATIVE.values()]


def table() -> str:
    """The comparison, point by point."""
    head = ["", *(f"`{each['typeName']}`" for each in schemas())]
    rows = [head, ["---"] * len(head), *_rows()]
    return "\n".join(f"| {' | '.join(row)} |".replace("|  |", "| |") for row in rows)


def _rows() -> Iterator[list[str]]:
    yield ["Regions", "all that have Comprehend", *[", ".join(REGIONS)] * len(NATIVE)]
    names = dict.fromkeys(
        name for each in schemas() for name in each["properties"] if not _is_read_only(each, name)
    )
    for name in names:
        yield [f"`{name}`", *(_property(each, name) for each in schemas())]
    yield ["`Ref`", *(f"`{_name(each['primaryIdentifier'][0])}`" for each in schemas())]
    ours = list(Endpoint("", Status.IN_SERVICE).attributes())
    theirs = [list(map(_name, each["readOnlyProperties"])) for each in NATIVE.values()]
    for name in ours:
        yield [f"`Fn::GetAtt` `{name}`", *(_attribute(name, each) for each in [ours, *theirs])]
    yield ["Drift detection, import", *("yes" if _is_read(each) else "no" for each in schemas())]
    yield ["Needed by whoever deploys", *map(_permissions, schemas())]


def _attribute(name: str, attributes: list[str]) -> str:
    other = OTHER_NAMES.get(name)
    return "yes" if name in attributes else f"as `{other}`" if other in attributes else "no"


def _property(each: Schema, name: str) -> str:
    if name not in each["properties"] or _is_read_only(each, name):
        return "no"
    alternatives = {name for part in each.get("anyOf", []) for name in part["required"]}
    if name in each["required"]:
        need = "required"
    elif name in alternatives:
        (other,) = alternatives - {name}
        need = f"this, `{other}` or both"
    else:
        need = "optional"
    path = f"/properties/{name}"
    if name == "ServiceToken":
        # CloudFormation's own rule for custom resources.
        return f"{need}; cannot change"
    if path in each["createOnlyProperties"]:
        change = "replacement"
    elif path in each.get("conditionalCreateOnlyProperties", []):
        change = "no interruption, at times replacement"
    else:
        change = "no interruption"
    return f"{need}; {change}"


def _is_read_only(each: Schema, name: str) -> bool:
    return f"/properties/{name}" in each["readOnlyProperties"]


def _is_read(each: Schema) -> bool:
    return {"read", "list"} <= set(each.get("handlers", {}))


def _permissions(each: Schema) -> str:
    if "handlers" not in each:
        return "`lambda:InvokeFunction`, `ssm:GetParameters`"
    needed = {
        action
        for name, handler in each["handlers"].items()
        if name != "list"
        for action in handler["permissions"]
    }
    by_service = itertools.groupby(sorted(needed), lambda action: action.split(":")[0])
    return "; ".join(
        f"`{service}:` {', '.join(action.split(':')[1] for action in actions)}"
        for service, actions in by_service
    )


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def written() -> str:
    """The table in the page. Raises ValueError if it is missing."""
    text = PAGE.read_text()
    return text[text.index(BEGIN) + len(BEGIN) : text.index(END)].strip()


def write() -> None:
    """Writes it anew."""
    before, rest = PAGE.read_text().split(BEGIN)
    _, after = rest.split(END)
    PAGE.write_text(f"{before}{BEGIN}\n{table()}\n{END}{after}")
