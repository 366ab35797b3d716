"""What is done behind the API's back: the emulator's log, its settings, and what is put there."""

import threading
from typing import Any

import botocore.session
import pytest

from local.comprehend import Admin, AdminError, ComprehendEmulator, ManualClock
from testing.arns import classifier, endpoint_arn, flywheel, recognizer
from tests.functional.emulated import refused

Json = dict[str, Any]

ONE = endpoint_arn("one")


def create(client: Any, name: str = "one") -> None:
    client.create_endpoint(EndpointName=name, ModelArn=classifier(), DesiredInferenceUnits=1)


def test_the_log_has_every_call_with_its_outcome_in_order(
    client: Any, admin: Admin, clock: ManualClock
) -> None:
    client.list_endpoints(MaxResults=3)
    clock.advance(10)
    refused(client.describe_endpoint, EndpointArn=ONE)
    refused(client.detect_sentiment, Text="fine", LanguageCode="en")
    listing, describing, other = admin.calls()
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
    assert (describing["outcome"], describing["status"]) == ("ResourceNotFoundException", 404)
    assert other["operation"] == "Comprehend_20171127.DetectSentiment"
    assert admin.calls("ListEndpoints") == [listing]
    assert admin.calls(since=1) == [describing, other]
    admin.reset_calls()
    client.list_endpoints()
    assert [call["sequence"] for call in admin.calls()] == [4]


def test_reset_forgets_everything(client: Any, admin: Admin) -> None:
    before = admin.settings()
    admin.change_settings(create_seconds=1)
    admin.put_model(classifier(), "missing")
    admin.put_endpoint("two", classifier())
    admin.add_fault("ListEndpoints", code="InternalServerException")
    refused(client.list_endpoints)
    admin.reset()
    assert admin.settings() == before
    assert not [*admin.endpoints(), *admin.calls()]
    create(client)
    client.list_endpoints()
    assert [call["sequence"] for call in admin.calls()] == [1, 2]


def test_the_emulator_that_stops_leaves_no_thread_and_no_open_port(
    sdk: botocore.session.Session,
) -> None:
    before = set(threading.enumerate())
    emulator = ComprehendEmulator()
    with emulator:
        client = emulator.client(session=sdk)
        client.list_endpoints()  # Its connection stays open, and a thread waits on it.
        assert set(threading.enumerate()) != before
        port = int(emulator.url.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"), ComprehendEmulator(port=port):
            pass
    assert set(threading.enumerate()) == before
    with pytest.raises(RuntimeError, match="not running"):
        _ = emulator.url
    with ComprehendEmulator(port=port):
        pass
    client.close()


@pytest.mark.parametrize(
    "changes",
    [
        {"colour": "red"},
        {"update_visibility": "sometimes"},
        {"time_scale": 0},
        {"time_scale": "fast"},
        {"create_seconds": -1},
        {"tag_visibility_seconds": -1},
        {"jitter": 1.5},
        {"units_per_endpoint": 1.5},
        {"requests_per_second": 5},
        {"requests_per_second": {"TagResource": 0}},
    ],
)
def test_a_setting_that_cannot_be_is_refused_and_changes_nothing(
    admin: Admin, changes: Json
) -> None:
    before = admin.settings()
    with pytest.raises(AdminError, match=next(iter(changes))):
        admin.change_settings(delete_seconds=1, **changes)
    assert admin.settings() == before


def test_an_endpoint_that_is_put_there_is_like_any_other(
    client: Any, admin: Admin, clock: ManualClock
) -> None:
    one = admin.put_endpoint(
        "one",
        recognizer(),
        units=3,
        flywheel_arn=flywheel("a-recognizer"),
        tags={"owner": "somebody else"},
    )
    shown = client.describe_endpoint(EndpointArn=one)["EndpointProperties"]
    assert (shown["Status"], shown["CurrentInferenceUnits"]) == ("IN_SERVICE", 3)
    assert shown["FlywheelArn"] == flywheel("a-recognizer")
    tags = client.list_tags_for_resource(ResourceArn=one)["Tags"]
    assert tags == [{"Key": "owner", "Value": "somebody else"}]
    client.delete_endpoint(EndpointArn=one)
    clock.advance(420)
    assert admin.endpoints() == []


@pytest.mark.parametrize(("status", "seconds"), [("CREATING", 600), ("UPDATING", 300)])
def test_an_endpoint_that_is_put_there_busy_gets_ready_in_its_time(
    admin: Admin, clock: ManualClock, status: str, seconds: int
) -> None:
    admin.put_endpoint("one", classifier(), status=status)
    (before,) = admin.endpoints()
    clock.advance(seconds)
    (after,) = admin.endpoints()
    assert (before["Status"], after["Status"]) == (status, "IN_SERVICE")


def test_a_creation_that_is_planned_takes_its_own_time(
    client: Any, admin: Admin, clock: ManualClock
) -> None:
    began = clock()
    admin.plan_creation("one", 12.25)
    create(client)
    create(client, "two")
    clock.advance(13)
    one, two = admin.endpoints()
    assert (one["Status"], two["Status"]) == ("IN_SERVICE", "CREATING")
    assert one["StatusSince"] == began + 12.25
    assert two["StatusSince"] == began


def test_an_endpoint_can_fail_or_vanish_of_itself(client: Any, admin: Admin) -> None:
    one = admin.put_endpoint("one", classifier(), status="CREATING")
    admin.fail_endpoint(one, "Broken.")
    shown = client.describe_endpoint(EndpointArn=one)["EndpointProperties"]
    assert (shown["Status"], shown["Message"]) == ("FAILED", "Broken.")
    admin.remove_endpoint(one)
    code, _ = refused(client.describe_endpoint, EndpointArn=one)
    assert code == "ResourceNotFoundException"


def test_tags_can_be_put_and_removed_behind_the_apis_back(client: Any, admin: Admin) -> None:
    admin.put_endpoint("one", classifier(), tags={"a": "1", "b": "2"})
    admin.put_tags(ONE, {"c": "3"})
    admin.remove_tags(ONE, ["a"])
    tags = client.list_tags_for_resource(ResourceArn=ONE)["Tags"]
    assert tags == [{"Key": "b", "Value": "2"}, {"Key": "c", "Value": "3"}]
    admin.remove_tags(ONE)
    assert client.list_tags_for_resource(ResourceArn=ONE)["Tags"] == []


def test_a_flywheel_is_as_registered_with_a_model_of_its_kind(client: Any, admin: Admin) -> None:
    admin.put_flywheel(flywheel(), recognizer(), model_type="ENTITY_RECOGNIZER")
    found = client.describe_flywheel(FlywheelArn=flywheel())["FlywheelProperties"]
    assert (found["ModelType"], found["ActiveModelArn"]) == ("ENTITY_RECOGNIZER", recognizer())
    with pytest.raises(AdminError, match="DOCUMENT_CLASSIFIER"):
        admin.put_flywheel(flywheel(), recognizer())
    admin.put_flywheel(flywheel(), None)
    found = client.describe_flywheel(FlywheelArn=flywheel())["FlywheelProperties"]
    assert "ActiveModelArn" not in found
