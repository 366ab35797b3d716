"""Tells how much of a first request is validation, schema and decision: CPU seconds, as JSON.

    deciding.py HANDLER FOLDER… < EVENT

Run it like probe.py. The modules that those parts need from others are imported before, so that
only their own imports are counted.
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

OTHERS = (
    "re",
    "provider.contract.event",
    "provider.model.api_errors",
    "provider.model.endpoint",
    "provider.model.ownership",
)
PARTS = {
    "provider.handlers.request": (
        "fastjsonschema",
        "provider.contract.validation",
        "provider.model.installation",
    ),
    "provider.handlers.step": ("provider.model.plan", "provider.model.replacement"),
}
"""What validates and decides, by the module of the handler."""
FUNCTIONS = {
    "provider.handlers.request": {"parse_properties"},
    "provider.handlers.step": {"candidates", "choose", "plan"},
}
"""The functions of it: each is to be found in a caller."""
CALLERS = (
    "provider.reconcile.receipt",
    "provider.reconcile.observe",
    "provider.reconcile.operation",
)


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
    module, _, function = handler.rpartition(".")
    with watch:
        for name in PARTS[module]:
            importlib.import_module(name)
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
