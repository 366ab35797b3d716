"""Injected faults: which calls they hit, what the client sees, and what took effect."""

import json
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from botocore.parsers import ResponseParserError

from local.comprehend import Admin, AdminError, ComprehendEmulator, ManualClock
from testing.arns import classifier, endpoint_arn
from tests.functional.emulated import checked_client, refused

Json = dict[str, Any]

ONE = endpoint_arn("one")
CREATION = {"EndpointName": "one", "ModelArn": classifier(), "DesiredInferenceUnits": 1}


def outcomes(client: Any, number: int) -> str:
    """A letter for each of so many DescribeEndpoint calls: `.` answered, `x` failed."""
    letters = ""
    for _ in range(number):
        try:
            client.describe_endpoint(EndpointArn=ONE)
            letters += "."
        except client.exceptions.InternalServerException:
            letters += "x"
    return letters


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        ({}, "xxxxxx"),
        ({"nth": 1}, "x....."),
        ({"nth": 3}, "..x..."),
        ({"from_nth": 4}, "...xxx"),
        ({"times": 2}, "xx...."),
        ({"from_nth": 2, "times": 2}, ".xx..."),
        ({"match": "no such text"}, "......"),
        ({"match": "endpoint/one"}, "xxxxxx"),
    ],
)
def test_a_fault_hits_the_calls_it_names_since_it_was_added(
    client: Any, admin: Admin, which: Json, expected: str
) -> None:
    admin.put_endpoint("one", classifier())
    assert outcomes(client, 2) == ".."
    admin.add_fault("DescribeEndpoint", code="InternalServerException", **which)
    client.list_endpoints()
    assert outcomes(client, 6) == expected


def test_of_several_faults_the_first_hits_all_count_and_each_can_be_removed(
    client: Any, admin: Admin
) -> None:
    admin.add_fault("ListEndpoints", nth=1, code="TooManyRequestsException")
    admin.add_fault("*", nth=2, code="InternalServerException")
    assert refused(client.list_endpoints)[0] == "TooManyRequestsException"
    assert refused(client.list_endpoints)[0] == "InternalServerException"
    third = admin.add_fault("*", code="ServiceUnavailable")
    assert refused(client.create_endpoint, **CREATION)[0] == "ServiceUnavailable"
    admin.remove_fault(third)
    client.list_endpoints()
    admin.add_fault("*", code="ServiceUnavailable")
    admin.clear_faults()
    client.list_endpoints()


def test_an_injected_error_has_its_code_message_and_status_and_no_effect(
    client: Any, admin: Admin
) -> None:
    admin.add_fault("CreateEndpoint", code="AccessDeniedException", message="Not you.", status=403)
    with pytest.raises(ClientError) as caught:
        client.create_endpoint(**CREATION)
    assert caught.value.response["Error"] == {
        "Code": "AccessDeniedException",
        "Message": "Not you.",
    }
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert admin.endpoints() == []


@pytest.mark.parametrize(
    ("fault", "error", "endpoints", "outcome", "answer"),
    [
        (
            {"code": "InternalServerException", "after_effect": True},
            ClientError,
            1,
            "InternalServerException",
            "sent",
        ),
        ({"drop": "before"}, ConnectionClosedError, 0, "dropped", "dropped"),
        ({"drop": "after"}, ConnectionClosedError, 1, "ok", "dropped"),
        ({"body": "malformed"}, (ResponseParserError, json.JSONDecodeError), 1, "ok", "malformed"),
    ],
)
def test_an_answer_is_lost_before_or_after_the_effect(
    client: Any,
    admin: Admin,
    fault: Json,
    error: type[Exception],
    endpoints: int,
    outcome: str,
    answer: str,
) -> None:
    admin.add_fault("CreateEndpoint", **fault)
    with pytest.raises(error):
        client.create_endpoint(**CREATION)
    assert len(admin.endpoints()) == endpoints
    (call,) = admin.calls("CreateEndpoint")
    assert (call["outcome"], call["answer"]) == (outcome, answer)
    assert (call["status"] is None) == (answer == "dropped")


def test_an_empty_body_says_nothing_but_the_effect_is_there(client: Any, admin: Admin) -> None:
    admin.add_fault("CreateEndpoint", body="empty")
    assert set(client.create_endpoint(**CREATION)) == {"ResponseMetadata"}
    assert len(admin.endpoints()) == 1


def test_a_client_that_tries_again_gets_the_endpoint_that_the_lost_answer_made(
    emulator: ComprehendEmulator, admin: Admin, sdk: botocore.session.Session
) -> None:
    client = checked_client(emulator, attempts=2, session=sdk)
    admin.add_fault("CreateEndpoint", nth=1, drop="after")
    assert client.create_endpoint(**CREATION)["EndpointArn"] == ONE
    assert len(admin.calls("CreateEndpoint")) == 2
    assert len(admin.endpoints()) == 1
    client.close()


@pytest.mark.parametrize("status", ["CREATING", "UPDATING"])
def test_an_operation_that_is_accepted_can_fail_later(
    client: Any, admin: Admin, clock: ManualClock, status: str
) -> None:
    admin.add_fault("*", fails_later="No capacity in this region.")
    if status == "CREATING":
        client.create_endpoint(**CREATION)
    else:
        admin.put_endpoint("one", classifier())
        client.update_endpoint(EndpointArn=ONE, DesiredInferenceUnits=2)
    assert client.describe_endpoint(EndpointArn=ONE)["EndpointProperties"]["Status"] == status
    clock.advance(600)
    shown = client.describe_endpoint(EndpointArn=ONE)["EndpointProperties"]
    assert (shown["Status"], shown["Message"]) == ("FAILED", "No capacity in this region.")


def test_requests_above_the_rate_are_throttled_until_time_passes(
    client: Any, admin: Admin, clock: ManualClock
) -> None:
    admin.change_settings(requests_per_second={"ListEndpoints": 2, "TagResource": 0.5})
    tag = {"ResourceArn": admin.put_endpoint("one", classifier()), "Tags": [{"Key": "k"}]}
    for _ in range(2):  # A quiet time saves up no more than a second's requests.
        client.list_endpoints()
        client.list_endpoints()
        assert refused(client.list_endpoints)[0] == "ThrottlingException"
        clock.advance(1000)
    client.tag_resource(**tag)
    clock.advance(0.5)
    assert refused(client.tag_resource, **tag)[0] == "ThrottlingException"
    clock.advance(1.5)
    client.tag_resource(**tag)


@pytest.mark.parametrize(
    ("description", "reason"),
    [
        ({"code": "X", "drop": "after"}, "one of"),
        ({}, "one of"),
        ({"drop": "during"}, "before or after"),
        ({"body": "torn"}, "malformed or empty"),
        ({"nth": 0, "code": "X"}, "from 1"),
        ({"times": "twice", "code": "X"}, "from 1"),
        ({"colour": "red", "code": "X"}, "colour"),
        ({"operation": "DetectSentiment", "code": "X"}, "DetectSentiment"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(
    admin: Admin, description: Json, reason: str
) -> None:
    with pytest.raises(AdminError, match=reason):
        admin.add_fault(**{"operation": "CreateEndpoint", **description})
