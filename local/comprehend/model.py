"""Checks JSON against the shapes of botocore's Comprehend service model, patterns included."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ListShape, OperationModel, ServiceModel, Shape, StructureShape

EMULATED = (
    "CreateEndpoint",
    "DeleteEndpoint",
    "DescribeEndpoint",
    "DescribeFlywheel",
    "ListEndpoints",
    "ListTagsForResource",
    "TagResource",
    "UntagResource",
    "UpdateEndpoint",
)

_WITH_RULES = {"ModelArn", "FlywheelArn", "DataAccessRoleArn", "DesiredInferenceUnits"}
"""Settings that the emulator knows more of than the model says."""

_PYTHON_TYPES: dict[str, tuple[type[Any], ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "timestamp": (int, float),
}


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a value: where it is, and whether its very type is the matter."""

    path: str
    text: str
    wrong_type: bool = False

    def __str__(self) -> str:
        return f"{self.path}: {self.text}" if self.path else self.text


class ApiModel:
    """The part of the Comprehend API that the emulator plays.

    botocore's client checks types and minimums before it sends; the service checks lengths,
    ranges, enumerations and patterns too, and so does this class.
    """

    def __init__(self) -> None:
        description = Loader().load_service_model("comprehend", "service-2")
        self._model = ServiceModel(description, "comprehend")
        self.target_prefix: str = self._model.metadata["targetPrefix"]
        self._operations: dict[str, OperationModel] = {
            name: self._model.operation_model(name) for name in EMULATED
        }
        # Every operation has both shapes, if only one without members.
        self._inputs = {name: _present(one.input_shape) for name, one in self._operations.items()}
        self._outputs = {name: _present(one.output_shape) for name, one in self._operations.items()}

    def plain_settings(self) -> dict[str, str]:
        """The settings that the emulator has no rules for: it keeps and shows them as they are.

        By the name under which CreateEndpoint takes and DescribeEndpoint shows each, the name under
        which UpdateEndpoint takes it, empty if none.
        """
        shown = self._outputs["DescribeEndpoint"].members["EndpointProperties"]
        known = set(self._inputs["CreateEndpoint"].members) & set(_structure(shown).members)
        updated = self._inputs["UpdateEndpoint"].members
        return {
            name: next((each for each in (f"Desired{name}", name) if each in updated), "")
            for name in sorted(known - _WITH_RULES)
        }

    def error_codes(self, operation: str) -> tuple[str, ...]:
        """The codes that the model lists for an operation."""
        return tuple(shape.name for shape in self._operations[operation].error_shapes)

    def request_problems(self, operation: str, value: Any) -> list[Problem]:
        """What is wrong with a request's parameters; an empty list where nothing is."""
        return list(_problems(self._inputs[operation], value, ""))

    def answer_problems(self, operation: str, value: Any) -> list[Problem]:
        """What is wrong with an answer in its form on the wire."""
        return list(_problems(self._outputs[operation], value, ""))


@cache
def api_model() -> ApiModel:
    """The one model of this process: it is large, and nothing changes it."""
    return ApiModel()


def _structure(shape: Shape) -> StructureShape:
    if not isinstance(shape, StructureShape):
        raise TypeError(f"{shape.name} has no members")
    return shape


def _present(shape: StructureShape | None) -> StructureShape:
    if shape is None:
        raise ValueError("the service model lacks a shape")
    return shape


def _problems(shape: Shape, value: Any, path: str) -> Iterator[Problem]:
    if isinstance(shape, StructureShape):
        yield from _structure_problems(shape, value, path)
    elif isinstance(shape, ListShape):
        if not isinstance(value, list):
            yield Problem(path, "must be a list", wrong_type=True)
            return
        yield from _size_problems(shape, len(value), path, "length")
        for index, item in enumerate(value):
            yield from _problems(shape.member, item, f"{path}[{index}]")
    else:
        yield from _scalar_problems(shape, value, path)


def _structure_problems(shape: StructureShape, value: Any, path: str) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield Problem(path, "must be an object", wrong_type=True)
        return
    prefix = f"{path}." if path else ""
    for name in shape.required_members:
        if value.get(name) is None:
            yield Problem(prefix + name, "must not be null")
    for name, item in value.items():
        if name not in shape.members:
            yield Problem(prefix + name, "is not a member of the request")
        elif item is not None:  # On the wire a null says the same as a member left out.
            yield from _problems(shape.members[name], item, prefix + name)


def _scalar_problems(shape: Shape, value: Any, path: str) -> Iterator[Problem]:
    expected = _PYTHON_TYPES[shape.type_name]
    # In Python True is an int; in JSON it is no number.
    if not isinstance(value, expected) or (isinstance(value, bool) and bool not in expected):
        yield Problem(path, f"must be a {shape.type_name}, not {value!r}", wrong_type=True)
        return
    if isinstance(value, str):
        yield from _size_problems(shape, len(value), path, "length")
        allowed = shape.metadata.get("enum")
        if allowed and value not in allowed:
            yield Problem(path, f"must be one of {', '.join(allowed)}, not {value!r}")
        pattern = shape.metadata.get("pattern")
        # The service matches the whole value, also where a pattern has no anchors.
        if pattern and not _compiled(pattern).fullmatch(value):
            yield Problem(path, f"must match the pattern {pattern}, not {value!r}")
    elif shape.type_name != "timestamp":
        yield from _size_problems(shape, value, path, "value")


def _size_problems(shape: Shape, size: float, path: str, what: str) -> Iterator[Problem]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        yield Problem(path, f"must have a {what} of at least {least}, not {size}")
    if most is not None and size > most:
        yield Problem(path, f"must have a {what} of at most {most}, not {size}")


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
