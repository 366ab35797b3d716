"""Is what a request asks for still wanted? What CloudFormation says, and what follows from it."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from provider.request import Operation
from provider.stack import StackGateway, StackView, unwanted
from tests.unit import given

CREATE, UPDATE = Operation.CREATE, Operation.UPDATE
BUSY = "CREATE_IN_PROGRESS"
UPDATING = "UPDATE_IN_PROGRESS"
ROLLING = "UPDATE_ROLLBACK_IN_PROGRESS"
UNKNOWN = StackView()


def view(status: str | None, listed: bool | None = True, resource: str | None = None) -> StackView:
    return StackView(status, listed, resource)


@pytest.mark.parametrize(
    ("operation", "at_first", "now", "why"),
    [
        pytest.param(CREATE, view(BUSY), view(BUSY), None, id="nothing has changed"),
        pytest.param(UPDATE, view(UPDATING), view(UPDATING), None, id="an update goes on"),
        pytest.param(
            UPDATE,
            view(UPDATING),
            view("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
            "the stack is in UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            id="the stack is through",
        ),
        pytest.param(
            UPDATE,
            view("UPDATE_ROLLBACK_COMPLETE"),
            view("UPDATE_ROLLBACK_COMPLETE"),
            "the stack is in UPDATE_ROLLBACK_COMPLETE",
            id="an update that first runs when its rollback is over",
        ),
        pytest.param(
            CREATE,
            view(BUSY),
            view("CREATE_FAILED"),
            "the stack is in CREATE_FAILED",
            id="a creation that is not rolled back",
        ),
        pytest.param(
            UPDATE,
            view("REVIEW_IN_PROGRESS"),
            view("REVIEW_IN_PROGRESS"),
            None,
            id="a stack that is busy with what is not known here",
        ),
        # Nobody knows: that changes nothing.
        pytest.param(CREATE, UNKNOWN, UNKNOWN, None, id="never known"),
        pytest.param(CREATE, view(BUSY), UNKNOWN, None, id="no longer known"),
        pytest.param(UPDATE, view(UPDATING), UNKNOWN, None, id="update no longer known"),
        pytest.param(
            UPDATE, UNKNOWN, view(ROLLING), None, id="a rollback that may have been there at first"
        ),
        pytest.param(
            CREATE, view(BUSY), view(BUSY, listed=None), None, id="the resource is not known"
        ),
        # The stack is going, or gone.
        pytest.param(
            CREATE,
            view(BUSY),
            view("DELETE_IN_PROGRESS"),
            "the stack is in DELETE_IN_PROGRESS",
            id="the stack is being deleted",
        ),
        pytest.param(
            UPDATE,
            UNKNOWN,
            view("DELETE_COMPLETE", listed=None),
            "the stack is in DELETE_COMPLETE",
            id="the stack is deleted",
        ),
        pytest.param(
            CREATE,
            view(BUSY),
            view("DELETE_FAILED"),
            "the stack is in DELETE_FAILED",
            id="the stack's deletion is stuck",
        ),
        # The resource is going, or gone.
        pytest.param(
            CREATE,
            view(BUSY),
            view(BUSY, resource="DELETE_IN_PROGRESS"),
            "the resource is in DELETE_IN_PROGRESS",
            id="the resource is being deleted",
        ),
        pytest.param(
            UPDATE,
            view(UPDATING),
            view(UPDATING, resource="DELETE_COMPLETE"),
            "the resource is in DELETE_COMPLETE",
            id="the resource is deleted",
        ),
        pytest.param(
            CREATE,
            view(BUSY),
            view(BUSY, resource="CREATE_IN_PROGRESS"),
            None,
            id="the resource is being created",
        ),
        pytest.param(
            UPDATE,
            view(UPDATING),
            view(UPDATING, listed=False),
            "the stack no longer has the resource",
            id="the resource is no longer listed",
        ),
        pytest.param(
            CREATE,
            view(BUSY, listed=False),
            view(BUSY, listed=False),
            None,
            id="the resource was never listed",
        ),
        pytest.param(
            CREATE,
            view(BUSY, listed=None),
            view(BUSY, listed=False),
            None,
            id="whether the resource was ever listed is not known",
        ),
        # A rollback.
        pytest.param(
            CREATE,
            view(BUSY),
            view("ROLLBACK_IN_PROGRESS"),
            "the stack is rolling back (ROLLBACK_IN_PROGRESS)",
            id="a create is rolled back",
        ),
        pytest.param(
            CREATE,
            view(ROLLING),
            view(ROLLING),
            f"the stack is rolling back ({ROLLING})",
            id="a create is no part of any rollback",
        ),
        pytest.param(
            CREATE,
            UNKNOWN,
            view(ROLLING),
            f"the stack is rolling back ({ROLLING})",
            id="nor where it is not known how it began",
        ),
        pytest.param(
            UPDATE,
            view(UPDATING),
            view(ROLLING),
            f"the stack is rolling back ({ROLLING})",
            id="rollback began after the update",
        ),
        pytest.param(
            UPDATE, view(ROLLING), view(ROLLING), None, id="the update is the rollback's own"
        ),
        pytest.param(
            UPDATE,
            view(ROLLING),
            view("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"),
            "the stack is in UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
            id="the update's own rollback is through",
        ),
        pytest.param(
            UPDATE,
            view(ROLLING, resource="UPDATE_IN_PROGRESS"),
            view(ROLLING, resource="UPDATE_COMPLETE"),
            "the resource is in UPDATE_COMPLETE already",
            id="the rollback is through with the resource, not with others",
        ),
        pytest.param(
            UPDATE,
            view(ROLLING, resource="UPDATE_COMPLETE"),
            view(ROLLING, resource="UPDATE_COMPLETE"),
            None,
            id="whether the resource's status ever follows is not known",
        ),
        pytest.param(
            UPDATE,
            view(ROLLING, resource="UPDATE_IN_PROGRESS"),
            view(ROLLING, listed=None),
            None,
            id="the resource could not be read again",
        ),
    ],
)
def test_a_request_is_unwanted_only_where_cloudformation_says_so(
    operation: Operation, at_first: StackView, now: StackView, why: str | None
) -> None:
    assert unwanted(operation, at_first, now) == why


@pytest.mark.parametrize(
    ("status", "rolling_back"),
    [
        (None, None),
        (BUSY, False),
        ("DELETE_IN_PROGRESS", False),
        ("ROLLBACK_IN_PROGRESS", True),
        (ROLLING, True),
        ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", False),
        ("UPDATE_ROLLBACK_COMPLETE", False),
        ("IMPORT_ROLLBACK_IN_PROGRESS", True),
    ],
)
def test_a_rollback_is_known_by_the_stack_s_status(
    status: str | None, rolling_back: bool | None
) -> None:
    assert view(status).rolling_back is rolling_back


@pytest.fixture(scope="module")
def client() -> Any:
    return boto3.client("cloudformation", region_name=given.REGION)


@pytest.fixture
def gateway(client: Any, monkeypatch: pytest.MonkeyPatch) -> StackGateway:
    monkeypatch.setattr(boto3, "client", lambda *_, **__: client)
    return StackGateway(given.REGION)


ASKED_STACK = {"StackName": given.STACK_ID}
ASKED_RESOURCE = {"StackName": given.STACK_ID, "LogicalResourceId": "Sentiment"}
STACKS = {
    "Stacks": [{"StackName": "shop", "CreationTime": "2026-01-02T03:04:05Z", "StackStatus": BUSY}]
}
RESOURCE = {
    "StackResourceDetail": {
        "LogicalResourceId": "Sentiment",
        "ResourceType": "Custom::ComprehendEndpoint",
        "LastUpdatedTimestamp": "2026-01-02T03:04:05Z",
        "ResourceStatus": BUSY,
    }
}


def test_the_stack_is_asked_by_its_id_and_the_resource_by_its_name(
    gateway: StackGateway, client: Any
) -> None:
    with Stubber(client) as stub:
        stub.add_response("describe_stacks", STACKS, ASKED_STACK)
        stub.add_response("describe_stack_resource", RESOURCE, ASKED_RESOURCE)
        assert gateway.view(given.reply()) == StackView(BUSY, True, BUSY)
        stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("code", "status"), [("AccessDenied", 403), ("Throttling", 400), ("ValidationError", 400)]
)
def test_a_stack_that_is_denied_throttled_or_not_known_is_unknown(
    gateway: StackGateway, client: Any, code: str, status: int
) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("describe_stacks", code, "The message.", status)
        assert gateway.view(given.reply()) == StackView()


def test_an_empty_answer_is_unknown(gateway: StackGateway, client: Any) -> None:
    with Stubber(client) as stub:
        stub.add_response("describe_stacks", {"Stacks": []})
        assert gateway.view(given.reply()) == StackView()
    with Stubber(client) as stub:
        stub.add_response("describe_stacks", STACKS)
        stub.add_response("describe_stack_resource", {})
        assert gateway.view(given.reply()) == StackView(BUSY)


def test_a_cloudformation_that_cannot_be_reached_is_unknown(
    gateway: StackGateway, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://x")

    with Stubber(client) as stub:
        stub.add_response("describe_stacks", STACKS)
        monkeypatch.setattr(client, "describe_stack_resource", unreachable)
        assert gateway.view(given.reply()) == StackView(BUSY)
    monkeypatch.setattr(client, "describe_stacks", unreachable)
    assert gateway.view(given.reply()) == StackView()


@pytest.mark.parametrize(
    ("code", "listed"), [("ValidationError", False), ("AccessDenied", None), ("Throttling", None)]
)
def test_only_the_stack_s_own_word_says_that_a_resource_is_not_listed(
    gateway: StackGateway, client: Any, code: str, listed: bool | None
) -> None:
    with Stubber(client) as stub:
        stub.add_response("describe_stacks", STACKS)
        stub.add_client_error("describe_stack_resource", code, "The message.", 400)
        assert gateway.view(given.reply()) == StackView(BUSY, listed)


def test_one_client_serves_all_the_looks_of_an_invocation(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[Any, ...]] = []

    def make(*service: Any, **settings: Any) -> Any:
        made.append((*service, settings["region_name"]))
        return client

    monkeypatch.setattr(boto3, "client", make)
    gateway = StackGateway(given.REGION)
    assert made == []
    with Stubber(client) as stub:
        for _ in range(2):
            stub.add_response("describe_stacks", STACKS)
            stub.add_response("describe_stack_resource", RESOURCE)
            gateway.view(given.reply())
    assert made == [("cloudformation", given.REGION)]
