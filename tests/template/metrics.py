"""The provider's own metrics: those that its code counts, read from what it prints."""

from __future__ import annotations

import contextlib
import io
import json
from typing import Any

from provider.contract.errors import Blame
from provider.handlers import fallback
from provider.orphans.classification import Classification
from provider.telemetry import Telemetry

Metric = tuple[str, str, tuple[tuple[str, str], ...]]
"""Namespace, name, dimensions by name."""


def emitted(output: str) -> set[Metric]:
    """The metrics in lines of the embedded metric format."""
    found = set()
    for line in output.splitlines():
        entry: dict[str, Any] = json.loads(line)
        for directive in entry.get("_aws", {}).get("CloudWatchMetrics", []):
            for metric in directive["Metrics"]:
                for keys in directive["Dimensions"]:
                    dimensions = tuple(sorted((key, entry[key]) for key in keys))
                    found.add((directive["Namespace"], metric["Name"], dimensions))
    return found


def counted() -> set[Metric]:
    """Every metric that the code counts, with an error of one API for all."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        telemetry = Telemetry(None, "Create")
        for operation in ("Create", "Update", "Delete"):
            for blame in (None, *Blame):
                telemetry.decided(operation, blame, 1.0)
        telemetry.api_error("CreateEndpoint", "ThrottlingException")
        telemetry.clean_up_failed()
        for classification in Classification:
            telemetry.scanned(classification.value, 1, 1, 43.2)
        fallback._count()
    return emitted(output.getvalue())
