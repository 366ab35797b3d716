"""The emulator's endpoints through creation, update and deletion, as DescribeEndpoint shows."""

from collections.abc import Callable
from typing import Any

import pytest

from local.comprehend import Admin, ComprehendEmulator, ManualClock
from tests.functional.emulated import (
    classifier,
    endpoint_arn,
    flywheel,
    recognizer,
    refused,
    role,
)

Json = dict[str, Any]


@pytest.fixture
def describe(client: Any) -> Callable[[], Json]:
    """Gives the properties of the endpoint named `one`."""

    def ask() -> Json:
        properties: Json = client.describe_endpoint(EndpointArn=endpoint_arn("one"))
        answer: Json = properties["EndpointProperties"]
        return answer

    return ask


def create(client: Any, **more: Any) -> Json:
    given = {"EndpointName": "one", "ModelArn": classifier(), "DesiredInferenceUnits": 1, **more}
    answer: Json = client.create_endpoint(**given)
    return answer


def update(client: Any, **changes: Any) -> Json:
    answer: Json = client.update_endpoint(EndpointArn=endpoint_arn("one"), **changes)
    return answer


def test_creation_answers_with_the_arn_of_the_models_kind_and_the_model(client: Any) -> None:
    answer = create(client)
    assert answer["EndpointArn"] == endpoint_arn("one")
    assert answer["ModelArn"] == classifier()
    entities = create(client, ModelArn=recognizer())
    assert entities["EndpointArn"] == endpoint_arn("one").replace(
        "document-classifier", "entity-recognizer"
    )


def test_an_endpoint_is_creating_for_its_time_and_then_in_service(
    client: Any, clock: ManualClock, describe: Callable[[], Json]
) -> None:
    create(client, DataAccessRoleArn=role())
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
    assert ready["LastModifiedTime"].timestamp() == clock()
    assert ready["DataAccessRoleArn"] == ready["DesiredDataAccessRoleArn"] == role()
    assert ready["ModelArn"] == ready["DesiredModelArn"] == classifier()
    assert "Message" not in ready
    assert "FlywheelArn" not in ready


def test_units_grow_to_the_desired_number_while_creating(
    client: Any, clock: ManualClock, describe: Callable[[], Json]
) -> None:
    create(client, DesiredInferenceUnits=4)
    assert "CurrentInferenceUnits" not in describe()
    seen = []
    for _ in range(4):
        clock.advance(150)
        seen.append(describe()["CurrentInferenceUnits"])
    assert seen == [1, 2, 3, 4]
    assert describe()["DesiredInferenceUnits"] == 4


@pytest.mark.parametrize(("before", "after", "halfway"), [(2, 6, 4), (6, 2, 4)])
def test_units_change_in_step_with_time_while_updating(
    client: Any,
    clock: ManualClock,
    describe: Callable[[], Json],
    before: int,
    after: int,
    halfway: int,
) -> None:
    create(client, DesiredInferenceUnits=before)
    clock.advance(600)
    assert update(client, DesiredInferenceUnits=after)["DesiredModelArn"] == classifier()
    shown = describe()
    assert shown["Status"] == "UPDATING"
    assert (shown["CurrentInferenceUnits"], shown["DesiredInferenceUnits"]) == (before, after)
    clock.advance(150)
    assert describe()["CurrentInferenceUnits"] == halfway
    clock.advance(150)
    shown = describe()
    assert shown["Status"] == "IN_SERVICE"
    assert shown["CurrentInferenceUnits"] == shown["DesiredInferenceUnits"] == after


def test_desired_values_differ_while_an_update_of_model_and_role_is_under_way(
    client: Any, clock: ManualClock, describe: Callable[[], Json]
) -> None:
    create(client, DataAccessRoleArn=role())
    clock.advance(600)
    new = classifier("reviews/version/v2")
    answer = update(client, DesiredModelArn=new, DesiredDataAccessRoleArn=role("other"))
    assert answer["DesiredModelArn"] == new
    shown = describe()
    assert (shown["ModelArn"], shown["DesiredModelArn"]) == (classifier(), new)
    assert shown["DataAccessRoleArn"] == role()
    assert shown["DesiredDataAccessRoleArn"] == role("other")
    assert shown["LastModifiedTime"].timestamp() == clock()
    clock.advance(300)
    shown = describe()
    assert shown["ModelArn"] == shown["DesiredModelArn"] == new
    assert shown["DataAccessRoleArn"] == role("other")


