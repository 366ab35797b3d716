"""The administration path: the log of calls, snapshots, what it puts there, and its refusals."""

import threading
import urllib.request
from typing import Any

import botocore.session
import pytest

from local.comprehend import Admin, AdminError, ComprehendEmulator, ManualClock
from tests.functional.emulated import (
    checked_client,
    classifier,
    endpoint_arn,
    flywheel,
    recognizer,
    refused,
    role,
)

ONE = endpoint_arn("one")


def test_health_answers_with_the_clock(admin: Admin, clock: ManualClock) -> None:
    assert admin.health() == {"status": "ok", "time": clock()}


def test_health_can_be_asked_with_get_too(emulator: ComprehendEmulator) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{emulator.url}/_admin/health") as answer:
        assert answer.status == 200


def test_the_log_has_every_call_with_its_outcome_in_order(
    emulator: ComprehendEmulator, client: Any, admin: Admin, clock: ManualClock
) -> None:
    client.list_endpoints(MaxResults=3)
    clock.advance(10)
    refused(client.describe_endpoint, EndpointArn=ONE)
    listing, describing = admin.calls()
    assert listing == {
        "sequence": 1,
        "time": clock() - 10,
        "account": "000000000000",
        "region": "us-east-1",
        "operation": "ListEndpoints",
        "parameters": {"MaxResults": 3},
        "outcome": "ok",
        "status": 200,
        "answer": "sent",
    }
    assert describing["sequence"] == 2
    assert (describing["outcome"], describing["status"]) == ("ResourceNotFoundException", 404)
    assert admin.calls("ListEndpoints") == [listing]
    assert admin.calls(since=1) == [describing]


def test_the_log_names_what_was_not_emulated(emulator: ComprehendEmulator, client: Any) -> None:
    code, _ = refused(client.detect_sentiment, Text="fine", LanguageCode="en")
    assert code == "UnknownOperationException"
    assert emulator.admin.calls()[-1]["operation"] == "Comprehend_20171127.DetectSentiment"


def test_sequence_numbers_go_on_when_the_log_is_emptied(client: Any, admin: Admin) -> None:
    client.list_endpoints()
    admin.reset_calls()
    assert admin.calls() == []
    client.list_endpoints()
    assert [call["sequence"] for call in admin.calls()] == [2]


def test_the_log_tells_regions_apart(
    emulator: ComprehendEmulator, sdk: botocore.session.Session
) -> None:
    client = checked_client(emulator, region="eu-west-1", session=sdk)
    client.list_endpoints()
    assert emulator.admin.calls()[0]["region"] == "eu-west-1"
    client.close()


def test_a_snapshot_shows_tags_and_token(client: Any, admin: Admin) -> None:
    client.create_endpoint(
        EndpointName="one",
        ModelArn=classifier(),
        DesiredInferenceUnits=1,
        ClientRequestToken="once",
        Tags=[{"Key": "b", "Value": "1"}, {"Key": "a", "Value": "2"}],
    )
    found = admin.endpoint(ONE)
    assert found
    assert admin.endpoints() == [found]
    assert found["EndpointName"] == "one"
    assert found["Tags"] == {"a": "2", "b": "1"}
    assert found["ClientRequestToken"] == "once"
    assert (found["Region"], found["Account"]) == ("us-east-1", "000000000000")
    assert found["Status"] == "CREATING"
    assert admin.endpoint(endpoint_arn("two")) is None


def test_an_endpoint_that_is_put_there_is_like_any_other(
    client: Any, admin: Admin, clock: ManualClock
) -> None:
    one = admin.put_endpoint(
        "one",
        recognizer(),
        units=3,
        role_arn=role(),
        flywheel_arn=flywheel("a-recognizer"),
        tags={"owner": "somebody else"},
        token="theirs",
    )
    shown = client.describe_endpoint(EndpointArn=one)["EndpointProperties"]
    assert shown["Status"] == "IN_SERVICE"
    assert shown["CurrentInferenceUnits"] == 3
    assert shown["DataAccessRoleArn"] == role()
    assert shown["FlywheelArn"] == flywheel("a-recognizer")
    tags = client.list_tags_for_resource(ResourceArn=one)["Tags"]
    assert tags == [{"Key": "owner", "Value": "somebody else"}]
    client.delete_endpoint(EndpointArn=one)
    clock.advance(60)
    assert admin.endpoints() == []


@pytest.mark.parametrize(("status", "seconds"), [("CREATING", 600), ("UPDATING", 300)])
def test_an_endpoint_that_is_put_there_busy_gets_ready_in_its_time(
    admin: Admin, clock: ManualClock, status: str, seconds: int
) -> None:
    one = admin.put_endpoint("one", classifier(), status=status)
    seen = [admin.endpoint(one)]
    clock.advance(seconds)
    seen.append(admin.endpoint(one))
    assert [endpoint and endpoint["Status"] for endpoint in seen] == [status, "IN_SERVICE"]


def test_a_creation_that_is_planned_takes_its_own_time(
    client: Any, admin: Admin, clock: ManualClock
) -> None:
    began = clock()
    admin.plan_creation("one", 12.25)
    for name in ("one", "two"):
        client.create_endpoint(EndpointName=name, ModelArn=classifier(), DesiredInferenceUnits=1)
    seen = []
    for seconds in (12, 1):
        clock.advance(seconds)
        seen.append([endpoint["Status"] for endpoint in admin.endpoints()])
    assert seen == [["CREATING", "CREATING"], ["IN_SERVICE", "CREATING"]]
    ready = admin.endpoint(ONE)
    assert ready
    assert ready["LastModifiedTime"] == began + 12.25
    admin.reset()
    client.create_endpoint(EndpointName="one", ModelArn=classifier(), DesiredInferenceUnits=1)
    clock.advance(13)
    assert [endpoint["Status"] for endpoint in admin.endpoints()] == ["CREATING"]


