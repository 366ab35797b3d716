"""Whether an adoption is final: told by how the operations on its stack have ended since.

An endpoint that a Create has taken over from its owner is given back as long as that Create may
be rolled back, and deleted like any other from then on. Nothing remembers which it is but the
stack's own events.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from provider.records import StackEvent

_ENDED_WELL = frozenset(
    {"CREATE_COMPLETE", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "UPDATE_COMPLETE"}
)
"""Statuses of a stack from which nothing is rolled back any more."""


def is_final(events: Iterable[StackEvent], stack_id: str, since: datetime) -> bool:
    """Say whether a stack has ended an operation well since an adoption.

    Args:
        events: of the outermost stack, the newest first: a nested one may be rolled back when it
            is through. Not more of them are read than are needed.
        stack_id: the outermost stack's.
        since: when the adoption began.
    """
    for event in events:
        if event.at < since:
            return False
        if event.physical_id == stack_id and event.status in _ENDED_WELL:
            return True
    return False
