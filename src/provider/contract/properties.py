"""The resource's properties, typed, and the settings of an endpoint in one form for all uses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .fields import SETTINGS
from .limits import MAX_TIMEOUT


@dataclass(frozen=True, slots=True)
class Settings:
    """Values of an endpoint's settings, by :attr:`Field.name`; what is not set is not in it.

    What a template asks for, what an endpoint has, and what an update sends all have this form.
    """

    values: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, **values: Any) -> Settings:
        """Give the settings with these values; None leaves one out."""
        return cls({name: value for name, value in values.items() if value is not None})

    def get(self, name: str) -> Any:
        """Give one value, None if it is not set."""
        return self.values.get(name)

    def __bool__(self) -> bool:
        return bool(self.values)

    @property
    def model_arn(self) -> str | None:
        """The model's ARN."""
        return self.values.get("model_arn")

    @property
    def flywheel_arn(self) -> str | None:
        """The flywheel's ARN."""
        return self.values.get("flywheel_arn")

    @property
    def inference_units(self) -> int | None:
        """The number of inference units."""
        return self.values.get("inference_units")

    @property
    def role_arn(self) -> str | None:
        """The ARN of the data access role."""
        return self.values.get("role_arn")


@dataclass(frozen=True, slots=True)
class Properties:
    """The properties of one resource, parsed; see validation.py.

    Args:
        endpoint_name: None if the provider generates the name.
        timeout: ServiceTimeout, in seconds.
    """

    settings: Settings = field(default_factory=Settings)
    endpoint_name: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    timeout: int = MAX_TIMEOUT


def typed_properties(values: Mapping[str, Any]) -> Properties:
    """Give valid properties, named as in the schema, their Python form."""
    return Properties(
        settings=Settings({f.name: values[f.prop] for f in SETTINGS if f.prop in values}),
        endpoint_name=values.get("EndpointName"),
        tags={tag["Key"]: tag["Value"] for tag in values.get("Tags", [])},
        timeout=values.get("ServiceTimeout", MAX_TIMEOUT),
    )
