"""Checks JSON against the shapes of botocore's Comprehend service model, patterns included."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ListShape, ServiceModel, Shape, StructureShape
from botocore.validate import ParamValidator

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


class ApiModel:
    """The part of the Comprehend API that the emulator plays."""

    def __init__(self) -> None:
        description = Loader().load_service_model("comprehend", "service-2")
        model = ServiceModel(description, "comprehend")
        operations = {name: model.operation_model(name) for name in EMULATED}
        self.target_prefix: str = model.metadata["targetPrefix"]
        # Every operation has both shapes, if only one without members.
        self._inputs: dict[str, Any] = {name: one.input_shape for name, one in operations.items()}
        self._outputs: dict[str, Any] = {name: one.output_shape for name, one in operations.items()}
        self._errors = {
            name: tuple(shape.name for shape in one.error_shapes)
            for name, one in operations.items()
        }

    def plain_settings(self) -> dict[str, str]:
        """The settings that the emulator has no rules for: it keeps and shows them as they are.

        By the name under which CreateEndpoint takes and DescribeEndpoint shows each, the name under
        which UpdateEndpoint takes it, empty if none.
        """
        shown = self._outputs["DescribeEndpoint"].members["EndpointProperties"].members
        known = set(self._inputs["CreateEndpoint"].members) & set(shown)
        updated = self._inputs["UpdateEndpoint"].members
        return {
            name: next((each for each in (f"Desired{name}", name) if each in updated), "")
            for name in sorted(known - _WITH_RULES)
        }

    def error_codes(self, operation: str) -> tuple[str, ...]:
        """The codes that the model lists for an operation."""
        return self._errors[operation]

    def request_problems(self, operation: str, value: Any) -> list[str]:
        """What is wrong with a request's parameters; an empty list where nothing is."""
        return _problems(self._inputs[operation], value)

    def answer_problems(self, operation: str, value: Any) -> list[str]:
        """What is wrong with an answer in its form on the wire."""
        return _problems(self._outputs[operation], value)


@cache
def api_model() -> ApiModel:
    """The one model of this process: it is large, and nothing changes it."""
    return ApiModel()


def is_of_type(problem: str) -> bool:
    """Whether a problem is that a value has another type than the model says."""
    return problem.startswith("Invalid type for parameter ")


def _problems(shape: Shape, value: Any) -> list[str]:
    """By botocore's own check, which the SDK's clients make before they send, and by what it leaves
    to the service: maximums, enumerations and patterns.
    """
    report = ParamValidator().validate(value, shape).generate_report()
    return [*report.splitlines(), *_beyond_botocore(shape, value, "")]


def _beyond_botocore(shape: Shape, value: Any, path: str) -> Iterator[str]:
    metadata = shape.metadata
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        for name in shape.members.keys() & value.keys():
            yield from _beyond_botocore(
                shape.members[name], value[name], f"{path}.{name}".lstrip(".")
            )
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _beyond_botocore(shape.member, item, f"{path}[{index}]")
    elif isinstance(value, bool) and shape.type_name != "boolean":  # In Python, True is an int.
        yield f"Invalid type for parameter {path}, value: {value}"
    elif isinstance(value, str):
        if metadata.get("enum") and value not in metadata["enum"]:
            yield f"{path} must be one of {', '.join(metadata['enum'])}, not {value!r}"
        # The service matches the whole value, also where a pattern has no anchors.
        if "pattern" in metadata and not re.fullmatch(metadata["pattern"], value):
            yield f"{path} must match the pattern {metadata['pattern']}, not {value!r}"
    size = len(value) if isinstance(value, (str, list)) else value
    if "max" in metadata and isinstance(size, (int, float)) and size > metadata["max"]:
        yield f"{path} must be at most {metadata['max']}, not {size}"
