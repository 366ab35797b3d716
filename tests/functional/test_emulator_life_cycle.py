"""The emulator's endpoints through creation, update and deletion, as DescribeEndpoint shows; of
what nothing public says, either way.
"""

from collections.abc import Callable
from typing import Any

import pytest

from local.comprehend import Admin, ComprehendEmulator, ManualClock
from testing.arns import classifier, endpoint_arn, flywheel, role
from tests.functional.emulated import refused

Json = dict[str, Any]
Describe = Callable[[], Json]

ONE = endpoint_arn("one")
NEW = classifier("reviews/version/v2")
BROKEN = classifier("reviews/version/broken")
PROMOTED = classifier("reviews/version/v9")


@pytest.fixture
def describe(client: Any) -> Describe:
    """Gives the properties of the endpoint named `one`."""

    def ask() -> Json:
        properties: Json = client.describe_endpoint(EndpointArn=ONE)["EndpointProperties"]
        return properties

    return ask


def create(client: Any, **more: Any) -> Json:
    given = {"EndpointName": "one", "ModelArn": classifier(), "DesiredInferenceUnits": 1, **more}
    answer: Json = client.create_endpoint(**given)
    return answer


def update(client: Any, **changes: Any) -> Json:
    answer: Json = client.update_endpoint(EndpointArn=ONE, **changes)
    return answer


def test_an_endpoint_is_creating_for_its_time_and_then_in_service(
    client: Any, clock: ManualClock, describe: Describe
) -> None:
    answer = create(client, DataAccessRoleArn=role())
    assert (answer["EndpointArn"], answer["ModelArn"]) == (ONE, classifier())
    made = describe()
    assert made["Status"] == "CREATING"
    assert made["CreationTime"] == made["LastModifiedTime"]
    assert made["CreationTime"].timestamp() == clock()
    clock.advance(599)
    assert describe()["Status"] == "CREATING"
    clock.advance(1)
    ready = describe()
    assert ready["Status"] == "IN_SERVICE"
    assert ready["CreationTime"] == made["CreationTime"]
    assert ready["DataAccessRoleArn"] == ready["DesiredDataAccessRoleArn"] == role()
    assert ready["ModelArn"] == ready["DesiredModelArn"] == classifier()
    assert not {"Message", "FlywheelArn"} & set(ready)


def test_units_grow_to_the_desired_number_while_creating(
    client: Any, clock: ManualClock, describe: Describe
) -> None:
    create(client, DesiredInferenceUnits=4)
    assert "CurrentInferenceUnits" not in describe()
    seen = []
    for _ in range(4):
        clock.advance(150)
        seen.append(describe()["CurrentInferenceUnits"])
    assert seen == [1, 2, 3, 4]
    assert describe()["DesiredInferenceUnits"] == 4


@pytest.mark.parametrize(("before", "after"), [(2, 6), (6, 2)])
def test_units_change_in_step_with_time_while_updating(
    client: Any, admin: Admin, clock: ManualClock, describe: Describe, before: int, after: int
) -> None:
    admin.put_endpoint("one", classifier(), units=before)
    update(client, DesiredInferenceUnits=after)
    seen = []
    for seconds in (0, 150, 150):
        clock.advance(seconds)
        shown = describe()
        assert shown["DesiredInferenceUnits"] == after
        seen.append((shown["Status"], shown["CurrentInferenceUnits"]))
    assert seen == [("UPDATING", before), ("UPDATING", 4), ("IN_SERVICE", after)]


def test_desired_values_differ_while_an_update_of_model_and_role_is_under_way(
    client: Any, admin: Admin, clock: ManualClock, describe: Describe
) -> None:
    admin.put_endpoint("one", classifier(), role_arn=role())
    answer = update(client, DesiredModelArn=NEW, DesiredDataAccessRoleArn=role("other"))
    assert set(answer) == {"ResponseMetadata"}
    shown = describe()
    assert (shown["ModelArn"], shown["DesiredModelArn"]) == (classifier(), NEW)
    assert shown["DataAccessRoleArn"] == role()
    assert shown["DesiredDataAccessRoleArn"] == role("other")
    assert shown["LastModifiedTime"].timestamp() == clock()
    clock.advance(300)
    shown = describe()
    assert shown["ModelArn"] == shown["DesiredModelArn"] == NEW
    assert shown["DataAccessRoleArn"] == role("other")


