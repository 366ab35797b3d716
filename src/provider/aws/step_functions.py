"""The gateway to Step Functions: it starts executions, and lists those that run."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from botocore.config import Config

from provider.aws import clients
from provider.aws.errors import api_errors
from provider.contract.event import Request
from provider.model.api_errors import ApiError

CLIENT_CONFIG = Config(
    connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3}
)


def connect_executions(
    request: Request, make_client: clients.MakeClient = clients.client
) -> StepFunctionsGateway:
    """Connect to the state machine that the environment names, in the stack's own region."""
    machine = os.environ["STATE_MACHINE_ARN"]
    return StepFunctionsGateway(request.place.region, machine, make_client)


class StepFunctionsGateway:
    """One state machine through boto3. Every method may raise ApiError."""

    def __init__(
        self, region: str, state_machine_arn: str, make_client: clients.MakeClient = clients.client
    ) -> None:
        self._region = region
        self._state_machine_arn = state_machine_arn
        self._make_client = make_client

    @cached_property
    def _client(self) -> Any:
        # Most steps do not need it.
        return self._make_client("stepfunctions", self._region, CLIENT_CONFIG)

    def start(self, name: str, state: Mapping[str, Any]) -> bool:
        """Start an execution; False if one of this name was started before."""
        client = self._client
        try:
            with api_errors("StartExecution"):
                client.start_execution(
                    stateMachineArn=self._state_machine_arn,
                    name=name,
                    input=json.dumps(state, separators=(",", ":")),
                )
        except ApiError as error:
            if error.code == "ExecutionAlreadyExists":
                return False
            raise
        return True

    def running(self) -> dict[str, float]:
        """Give the executions that have not ended: names, and when they started, in seconds since
        the epoch.

        Names alone are read, never the input, which holds the ResponseURL.
        """
        found: dict[str, float] = {}
        page: dict[str, Any] = {
            "stateMachineArn": self._state_machine_arn,
            "statusFilter": "RUNNING",
            "maxResults": 1000,
        }
        client = self._client
        with api_errors("ListExecutions"):
            while True:
                answer = client.list_executions(**page)
                for each in answer["executions"]:
                    found[each["name"]] = each["startDate"].timestamp()
                before, token = page.get("nextToken"), answer.get("nextToken")
                if not token:
                    return found
                if token == before:
                    raise ValueError("the same page comes again and again")
                page["nextToken"] = token
