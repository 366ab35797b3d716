"""One endpoint and its life cycle, computed from the time at which somebody looks."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from local.comprehend.tags import Tags


class Status(StrEnum):
    """EndpointStatus of the service model."""

    CREATING = "CREATING"
    IN_SERVICE = "IN_SERVICE"
    UPDATING = "UPDATING"
    DELETING = "DELETING"
    FAILED = "FAILED"


@dataclass(frozen=True)
class Configuration:
    """What an endpoint runs on, or is to run on."""

    model_arn: str
    units: int
    role_arn: str | None = None
    flywheel_arn: str | None = None
    plain: Mapping[str, Any] = field(default_factory=dict)
    """Settings without rules of their own, by their names in DescribeEndpoint."""


@dataclass(frozen=True)
class Transition:
    """Something under way: what it shows, from when, and how it ends. Times are the clock's."""

    status: Status
    began: float
    ends: float
    status_visible: float
    """Until then DescribeEndpoint shows the status from before."""
    desired_visible: float
    """Until then DescribeEndpoint shows the desired values from before."""
    before: Configuration
    """The desired values from before."""
    failure: str | None = None
    """The message it fails with; None where it succeeds."""
    reverts: bool = False
    """A failure leaves the endpoint IN_SERVICE on the old values."""
    tells: bool = True
    """A failure shows its message."""
    modifies_at_begin: bool = True
    """Its begin moves LastModifiedTime."""
    modifies_at_end: bool = False
    """Its end moves LastModifiedTime, whether it succeeds or fails."""


@dataclass
class Endpoint:
    """The record of one endpoint; `settle` before reading anything that time changes.

    `current.units` is 0 until the endpoint served for the first time.
    """

    arn: str
    name: str
    token: str | None
    created: float
    modified: float
    since: float
    """When `status` began."""
    current: Configuration
    desired: Configuration
    tags: Tags
    status: Status
    """The status that the last transition left, or IN_SERVICE."""
    message: str | None = None
    transition: Transition | None = None
    gone: bool = False

    @property
    def busy(self) -> Status | None:
        """What is under way, whether visible or not."""
        return self.transition.status if self.transition else None

    def settle(self, now: float) -> None:
        """Applies the end of what is under way if that is past."""
        done = self.transition
        if done is None or now < done.ends:
            return
        self.transition = None
        self.since = done.ends
        if done.modifies_at_begin:
            self.modified = max(self.modified, done.began)
        if done.modifies_at_end:
            self.modified = done.ends
        self.message = None
        if done.status is Status.DELETING:
            self.gone = True
        elif done.failure is None:
            self.current = self.desired
            self.status = Status.IN_SERVICE
        else:
            self.status = Status.IN_SERVICE if done.reverts else Status.FAILED
            self.message = done.failure if done.tells else None

    def fail(self, message: str, now: float) -> None:
        """Ends in FAILED, whatever was under way."""
        self.modified = self.modified_at(now)
        self.transition = None
        self.status, self.message, self.since = Status.FAILED, message, now

    def promote(self, flywheel_arn: str, model_arn: str, now: float) -> bool:
        """Follows the flywheel to its new active model if attached to it; whether it was."""
        if self.desired.flywheel_arn != flywheel_arn:
            return False
        self.desired = replace(self.desired, model_arn=model_arn)
        if self.transition is None or self.current.flywheel_arn == flywheel_arn:
            self.current = replace(self.current, model_arn=model_arn)
        self.modified = now
        return True

    def scale(self, units: int, now: float) -> None:
        """Sets the units as auto scaling leaves them when it is through."""
        self.desired = replace(self.desired, units=units)
        self.current = replace(self.current, units=units)
        self.modified = now

    def shown_status(self, now: float) -> Status:
        under_way = self.transition
        if under_way and now >= under_way.status_visible:
            return under_way.status
        return self.status

    def status_since(self, now: float) -> float:
        """When the status that DescribeEndpoint shows began to show."""
        under_way = self.transition
        if under_way and now >= under_way.status_visible:
            return under_way.status_visible
        return self.since

    def modified_at(self, now: float) -> float:
        """LastModifiedTime. An update that does not show yet has not moved it."""
        under_way = self.transition
        if under_way is None or not under_way.modifies_at_begin:
            return self.modified
        if now < min(under_way.status_visible, under_way.desired_visible):
            return self.modified
        return max(self.modified, under_way.began)

    def properties(self, now: float) -> dict[str, Any]:
        """EndpointProperties as on the wire; what does not apply is left out."""
        under_way = self.transition
        hidden = under_way is not None and now < under_way.desired_visible
        desired = under_way.before if under_way and hidden else self.desired
        properties: dict[str, Any] = {
            "EndpointArn": self.arn,
            "Status": str(self.shown_status(now)),
            "Message": None if self.shown_status(now) is Status.UPDATING else self.message,
            "ModelArn": self.current.model_arn,
            "DesiredModelArn": desired.model_arn,
            "DesiredInferenceUnits": desired.units,
            # The model's minimum is 1: before the first unit serves there is no such member.
            "CurrentInferenceUnits": self._serving_units(now, hidden) or None,
            "CreationTime": self.created,
            "LastModifiedTime": self.modified_at(now),
            "DataAccessRoleArn": self.current.role_arn,
            "DesiredDataAccessRoleArn": desired.role_arn,
            "FlywheelArn": self.current.flywheel_arn,
            **self.current.plain,
        }
        return {name: value for name, value in properties.items() if value is not None}

    def _serving_units(self, now: float, hidden: bool) -> int:
        """Units on the way from the current to the desired number, in step with time."""
        under_way = self.transition
        growing = (Status.CREATING, Status.UPDATING)
        if under_way is None or hidden or under_way.status not in growing or under_way.failure:
            return self.current.units
        share = (now - under_way.began) / max(under_way.ends - under_way.began, 1e-9)
        way = (self.desired.units - self.current.units) * min(max(share, 0.0), 1.0)
        return self.current.units + (math.floor(way) if way >= 0 else math.ceil(way))
