"""The calls that read CloudFormation and Step Functions: counted, and refused beyond a rate."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from provider.model.api_errors import ApiError
from testing.interception import HISTORY, READ, RUNNING, Site

THROTTLED = "ThrottlingException"


@dataclass(frozen=True)
class Quota:
    """What a service takes of one account in one region."""

    rate: float
    """Calls a second."""
    bucket: float
    """Calls at once."""


QUOTAS = {
    # AWS publishes no rates of CloudFormation.
    READ: Quota(10, 10),
    HISTORY: Quota(10, 10),
    # Step Functions Developer Guide, "Service quotas": the regions with the lower ones.
    RUNNING: Quota(2, 100),
}


class Reads:
    """Gets between the provider and what it reads; `around` is for an account."""

    def __init__(self, clock: Callable[[], float], quotas: Mapping[str, Quota] = QUOTAS) -> None:
        self.calls: Counter[tuple[str, str]] = Counter()
        """By operation and outcome."""
        self._clock = clock
        self._quotas = quotas
        self._left: dict[str, tuple[float, float]] = {}
        """How many calls may be made at once, and when that was so, by operation."""

    def around(self, site: Site, carry_out: Callable[[], Any]) -> Any:
        """Carries a call out, unless it is one too many."""
        if site.name not in self._quotas:
            return carry_out()
        if not self._takes(site.name):
            self.calls[site.name, THROTTLED] += 1
            raise ApiError(site.name, THROTTLED, "Rate exceeded", 400)
        self.calls[site.name, "ok"] += 1
        return carry_out()

    def _takes(self, name: str) -> bool:
        quota, now = self._quotas[name], self._clock()
        left, since = self._left.get(name, (quota.bucket, now))
        left = min(quota.bucket, left + (now - since) * quota.rate)
        takes = left >= 1
        self._left[name] = (left - takes, now)
        return takes
