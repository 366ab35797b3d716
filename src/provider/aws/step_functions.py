"""The gateway to Step Functions: it starts executions, and lists those that run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.config import Config

from provider.aws import clients
from provider.aws.errors import api_errors
from provider.model.api_errors import ApiError

CLIENT_CONFIG = Config(
    connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3}
)


class StepFunctionsGateway:
    """One state machine through boto3. Every method may raise ApiError."""

    def __init__(
        self, region: str, state_machine_arn: str, make_client: clients.MakeClient = clients.client
    ) -> None:
        self._client: Any = make_client("stepfunctions", region, CLIENT_CONFIG)
        self._state_machine_arn = state_machine_arn

    def start(self, name: str, state: Mapping[str, Any]) -> bool:
        """Start an execution; False if one of this name was started before."""
        try:
            with api_errors("StartExecution"):
                self._client.start_execution(
                    stateMachineArn=self._state_machine_arn,
                    name=name,
                    input=json.dumps(state, separators=(",", ":")),
                )
        except ApiError as error:
            if error.code == "ExecutionAlreadyExists":
                return False
            raise
        return True

    def running(self) -> frozenset[str]:
        """Give the names of the executions that have not ended."""
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
                before, token = page.get("nextToken"), answer.get("nextToken")
                if not token:
                    return frozenset(names)
                if token == before:
                    raise ValueError("the same page comes again and again")
                page["nextToken"] = token