@pytest.mark.parametrize("status", ["IN_SERVICE", "FAILED"])
def test_deletion_takes_its_time_and_then_the_endpoint_is_not_found(
    client: Any, admin: Admin, clock: ManualClock, describe: Describe, status: str
) -> None:
    admin.put_endpoint("one", classifier(), status=status)
    client.delete_endpoint(EndpointArn=ONE)
    assert describe()["Status"] == "DELETING"
    clock.advance(419)
    assert describe()["Status"] == "DELETING"
    clock.advance(1)
    code, message = refused(describe)
    assert code == "ResourceNotFoundException"
    assert message == "RESOURCE_NOT_FOUND: Could not find specified resource."


def test_a_creation_on_a_broken_model_ends_failed_and_an_update_makes_it_serve(
    client: Any, admin: Admin, clock: ManualClock, describe: Describe
) -> None:
    admin.change_settings(failed_update="reverted")  # It says nothing of creations.
    create(client, ModelArn=BROKEN, DesiredInferenceUnits=2)
    clock.advance(599)
    assert describe()["Status"] == "CREATING"
    clock.advance(1)
    shown = describe()
    assert shown["Status"] == "FAILED"
    assert shown["Message"] == f"INVALID_MODEL: The model {BROKEN} could not be loaded."
    assert "CurrentInferenceUnits" not in shown
    update(client, DesiredModelArn=NEW)
    shown = describe()
    assert (shown["Status"], "Message" in shown) == ("UPDATING", False)
    clock.advance(300)
    shown = describe()
    assert (shown["Status"], shown["CurrentInferenceUnits"]) == ("IN_SERVICE", 2)


@pytest.mark.parametrize("status", ["CREATING", "UPDATING", "DELETING"])
def test_a_busy_endpoint_can_be_neither_updated_nor_deleted(
    client: Any, admin: Admin, status: str
) -> None:
    one = admin.put_endpoint("one", classifier(), status=status)
    for code, message in (
        refused(client.update_endpoint, EndpointArn=one, DesiredInferenceUnits=2),
        refused(client.delete_endpoint, EndpointArn=one),
    ):
        assert code == "ResourceInUseException"
        assert status in message


def test_a_flywheel_alone_gives_its_active_model_and_kind(client: Any, clock: ManualClock) -> None:
    wheel = flywheel("products-recognizer")
    answer = client.create_endpoint(
        EndpointName="wheel", FlywheelArn=wheel, DesiredInferenceUnits=1
    )
    assert ":entity-recognizer-endpoint/wheel" in answer["EndpointArn"]
    clock.advance(600)
    shown = client.describe_endpoint(EndpointArn=answer["EndpointArn"])["EndpointProperties"]
    found = client.describe_flywheel(FlywheelArn=wheel)["FlywheelProperties"]
    assert (shown["FlywheelArn"], shown["ModelArn"]) == (wheel, found["ActiveModelArn"])


def test_an_update_attaches_a_flywheel_keeps_it_and_a_model_alone_detaches_it(
    client: Any, admin: Admin, clock: ManualClock, describe: Describe
) -> None:
    admin.put_endpoint("one", classifier(), role_arn=role())
    update(client, FlywheelArn=flywheel())
    active = describe()["DesiredModelArn"]
    seen = []
    for changes in ({"DesiredInferenceUnits": 2}, {"DesiredModelArn": NEW}, {}):
        clock.advance(300)
        shown = describe()
        seen.append((shown.get("FlywheelArn"), shown["ModelArn"], shown["DataAccessRoleArn"]))
        if changes:
            update(client, **changes)
    assert seen == [(flywheel(), active, role())] * 2 + [(None, NEW, role())]


