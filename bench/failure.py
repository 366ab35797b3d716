"""What is left, and what it costs, where a creation fails after the endpoint exists.

The embedded AWS sends no Delete after a Create that failed. AWS does, with the physical id that was
answered: so CloudFormation is played here, for everyone alike.
"""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from bench import prices
from bench.beside import Beside
from bench.consumers import BROKEN_MODEL, MODEL, RESOURCE, wait_for
from bench.errors import BenchError
from bench.goals import Goal
from bench.peers import Peer
from bench.stage import Stage, say
from local.markdown import table
from testing.arns import endpoint_arn, stack_arn

READY = 20.0
"""Seconds that a creation takes: every poll but the provider's comes later."""
PATIENCE = 300.0
BUCKET = "bench-answers"
DAY = 24 * 3600.0


class Failure(Enum):
    """How a creation fails, with its endpoint there."""

    REFUSED = "one DescribeEndpoint is refused (AccessDenied)"
    BROKEN = "the endpoint ends FAILED"


class UnexpectedSuccessError(BenchError):
    """A creation that was to fail did not."""


@dataclass(frozen=True)
class Left:
    """What one peer left of one failed creation, when its Delete was answered."""

    peer: Peer
    failure: Failure
    physical_id: str
    """Which the failed Create answered, and the Delete was sent with."""
    deletion: str
    """SUCCESS or FAILED."""
    statuses: tuple[str, ...]
    """Of the endpoints that are left."""

    @property
    def usd_a_day(self) -> float:
        """Nothing public says whether an endpoint in FAILED is billed: here it is not."""
        return sum(prices.endpoint(DAY) for status in self.statuses if status != "FAILED")


def measure(stage: Stage) -> list[Left]:
    """Plays every failure with every provider, all side by side: some two minutes."""
    say("failure: creations that fail after the endpoint exists")
    stage.s3.create_bucket(Bucket=BUCKET)
    plays = [Beside(_Play(stage, peer, failure).run) for failure in Failure for peer in stage.peers]
    found = [play.result() for play in plays]
    for each in found:
        say(f"failure: {each.failure.value}: {each.peer.title}: left {each.statuses or 'nothing'}")
    return found


class _Play:
    """One failed creation, and its rollback."""

    def __init__(self, stage: Stage, peer: Peer, failure: Failure) -> None:
        self._stage = stage
        self._peer = peer
        self._failure = failure
        self._name = f"failure-{peer.key}-{failure.name.lower()}"
        self._admin = stage.aws.comprehend.admin
        self._stack = stack_arn(self._name)

    def run(self) -> Left:
        self._admin.plan_creation(self._name, READY)
        created = self._send("Create")
        if self._failure is Failure.REFUSED:
            wait_for("the endpoint", self._endpoints, PATIENCE, pause=0.2)
            self._admin.add_fault(
                "DescribeEndpoint", code="AccessDeniedException", match=self._name, times=1
            )
        answer = self._answer(created)
        if answer["Status"] != "FAILED":
            raise UnexpectedSuccessError(f"{self._name} was to fail, and was answered {answer}")
        deleted = self._send("Delete", PhysicalResourceId=answer["PhysicalResourceId"])
        deletion = self._answer(deleted)
        wait_for("what is under way", self._is_at_rest, PATIENCE, pause=1.0)
        return Left(
            self._peer,
            self._failure,
            answer["PhysicalResourceId"],
            deletion["Status"],
            tuple(each["Status"] for each in self._endpoints()),
        )

    def _is_at_rest(self) -> bool:
        return not any(each["Status"].endswith("ING") for each in self._endpoints())

    def _endpoints(self) -> list[Any]:
        """Those that there are of this creation."""
        found = self._admin.endpoint(endpoint_arn(self._name))
        return [found] if found else []

    def _send(self, kind: str, **more: str) -> str:
        """Sends an event as CloudFormation does; the key under which its answer will be."""
        key = uuid.uuid4().hex
        url = self._stage.s3.generate_presigned_url(
            "put_object", Params={"Bucket": BUCKET, "Key": key, "ContentType": ""}
        )
        event = {
            "RequestType": kind,
            "RequestId": str(uuid.uuid4()),
            "StackId": self._stack,
            "ResponseURL": url,
            "ResourceType": "Custom::ComprehendEndpoint",
            "LogicalResourceId": RESOURCE,
            "ResourceProperties": {
                "ServiceToken": self._peer.token,
                "EndpointName": self._name,
                "ModelArn": BROKEN_MODEL if self._failure is Failure.BROKEN else MODEL,
                "DesiredInferenceUnits": "1",
            },
            **more,
        }
        self._stage.lambda_.invoke(
            FunctionName=self._peer.token,
            InvocationType="Event",
            Payload=json.dumps(event).encode(),
        )
        return key

    def _answer(self, key: str) -> Any:
        def stored() -> Any:
            if not self._stage.s3.list_objects_v2(Bucket=BUCKET, Prefix=key).get("KeyCount"):
                return None
            return json.loads(self._stage.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())

        return wait_for(f"the answer to {self._name}", stored, PATIENCE, pause=1.0)


def figures(lefts: Sequence[Left]) -> str:
    """The table of what is left."""
    rows = [
        [
            each.failure.value,
            each.peer.title,
            each.deletion,
            str(len(each.statuses)) + "".join(f" ({status})" for status in each.statuses),
            f"{each.usd_a_day:.2f}",
        ]
        for each in lefts
    ]
    headings = ["A creation fails", "Provider", "Its Delete", "Endpoints left", "USD a day"]
    return table(headings, rows, headings[:4])


def goals(lefts: Sequence[Left]) -> list[Goal]:
    ours = [each for each in lefts if each.peer.key == "ours"]
    left = sum(len(each.statuses) for each in ours)
    usd = sum(each.usd_a_day for each in ours)
    return [
        Goal(
            "A creation that fails after the endpoint exists: endpoints left",
            "0",
            f"{left}, USD {usd:.2f} a day",
            left == 0,
        )
    ]
