"""Both sides of everything about Comprehend that nothing public says."""

from typing import Any

import pytest

from local.comprehend import Admin, AdminError, ManualClock
from tests.functional.emulated import classifier, endpoint_arn, refused

Json = dict[str, Any]

ONE = endpoint_arn("one")
NEW = classifier("reviews/version/v2")
BROKEN = classifier("reviews/version/broken")


def describe(client: Any) -> Json:
    properties: Json = client.describe_endpoint(EndpointArn=ONE)["EndpointProperties"]
    return properties


@pytest.mark.parametrize(
    ("visibility", "at_once", "a_moment_later"),
    [
        ("immediate", ("UPDATING", NEW, 3), ("UPDATING", NEW, 3)),
        ("late_status", ("IN_SERVICE", NEW, 3), ("UPDATING", NEW, 3)),
        ("late", ("IN_SERVICE", classifier(), 1), ("UPDATING", NEW, 3)),
    ],
)
def test_an_update_shows_at_once_or_a_moment_later(
    client: Any,
    admin: Admin,
    clock: ManualClock,
    visibility: str,
    at_once: tuple[str, str, int],
    a_moment_later: tuple[str, str, int],
) -> None:
    admin.change_settings(update_visibility=visibility)
    admin.put_endpoint("one", classifier())
    put = describe(client)["LastModifiedTime"]
    clock.advance(100)
    submitted = clock()
    client.update_endpoint(EndpointArn=ONE, DesiredModelArn=NEW, DesiredInferenceUnits=3)

    def seen() -> tuple[str, str, int]:
        shown = describe(client)
        assert shown["ModelArn"] == classifier()
        assert shown["CurrentInferenceUnits"] == 1
        return shown["Status"], shown["DesiredModelArn"], shown["DesiredInferenceUnits"]

    assert seen() == at_once
    modified = describe(client)["LastModifiedTime"]
    assert modified == put if visibility == "late" else modified.timestamp() == submitted
    # Whatever it shows, it is busy.
    code, _ = refused(client.update_endpoint, EndpointArn=ONE, DesiredInferenceUnits=4)
    assert code == "ResourceInUseException"
    clock.advance(5)
    assert seen() == a_moment_later
    clock.advance(295)
    shown = describe(client)
    assert (shown["Status"], shown["ModelArn"]) == ("IN_SERVICE", NEW)
    assert shown["CurrentInferenceUnits"] == 3


@pytest.mark.parametrize(
    ("ending", "status", "has_message"),
    [
        ("failed", "FAILED", True),
        ("reverted", "IN_SERVICE", False),
        ("reverted_with_message", "IN_SERVICE", True),
    ],
)
def test_a_failed_update_ends_failed_or_in_service_on_the_old_values(
    client: Any, admin: Admin, clock: ManualClock, ending: str, status: str, has_message: bool
) -> None:
    admin.change_settings(failed_update=ending)
    admin.put_endpoint("one", classifier())
    client.update_endpoint(EndpointArn=ONE, DesiredModelArn=BROKEN, DesiredInferenceUnits=3)
    clock.advance(300)
    shown = describe(client)
    assert shown["Status"] == status
    assert ("Message" in shown) == has_message
    assert (shown["ModelArn"], shown["DesiredModelArn"]) == (classifier(), BROKEN)
    assert (shown["CurrentInferenceUnits"], shown["DesiredInferenceUnits"]) == (1, 3)


@pytest.mark.parametrize("ending", ["failed", "reverted"])
def test_an_update_after_a_failed_one_starts_from_what_serves(
    client: Any, admin: Admin, clock: ManualClock, ending: str
) -> None:
    admin.change_settings(failed_update=ending)
    admin.put_endpoint("one", classifier())
    client.update_endpoint(EndpointArn=ONE, DesiredModelArn=BROKEN)
    clock.advance(300)
    client.update_endpoint(EndpointArn=ONE, DesiredInferenceUnits=2)
    clock.advance(300)
    shown = describe(client)
    assert shown["Status"] == "IN_SERVICE"
    assert shown["ModelArn"] == shown["DesiredModelArn"] == classifier()
    assert "Message" not in shown


def test_a_failed_creation_ends_failed_whatever_becomes_of_failed_updates(
    client: Any, admin: Admin, clock: ManualClock
) -> None:
    admin.change_settings(failed_update="reverted")
    client.create_endpoint(EndpointName="one", ModelArn=BROKEN, DesiredInferenceUnits=1)
    clock.advance(600)
    assert describe(client)["Status"] == "FAILED"
    assert describe(client)["Message"]


