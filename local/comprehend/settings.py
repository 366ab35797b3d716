"""What a user or a test can set about the emulator, above all where nothing public says."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from local.comprehend.errors import AdminError


class UpdateVisibility(StrEnum):
    """What DescribeEndpoint shows between an accepted UpdateEndpoint and a moment later."""

    IMMEDIATE = "immediate"
    """UPDATING and the desired values, at once."""
    LATE_STATUS = "late_status"
    """The desired values at once, UPDATING a moment later."""
    LATE = "late"
    """The endpoint as it was; everything a moment later."""


class FailedUpdate(StrEnum):
    """How an update that could not be carried out ends."""

    FAILED = "failed"
    """FAILED with a Message."""
    REVERTED = "reverted"
    """IN_SERVICE on the old values, the desired ones still different, without a Message."""
    REVERTED_WITH_MESSAGE = "reverted_with_message"
    """The same with a Message."""


class UpdateModified(StrEnum):
    """When an update moves LastModifiedTime. Of a creation it is recorded: not at its end."""

    BEGIN = "begin"
    """When UpdateEndpoint is accepted."""
    END = "end"
    """When the update ends, whether it succeeds or fails."""
    BOTH = "both"


class UpdateOnFailed(StrEnum):
    """How UpdateEndpoint answers for an endpoint in FAILED: accepted, or the error's code."""

    ACCEPTED = "accepted"
    INVALID_REQUEST = "InvalidRequestException"
    RESOURCE_IN_USE = "ResourceInUseException"
    RESOURCE_UNAVAILABLE = "ResourceUnavailableException"


class DeleteWhileBusy(StrEnum):
    """How DeleteEndpoint answers for a busy endpoint; refused is ResourceInUseException."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


class TokenAfterDelete(StrEnum):
    """What a ClientRequestToken means once its endpoint was deleted."""

    FORGOTTEN = "forgotten"
    """Nothing: the same request creates again."""
    REMEMBERED = "remembered"
    """The same request is answered with the old endpoint's ARN, and nothing is created."""


@dataclass(frozen=True)
class Settings:
    """Durations are in seconds of the service's time, divided by `time_scale` on the clock."""

    time_scale: float = 1.0
    create_seconds: float = 600.0
    update_seconds: float = 300.0
    delete_seconds: float = 420.0
    """The service takes five to ten minutes (aws-samples/amazon-comprehend-examples)."""
    jitter: float = 0.0
    """Spread of each duration: 0.2 draws its factor from 0.8 to 1.2, the same one each time."""
    visibility_delay_seconds: float = 5.0
    """The moment in `update_visibility`."""
    tag_visibility_seconds: float = 0.0
    """How much later ListTagsForResource shows what CreateEndpoint, TagResource or UntagResource
    has changed. Until then it shows the tags as they were: none, for a new endpoint.
    """

    update_visibility: UpdateVisibility = UpdateVisibility.IMMEDIATE
    update_modified: UpdateModified = UpdateModified.BEGIN
    failed_update: FailedUpdate = FailedUpdate.FAILED
    update_on_failed: UpdateOnFailed = UpdateOnFailed.ACCEPTED
    delete_while_creating: DeleteWhileBusy = DeleteWhileBusy.REFUSED
    delete_while_updating: DeleteWhileBusy = DeleteWhileBusy.REFUSED
    token_after_delete: TokenAfterDelete = TokenAfterDelete.FORGOTTEN

    # Quotas, which AWS raises for an account. Of the defaults that AWS names in different places,
    # the one for an endpoint is the developer guide's; the others are the larger ones.
    endpoints_per_region: int = 20
    units_per_endpoint: int = 10
    units_per_region: int = 200
    """Over all endpoints of one account in one region."""

    requests_per_second: Mapping[str, float] = field(default_factory=dict)
    """Operation to the rate above which it answers ThrottlingException; none by default."""

    def changed(self, changes: Mapping[str, Any]) -> "Settings":
        """A copy with some settings changed, by name.

        Raises AdminError for an unknown name or a value that does not fit.
        """
        known = {item.name: getattr(self, item.name) for item in dataclasses.fields(self)}
        unknown = sorted(set(changes) - set(known))
        if unknown:
            raise AdminError(
                f"unknown settings: {', '.join(unknown)}; known are {', '.join(sorted(known))}"
            )
        values = {name: _fit(name, value, known[name]) for name, value in changes.items()}
        return dataclasses.replace(self, **values)

    def as_dict(self) -> dict[str, Any]:
        """All settings by name."""
        return dataclasses.asdict(self)

    def duration(self, service_seconds: float) -> float:
        """Seconds on the clock that `service_seconds` of the service's time take."""
        return service_seconds / self.time_scale


def _fit(name: str, value: Any, present: Any) -> Any:
    """The value of one setting in the type that its present value has."""
    try:
        if isinstance(present, Mapping):
            fitted: Any = {operation: float(rate) for operation, rate in value.items()}
        else:
            fitted = type(present)(value)
    except (AttributeError, TypeError, ValueError) as error:
        raise AdminError(f"{name} must not be {value!r}") from error
    least = 1e-9 if name in ("time_scale", "requests_per_second") else 0
    most = 1 if name == "jitter" else math.inf
    numbers = fitted.values() if isinstance(fitted, dict) else [fitted]
    sound = all(isinstance(each, str) or least <= each <= most for each in numbers)
    if fitted != value or not sound:
        raise AdminError(f"{name} must not be {value!r}")
    return fitted
