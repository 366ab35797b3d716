"""Roles that are not assumable yet, and models that are not ready yet."""

import pytest

from local.comprehend import Admin
from testing.arns import classifier, flywheel, role
from testing.events import Json
from testing.one_resource import FLYWHEEL, NAMED, OneResource

WITH_ROLE: Json = {**NAMED, "DataAccessRoleArn": role()}


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_an_operation_waits_for_a_role_that_was_made_seconds_ago(
    cfn: OneResource, admin: Admin, kind: str
) -> None:
    if kind == "Update":
        cfn.given(NAMED)
    admin.put_role(role(), assumable=False, seconds=120)
    assert cfn.run(cfn.event(kind, WITH_ROLE, NAMED)).succeeded().seconds >= 120
    assert cfn.endpoint()["DataAccessRoleArn"] == role()


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_a_role_that_cannot_be_assumed_is_reported_after_five_minutes(
    cfn: OneResource, admin: Admin, kind: str
) -> None:
    if kind == "Update":
        cfn.given(NAMED)
    before = admin.endpoints()
    admin.put_role(role(), assumable=False)
    failed = cfn.run(cfn.event(kind, WITH_ROLE, NAMED))
    failed.failed("InvalidRequestException", role(), "assume")
    # Which way an Update goes that adds a role, a second read half a minute later must say.
    first = 31 if kind == "Update" else 0
    assert 300 <= failed.seconds - first < 310
    assert admin.endpoints() == before


def test_another_invalid_request_is_not_waited_for(cfn: OneResource, admin: Admin) -> None:
    message = "The number of inference units is not valid."
    admin.add_fault("CreateEndpoint", code="InvalidRequestException", message=message)
    assert cfn.create(WITH_ROLE).failed(message).seconds == 0


def test_an_operation_waits_for_a_model_that_is_still_training(
    cfn: OneResource, admin: Admin
) -> None:
    admin.put_model(classifier(), "training", seconds=60)
    assert cfn.create(NAMED).succeeded().seconds >= 60
    newer = classifier("reviews/version/v2")
    admin.put_model(newer, "training", seconds=60)
    cfn.update({**NAMED, "ModelArn": newer}).succeeded()
    assert cfn.endpoint()["ModelArn"] == newer


def test_a_flywheel_whose_models_no_endpoint_serves_is_refused(
    cfn: OneResource, admin: Admin
) -> None:
    admin.put_flywheel(flywheel(), model_type="TOPIC_MODEL")
    failed = cfn.create(FLYWHEEL).failed("ModelArn")
    assert failed.reason.startswith("FlywheelArn")
    assert failed.changes == []
    assert not failed.physical_id.startswith("arn:")


def test_an_update_takes_the_kind_from_the_endpoint_if_the_flywheel_does_not_say(
    cfn: OneResource, admin: Admin
) -> None:
    cfn.create(FLYWHEEL).succeeded()
    admin.put_flywheel(flywheel(), model_type="TOPIC_MODEL")
    updated = cfn.update({**FLYWHEEL, "DesiredInferenceUnits": "2"}).succeeded()
    assert updated.changes == ["UpdateEndpoint"]
    assert cfn.endpoint()["DesiredInferenceUnits"] == 2