@pytest.mark.parametrize(
    ("wheel", "gradually", "moved", "at_once", "later"),
    [
        (flywheel(), False, 1, ("IN_SERVICE", PROMOTED), PROMOTED),
        (flywheel(), True, 1, ("UPDATING", classifier()), PROMOTED),
        (None, False, 0, ("IN_SERVICE", classifier()), classifier()),
    ],
)
def test_an_endpoint_follows_its_flywheels_promotion_at_once_or_gradually(
    admin: Admin,
    clock: ManualClock,
    describe: Describe,
    wheel: str | None,
    gradually: bool,
    moved: int,
    at_once: tuple[str, str],
    later: str,
) -> None:
    admin.put_endpoint("one", classifier(), flywheel_arn=wheel)
    assert admin.promote_model(flywheel(), PROMOTED, gradually=gradually) == moved
    assert (describe()["Status"], describe()["ModelArn"]) == at_once
    clock.advance(300)
    assert describe()["ModelArn"] == later


def test_a_promotion_during_an_update_is_what_the_update_ends_with(
    client: Any, admin: Admin, clock: ManualClock, describe: Describe
) -> None:
    admin.put_endpoint("one", classifier())
    update(client, FlywheelArn=flywheel())
    admin.promote_model(flywheel(), PROMOTED, gradually=True)
    assert describe()["ModelArn"] == classifier()
    clock.advance(300)
    assert describe()["ModelArn"] == PROMOTED


def test_units_changed_by_auto_scaling_stay(
    admin: Admin, clock: ManualClock, describe: Describe
) -> None:
    admin.change_units(admin.put_endpoint("one", classifier()), 7)
    clock.advance(1000)
    shown = describe()
    assert shown["Status"] == "IN_SERVICE"
    assert shown["DesiredInferenceUnits"] == shown["CurrentInferenceUnits"] == 7


@pytest.mark.parametrize(
    ("visibility", "at_once"),
    [
        ("immediate", ("UPDATING", NEW, 3)),
        ("late_status", ("IN_SERVICE", NEW, 3)),
        ("late", ("IN_SERVICE", classifier(), 1)),
    ],
)
def test_an_update_shows_at_once_or_a_moment_later(
    client: Any,
    admin: Admin,
    clock: ManualClock,
    describe: Describe,
    visibility: str,
    at_once: tuple[str, str, int],
) -> None:
    admin.change_settings(update_visibility=visibility)
    admin.put_endpoint("one", classifier())
    put = describe()["LastModifiedTime"]
    clock.advance(100)
    submitted = clock()
    update(client, DesiredModelArn=NEW, DesiredInferenceUnits=3)

    def seen() -> tuple[str, str, int]:
        shown = describe()
        assert (shown["ModelArn"], shown["CurrentInferenceUnits"]) == (classifier(), 1)
        return shown["Status"], shown["DesiredModelArn"], shown["DesiredInferenceUnits"]

    assert seen() == at_once
    modified = describe()["LastModifiedTime"]
    assert modified == put if visibility == "late" else modified.timestamp() == submitted
    # Whatever it shows, it is busy.
    code, _ = refused(client.update_endpoint, EndpointArn=ONE, DesiredInferenceUnits=4)
    assert code == "ResourceInUseException"
    clock.advance(5)
    assert seen() == ("UPDATING", NEW, 3)
    clock.advance(295)
    shown = describe()
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
def test_a_failed_update_ends_failed_or_in_service_and_the_next_starts_from_what_serves(
    client: Any,
    admin: Admin,
    clock: ManualClock,
    describe: Describe,
    ending: str,
    status: str,
    has_message: bool,
) -> None:
    admin.change_settings(failed_update=ending)
    admin.put_endpoint("one", classifier())
    update(client, DesiredModelArn=BROKEN, DesiredInferenceUnits=3)
    clock.advance(300)
    shown = describe()
    assert (shown["Status"], "Message" in shown) == (status, has_message)
    assert (shown["ModelArn"], shown["DesiredModelArn"]) == (classifier(), BROKEN)
    assert (shown["CurrentInferenceUnits"], shown["DesiredInferenceUnits"]) == (1, 3)
    update(client, DesiredInferenceUnits=2)
    clock.advance(300)
    shown = describe()
    assert (shown["Status"], "Message" in shown) == ("IN_SERVICE", False)
    assert shown["ModelArn"] == shown["DesiredModelArn"] == classifier()