def test_a_failed_endpoint_accepts_updates(client: Any, admin: Admin, clock: ManualClock) -> None:
    admin.put_endpoint("one", classifier(), status="FAILED", message="no capacity")
    client.update_endpoint(EndpointArn=ONE, DesiredModelArn=NEW)
    assert describe(client)["Status"] == "UPDATING"
    clock.advance(300)
    assert describe(client)["Status"] == "IN_SERVICE"


@pytest.mark.parametrize(
    "code",
    ["InvalidRequestException", "ResourceInUseException", "ResourceUnavailableException"],
)
def test_a_failed_endpoint_refuses_updates(client: Any, admin: Admin, code: str) -> None:
    admin.change_settings(update_on_failed=code)
    admin.put_endpoint("one", classifier(), status="FAILED", message="no capacity")
    assert refused(client.update_endpoint, EndpointArn=ONE, DesiredModelArn=NEW)[0] == code
    assert describe(client)["Status"] == "FAILED"


@pytest.mark.parametrize(
    ("status", "setting"),
    [("CREATING", "delete_while_creating"), ("UPDATING", "delete_while_updating")],
)
def test_a_busy_endpoint_accepts_or_refuses_its_deletion(
    client: Any, admin: Admin, clock: ManualClock, status: str, setting: str
) -> None:
    admin.put_endpoint("one", classifier(), status=status)
    admin.change_settings(**{setting: "refused"})
    assert refused(client.delete_endpoint, EndpointArn=ONE)[0] == "ResourceInUseException"
    assert describe(client)["Status"] == status
    admin.change_settings(**{setting: "accepted"})
    client.delete_endpoint(EndpointArn=ONE)
    assert describe(client)["Status"] == "DELETING"
    clock.advance(60)
    assert admin.endpoints() == []


def test_the_two_settings_for_deleting_busy_endpoints_are_independent(
    client: Any, admin: Admin
) -> None:
    admin.change_settings(delete_while_creating="accepted")
    updating = admin.put_endpoint("updating", classifier(), status="UPDATING")
    creating = admin.put_endpoint("creating", classifier(), status="CREATING")
    assert refused(client.delete_endpoint, EndpointArn=updating)[0] == "ResourceInUseException"
    client.delete_endpoint(EndpointArn=creating)


def test_a_forgotten_token_creates_again(client: Any, admin: Admin, clock: ManualClock) -> None:
    request = {
        "EndpointName": "one",
        "ModelArn": classifier(),
        "DesiredInferenceUnits": 1,
        "ClientRequestToken": "once",
    }
    client.create_endpoint(**request)
    clock.advance(600)
    client.delete_endpoint(EndpointArn=ONE)
    # Until the endpoint is gone its name is in use, and the token helps no more.
    assert refused(client.create_endpoint, **request)[0] == "ResourceInUseException"
    clock.advance(60)
    client.create_endpoint(**request)
    assert describe(client)["Status"] == "CREATING"


def test_a_remembered_token_creates_nothing(client: Any, admin: Admin, clock: ManualClock) -> None:
    admin.change_settings(token_after_delete="remembered")
    request = {"EndpointName": "one", "ModelArn": classifier(), "DesiredInferenceUnits": 1}
    client.create_endpoint(**request, ClientRequestToken="once")
    clock.advance(600)
    client.delete_endpoint(EndpointArn=ONE)
    clock.advance(60)
    answer = client.create_endpoint(**request, ClientRequestToken="once")
    assert answer["EndpointArn"] == ONE
    assert admin.endpoints() == []
    client.create_endpoint(**request, ClientRequestToken="twice")
    assert len(admin.endpoints()) == 1


@pytest.mark.parametrize("code", ["ValidationException", "InvalidRequestException"])
def test_a_broken_constraint_has_either_code(client: Any, admin: Admin, code: str) -> None:
    admin.change_settings(constraint_error=code)
    got, message = refused(
        client.create_endpoint,
        EndpointName="a_b",
        ModelArn=classifier(),
        DesiredInferenceUnits=1,
    )
    assert got == code
    assert "EndpointName" in message


@pytest.mark.parametrize(
    "changes",
    [
        {"colour": "red"},
        {"update_visibility": "sometimes"},
        {"time_scale": 0},
        {"time_scale": "fast"},
        {"create_seconds": -1},
        {"create_seconds": True},
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
