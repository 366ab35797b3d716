"""The gateway to CloudFormation, read-only: is what a request asks for still wanted?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from provider import sdk
from provider.errors import CONNECTION
from provider.request import Operation, Reply

# One short try: what cannot be learned changes nothing.
CLIENT_CONFIG = Config(
    connect_timeout=2, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 1}
)


@dataclass(frozen=True, slots=True)
class StackView:
    """What CloudFormation says of a stack and one of its resources; None where it did not say."""

    stack_status: str | None = None
    listed: bool | None = None
    resource_status: str | None = None

    @property
    def rolling_back(self) -> bool | None:
        """Whether the stack is rolling back; None where its status could not be read."""
        status = self.stack_status
        return None if status is None else status.endswith("ROLLBACK_IN_PROGRESS")

    @property
    def waits_for_nothing(self) -> bool:
        """Whether the stack is at rest, or only deletes what is left over."""
        status = self.stack_status or "UNKNOWN_IN_PROGRESS"
        return status.endswith("CLEANUP_IN_PROGRESS") or not status.endswith("_IN_PROGRESS")

    @property
    def resource_in_progress(self) -> bool:
        """Whether the resource is being created, updated or deleted."""
        return (self.resource_status or "").endswith("_IN_PROGRESS")


class Stacks(Protocol):
    """What the provider asks of CloudFormation."""

    def view(self, reply: Reply) -> StackView:
        """Look at the request's stack and resource; what cannot be learned is None."""


class StackGateway:
    """CloudFormation through boto3.

    Args:
        region: the stack's region.
        on_error: told each error, by operation and code, for the metrics.
    """

    def __init__(
        self, region: str, on_error: Callable[[str, str], None] = lambda _call, _code: None
    ) -> None:
        self._region = region
        self._on_error = on_error
        self._client: Any = None

    def view(self, reply: Reply) -> StackView:
        """See :meth:`Stacks.view`."""
        if self._client is None:
            self._client = sdk.client("cloudformation", self._region, CLIENT_CONFIG, kept=False)
        try:
            stacks = self._client.describe_stacks(StackName=reply.stack_id)["Stacks"]
            status = stacks[0]["StackStatus"]
        except (ClientError, BotoCoreError, LookupError) as error:
            self._on_error("DescribeStacks", _code(error))
            return StackView()
        try:
            detail = self._client.describe_stack_resource(
                StackName=reply.stack_id, LogicalResourceId=reply.logical_id
            )["StackResourceDetail"]
        except ClientError as error:
            # The stack has just answered, so this is about the resource: it is not in the stack.
            if _code(error) == "ValidationError":
                return StackView(status, listed=False)
            self._on_error("DescribeStackResource", _code(error))
            return StackView(status)
        except (BotoCoreError, LookupError) as error:
            self._on_error("DescribeStackResource", _code(error))
            return StackView(status)
        return StackView(status, listed=True, resource_status=detail.get("ResourceStatus"))


def _code(error: Exception) -> str:
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", "Unknown"))
    return CONNECTION


def unwanted(operation: Operation, at_first: StackView, now: StackView) -> str | None:
    """Say why a Create or Update is not wanted any more; None where it is, or nobody knows.

    Args:
        at_first: what CloudFormation said when the request arrived. A rollback that was under way
            then is an Update's own cause; only one that began later speaks against it. A Create
            is no part of any rollback.
    """
    status = now.stack_status or ""
    if status.startswith("DELETE") or now.waits_for_nothing:
        return f"the stack is in {status}"
    if (now.resource_status or "").startswith("DELETE"):
        return f"the resource is in {now.resource_status}"
    if at_first.listed is True and now.listed is False:
        return "the stack no longer has the resource"
    if at_first.resource_in_progress and now.listed and not now.resource_in_progress:
        # As when a rollback is through with the resource while others are not.
        return f"the resource is in {now.resource_status} already"
    if now.rolling_back and (at_first.rolling_back is False or operation is Operation.CREATE):
        return f"the stack is rolling back ({status})"
    return None
