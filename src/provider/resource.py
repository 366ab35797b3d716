"""crhelper, made safe: the only file that imports it.

crhelper routes an event to the function that is registered for its RequestType, the first event
to ``create``, ``update`` and ``delete``, each later step to ``poll_create``, ``poll_update`` and
``poll_delete``. Whatever else it does cannot be trusted with a resource that is billed by the
second; each override names the defects it answers by their numbers in docs/crhelper.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from crhelper import CfnResource

Event = Mapping[str, Any]
Hook = Callable[[Any, Any], Any]


class SafeResource(CfnResource):
    """crhelper's dispatch with none of its polling, inventing of ids, timers and delivery.

    One is made for each invocation, so that nothing of a request reaches the next one (13, 14).
    """

    def __init__(self) -> None:
        # Not super().__init__(): it builds three clients that are never used (25) and sets the
        # root logger to DEBUG, where the event with its ResponseURL is logged (23).
        self._create_func: Hook | None = None
        self._update_func: Hook | None = None
        self._delete_func: Hook | None = None
        self._poll_create_func: Hook | None = None
        self._poll_update_func: Hook | None = None
        self._poll_delete_func: Hook | None = None
        self._event: Event = {}
        self._context: Any = None
        self._timer = None
        self._init_failed = None
        self._sam_local = None
        self._send_response = False
        self.outcome: object = None

    def _log_setup(self, event: Event, context: Any) -> None:
        """Leave the loggers alone (23)."""

    def _set_timeout(self) -> None:
        """Start no timer: an answer sent at the last moment has an empty id (4, 12).

        A function that runs out of time is tried again, and then the last resort answers.
        """

    def init_failure(self, error: Exception) -> None:
        """Fail instead of answering every later request with an empty id (5)."""
        raise error

    def _wrap_function(self, func: Hook | None) -> None:
        """Keep what a hook returns as it is, and let its exceptions through (2, 6, 19)."""
        if func is None:
            raise LookupError("no function is registered for this event")
        self.outcome = func(self._event, self._context)

    def _poll_enabled(self) -> bool:
        """Take the polling branch always: the state machine does it (8, 9, 10, 20, 21, 22)."""
        return True

    def _polling_init(self, event: Event) -> None:
        """Make no rule, no permission and no target, and no id of one's own (1, 2, 6, 24)."""

    def _send(self, status: str | None = None, reason: str = "", **_: object) -> None:
        """Answer nothing from here (3, 11, 12, 15, 16, 17).

        crhelper gets here from its catch-all alone, inside the handler of an exception. It would
        answer FAILED with an invented id; raising has Lambda or the state machine try again.
        """
        raise  # the exception that crhelper is handling


def route(event: Event, context: Any, *, first: Hook, later: Hook) -> object:
    """Have crhelper call the hook that an event is for.

    Args:
        event: a request of CloudFormation's; with ``CrHelperPoll`` in it, a later step of one.
        first: what is done with a new request, whatever its RequestType.
        later: what is done at a later step.

    Returns:
        What the hook returned. Its exceptions come through.
    """
    resource = SafeResource()
    for register in (resource.create, resource.update, resource.delete):
        register(first)
    for register in (resource.poll_create, resource.poll_update, resource.poll_delete):
        register(later)
    resource(event, context)
    return resource.outcome
