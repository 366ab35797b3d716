"""What a template gives a resource: its properties under each combination of conditions.

Intrinsic functions are left alone. Only Fn::If is followed, because each of its branches may be
checked, and AWS::NoValue, which is a property's absence.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cfn_lint_comprehend_endpoint._checks import is_property

TYPE = "Custom::ComprehendEndpoint"

_NO_VALUE = {"Ref": "AWS::NoValue"}
_ABSENT = object()

Path = tuple[str | int, ...]
"""The keys and indexes that lead to a value."""


@dataclass(slots=True)
class Variant:
    """One resource's properties under one combination of conditions, as CloudFormation sends them.

    A path here is one within these properties, which is what the provider would see.
    """

    properties: dict[str, Any] = field(default_factory=dict)
    written: dict[Path, Path] = field(default_factory=dict)
    """Where in the template each value stands."""
    absent: dict[Path, Path] = field(default_factory=dict)
    """Where in the template AWS::NoValue stands."""
    unknown: set[Path] = field(default_factory=set)
    """What only the deployment knows."""
    incomplete: set[Path] = field(default_factory=set)
    """To what a macro may add more."""

    def place(self, problem: str) -> Path | None:
        """Find what in the template a problem is about; None where that is not known.

        The provider's problems begin with the property, "Tags[0].Key: …". Where there is none,
        because it is missing, the nearest thing that is there is meant.
        """
        places = self.absent | self.written
        told = {_told(path): path for path in places if path}
        meant = [each for each in told if problem.startswith(f"{each}: ")]
        around = [each for each in told if problem.startswith((f"{each}.", f"{each}["))]
        nearest = max(meant or around, key=len, default="")
        path = told.get(nearest, ())
        # A name that does not exist is wrong whatever its value.
        if any(path[: len(each)] == each and is_property(each) for each in self.unknown):
            return None
        is_missing = not meant or path in self.absent
        if is_missing and (path[:-1] if meant else path) in self.incomplete:
            return None
        return places[path]


def variants(cfn: Any) -> Iterator[tuple[str, Variant]]:
    """Give the properties of every resource of our type, by its logical id.

    Args:
        cfn: cfn-lint's template, its transforms applied.
    """
    in_loop = bool(cfn.transform_pre.get("Fn::ForEach"))
    for logical_id, resource in cfn.get_resources(TYPE).items():
        properties = resource.get("Properties", {})
        if not isinstance(properties, dict):
            continue  # cfn-lint says so itself.
        path: Path = ("Resources", logical_id)
        if "Properties" in resource:
            path = (*path, "Properties")
        for conditions in _combinations(cfn, resource):
            variant = Variant()
            variant.written[()] = path
            found = _Reader(variant, conditions, in_loop=in_loop).read(properties, (), path)
            variant.properties = found if isinstance(found, dict) else {}
            yield logical_id, variant


def _combinations(cfn: Any, resource: Mapping[str, Any]) -> list[dict[str, bool]]:
    """Combine the conditions that a resource's properties ask for; cfn-lint knows which can be."""
    wanted: dict[str, set[bool]] = {
        name: set() for name in _conditions(resource.get("Properties", {}))
    }
    own = resource.get("Condition")
    if isinstance(own, str):
        wanted[own] = {True}
    return list(cfn.conditions.build_scenarios(wanted)) or [{}]


def _conditions(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        arguments = value.get("Fn::If")
        if isinstance(arguments, list) and arguments and isinstance(arguments[0], str):
            yield arguments[0]
        for each in value.values():
            yield from _conditions(each)
    elif isinstance(value, list):
        for each in value:
            yield from _conditions(each)


class _Reader:
    """Reads values of the template into a variant."""

    def __init__(self, variant: Variant, conditions: Mapping[str, bool], *, in_loop: bool) -> None:
        self._variant = variant
        self._conditions = conditions
        # What stands for something else in a string that is no argument of a function.
        # cfn-lint leaves ${Identifier} of Fn::ForEach there, which CloudFormation replaces.
        self._placeholders = ("{{resolve:", "${", "&{") if in_loop else ("{{resolve:",)

    def read(self, value: Any, path: Path, written: Path) -> Any:
        """Give a value as CloudFormation would send it, every scalar a string."""
        if isinstance(value, dict):
            if len(value) == 1:
                ((name, argument),) = value.items()
                if name == "Fn::If" and (branch := self._branch(argument)):
                    return self.read(argument[branch], path, (*written, name, branch))
                if value == _NO_VALUE:
                    self._variant.absent[path] = written
                    return _ABSENT
                if name == "Ref" or (_is_function(name) and path):
                    return self._unknown(value, path, written)
            return self._mapping(value, path, written)
        if isinstance(value, list):
            return self._list(value, path, written)
        if isinstance(value, str) and any(each in value for each in self._placeholders):
            return self._unknown(value, path, written)
        self._variant.written[path] = written
        return str(value).lower() if isinstance(value, bool) else str(value)

    def _branch(self, arguments: Any) -> int:
        """Which argument of Fn::If holds, 0 where that is not known."""
        if not isinstance(arguments, list) or len(arguments) != 3:
            return 0
        holds = self._conditions.get(arguments[0]) if isinstance(arguments[0], str) else None
        return 0 if holds is None else 1 if holds else 2

    def _unknown(self, value: Any, path: Path, written: Path) -> Any:
        self._variant.written[path] = written
        self._variant.unknown.add(path)
        return value

    def _mapping(self, value: Mapping[Any, Any], path: Path, written: Path) -> dict[str, Any]:
        self._variant.written[path] = written
        found = {}
        for key, each in value.items():
            if _is_function(key):
                # Fn::Transform beside other keys: it adds some, nobody knows which.
                self._variant.incomplete.add(path)
                continue
            read = self.read(each, (*path, str(key)), (*written, key))
            if read is not _ABSENT:
                found[str(key)] = read
        return found

    def _list(self, value: list[Any], path: Path, written: Path) -> list[Any]:
        self._variant.written[path] = written
        found: list[Any] = []
        for index, each in enumerate(value):
            read = self.read(each, (*path, len(found)), (*written, index))
            if read is not _ABSENT:
                found.append(read)
        return found


def _is_function(key: object) -> bool:
    return isinstance(key, str) and key.startswith("Fn::")


def _told(path: Path) -> str:
    """Write a path as the provider does."""
    first, *rest = path
    return str(first) + "".join(
        f"[{each}]" if isinstance(each, int) else f".{each}" for each in rest
    )
