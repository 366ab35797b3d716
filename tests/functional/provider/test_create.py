"""Creates that succeed: every property, generated and explicit names, the answer."""

import re

import pytest

from local.comprehend import Admin
from tests.functional.emulated import classifier, endpoint_arn, flywheel, recognizer, role
from tests.functional.provider.cloudformation import (
    CLASSIFIER,
    FLYWHEEL,
    LOGICAL_ID_TAG,
    RECOGNIZER,
    REQUEST_TAG,
    STACK_TAG,
    CloudFormation,
    Json,
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
    cfn: CloudFormation, properties: Json, sent: Json, attributes: Json
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


def test_times_in_the_answer_are_utc_in_iso_8601(cfn: CloudFormation) -> None:
    data = cfn.create(CLASSIFIER).succeeded().answer["Data"]
    for name in ("CreationTime", "LastModifiedTime"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", data[name])


def test_a_create_is_answered_when_the_endpoint_serves_and_not_before(cfn: CloudFormation) -> None:
    operation = cfn.send(cfn.event("Create", CLASSIFIER))
    seen: list[str] = []
    while not cfn.receiver.puts:
        operation.step()
        seen += cfn.statuses().values()
    assert list(dict.fromkeys(seen)) == ["CREATING", "IN_SERVICE"]


def test_the_endpoint_carries_the_ownership_tags_and_the_templates(cfn: CloudFormation) -> None:
    tags = [{"Key": "team", "Value": "reviews"}, {"Key": "empty", "Value": ""}]
    outcome = cfn.create({**CLASSIFIER, "Tags": tags}).succeeded()
    found = cfn.endpoint()["Tags"]
    (execution,) = outcome.operation.executions
    assert found == {
        "team": "reviews",
        "empty": "",
        STACK_TAG: cfn.stack_id,
        LOGICAL_ID_TAG: cfn.logical_id,
        # The request's digest is the execution's name too.
        REQUEST_TAG: execution.name,
    }


def test_47_tags_of_ones_own_are_the_most(cfn: CloudFormation) -> None:
    tags = [{"Key": f"key-{number}", "Value": "x"} for number in range(47)]
    cfn.create({**CLASSIFIER, "Tags": tags}).succeeded()
    assert len(cfn.endpoint()["Tags"]) == 50


@pytest.mark.parametrize(
    ("stack", "logical_id"),
    [
        ("demo", "Sentiment"),
        ("a-stack-with-a-name-that-is-as-long-as-one-can-be-" + "x" * 78, "L" * 255),
        ("fourteen-char-", "Ends"),
    ],
)
def test_a_generated_name_is_valid_and_tells_whose_it_is(
    cfn: CloudFormation, stack: str, logical_id: str
) -> None:
    cfn.stack, cfn.logical_id = stack, logical_id
    name = cfn.create(CLASSIFIER).succeeded().answer["Data"]["EndpointName"]
    assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*", name)
    assert len(name) <= 40
    assert name.startswith(stack[:13])
    assert logical_id[:12] in name


def test_two_resources_and_two_stacks_get_different_generated_names(
    cfn: CloudFormation, admin: Admin
) -> None:
    for stack, logical_id in (("demo", "One"), ("demo", "Two"), ("other", "One")):
        cfn.stack, cfn.logical_id = stack, logical_id
        cfn.create(CLASSIFIER).succeeded()
    assert len(admin.endpoints()) == 3


def test_the_token_is_valid_and_the_requests_own(cfn: CloudFormation) -> None:
    tokens = []
    for name in ("one", "two"):
        outcome = cfn.create({**CLASSIFIER, "EndpointName": name}).succeeded()
        tokens.append(outcome.parameters("CreateEndpoint")["ClientRequestToken"])
    assert all(re.fullmatch(r"[a-zA-Z0-9-]{1,64}", token) for token in tokens)
    assert len(set(tokens)) == 2
