"""Executions: started once for each request, and listed by name while they run."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from provider.aws.step_functions import StepFunctionsGateway, connect_executions
from provider.model.api_errors import CONNECTION, ApiError
from tests.unit import given

MACHINE = f"arn:aws:states:{given.REGION}:{given.ACCOUNT}:stateMachine:provider"
STATE = {"event": {"RequestType": "Create"}, "next": "step"}
NAME = "a" * 64
AT = datetime(2026, 11, 13, 12, tzinfo=UTC)
RUNNING = {"stateMachineArn": MACHINE, "statusFilter": "RUNNING", "maxResults": 1000}


@pytest.fixture(scope="module")
def client() -> Any:
    return boto3.client("stepfunctions", region_name=given.REGION)


@pytest.fixture
def gateway(client: Any) -> StepFunctionsGateway:
    return StepFunctionsGateway(given.REGION, MACHINE, lambda *_: client)


def test_an_execution_starts_with_the_whole_state(
    gateway: StepFunctionsGateway, client: Any
) -> None:
    with Stubber(client) as stub:
        stub.add_response(
            "start_execution",
            {"executionArn": f"{MACHINE}:x", "startDate": "2026-01-02T03:04:05Z"},
            {
                "stateMachineArn": MACHINE,
                "name": NAME,
                "input": json.dumps(STATE, separators=(",", ":")),
            },
        )
        assert gateway.start(NAME, STATE) is True
        stub.assert_no_pending_responses()


def test_a_name_that_was_taken_before_is_a_duplicate_and_no_error(
    gateway: StepFunctionsGateway, client: Any
) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("start_execution", "ExecutionAlreadyExists", "There is one.", 400)
        assert gateway.start(NAME, STATE) is False


@pytest.mark.parametrize("code", ["ExecutionLimitExceeded", "StateMachineDoesNotExist"])
def test_any_other_error_has_lambda_try_again(
    gateway: StepFunctionsGateway, client: Any, code: str
) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("start_execution", code, "No.", 400)
        with pytest.raises(ApiError, match=f"{code} from StartExecution"):
            gateway.start(NAME, STATE)


def execution(name: str, started: datetime) -> dict[str, Any]:
    return {
        "executionArn": f"{MACHINE}:{name}",
        "stateMachineArn": MACHINE,
        "name": name,
        "status": "RUNNING",
        "startDate": started,
    }


def test_every_page_is_read_of_those_that_run_alone_and_says_when_they_started(
    gateway: StepFunctionsGateway, client: Any
) -> None:
    pages: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"executions": [execution("a", AT)], "nextToken": "1"}, RUNNING),
        ({"executions": [], "nextToken": "2"}, RUNNING | {"nextToken": "1"}),
        (
            {"executions": [execution("b", AT + timedelta(seconds=0.5))]},
            RUNNING | {"nextToken": "2"},
        ),
    ]
    with Stubber(client) as stub:
        for answer, asked in pages:
            stub.add_response("list_executions", answer, asked)
        assert gateway.running() == {"a": AT.timestamp(), "b": AT.timestamp() + 0.5}
        stub.assert_no_pending_responses()


def test_a_page_that_comes_again_and_again_is_an_error(
    gateway: StepFunctionsGateway, client: Any
) -> None:
    with Stubber(client) as stub:
        for _ in range(2):
            stub.add_response("list_executions", {"executions": [], "nextToken": "1"})
        with pytest.raises(ApiError, match=f"{CONNECTION} from ListExecutions"):
            gateway.running()


def test_a_list_that_is_refused_is_an_error(gateway: StepFunctionsGateway, client: Any) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("list_executions", "AccessDeniedException", "No.")
        with pytest.raises(ApiError, match="AccessDeniedException from ListExecutions"):
            gateway.running()


def test_the_state_machine_is_the_environment_s_in_the_stack_s_own_region(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    regions: list[str] = []

    def make_client(_: str, region: str, *__: object) -> Any:
        regions.append(region)
        return client

    monkeypatch.setenv("STATE_MACHINE_ARN", MACHINE)
    stack_id = given.STACK_ID.replace(given.REGION, "ap-south-1")
    gateway = connect_executions(given.request(StackId=stack_id), make_client)
    with Stubber(client) as stub:
        stub.add_response("list_executions", {"executions": []}, RUNNING)
        assert gateway.running() == {}
    assert regions == ["ap-south-1"]
