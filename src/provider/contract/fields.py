"""The field table: what the schema cannot say about a property.

The schema (schema.json) holds types, limits, what is required and what replaces. This table holds
the rest: each property's name in Python, its names in the API, and how an update compares it.
Parsing, diff, requests and attributes are loops over it, so a plain property is one row here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Compare(StrEnum):
    """How an update treats a property that the template changed."""

    PLAIN = "plain"
    """UpdateEndpoint sends it if the endpoint has another value. If a template no longer has it,
    the endpoint keeps it, because UpdateEndpoint cannot clear a setting."""
    SCALED = "scaled"
    """Like PLAIN, but Application Auto Scaling may change the value by itself."""
    SOURCE = "source"
    """The model and the flywheel: UpdateEndpoint sends both or neither, and a flywheel may change
    the model by itself."""
    NAME = "name"
    """Part of the endpoint's ARN, so no call can change it."""
    TAGS = "tags"
    """Changed by TagResource and UntagResource."""
    NEVER = "never"
    """CloudFormation's own property: no call sends it."""


@dataclass(frozen=True, slots=True)
class Field:
    """One property that a template may set.

    Args:
        prop: the property's name in the schema.
        name: its name in Python.
        create: its parameter of CreateEndpoint.
        update: its parameter of UpdateEndpoint.
        describe: its key in the EndpointProperties of DescribeEndpoint.
        other: the second value that DescribeEndpoint shows of it: what the endpoint changes to
            (``Desired…``), or the units that are in service now (``Current…``).

    Source: Comprehend API reference, CreateEndpoint, UpdateEndpoint and EndpointProperties.
    """

    prop: str
    name: str
    compare: Compare = Compare.PLAIN
    create: str = ""
    update: str = ""
    describe: str = ""
    other: str = ""


FIELDS = (
    Field("ServiceToken", "service_token", Compare.NEVER),
    Field("ServiceTimeout", "timeout", Compare.NEVER),
    Field("EndpointName", "endpoint_name", Compare.NAME, create="EndpointName"),
    Field(
        "ModelArn",
        "model_arn",
        Compare.SOURCE,
        create="ModelArn",
        update="DesiredModelArn",
        describe="ModelArn",
        other="DesiredModelArn",
    ),
    Field(
        "FlywheelArn",
        "flywheel_arn",
        Compare.SOURCE,
        create="FlywheelArn",
        update="FlywheelArn",
        describe="FlywheelArn",
    ),
    Field(
        "DesiredInferenceUnits",
        "inference_units",
        Compare.SCALED,
        create="DesiredInferenceUnits",
        update="DesiredInferenceUnits",
        describe="DesiredInferenceUnits",
        other="CurrentInferenceUnits",
    ),
    Field(
        "DataAccessRoleArn",
        "role_arn",
        create="DataAccessRoleArn",
        update="DesiredDataAccessRoleArn",
        describe="DataAccessRoleArn",
        other="DesiredDataAccessRoleArn",
    ),
    Field("Tags", "tags", Compare.TAGS, create="Tags"),
)

SETTINGS = tuple(field for field in FIELDS if field.describe)
"""The fields that DescribeEndpoint shows, so that an update can compare and send them."""
