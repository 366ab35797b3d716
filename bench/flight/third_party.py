"""Runs the peers' published code in virtual time: the only place of the bench that patches.

crhelper, and what an author writes for it or for the CDK's framework, make their own clients and
sleep. They take neither a client nor a clock, so both are replaced under them.
"""

import contextlib
import functools
import importlib.util
import logging
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any
from unittest import mock

import boto3
import crhelper.resource_helper
from botocore.retries.quota import RetryQuota
from crhelper import CfnResource

from bench.flight.course import Json
from local.comprehend import Admin, ComprehendEmulator
from testing.arns import REGION
from testing.mailbox import Mailbox
from testing.receiver import Receiver
from testing.turns import Turns

_WAIT = vars(CfnResource)["_wait_for_cwlogs"]


@dataclass(frozen=True)
class Account:
    """What a peer's code runs in."""

    clock: Turns
    mailbox: Mailbox
    admin: Admin
    certificate: Path
    """Of the authority that the peer's code has to trust."""


@contextlib.contextmanager
def account(
    clock: Turns,
    settings: Json,
    played: Mapping[str, object] = MappingProxyType({}),
    **variables: str,
) -> Iterator[Account]:
    """Comprehend and CloudFormation's end over HTTP, for the code that runs meanwhile.

    `settings` are the emulator's, `played` has a client for each service that is played in memory,
    and `variables` are of the functions' environment.
    """
    with (
        ComprehendEmulator(clock=clock, **settings) as emulator,
        Receiver(lambda url, headers, body: mailbox.take(url, body, headers)) as receiver,
    ):
        mailbox = Mailbox(clock)
        mailbox.host = receiver.host
        outside = {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL_COMPREHEND": emulator.url,
            "NO_PROXY": "127.0.0.1",
            "SSL_CERT_FILE": str(receiver.certificate),
        }
        # Making a client takes longer than most calls: one serves all.
        real = functools.cache(boto3.Session().client)

        def client(service: str, **options: Any) -> Any:
            return played[service] if service in played else real(service, **options)

        with (
            mock.patch.dict(os.environ, outside | variables, clear=True),
            mock.patch.object(boto3, "client", client),
            mock.patch.object(time, "sleep", clock.advance),
            # Each process has a quota of second tries to itself, where one client stands for many.
            mock.patch.object(RetryQuota, "acquire", return_value=True),
            # Its default was bound when it was defined.
            mock.patch.object(_WAIT, "__defaults__", (clock.advance,)),
            # Its timers, which answer shortly before an invocation's end: none here comes so far.
            mock.patch.object(crhelper.resource_helper, "threading"),
            contextlib.redirect_stdout(None),
            _quiet(),
        ):
            yield Account(clock, mailbox, emulator.admin, receiver.certificate)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keeps nothing of what is logged to the root logger, whose level crhelper sets."""
    root, handler = logging.getLogger(), logging.NullHandler()
    level = root.level
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def loaded(file: Path) -> Any:
    """Imports a function's file anew, as a new process does. Returns the module."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
