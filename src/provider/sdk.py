"""The AWS SDK, which reads of each service's model only what the provider calls.

Most of what it takes to make a client is to parse the service's model: of Comprehend's 85
operations the provider calls nine. ``models/`` holds those (tools/models.py), in the place in
which the SDK looks first; how to find and to reach a service is the SDK's own.
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

Make = Callable[..., Any]

MODELS = Path(__file__).with_name("models")


def session() -> boto3.Session:
    """Make a session that finds the provider's own models first."""
    found = botocore.session.get_session()
    found.get_component("data_loader").search_paths.insert(0, str(MODELS))
    return boto3.Session(botocore_session=found)


def client(service: str, region: str, config: Config, *, kept: bool = True) -> Any:
    """Give a client of a service that has a model in ``models/``.

    Args:
        config: how long a call may take, and how often it is tried.
        kept: whether all invocations share it. A new one reads the certificates and opens a
            connection again, and the only thing that this one remembers of a request is how many
            second tries it has used up, which the SDK limits. But a connection may have been cut
            between two invocations, which the first try of a call finds out: so ``config`` has to
            grant a second one.
    """
    if boto3.DEFAULT_SESSION is None:
        boto3.DEFAULT_SESSION = session()
    if not kept:
        return _made(boto3.client, service, region, config)
    return _kept(boto3.client, boto3.DEFAULT_SESSION, service, region, config)


@lru_cache(maxsize=8)
def _kept(make: Make, _: boto3.Session, service: str, region: str, config: Config) -> Any:
    """Keep a client. Whoever plays AWS puts another session or another maker of clients into
    boto3, and has clients of its own.
    """
    return _made(make, service, region, config)


def _made(make: Make, service: str, region: str, config: Config) -> Any:
    with _nothing_is_collected():
        return make(service, region_name=region, config=config)


@contextmanager
def _nothing_is_collected() -> Iterator[None]:
    """Keep Python from looking for garbage while the SDK reads its files.

    What is read stays, and to look through it again and again takes as long as the reading.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
