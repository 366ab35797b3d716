"""The attributes of an endpoint: every Fn::GetAtt key, always, as a string."""

from datetime import UTC, datetime

from provider.contract.fields import SETTINGS
from provider.model.endpoint import Endpoint, Status
from provider.model.naming import Kind
from tests.unit import given


def test_every_attribute_of_a_full_endpoint_is_given_as_a_string() -> None:
    attributes = given.endpoint(
        flywheel_arn=given.FLYWHEEL,
        role_arn=given.ROLE,
        inference_units=3,
        shows={"inference_units": 2},
        created=datetime(2026, 1, 2, 3, 4, 5, 678_000, UTC).timestamp(),
        modified=datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC).timestamp(),
    ).attributes()
    assert (
        attributes
        | {
            "EndpointArn": given.ARN,
            "Arn": given.ARN,
            "EndpointName": "reviews",
            "ModelArn": given.CLASSIFIER,
            "FlywheelArn": given.FLYWHEEL,
            "DataAccessRoleArn": given.ROLE,
            "DesiredInferenceUnits": "3",
            "CurrentInferenceUnits": "2",
            "Status": "IN_SERVICE",
            "CreationTime": "2026-01-02T03:04:05Z",
            "LastModifiedTime": "2026-02-03T04:05:06Z",
            "ScalableDimension": "comprehend:document-classifier-endpoint:DesiredInferenceUnits",
        }
        == attributes
    )
    assert all(isinstance(value, str) for value in attributes.values())


def test_an_attribute_that_does_not_apply_is_an_empty_string() -> None:
    attributes = Endpoint(given.ARN, Status.CREATING).attributes()
    empty = {key for key, value in attributes.items() if value == ""}
    settings = {each.prop for each in SETTINGS}
    assert empty == settings | {"CurrentInferenceUnits", "CreationTime", "LastModifiedTime"}


def test_the_scalable_dimension_follows_the_kind() -> None:
    attributes = given.endpoint(arn=given.arn("x", Kind.RECOGNIZER)).attributes()
    dimension = "comprehend:entity-recognizer-endpoint:DesiredInferenceUnits"
    assert attributes["ScalableDimension"] == dimension


def test_an_arn_of_an_unknown_form_is_given_as_it_is() -> None:
    attributes = Endpoint("arn:of:tomorrow", Status.IN_SERVICE).attributes()
    assert attributes["EndpointArn"] == "arn:of:tomorrow"
    assert attributes["EndpointName"] == attributes["ScalableDimension"] == ""
