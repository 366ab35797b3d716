"""The gateway to CloudFormation, read-only: a stack, its resources, their events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

from botocore.config import Config

from provider.aws import clients
from provider.aws.errors import api_errors
from provider.contract.event import Reply
from provider.model.api_errors import ApiError
from provider.model.stack import ResourceRecord, StackEvent, StackRecord, StackView

# One short try: an operation goes on if CloudFormation cannot be read.
CLIENT_CONFIG = Config(
    connect_timeout=2, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 1}
)


class CloudFormationGateway:
    """CloudFormation through boto3, for operations and the orphan scan.

    Args:
        region: the stacks' region.
        on_error: gets each error of :meth:`view`, by operation and code, for the metrics.
        config: how long a call may take, and how often it is tried.
        make_client: gives the client.
    """

    def __init__(
        self,
        region: str,
        on_error: Callable[[str, str], None] = lambda _call, _code: None,
        config: Config = CLIENT_CONFIG,
        make_client: clients.MakeClient = clients.client,
    ) -> None:
        self._region = region
        self._on_error = on_error
        self._config = config
        self._make_client = make_client

    @cached_property
    def _client(self) -> Any:
        # Always read outside of api_errors: a client that cannot be built now never can.
        return self._make_client("cloudformation", self._region, self._config, kept=False)

    def view(self, reply: Reply) -> StackView:
        """Read the request's stack and resource; never raises: what cannot be read is None."""
        status = None
        try:
            stack = self.stack(reply.stack_id)
            if stack is None:
                self._on_error("DescribeStacks", "ValidationError")
                return StackView()
            status = stack.status
            resource = self.resource(reply.stack_id, reply.logical_id)
        except ApiError as error:
            self._on_error(error.call, error.code)
            return StackView(status)
        return StackView(status, resource is not None, resource.status if resource else None)

    def stack(self, stack_id: str) -> StackRecord | None:
        """Describe a stack, also a deleted one; None if CloudFormation knows none.

        Raises:
            ApiError: it cannot be read.
        """
        client = self._client
        try:
            with api_errors("DescribeStacks"):
                found = client.describe_stacks(StackName=stack_id)["Stacks"][0]
                return StackRecord(
                    found["StackStatus"], found.get("DeletionTime"), found.get("RootId")
                )
        except ApiError as error:
            if _says_there_is_none(error):
                return None
            raise

    def resource(self, stack_id: str, logical_id: str) -> ResourceRecord | None:
        """Describe a stack's resource; None if the stack does not list it.

        Raises:
            ApiError: it cannot be read.
        """
        client = self._client
        try:
            with api_errors("DescribeStackResource"):
                found = client.describe_stack_resource(
                    StackName=stack_id, LogicalResourceId=logical_id
                )["StackResourceDetail"]
                return ResourceRecord(
                    physical_id=found.get("PhysicalResourceId", ""),
                    status=found["ResourceStatus"],
                    at=found.get("LastUpdatedTimestamp"),
                )
        except ApiError as error:
            if _says_there_is_none(error):
                return None
            raise

    def events(self, stack_id: str) -> Iterator[StackEvent]:
        """Give the events of a stack and its resources, the newest first, page by page.

        Raises:
            ApiError: a page cannot be read.
        """
        client = self._client
        with api_errors("DescribeStackEvents"):
            page: dict[str, str] = {"StackName": stack_id}
            while True:
                answer = client.describe_stack_events(**page)
                for found in answer["StackEvents"]:
                    yield StackEvent(
                        physical_id=found.get("PhysicalResourceId", ""),
                        status=found.get("ResourceStatus", ""),
                        at=found["Timestamp"],
                    )
                if not answer.get("NextToken"):
                    return
                page["NextToken"] = answer["NextToken"]


def _says_there_is_none(error: ApiError) -> bool:
    # CloudFormation has one code for every bad request; only the message tells.
    return error.code == "ValidationError" and "does not exist" in error.message