def test_an_endpoint_can_vanish(client: Any, admin: Admin) -> None:
    admin.remove_endpoint(admin.put_endpoint("one", classifier()))
    assert refused(client.describe_endpoint, EndpointArn=ONE)[0] == "ResourceNotFoundException"


def test_an_endpoint_can_fail_of_itself(client: Any, admin: Admin) -> None:
    admin.fail_endpoint(admin.put_endpoint("one", classifier(), status="CREATING"), "Broken.")
    shown = client.describe_endpoint(EndpointArn=ONE)["EndpointProperties"]
    assert (shown["Status"], shown["Message"]) == ("FAILED", "Broken.")


def test_tags_can_be_put_and_removed_behind_the_apis_back(client: Any, admin: Admin) -> None:
    admin.put_endpoint("one", classifier(), tags={"a": "1", "b": "2"})
    admin.put_tags(ONE, {"c": "3"})
    admin.remove_tags(ONE, ["a"])
    tags = client.list_tags_for_resource(ResourceArn=ONE)["Tags"]
    assert tags == [{"Key": "b", "Value": "2"}, {"Key": "c", "Value": "3"}]
    admin.remove_tags(ONE)
    assert client.list_tags_for_resource(ResourceArn=ONE)["Tags"] == []


def test_a_flywheel_is_as_registered(client: Any, admin: Admin) -> None:
    admin.put_flywheel(flywheel(), recognizer(), model_type="ENTITY_RECOGNIZER")
    found = client.describe_flywheel(FlywheelArn=flywheel())["FlywheelProperties"]
    assert (found["ModelType"], found["ActiveModelArn"]) == ("ENTITY_RECOGNIZER", recognizer())
    admin.promote_model(flywheel(), recognizer("products/version/v2"))
    found = client.describe_flywheel(FlywheelArn=flywheel())["FlywheelProperties"]
    assert found["ActiveModelArn"] == recognizer("products/version/v2")


def test_a_flywheel_and_its_model_must_be_of_one_kind(admin: Admin) -> None:
    with pytest.raises(AdminError, match="DOCUMENT_CLASSIFIER"):
        admin.put_flywheel(flywheel(), recognizer())


def test_reset_forgets_everything(client: Any, admin: Admin) -> None:
    before = admin.settings()
    admin.change_settings(create_seconds=1)
    admin.put_model(classifier(), "missing")
    admin.put_endpoint("two", classifier())
    admin.add_fault("ListEndpoints", code="InternalServerException")
    refused(client.list_endpoints)
    admin.reset()
    assert admin.settings() == before
    assert admin.endpoints() == admin.calls() == admin.faults() == []
    client.create_endpoint(EndpointName="one", ModelArn=classifier(), DesiredInferenceUnits=1)
    assert [call["sequence"] for call in admin.calls()] == [1]


@pytest.mark.parametrize(
    ("method", "arguments", "reason"),
    [
        ("no_such_method", {}, "not one of"),
        ("handle", {}, "not one of"),
        ("change_units", {"arn": ONE, "units": 2}, "not found"),
        ("change_units", {"units": 2}, "arn"),
        ("put_endpoint", {"name": "one", "model_arn": "nonsense"}, "put_endpoint"),
        ("put_endpoint", {"name": "one", "model_arn": classifier(), "status": "X"}, "X"),
        ("put_model", {"arn": classifier(), "state": "asleep"}, "asleep"),
        ("plan_creation", {"name": "one", "seconds": -1}, "less than 0"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason(
    admin: Admin, method: str, arguments: dict[str, Any], reason: str
) -> None:
    with pytest.raises(AdminError, match=reason):
        admin._ask(method, **arguments)
    assert admin.endpoints() == []


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/_admin/health", b"{", 400),
        ("/_admin/health", b"[]", 400),
        ("/_admin/", b"{}", 404),
        ("/favicon.ico", None, 404),
    ],
)
def test_odd_requests_of_the_administration_path_are_refused(
    emulator: ComprehendEmulator, path: str, body: bytes | None, status: int
) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with pytest.raises(urllib.error.HTTPError) as caught:
        opener.open(urllib.request.Request(emulator.url + path, body))
    assert caught.value.code == status
    caught.value.close()


def test_the_emulator_stops_and_starts_again_empty(clock: ManualClock) -> None:
    emulator = ComprehendEmulator(clock=clock)
    with pytest.raises(RuntimeError, match="not running"):
        _ = emulator.url
    for _ in range(2):
        with emulator:
            assert emulator.admin.endpoints() == []
            emulator.admin.put_endpoint("one", classifier())
            url = emulator.url
        with pytest.raises(OSError, match="refused"):
            Admin(url).health()
    emulator.stop()


def test_stopping_leaves_no_thread_behind(
    clock: ManualClock, sdk: botocore.session.Session
) -> None:
    before = set(threading.enumerate())
    with ComprehendEmulator(clock=clock) as emulator:
        client = emulator.client(session=sdk)
        client.list_endpoints()  # Its connection stays open, and a thread waits on it.
        assert set(threading.enumerate()) != before
    assert set(threading.enumerate()) == before
    client.close()


def test_a_port_that_is_taken_is_an_error(emulator: ComprehendEmulator) -> None:
    port = int(emulator.url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        ComprehendEmulator(port=port).start()
