"""Creates that succeed: every property, tags, the answer."""

import re

import pytest

from testing.arns import classifier, endpoint_arn, flywheel, recognizer, role
from testing.events import Json
from testing.one_resource import (
    CLASSIFIER,
    FLYWHEEL,
    LOGICAL_ID_TAG,
    RECOGNIZER,
    REQUEST_TAG,
    STACK_TAG,
    OneResource,
    tags,
)

FLYWHEEL_MODEL = classifier("reviews/version/flywheel-1")
"""The active model of `flywheel()`."""


@pytest.mark.parametrize(
    ("properties", "sent", "attributes"),
    [
        pytest.param(
            CLASSIFIER,
            {"ModelArn": classifier(), "DesiredInferenceUnits": 1},
            {"ModelArn": classifier(), "FlywheelArn": "", "DataAccessRoleArn": ""},
            id="classifier",
        ),
        pytest.param(
            {**RECOGNIZER, "DesiredInferenceUnits": "3", "DataAccessRoleArn": role()},
            {"ModelArn": recognizer(), "DesiredInferenceUnits": 3, "DataAccessRoleArn": role()},
            {"ModelArn": recognizer(), "DataAccessRoleArn": role(), "CurrentInferenceUnits": "3"},
            id="recognizer with role",
        ),
        pytest.param(
            FLYWHEEL,
            {"FlywheelArn": flywheel(), "DesiredInferenceUnits": 1},
            {"ModelArn": FLYWHEEL_MODEL, "FlywheelArn": flywheel()},
            id="flywheel",
        ),
        pytest.param(
            {"FlywheelArn": flywheel("recognizer"), "DesiredInferenceUnits": "1"},
            {"FlywheelArn": flywheel("recognizer"), "DesiredInferenceUnits": 1},
            {"ScalableDimension": "comprehend:entity-recognizer-endpoint:DesiredInferenceUnits"},
            id="flywheel of recognizers",
        ),
        pytest.param(
            {**FLYWHEEL, **CLASSIFIER},
            {
                "ModelArn": classifier(),
                "FlywheelArn": flywheel(),
                "DesiredInferenceUnits": 1,
            },
            {"ModelArn": classifier(), "FlywheelArn": flywheel()},
            id="flywheel and model",
        ),
        pytest.param(
            {**CLASSIFIER, "EndpointName": "my-endpoint", "ServiceTimeout": "900"},
            {
                "EndpointName": "my-endpoint",
                "ModelArn": classifier(),
                "DesiredInferenceUnits": 1,
            },
            {"EndpointName": "my-endpoint", "EndpointArn": endpoint_arn("my-endpoint")},
            id="explicit name",
        ),
    ],
)
def test_a_create_sends_every_property_and_answers_with_all_attributes(
    cfn: OneResource, properties: Json, sent: Json, attributes: Json
) -> None:
    outcome = cfn.create(properties).succeeded()

    asked = outcome.parameters("CreateEndpoint")
    own = {"ClientRequestToken", "EndpointName", "Tags"} - set(sent)
    assert {name: value for name, value in asked.items() if name not in own} == sent
    expected = {"Status": "IN_SERVICE"} | attributes
    assert {name: outcome.answer["Data"][name] for name in expected} == expected
    assert outcome.answer["Data"]["EndpointName"] == asked["EndpointName"]
    assert outcome.physical_id == cfn.endpoint()["EndpointArn"]
    assert outcome.changes == ["CreateEndpoint"]


def test_times_in_the_answer_are_utc_in_iso_8601(cfn: OneResource) -> None:
    data = cfn.create(CLASSIFIER).succeeded().answer["Data"]
    for name in ("CreationTime", "LastModifiedTime"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", data[name])


def test_a_create_is_answered_when_the_endpoint_serves_and_not_before(cfn: OneResource) -> None:
    operation = cfn.send(cfn.event("Create", CLASSIFIER))
    seen: list[str] = []
    while not cfn.mailbox.puts:
        operation.step()
        seen += cfn.statuses().values()
    assert list(dict.fromkeys(seen)) == ["CREATING", "IN_SERVICE"]


def test_the_endpoint_carries_the_ownership_tags_and_the_templates(cfn: OneResource) -> None:
    outcome = cfn.create(CLASSIFIER | tags(team="reviews", empty="")).succeeded()
    (execution,) = outcome.operation.executions
    assert cfn.endpoint()["Tags"] == {
        "team": "reviews",
        "empty": "",
        STACK_TAG: cfn.stack_id,
        LOGICAL_ID_TAG: cfn.logical_id,
        # The request names its execution, and so does the tag.
        REQUEST_TAG: execution.name,
    }


def test_47_tags_of_ones_own_are_the_most(cfn: OneResource) -> None:
    cfn.create(CLASSIFIER | tags(**{f"key-{number}": "x" for number in range(47)})).succeeded()
    assert len(cfn.endpoint()["Tags"]) == 50