def test_deletion_takes_its_time_and_then_the_endpoint_is_not_found(
    client: Any, clock: ManualClock, describe: Callable[[], Json]
) -> None:
    create(client)
    clock.advance(600)
    client.delete_endpoint(EndpointArn=endpoint_arn("one"))
    assert describe()["Status"] == "DELETING"
    clock.advance(60)
    code, message = refused(describe)
    assert code == "ResourceNotFoundException"
    assert endpoint_arn("one") in message


def test_a_broken_model_lets_the_creation_end_failed_with_a_message(
    client: Any, clock: ManualClock, describe: Callable[[], Json]
) -> None:
    create(client, ModelArn=classifier("reviews/version/broken"), DesiredInferenceUnits=2)
    assert describe()["Status"] == "CREATING"
    clock.advance(599)
    assert "CurrentInferenceUnits" not in describe()
    clock.advance(1)
    shown = describe()
    assert shown["Status"] == "FAILED"
    assert classifier("reviews/version/broken") in shown["Message"]
    assert "CurrentInferenceUnits" not in shown


def test_an_endpoint_that_never_served_is_updated_and_serves(
    client: Any, clock: ManualClock, describe: Callable[[], Json]
) -> None:
    create(client, ModelArn=classifier("broken"), DesiredInferenceUnits=3)
    clock.advance(600)
    update(client, DesiredModelArn=classifier())
    assert "Message" not in describe()
    clock.advance(300)
    shown = describe()
    assert shown["Status"] == "IN_SERVICE"
    assert shown["CurrentInferenceUnits"] == 3


@pytest.mark.parametrize("status", ["CREATING", "UPDATING", "DELETING"])
def test_a_busy_endpoint_can_be_neither_updated_nor_deleted(
    client: Any, admin: Admin, status: str
) -> None:
    one = admin.put_endpoint("one", classifier(), status=status)
    code, message = refused(client.update_endpoint, EndpointArn=one, DesiredInferenceUnits=2)
    assert code == "ResourceInUseException"
    assert status in message
    code, message = refused(client.delete_endpoint, EndpointArn=one)
    assert code == "ResourceInUseException"
    assert status in message


def test_a_failed_endpoint_can_be_deleted(
    client: Any, admin: Admin, describe: Callable[[], Json]
) -> None:
    one = admin.put_endpoint("one", classifier(), status="FAILED", message="no capacity")
    assert describe()["Message"] == "no capacity"
    client.delete_endpoint(EndpointArn=one)
    assert describe()["Status"] == "DELETING"


def test_a_flywheel_alone_gives_its_active_model_and_kind(
    client: Any, admin: Admin, clock: ManualClock
) -> None:
    answer = client.create_endpoint(
        EndpointName="wheel", FlywheelArn=flywheel("products-recognizer"), DesiredInferenceUnits=1
    )
    assert ":entity-recognizer-endpoint/wheel" in answer["EndpointArn"]
    clock.advance(600)
    shown = client.describe_endpoint(EndpointArn=answer["EndpointArn"])["EndpointProperties"]
    wheel = client.describe_flywheel(FlywheelArn=flywheel("products-recognizer"))
    assert shown["FlywheelArn"] == flywheel("products-recognizer")
    assert shown["ModelArn"] == wheel["FlywheelProperties"]["ActiveModelArn"]


def test_an_endpoint_follows_the_flywheels_promotion_at_once(
    client: Any, admin: Admin, clock: ManualClock, describe: Callable[[], Json]
) -> None:
    create(client, FlywheelArn=flywheel())
    clock.advance(600)
    assert admin.promote_model(flywheel(), classifier("reviews/version/v9")) == 1
    shown = describe()
    assert shown["Status"] == "IN_SERVICE"
    assert shown["ModelArn"] == shown["DesiredModelArn"] == classifier("reviews/version/v9")


def test_an_endpoint_follows_the_flywheels_promotion_gradually(
    client: Any, admin: Admin, clock: ManualClock, describe: Callable[[], Json]
) -> None:
    create(client, FlywheelArn=flywheel())
    clock.advance(600)
    admin.promote_model(flywheel(), classifier("reviews/version/v9"), gradually=True)
    assert describe()["Status"] == "UPDATING"
    assert describe()["ModelArn"] == classifier()
    clock.advance(300)
    assert describe()["ModelArn"] == classifier("reviews/version/v9")


