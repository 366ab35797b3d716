"""The gateway to CloudFormation's records, read-only: a stack, its resource, what befell them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any, Protocol

from botocore.config import Config

from provider import sdk
from provider.calls import PATIENT_CONFIG, api_errors
from provider.errors import ApiError
from provider.records import ResourceRecord, StackEvent, StackRecord


class StackHistory(Protocol):
    """What a Delete asks of CloudFormation. Every method may raise ApiError."""

    def stack(self, stack_id: str) -> StackRecord | None:
        """Describe a stack, also a deleted one; None where CloudFormation knows none."""

    def events(self, stack_id: str) -> Iterator[StackEvent]:
        """Give what happened to a stack and its resources, the newest first."""


class StackRecords(StackHistory, Protocol):
    """What the watchman asks of CloudFormation. Every method may raise ApiError."""

    def resource(self, stack_id: str, logical_id: str) -> ResourceRecord | None:
        """Describe a stack's resource; None where the stack does not list it."""


class StackRecordGateway:
    """CloudFormation through boto3.

    Args:
        region: the stacks' region.
        config: how long a call may take, and how often it is tried.
    """

    def __init__(self, region: str, config: Config = PATIENT_CONFIG) -> None:
        self._region = region
        self._config = config

    @cached_property
    def _client(self) -> Any:
        # Most operations have no need of it.
        return sdk.client("cloudformation", self._region, self._config, kept=False)

    def stack(self, stack_id: str) -> StackRecord | None:
        """See :meth:`StackHistory.stack`."""
        try:
            with api_errors("DescribeStacks"):
                found = self._client.describe_stacks(StackName=stack_id)["Stacks"][0]
                return StackRecord(
                    found["StackStatus"], found.get("DeletionTime"), found.get("RootId")
                )
        except ApiError as error:
            if _says_there_is_none(error):
                return None
            raise

    def resource(self, stack_id: str, logical_id: str) -> ResourceRecord | None:
        """See :meth:`StackRecords.resource`."""
        try:
            with api_errors("DescribeStackResource"):
                found = self._client.describe_stack_resource(
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
        """See :meth:`StackHistory.events`. A page is asked for when it is needed."""
        with api_errors("DescribeStackEvents"):
            page: dict[str, str] = {"StackName": stack_id}
            while True:
                answer = self._client.describe_stack_events(**page)
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
    # CloudFormation has one code for whatever is wrong with a request; only the message tells.
    return error.code == "ValidationError" and "does not exist" in error.message
