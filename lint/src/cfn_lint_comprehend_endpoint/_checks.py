"""The provider's own checks, so that the linter reports in the provider's words.

``cfn_lint_comprehend_endpoint_contract`` is the provider's package ``contract`` as it is: a link to
it in a clone, a copy in the wheel. It lies beside this package, because cfn-lint takes rules from
every file below a folder.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from cfn_lint_comprehend_endpoint_contract.validation import (
    nearest,
    parse_properties,
    resolved,
    schema,
    settable,
)

__all__ = ["attributes", "is_property", "nearest", "problems_of", "schema"]


def attributes() -> tuple[str, ...]:
    """Name what Fn::GetAtt can read: all that the answer holds, which is strings alone."""
    write_only = {pointer.rpartition("/")[2] for pointer in schema()["writeOnlyProperties"]}
    return tuple(
        name
        for name, rule in schema()["properties"].items()
        if name not in write_only and rule["type"] != "array"
    )


def problems_of(properties: Mapping[str, Any]) -> tuple[str, ...]:
    """List what the provider would refuse in a template's properties.

    A template may be deployed in any region and account, so those of ARNs are not checked.
    """
    return parse_properties(properties, None).problems


def is_property(path: Iterable[str | int]) -> bool:
    """Say whether all names on a path are those of properties that a template may set."""
    properties = {name: schema()["properties"][name] for name in settable()}
    rule: Mapping[str, Any] = {"properties": properties}
    for each in path:
        if isinstance(each, int):
            rule = resolved(rule.get("items", {}))
        elif each not in rule.get("properties", {}):
            return False
        else:
            rule = resolved(rule["properties"][each])
    return True