def test_a_promotion_leaves_endpoints_without_the_flywheel_alone(
    client: Any, admin: Admin, clock: ManualClock, describe: Callable[[], Json]
) -> None:
    create(client)
    clock.advance(600)
    assert admin.promote_model(flywheel(), classifier("reviews/version/v9")) == 0
    assert describe()["ModelArn"] == classifier()


def test_a_promotion_during_an_update_is_what_the_update_ends_with(
    client: Any, admin: Admin, clock: ManualClock, describe: Callable[[], Json]
) -> None:
    create(client)
    clock.advance(600)
    update(client, FlywheelArn=flywheel())
    admin.promote_model(flywheel(), classifier("reviews/version/v9"), gradually=True)
    assert describe()["ModelArn"] == classifier()
    clock.advance(300)
    assert describe()["ModelArn"] == classifier("reviews/version/v9")


def test_a_model_without_a_flywheel_detaches_the_endpoint_from_it(
    client: Any, clock: ManualClock, describe: Callable[[], Json]
) -> None:
    create(client, FlywheelArn=flywheel())
    clock.advance(600)
    update(client, DesiredModelArn=classifier())
    assert describe()["FlywheelArn"] == flywheel()
    clock.advance(300)
    assert "FlywheelArn" not in describe()


def test_an_update_of_units_alone_keeps_model_flywheel_and_role(
    client: Any, clock: ManualClock, describe: Callable[[], Json]
) -> None:
    create(client, FlywheelArn=flywheel(), DataAccessRoleArn=role())
    clock.advance(600)
    update(client, DesiredInferenceUnits=2)
    clock.advance(300)
    shown = describe()
    assert shown["FlywheelArn"] == flywheel()
    assert shown["ModelArn"] == classifier()
    assert shown["DataAccessRoleArn"] == role()


def test_a_flywheel_can_be_attached_by_an_update(
    client: Any, clock: ManualClock, describe: Callable[[], Json]
) -> None:
    create(client)
    clock.advance(600)
    active = update(client, FlywheelArn=flywheel())["DesiredModelArn"]
    clock.advance(300)
    assert describe()["FlywheelArn"] == flywheel()
    assert describe()["ModelArn"] == active


def test_units_changed_by_auto_scaling_stay(
    client: Any, admin: Admin, clock: ManualClock, describe: Callable[[], Json]
) -> None:
    create(client)
    clock.advance(600)
    admin.change_units(endpoint_arn("one"), 7)
    shown = describe()
    assert shown["Status"] == "IN_SERVICE"
    assert shown["DesiredInferenceUnits"] == shown["CurrentInferenceUnits"] == 7


def test_the_time_scale_divides_all_durations(
    client: Any, admin: Admin, clock: ManualClock
) -> None:
    admin.change_settings(time_scale=100)
    one = create(client)["EndpointArn"]
    states = []
    for step in (
        lambda: clock.advance(6),
        lambda: client.update_endpoint(EndpointArn=one, DesiredInferenceUnits=2),
        lambda: clock.advance(3),
        lambda: client.delete_endpoint(EndpointArn=one),
    ):
        step()
        found = admin.endpoint(one)
        assert found
        states.append(found["Status"])
    clock.advance(0.6)
    assert states == ["IN_SERVICE", "UPDATING", "IN_SERVICE", "DELETING"]
    assert admin.endpoints() == []


def test_jitter_spreads_durations_within_bounds_and_the_seed_repeats_them() -> None:
    def ready_times(seed: int) -> list[int]:
        clock = ManualClock()
        with ComprehendEmulator(clock=clock, jitter=0.5, seed=seed, create_seconds=100) as emulator:
            client = emulator.client()
            for number in range(8):
                create(client, EndpointName=f"endpoint-{number}")
            client.close()
            times: dict[str, int] = {}
            for second in range(1, 152):
                clock.advance(1)
                for endpoint in emulator.admin.endpoints():
                    if endpoint["Status"] == "IN_SERVICE":
                        times.setdefault(endpoint["EndpointName"], second)
        return [times[f"endpoint-{number}"] for number in range(8)]

    first = ready_times(seed=1)
    assert len(set(first)) > 4
    assert all(50 <= time <= 150 for time in first)
    assert min(first) < 100 < max(first)
    assert ready_times(seed=1) == first
    assert ready_times(seed=2) != first
