"""What an operation needs from outside: AWS, a log, the time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from provider.comprehend import Comprehend
from provider.delivery import deliver
from provider.installation import Installation
from provider.observability import Telemetry
from provider.stack import Stacks
from provider.stack_records import StackHistory


@dataclass(frozen=True, slots=True)
class Services:
    """The gateways of one invocation.

    Args:
        now: gives seconds since the epoch.
        sleep: waits for some seconds.
        deliver: sends an answer to a URL, or raises DeliveryError.
        installation: what whoever installed the provider has set.
    """

    comprehend: Comprehend
    stacks: Stacks
    history: StackHistory
    log: Telemetry
    now: Callable[[], float]
    sleep: Callable[[float], object]
    deliver: Callable[[str, Mapping[str, Any]], None] = deliver
    installation: Installation = field(default_factory=Installation)
