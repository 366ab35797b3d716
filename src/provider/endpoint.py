"""What is there: an endpoint as Amazon Comprehend describes it, and what users see of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from provider.identity import parse_endpoint_arn


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

    ``created`` and ``modified`` are ISO 8601 in UTC. What the service leaves out is None.
    """

    arn: str
    status: Status
    model_arn: str | None = None
    desired_model_arn: str | None = None
    flywheel_arn: str | None = None
    desired_units: int | None = None
    current_units: int | None = None
    role_arn: str | None = None
    desired_role_arn: str | None = None
    message: str | None = None
    created: str | None = None
    modified: str | None = None
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def units_differ(self) -> bool:
        """Whether other units are in service than are desired, as while they are changed."""
        return self.current_units not in (None, self.desired_units)

    def attributes(self) -> dict[str, str]:
        """Give what Fn::GetAtt can read: every key, always; what does not apply is empty."""
        identity = parse_endpoint_arn(self.arn)
        values = {
            "EndpointArn": self.arn,
            "Arn": self.arn,
            "EndpointName": identity.name if identity else "",
            "ModelArn": self.model_arn,
            "FlywheelArn": self.flywheel_arn,
            "DataAccessRoleArn": self.role_arn,
            "DesiredInferenceUnits": self.desired_units,
            "CurrentInferenceUnits": self.current_units,
            "Status": self.status.value,
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
            "ScalableDimension": (
                f"comprehend:{identity.kind}-endpoint:DesiredInferenceUnits" if identity else ""
            ),
        }
        return {key: "" if value is None else str(value) for key, value in values.items()}


@dataclass(frozen=True, slots=True)
class Listed:
    """An endpoint in a list, with what the watchman looks at.

    ``status`` may be one that did not exist when this was written.
    """

    arn: str
    status: str
    units: int
    """Inference units that it has; those that it is to have, while it has none yet."""
    created: datetime | None
    """With a time zone; None where the service does not say."""
