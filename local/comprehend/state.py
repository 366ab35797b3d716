"""All endpoints of all accounts and regions, and what keeps them within the quotas."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from local.comprehend.arns import Arn, Scope
from local.comprehend.catalog import Catalog
from local.comprehend.endpoint import Configuration, Endpoint, Status, Transition
from local.comprehend.errors import in_use, limit_exceeded, not_found
from local.comprehend.settings import FailedUpdate, Settings, UpdateModified, UpdateVisibility


@dataclass
class State:
    """The emulator's memory; whoever uses it holds the lock of the service around it."""

    settings: Settings
    catalog: Catalog = field(default_factory=Catalog)
    _endpoints: dict[str, Endpoint] = field(default_factory=dict)
    _tokens: dict[tuple[str, str], str] = field(default_factory=dict)
    """(endpoint ARN, token) of creation requests to the model ARN they were answered with."""
    _transitions: int = 0
    _creations: dict[str, float] = field(default_factory=dict)
    """Endpoint name to how long its creation takes, in seconds of the service's time."""

    def endpoints(self, now: float, scope: Scope | None = None) -> Iterator[Endpoint]:
        """Those that exist, oldest first; of one account and region, or of all."""
        for endpoint in sorted(self._endpoints.values(), key=lambda one: (one.created, one.arn)):
            if scope is None or scope.holds(Arn.parse(endpoint.arn)):
                found = self.find(endpoint.arn, now)
                if found:
                    yield found

    def find(self, arn: str, now: float) -> Endpoint | None:
        endpoint = self._endpoints.get(arn)
        if endpoint is None:
            return None
        endpoint.settle(now)
        if endpoint.gone:
            self.remove(arn)
            return None
        return endpoint

    def get(self, arn: str, now: float) -> Endpoint:
        """Raises ServiceError where there is none."""
        endpoint = self.find(arn, now)
        if endpoint is None:
            raise not_found()
        return endpoint

    def add(self, endpoint: Endpoint) -> None:
        self._endpoints[endpoint.arn] = endpoint
        if endpoint.token is not None:
            self._tokens[endpoint.arn, endpoint.token] = endpoint.current.model_arn

    def remove(self, arn: str) -> None:
        self._endpoints.pop(arn, None)

    def answered_token(self, arn: str, token: str | None) -> str | None:
        """The model ARN that the same creation request was answered with before."""
        return None if token is None else self._tokens.get((arn, token))

    def forget_tokens(self, arn: str) -> None:
        self._tokens = {key: model for key, model in self._tokens.items() if key[0] != arn}

    def plan_creation(self, name: str, seconds: float) -> None:
        """Says how long creations of endpoints with this name take, in place of the setting."""
        self._creations[name] = seconds

    def check_quotas(self, scope: Scope, arn: str, units: int, now: float) -> None:
        """Raises ServiceError where an endpoint with these units would exceed a quota.

        Everything that exists counts, endpoints that are being deleted or failed included.
        """
        others = [one for one in self.endpoints(now, scope) if one.arn != arn]
        if len(others) + 1 > self.settings.endpoints_per_region:
            raise limit_exceeded(
                f"There are already {len(others)} endpoints in {scope.region}; the quota is "
                f"{self.settings.endpoints_per_region}."
            )
        if units > self.settings.units_per_endpoint:
            raise limit_exceeded(
                f"{units} inference units were asked for; an endpoint's quota is "
                f"{self.settings.units_per_endpoint}."
            )
        total = units + sum(max(one.current.units, one.desired.units) for one in others)
        if total > self.settings.units_per_region:
            raise limit_exceeded(
                f"All endpoints in {scope.region} would have {total} inference units; the quota "
                f"is {self.settings.units_per_region}."
            )

    def begin(
        self,
        endpoint: Endpoint,
        status: Status,
        now: float,
        desired: Configuration | None = None,
        failure: str | None = None,
    ) -> None:
        """Puts an endpoint on its way: creation, update (with what is desired) or deletion."""
        durations: Mapping[Status, float] = {
            Status.CREATING: self._creations.get(endpoint.name, self.settings.create_seconds),
            Status.UPDATING: self.settings.update_seconds,
            Status.DELETING: self.settings.delete_seconds,
        }
        ends = now + self.settings.duration(durations[status]) * self._jitter(endpoint.arn)
        updates = status is Status.UPDATING
        status_visible = desired_visible = now
        if updates:
            visibility = self.settings.update_visibility
            later = now + self.settings.duration(self.settings.visibility_delay_seconds)
            if visibility is not UpdateVisibility.IMMEDIATE:
                status_visible = later
            if visibility is UpdateVisibility.LATE:
                desired_visible = later
        ending, modified = self.settings.failed_update, self.settings.update_modified
        endpoint.transition = Transition(
            status,
            began=now,
            ends=ends,
            status_visible=status_visible,
            desired_visible=desired_visible,
            before=endpoint.desired,
            failure=failure,
            reverts=updates and ending is not FailedUpdate.FAILED,
            tells=not updates or ending is not FailedUpdate.REVERTED,
            modifies_at_begin=not updates or modified is not UpdateModified.END,
            modifies_at_end=updates and modified is not UpdateModified.BEGIN,
        )
        if desired is not None:
            endpoint.desired = desired
        endpoint.settle(now)  # A duration of nothing is over at once.

    def _jitter(self, arn: str) -> float:
        """A factor that the endpoint and the number of transitions so far decide."""
        self._transitions += 1
        draw = random.Random(f"{arn}:{self._transitions}").uniform(-1, 1)
        return 1 + self.settings.jitter * draw


def refuse_busy(endpoint: Endpoint) -> None:
    """Raises ServiceError where something is under way for the endpoint."""
    if endpoint.busy:
        raise in_use(f"The endpoint {endpoint.arn} is {endpoint.busy}. Try again later.")
