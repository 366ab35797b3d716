"""crhelper, made safe: the only module that imports it.

crhelper calls the function that is registered for an event's RequestType. Nothing else that it
does is safe for a resource that is billed by the second. Each override names the defects that it
prevents by their numbers in docs/crhelper.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from crhelper import CfnResource

Event = Mapping[str, Any]
Hook = Callable[[Any, Any], Any]


class SafeResource(CfnResource):
    """crhelper's dispatch, without its polling, invented ids, timers and delivery.

    One is made for each invocation, so that nothing of a request reaches the next one (13, 14).

    Args:
        create: called for a Create, with event and context; so are ``update`` and ``delete``.
    """

    _create_func: Hook
    _update_func: Hook
    _delete_func: Hook

    def __init__(self, *, create: Hook, update: Hook, delete: Hook) -> None:
        # Not super().__init__(): it builds three clients that are never used (25) and sets the
        # root logger to DEBUG, which logs the event with its ResponseURL (23).
        self.create(create)
        self.update(update)
        self.delete(delete)
        self._event: Event = {}
        self._context: Any = None
        self._timer = None
        self._init_failed = None
        self._sam_local = None
        self._send_response = False
        self.outcome: Any = None

    def _log_setup(self, event: Event, context: Any) -> None:
        """Leave the loggers alone (23)."""

    def _set_timeout(self) -> None:
        """Start no timer: an answer sent at the last moment has an empty id (4, 12).

        A function that runs out of time is tried again, and then the fallback answers.
        """

    def init_failure(self, error: Exception) -> None:
        """Fail instead of answering every later request with an empty id (5)."""
        raise error

    def _get_func(self) -> Hook:
        """Choose by RequestType alone: no event is a poll of crhelper's own (24)."""
        hooks = {
            "Create": self._create_func,
            "Update": self._update_func,
            "Delete": self._delete_func,
        }
        return hooks[self._event["RequestType"]]

    def _wrap_function(self, func: Hook) -> None:
        """Keep what a hook returns as it is, and let its exceptions through (2, 6, 19)."""
        self.outcome = func(self._event, self._context)

    def _poll_enabled(self) -> bool:
        """Take the polling branch always: the state machine polls (8, 9, 10, 20, 21, 22)."""
        return True

    def _polling_init(self, event: Event) -> None:
        """Make no rule, no permission and no target, and no id of one's own (1, 2, 6, 24)."""

    def _send(self, status: str | None = None, reason: str = "", **_: object) -> None:
        """Send nothing from here (3, 11, 12, 15, 16, 17).

        crhelper gets here only from its catch-all, while it handles an exception. It would answer
        FAILED with an invented id; raising makes Lambda try again.
        """
        raise  # the exception that crhelper is handling
