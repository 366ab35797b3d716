"""The observed endpoint: what Amazon Comprehend describes, and what Fn::GetAtt gives of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from provider.contract.fields import SETTINGS
from provider.contract.properties import Settings
from provider.model.naming import parse_endpoint_arn


class Status(StrEnum):
    """EndpointStatus of the Comprehend API."""

    CREATING = "CREATING"
    IN_SERVICE = "IN_SERVICE"
    UPDATING = "UPDATING"
    DELETING = "DELETING"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """EndpointProperties of the Comprehend API, and the endpoint's tags.

    Args:
        settings: the settings that it has.
        other: the second value that DescribeEndpoint shows of some settings; see
            :class:`provider.contract.fields.Field`.
        created: when it was created, in seconds since the epoch; None if the service does not say.
            So is ``modified``, when its settings were last changed.
    """

    arn: str
    status: Status
    settings: Settings = field(default_factory=Settings)
    other: Settings = field(default_factory=Settings)
    message: str | None = None
    created: float | None = None
    modified: float | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    def attributes(self) -> dict[str, str]:
        """Give what Fn::GetAtt can read: every key, always; empty if it does not apply."""
        identity = parse_endpoint_arn(self.arn)
        values = {
            "EndpointArn": self.arn,
            "Arn": self.arn,
            "EndpointName": identity.name if identity else "",
            **{each.prop: self.settings.get(each.name) for each in SETTINGS},
            "CurrentInferenceUnits": self.other.inference_units,
            "Status": self.status.value,
            "CreationTime": _iso(self.created),
            "LastModifiedTime": _iso(self.modified),
            "ScalableDimension": (
                f"comprehend:{identity.kind}-endpoint:DesiredInferenceUnits" if identity else ""
            ),
        }
        return {key: _text(value) for key, value in values.items()}


def _iso(moment: float | None) -> str | None:
    """Write a time as ISO 8601 in UTC, in whole seconds."""
    if moment is None:
        return None
    return datetime.fromtimestamp(int(moment), UTC).isoformat().replace("+00:00", "Z")


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


@dataclass(frozen=True, slots=True)
class ListedEndpoint:
    """An endpoint of ListEndpoints, with what the orphan scan needs.

    ``status`` may be one that did not exist when this was written.
    """

    arn: str
    status: str
    inference_units: int
    """The units in service; the desired ones while there are none yet."""
    created: datetime | None
    """With a time zone; None if the service does not say."""
