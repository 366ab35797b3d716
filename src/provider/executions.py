"""The gateway to Step Functions: start the execution that carries one request out."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any, Protocol

from botocore.config import Config
from botocore.exceptions import ClientError

from provider import sdk
from provider.calls import api_errors
from provider.request import Request

CLIENT_CONFIG = Config(
    connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3}
)


class Executions(Protocol):
    """What the provider asks of Step Functions."""

    def start(self, name: str, state: Mapping[str, Any]) -> bool:
        """Start an execution; False where one of this name was started before."""


class RunningExecutions(Protocol):
    """What the watchman asks of Step Functions."""

    def running(self) -> frozenset[str]:
        """Give the names of the executions that have not ended. Raises ApiError."""


class ExecutionGateway:
    """Step Functions through boto3."""

    def __init__(self, region: str, state_machine_arn: str) -> None:
        self._client: Any = sdk.client("stepfunctions", region, CLIENT_CONFIG)
        self._state_machine_arn = state_machine_arn

    def start(self, name: str, state: Mapping[str, Any]) -> bool:
        """See :meth:`Executions.start`. Any other error is raised: Lambda tries again."""
        try:
            self._client.start_execution(
                stateMachineArn=self._state_machine_arn,
                name=name,
                input=json.dumps(state, separators=(",", ":")),
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "ExecutionAlreadyExists":
                return False
            raise
        return True

    def running(self) -> frozenset[str]:
        """See :meth:`RunningExecutions.running`."""
        names: set[str] = set()
        page: dict[str, Any] = {
            "stateMachineArn": self._state_machine_arn,
            "statusFilter": "RUNNING",
            "maxResults": 1000,
        }
        with api_errors("ListExecutions"):
            while True:
                answer = self._client.list_executions(**page)
                names |= {each["name"] for each in answer["executions"]}
                if answer.get("nextToken") in (None, page.get("nextToken")):
                    return frozenset(names)
                page["nextToken"] = answer["nextToken"]


def connect(request: Request) -> Executions:
    """Give the state machine that the environment names, in the stack's own region."""
    return ExecutionGateway(request.place.region, os.environ["STATE_MACHINE_ARN"])
