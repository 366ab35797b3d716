"""Injected faults: which calls they hit, what the client sees, and what took effect."""

import json
import threading
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from botocore.parsers import ResponseParserError

from local.comprehend import Admin, AdminError, ComprehendEmulator, ManualClock
from tests.functional.emulated import checked_client, classifier, endpoint_arn, refused

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
        ({"every": 2}, "x.x.x."),
        ({"from_nth": 2, "every": 3}, ".x..x."),
        ({"times": 2}, "xx...."),
        ({"from_nth": 2, "every": 2, "times": 2}, ".x.x.."),
        ({"match": "no such text"}, "......"),
        ({"match": "endpoint/one"}, "xxxxxx"),
    ],
)
def test_a_fault_hits_the_calls_it_names(
    client: Any, admin: Admin, which: Json, expected: str
) -> None:
    admin.put_endpoint("one", classifier())
    admin.add_fault("DescribeEndpoint", code="InternalServerException", **which)
    assert outcomes(client, 6) == expected


def test_a_fault_counts_only_calls_of_its_operation_since_it_was_added(
    client: Any, admin: Admin
) -> None:
    admin.put_endpoint("one", classifier())
    assert outcomes(client, 2) == ".."
    admin.add_fault("DescribeEndpoint", nth=2, code="InternalServerException")
    client.list_endpoints()
    assert outcomes(client, 3) == ".x."


def test_a_fault_of_any_operation_hits_all(client: Any, admin: Admin) -> None:
    admin.add_fault("*", code="ServiceUnavailable")
    assert refused(client.list_endpoints)[0] == "ServiceUnavailable"
    assert refused(client.create_endpoint, **CREATION)[0] == "ServiceUnavailable"


def test_the_fault_that_was_added_first_goes_first_and_both_count(
    client: Any, admin: Admin
) -> None:
    admin.add_fault("ListEndpoints", nth=1, code="TooManyRequestsException")
    admin.add_fault("ListEndpoints", nth=2, code="InternalServerException")
    assert refused(client.list_endpoints)[0] == "TooManyRequestsException"
    assert refused(client.list_endpoints)[0] == "InternalServerException"
    assert [(fault["calls"], fault["hits"]) for fault in admin.faults()] == [(2, 1), (2, 1)]


def test_faults_can_be_removed_one_by_one_or_all(client: Any, admin: Admin) -> None:
    first = admin.add_fault("ListEndpoints", code="InternalServerException")
    second = admin.add_fault("ListEndpoints", code="TooManyRequestsException")
    admin.remove_fault(first)
    assert [fault["number"] for fault in admin.faults()] == [second]
    assert refused(client.list_endpoints)[0] == "TooManyRequestsException"
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


def test_an_error_after_the_effect_leaves_the_endpoint_there(client: Any, admin: Admin) -> None:
    admin.add_fault("CreateEndpoint", code="InternalServerException", after_effect=True)
    assert refused(client.create_endpoint, **CREATION)[0] == "InternalServerException"
    assert len(admin.endpoints()) == 1
    assert admin.calls()[-1]["outcome"] == "InternalServerException"


@pytest.mark.parametrize(
    ("drop", "endpoints", "outcome"), [("before", 0, "dropped"), ("after", 1, "ok")]
)
def test_a_dropped_connection_is_dropped_before_or_after_the_effect(
    client: Any, admin: Admin, drop: str, endpoints: int, outcome: str
) -> None:
    admin.add_fault("CreateEndpoint", nth=1, drop=drop)
    with pytest.raises(ConnectionClosedError):
        client.create_endpoint(**CREATION)
    assert len(admin.endpoints()) == endpoints
    call = admin.calls("CreateEndpoint")[0]
    assert (call["outcome"], call["answer"], call["status"]) == (outcome, "dropped", None)


def test_a_client_that_tries_again_gets_the_endpoint_that_the_lost_answer_made(
    emulator: ComprehendEmulator, admin: Admin, sdk: botocore.session.Session
) -> None:
    client = checked_client(emulator, attempts=2, session=sdk)
    admin.add_fault("CreateEndpoint", nth=1, drop="after")
    assert client.create_endpoint(**CREATION)["EndpointArn"] == ONE
    assert len(admin.calls("CreateEndpoint")) == 2
    assert len(admin.endpoints()) == 1
    client.close()


