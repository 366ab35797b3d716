"""Tells how much of a first request is validation, schema and decision: CPU seconds, as JSON.

    deciding.py HANDLER FOLDER… < EVENT

It is run like probe.py. What those parts need of others is imported before, so that their own
imports are counted and nobody else's.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

# In an isolated process, not even this file's folder is on the path. No pathlib: what it imports is
# the subject's to import.
sys.path.append(os.path.dirname(__file__))  # noqa: PTH120
Context = importlib.import_module("probe").Context
sys.path.pop()

OTHERS = ("provider.errors", "provider.request", "provider.identity", "provider.endpoint", "re")
PARTS = (
    "fastjsonschema",
    "provider.properties",
    "provider.installation",
    "provider.changes",
    "provider.decision",
    "provider.target",
)
FUNCTIONS = {
    "provider.on_request": {"problems_of", "read_properties"},
    "provider.on_step": {
        "candidates",
        "choose",
        "decide",
        "needed",
        "parse_properties",
        "problems_of",
        "read_properties",
        "tag_changes",
    },
}
"""What validates and decides, by the module of the handler: each is to be found in a caller."""
CALLERS = ("provider.beginning", "provider.ensuring", "provider.workflow")


class Watch:
    """Adds up the time in which it runs, once however often it is nested."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._depth = 0

    def __enter__(self) -> None:
        if not self._depth:
            self._since = time.process_time()
        self._depth += 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        if not self._depth:
            self.seconds += time.process_time() - self._since


def timed(function: Callable[..., Any], watch: Watch) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> Any:
        with watch:
            return function(*arguments, **named)

    return call


def main(handler: str, *folders: str) -> None:
    sys.path[:0] = folders
    content = json.load(sys.stdin)
    watch = Watch()
    for name in OTHERS:
        importlib.import_module(name)
    with watch:
        for name in PARTS:
            importlib.import_module(name)
    module, _, function = handler.rpartition(".")
    subject = getattr(importlib.import_module(module), function)
    callers = [sys.modules[name] for name in CALLERS if name in sys.modules]
    found = {
        (caller, name) for caller in callers for name in FUNCTIONS[module] if hasattr(caller, name)
    }
    if {name for _, name in found} != FUNCTIONS[module]:
        raise LookupError(f"{module} reaches {sorted(name for _, name in found)}")
    for caller, name in found:
        setattr(caller, name, timed(getattr(caller, name), watch))
    subject(content, Context())
    print(f"\n{json.dumps(watch.seconds)}", flush=True)
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
