"""The gateway to CloudFormation, read-only: a stack, its resources, their events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

from botocore import xform_name
from botocore.config import Config

from provider.aws import clients
from provider.aws.errors import api_errors
from provider.model.api_errors import CONNECTION, ApiError
from provider.model.stack import ResourceRecord, StackEvent, StackRecord

# Two short tries: the next step reads again.
CLIENT_CONFIG = Config(
    connect_timeout=2, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2}
)


class CloudFormationGateway:
    """CloudFormation through boto3, for operations and the orphan scan.

    Args:
        region: the stacks' region.
        on_error: gets each error, by operation and code, for the metrics.
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
        # The step that sends the answer does not need it.
        return self._make_client("cloudformation", self._region, self._config)

    def stack(self, stack_id: str) -> StackRecord | None:
        """Describe a stack, also a deleted one; None if CloudFormation has no record of it.

        Raises:
            ApiError: it cannot be read.
        """
        answer = self._read("DescribeStacks", StackName=stack_id)
        if answer is None:
            return None
        with api_errors("DescribeStacks"):
            found = answer["Stacks"][0]
            return StackRecord(found["StackStatus"], found.get("DeletionTime"), found.get("RootId"))

    def resource(self, stack_id: str, logical_id: str) -> ResourceRecord | None:
        """Describe a stack's resource; None if the stack does not list it.

        Raises:
            ApiError: it cannot be read.
        """
        answer = self._read(
            "DescribeStackResource", StackName=stack_id, LogicalResourceId=logical_id
        )
        if answer is None:
            return None
        with api_errors("DescribeStackResource"):
            found = answer["StackResourceDetail"]
            return ResourceRecord(
                physical_id=found.get("PhysicalResourceId", ""),
                status=found["ResourceStatus"],
                at=found.get("LastUpdatedTimestamp"),
            )

    def events(self, stack_id: str) -> Iterator[StackEvent]:
        """Give the events of a stack and its resources, the newest first, page by page.

        There are none of a stack that CloudFormation has no record of.

        Raises:
            ApiError: a page cannot be read.
        """
        page: dict[str, str] = {"StackName": stack_id}
        while True:
            answer = self._read("DescribeStackEvents", **page)
            if answer is None:
                return
            with api_errors("DescribeStackEvents"):
                found = [
                    _event(each)
                    for each in answer["StackEvents"]
                    if each.get("DetailedStatus") != _CONFIGURED
                ]
            yield from found
            before, token = page.get("NextToken"), answer.get("NextToken")
            if not token:
                return
            if token == before:
                raise ApiError(
                    "DescribeStackEvents", CONNECTION, "the same page comes again and again"
                )
            page["NextToken"] = token

    def _read(self, operation: str, **parameters: str) -> dict[str, Any] | None:
        """Make a call; None if CloudFormation has no record of what it is about."""
        # Outside of api_errors: a client that cannot be built now never can.
        client = self._client
        try:
            with api_errors(operation):
                answer: dict[str, Any] = getattr(client, xform_name(operation))(**parameters)
        except ApiError as error:
            if _says_there_is_none(error):
                return None
            self._on_error(operation, error.code)
            raise
        return answer


_CONFIGURED = "CONFIGURATION_COMPLETE"
"""The detailed status of an event that repeats a status: the stack or resource is still in progress
(API reference, StackEvent, DetailedStatus)."""


def _event(found: Mapping[str, Any]) -> StackEvent:
    return StackEvent(
        logical_id=found.get("LogicalResourceId", ""),
        physical_id=found.get("PhysicalResourceId", ""),
        status=found.get("ResourceStatus", ""),
        at=found["Timestamp"],
    )


def _says_there_is_none(error: ApiError) -> bool:
    # CloudFormation has one code for every bad request; only the message tells.
    return error.code == "ValidationError" and "does not exist" in error.message