def test_a_malformed_body_cannot_be_parsed_but_the_effect_is_there(
    client: Any, admin: Admin
) -> None:
    admin.add_fault("CreateEndpoint", body="malformed")
    with pytest.raises((ResponseParserError, json.JSONDecodeError)):
        client.create_endpoint(**CREATION)
    assert len(admin.endpoints()) == 1
    assert admin.calls("CreateEndpoint")[0]["answer"] == "malformed"


def test_an_empty_body_says_nothing_but_the_effect_is_there(client: Any, admin: Admin) -> None:
    admin.add_fault("CreateEndpoint", body="empty")
    assert set(client.create_endpoint(**CREATION)) == {"ResponseMetadata"}
    assert len(admin.endpoints()) == 1


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
    shown = client.describe_endpoint(EndpointArn=ONE)["EndpointProperties"]
    assert shown["Status"] == status
    clock.advance(600)
    shown = client.describe_endpoint(EndpointArn=ONE)["EndpointProperties"]
    assert (shown["Status"], shown["Message"]) == ("FAILED", "No capacity in this region.")


def test_a_delayed_call_waits_and_the_others_do_not(
    emulator: ComprehendEmulator, client: Any, admin: Admin, sdk: botocore.session.Session
) -> None:
    """The delay is far longer than the test, which ends it."""
    admin.put_endpoint("one", classifier())
    admin.add_fault("DescribeEndpoint", delay_seconds=600)
    slow = checked_client(emulator, session=sdk)
    answered: list[str] = []

    def ask() -> None:
        shown = slow.describe_endpoint(EndpointArn=ONE)["EndpointProperties"]
        answered.append(shown["Status"])

    waiting = threading.Thread(target=ask)
    waiting.start()
    while not admin.calls("DescribeEndpoint"):
        pass
    client.list_endpoints()
    assert answered == []
    assert admin.calls("DescribeEndpoint")[0]["outcome"] == "pending"
    admin.end_delays()
    waiting.join()
    assert answered == ["IN_SERVICE"]
    slow.close()


def test_a_short_delay_ends_by_itself(client: Any, admin: Admin) -> None:
    admin.add_fault("ListEndpoints", delay_seconds=0.01)
    assert client.list_endpoints()["EndpointPropertiesList"] == []


def test_a_delay_goes_together_with_an_error(client: Any, admin: Admin) -> None:
    admin.add_fault("ListEndpoints", delay_seconds=0.01, code="InternalServerException")
    assert refused(client.list_endpoints)[0] == "InternalServerException"


def test_requests_above_the_rate_are_throttled_until_time_passes(
    client: Any, admin: Admin, clock: ManualClock
) -> None:
    admin.change_settings(requests_per_second={"ListEndpoints": 2, "TagResource": 0.5})
    client.list_endpoints()
    client.list_endpoints()
    assert refused(client.list_endpoints)[0] == "ThrottlingException"
    one = admin.put_endpoint("one", classifier())
    tag = {"ResourceArn": one, "Tags": [{"Key": "k"}]}
    client.tag_resource(**tag)
    clock.advance(0.5)
    client.list_endpoints()
    assert refused(client.tag_resource, **tag)[0] == "ThrottlingException"
    clock.advance(1.5)
    client.tag_resource(**tag)


def test_a_quiet_time_saves_up_no_more_than_a_seconds_requests(
    client: Any, admin: Admin, clock: ManualClock
) -> None:
    admin.change_settings(requests_per_second={"ListEndpoints": 2})
    client.list_endpoints()
    clock.advance(1000)
    client.list_endpoints()
    client.list_endpoints()
    assert refused(client.list_endpoints)[0] == "ThrottlingException"


def test_there_is_no_throttling_unless_it_is_set(client: Any) -> None:
    for _ in range(50):
        client.list_endpoints()


@pytest.mark.parametrize(
    ("description", "reason"),
    [
        ({"code": "X", "drop": "after"}, "one of"),
        ({}, "one of"),
        ({"drop": "during"}, "before or after"),
        ({"body": "torn"}, "malformed or empty"),
        ({"nth": 0, "code": "X"}, "from 1"),
        ({"every": 0, "code": "X"}, "from 1"),
        ({"colour": "red", "code": "X"}, "colour"),
        ({"operation": "DetectSentiment", "code": "X"}, "DetectSentiment"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(
    admin: Admin, description: Json, reason: str
) -> None:
    with pytest.raises(AdminError, match=reason):
        admin.add_fault(**{"operation": "CreateEndpoint", **description})
    assert admin.faults() == []