@pytest.mark.parametrize(
    "code", ["InvalidRequestException", "ResourceInUseException", "ResourceUnavailableException"]
)
def test_a_failed_endpoint_can_refuse_updates(
    client: Any, admin: Admin, describe: Describe, code: str
) -> None:
    admin.change_settings(update_on_failed=code)
    admin.put_endpoint("one", classifier(), status="FAILED", message="no capacity")
    assert refused(client.update_endpoint, EndpointArn=ONE, DesiredModelArn=NEW)[0] == code
    assert (describe()["Status"], describe()["Message"]) == ("FAILED", "no capacity")


@pytest.mark.parametrize(
    ("status", "setting"),
    [("CREATING", "delete_while_creating"), ("UPDATING", "delete_while_updating")],
)
def test_a_busy_endpoint_accepts_its_deletion_by_a_setting_of_its_own(
    client: Any, admin: Admin, clock: ManualClock, describe: Describe, status: str, setting: str
) -> None:
    admin.change_settings(**{setting: "accepted"})
    other = "UPDATING" if status == "CREATING" else "CREATING"
    busy = admin.put_endpoint("two", classifier(), status=other)
    assert refused(client.delete_endpoint, EndpointArn=busy)[0] == "ResourceInUseException"
    admin.put_endpoint("one", classifier(), status=status)
    client.delete_endpoint(EndpointArn=ONE)
    assert describe()["Status"] == "DELETING"
    clock.advance(420)
    assert admin.endpoint(ONE) is None


@pytest.mark.parametrize(("memory", "left"), [("forgotten", 1), ("remembered", 0)])
def test_a_token_is_forgotten_or_remembered_after_the_deletion(
    client: Any, admin: Admin, clock: ManualClock, memory: str, left: int
) -> None:
    admin.change_settings(token_after_delete=memory)
    create(client, ClientRequestToken="once")
    clock.advance(600)
    client.delete_endpoint(EndpointArn=ONE)
    clock.advance(420)
    assert create(client, ClientRequestToken="once")["EndpointArn"] == ONE
    assert len(admin.endpoints()) == left
    if not left:
        create(client, ClientRequestToken="twice")
        assert len(admin.endpoints()) == 1


def test_the_time_scale_divides_all_durations(
    client: Any, admin: Admin, clock: ManualClock
) -> None:
    admin.change_settings(time_scale=100)
    create(client)
    states = []
    for step in (
        lambda: clock.advance(6),
        lambda: update(client, DesiredInferenceUnits=2),
        lambda: clock.advance(3),
        lambda: client.delete_endpoint(EndpointArn=ONE),
    ):
        step()
        states += [endpoint["Status"] for endpoint in admin.endpoints()]
    clock.advance(4.2)
    assert states == ["IN_SERVICE", "UPDATING", "IN_SERVICE", "DELETING"]
    assert admin.endpoints() == []


def test_jitter_spreads_durations_within_bounds() -> None:
    clock = ManualClock()
    with ComprehendEmulator(clock=clock, jitter=0.5, create_seconds=100) as emulator:
        client, began = emulator.client(), clock()
        for number in range(8):
            create(client, EndpointName=f"endpoint-{number}")
        client.close()
        clock.advance(151)
        times = [each["StatusSince"] - began for each in emulator.admin.endpoints()]
    assert len(set(times)) > 4
    assert all(50 <= time <= 150 for time in times)
    assert min(times) < 100 < max(times)
