"""The watchman's gateway to CloudFormation, read-only: a stack, its resource, what befell them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import boto3

from provider.calls import PATIENT_CONFIG, api_errors
from provider.errors import ApiError
from provider.standing import ResourceRecord, StackEvent, StackRecord


class StackRecords(Protocol):
    """What the watchman asks of CloudFormation. Every method may raise ApiError."""

    def stack(self, stack_id: str) -> StackRecord | None:
        """Describe a stack, also a deleted one; None where CloudFormation knows none."""

    def resource(self, stack_id: str, logical_id: str) -> ResourceRecord | None:
        """Describe a stack's resource; None where the stack does not list it."""

    def events(self, stack_id: str) -> Iterator[StackEvent]:
        """Give what happened to a stack's resources, the newest first."""


class StackRecordGateway:
    """CloudFormation through boto3."""

    def __init__(self, region: str) -> None:
        self._client: Any = boto3.client(
            "cloudformation", region_name=region, config=PATIENT_CONFIG
        )

    def stack(self, stack_id: str) -> StackRecord | None:
        """See :meth:`StackRecords.stack`."""
        try:
            with api_errors("DescribeStacks"):
                found = self._client.describe_stacks(StackName=stack_id)["Stacks"][0]
                return StackRecord(found["StackStatus"], found.get("DeletionTime"))
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
        """See :meth:`StackRecords.events`. A page is asked for when it is needed."""
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
