"""The provider's own checks, so that the linter speaks in the provider's words.

The wheel holds copies of the provider's modules (setup.py). In a clone they are read where they
are, so that there is one source.
"""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

_SOURCES = Path(__file__).resolve().parents[3] / "src"

if TYPE_CHECKING:
    from provider.properties import nearest, problems_of, schema, settable
elif Path(__file__).with_name("_provider").is_dir():
    from cfn_lint_comprehend_endpoint._provider._properties import (
        nearest,
        problems_of,
        schema,
        settable,
    )
else:
    sys.path.insert(0, str(_SOURCES))
    from provider.properties import nearest, problems_of, schema, settable

__all__ = ["attributes", "is_property", "nearest", "problems_of", "schema"]


def attributes() -> tuple[str, ...]:
    """Name what Fn::GetAtt can read: all that the answer holds, which is strings alone."""
    write_only = {pointer.rpartition("/")[2] for pointer in schema()["writeOnlyProperties"]}
    return tuple(
        name
        for name, rule in schema()["properties"].items()
        if name not in write_only and rule["type"] != "array"
    )


def is_property(path: Iterable[str | int]) -> bool:
    """Say whether all names on a path are those of properties that a template may set."""
    known: Iterable[str] = settable()
    for each in path:
        if isinstance(each, int):
            known = schema()["definitions"]["Tag"]["properties"]
        elif each not in known:
            return False
    return True
