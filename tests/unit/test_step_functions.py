"""Starting an execution: once for each request, whatever is delivered twice."""

import json
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from provider.aws.step_functions import StepFunctionsGateway
from provider.model.api_errors import ApiError
from provider.model.naming import execution_name
from tests.unit import given

MACHINE = f"arn:aws:states:{given.REGION}:{given.ACCOUNT}:stateMachine:provider"
STATE = {"event": {"RequestType": "Create"}, "next": "step"}
NAME = "a" * 64


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


def test_an_execution_is_named_after_the_request_within_the_service_s_limit() -> None:
    name = execution_name(given.reply())
    assert name == execution_name(given.request().reply)
    # StartExecution, name: 1 to 80 characters.
    assert 1 <= len(name) <= 80


@pytest.mark.parametrize("part", ["stack_id", "logical_id", "request_id", "response_url"])
def test_another_request_has_an_execution_of_another_name(part: str) -> None:
    # A later deployment may use a RequestId again, but no ResponseURL.
    assert execution_name(given.reply(**{part: "another"})) != execution_name(given.reply())
