"""The embedded AWS with the provider and its peers in it, on which all is measured in real time."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bench.peers import Peer, installing
from local import cdk
from local.launcher import EmbeddedAws

# The service's own durations, and where nothing public says what it does, what suits the peers: an
# update that changes nothing is over at once, and an endpoint can be deleted while it is created.
# Nothing measures a deletion: a short one keeps the measurement short.
SETTINGS: dict[str, Any] = {
    "update_seconds": 0,
    "delete_seconds": 60,
    "delete_while_creating": "accepted",
    "endpoints_per_region": 1000,
    "units_per_region": 10_000,
}


@dataclass(frozen=True)
class Stage:
    """What a measurement needs; clients can be used in several threads."""

    aws: EmbeddedAws
    ours: Peer
    cdk: Peer
    stock: tuple[Peer, Peer]
    """At crhelper's default of two minutes, and at its minimum of one."""
    cloudformation: Any
    lambda_: Any
    logs: Any
    s3: Any
    states: Any

    @property
    def peers(self) -> tuple[Peer, ...]:
        """All that are deployed."""
        return (self.ours, self.cdk, *self.stock)


@contextmanager
def set_up() -> Iterator[Stage]:
    """Takes half a minute; nothing is left of it afterwards."""
    # The functions of the CDK's framework run in the Node.js of its own environment; and a stack
    # that waits for its answer holds a thread.
    environment = {
        "PATH": f"{cdk.node().parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "MINISTACK_WORKER_THREADS": "256",
    }
    with EmbeddedAws(ministack_environment=environment, **SETTINGS) as aws:
        say("deploying this provider and its peers")
        yield Stage(
            aws,
            installing.ours(aws),
            installing.cdk_provider(aws),
            (installing.stock(aws, 2), installing.stock(aws, 1)),
            *(
                aws.client(service)
                for service in ("cloudformation", "lambda", "logs", "s3", "stepfunctions")
            ),
        )


def say(what: str) -> None:
    """Tells whoever waits how far it is."""
    print(time.strftime("%H:%M:%S"), what, file=sys.stderr, flush=True)
