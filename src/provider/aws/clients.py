"""One way to build an AWS client, from models that hold only the operations that are called.

Most of the time to make a client goes into parsing the service's model: of Comprehend's 85
operations the provider calls nine. ``models/`` holds those (tools/models.py), where the SDK looks
first; how to find and to reach a service remains the SDK's own.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

MakeClient = Callable[..., Any]
"""Gives a client for a service, a region and a config, as :func:`client` does."""

MODELS = Path(__file__).with_name("models")

PATIENT_CONFIG = Config(
    connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 5}
)
"""For the orphan scan, for which nobody waits: at worst 80 seconds for a call, of which up to 15
between the tries (orphans/scan.py, MARGIN)."""


def session() -> boto3.Session:
    """Make a session that finds the provider's own models first."""
    found = botocore.session.get_session()
    found.get_component("data_loader").search_paths.insert(0, str(MODELS))
    return boto3.Session(botocore_session=found)


@lru_cache(maxsize=8)
def client(service: str, region: str, config: Config) -> Any:
    """Give a client of a service that has a model in ``models/``; all invocations share it.

    A new client reads the certificates and opens a connection again. The only thing that a shared
    one remembers of a request is how many second tries it has used, which the SDK limits.

    Args:
        config: how long a call may take, and how often it is tried: twice at least. A connection
            may have been cut between two invocations, and the first try of a call finds that out.
    """
    make: Any = _functions_session().client
    with _no_garbage_collection():
        return make(service, region_name=region, config=config)


@lru_cache(maxsize=1)
def _functions_session() -> boto3.Session:
    return session()


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Suspend garbage collection while the SDK reads its files.

    Everything that it reads stays, and looking through it takes as long as the reading.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
