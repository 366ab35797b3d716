"""The state of an execution that only sends an answer, for a request that has no execution yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provider.contract.errors import Blame
from provider.reconcile.state import State


def answering_state(
    event: Mapping[str, Any], body: Mapping[str, Any], now: float
) -> dict[str, Any]:
    """Give the state with which an execution sends a response, and does nothing else.

    Args:
        now: seconds since the epoch.
    """
    state = State(event=dict(event), received=now)
    state.decide(dict(body), Blame.PROVIDER, now)
    return state.dump()
