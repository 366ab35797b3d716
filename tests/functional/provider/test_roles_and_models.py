"""Roles that are not assumable yet, and models that are not ready yet."""

from local.comprehend import Admin
from tests.functional.emulated import classifier, flywheel, role
from tests.functional.provider.cloudformation import CLASSIFIER, FLYWHEEL, CloudFormation, Json

WITH_ROLE: Json = {**CLASSIFIER, "DataAccessRoleArn": role()}


def test_a_create_waits_for_a_role_that_was_made_seconds_ago(
    cfn: CloudFormation, admin: Admin
) -> None:
    admin.put_role(role(), assumable=False, seconds=120)
    outcome = cfn.create(WITH_ROLE).succeeded()
    assert outcome.seconds >= 120
    assert cfn.endpoint()["DataAccessRoleArn"] == role()


def test_an_update_waits_for_a_role_that_was_made_seconds_ago(
    cfn: CloudFormation, admin: Admin
) -> None:
    cfn.create(CLASSIFIER).succeeded()
    admin.put_role(role(), assumable=False, seconds=120)
    cfn.update(WITH_ROLE).succeeded()
    assert cfn.endpoint()["DataAccessRoleArn"] == role()


def test_a_role_that_cannot_be_assumed_is_told_after_five_minutes(
    cfn: CloudFormation, admin: Admin
) -> None:
    admin.put_role(role(), assumable=False)
    failed = cfn.create(WITH_ROLE).failed("InvalidRequestException", role(), "assume")
    assert 300 <= failed.seconds < 310
    assert cfn.delete().succeeded().changes == []


def test_an_update_to_a_role_that_cannot_be_assumed_changes_nothing(
    cfn: CloudFormation, admin: Admin
) -> None:
    cfn.create(CLASSIFIER).succeeded()
    before = cfn.endpoint()
    admin.put_role(role(), assumable=False)
    failed = cfn.update(WITH_ROLE).failed(role())
    assert 300 <= failed.seconds < 310
    assert cfn.endpoint() == before


def test_another_invalid_request_is_not_waited_for(cfn: CloudFormation, admin: Admin) -> None:
    message = "The number of inference units is not valid."
    admin.add_fault("CreateEndpoint", code="InvalidRequestException", message=message)
    assert cfn.create(WITH_ROLE).failed(message).seconds == 0


def test_an_operation_waits_for_a_model_that_is_still_training(
    cfn: CloudFormation, admin: Admin
) -> None:
    admin.put_model(classifier(), "training", seconds=60)
    assert cfn.create(CLASSIFIER).succeeded().seconds >= 60
    newer = classifier("reviews/version/v2")
    admin.put_model(newer, "training", seconds=60)
    cfn.update({**CLASSIFIER, "ModelArn": newer}).succeeded()
    assert cfn.endpoint()["ModelArn"] == newer


def test_a_flywheel_whose_models_no_endpoint_serves_is_refused(
    cfn: CloudFormation, admin: Admin
) -> None:
    admin.put_flywheel(flywheel(), model_type="TOPIC_MODEL")
    failed = cfn.create(FLYWHEEL)
    assert failed.failed("ModelArn").reason.startswith("FlywheelArn")
    assert failed.changes == []
    assert not failed.physical_id.startswith("arn:")


def test_an_update_takes_the_kind_from_the_endpoint_where_the_flywheel_does_not_say(
    cfn: CloudFormation, admin: Admin
) -> None:
    cfn.create(FLYWHEEL).succeeded()
    admin.put_flywheel(flywheel(), model_type="TOPIC_MODEL")
    updated = cfn.update({**FLYWHEEL, "DesiredInferenceUnits": "2"}).succeeded()
    assert updated.changes == ["UpdateEndpoint"]
    assert cfn.endpoint()["DesiredInferenceUnits"] == 2
