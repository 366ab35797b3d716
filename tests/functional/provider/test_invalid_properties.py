"""Properties that cannot be: all reasons at once, and nothing is touched."""

import pytest

from tests.functional.emulated import classifier, flywheel, role
from tests.functional.provider.cloudformation import CLASSIFIER, CloudFormation, Json

NAMED: Json = {**CLASSIFIER, "EndpointName": "mine"}
TAG = {"Key": "a", "Value": "1"}

BAD: dict[str, tuple[Json, list[str]]] = {
    "nothing": ({"ModelArn": None, "DesiredInferenceUnits": None}, ["ModelArn", "Desired"]),
    "no model": ({"ModelArn": None}, ["ModelArn", "FlywheelArn"]),
    "no units": ({"DesiredInferenceUnits": None}, ["DesiredInferenceUnits"]),
    "units in words": ({"DesiredInferenceUnits": "two"}, ["DesiredInferenceUnits", "two"]),
    "no units at all": ({"DesiredInferenceUnits": "0"}, ["DesiredInferenceUnits", "1"]),
    "half a unit": ({"DesiredInferenceUnits": "1.5"}, ["DesiredInferenceUnits"]),
    "units as a list": ({"DesiredInferenceUnits": ["1"]}, ["DesiredInferenceUnits"]),
    "empty name": ({"EndpointName": ""}, ["EndpointName", "empty"]),
    "long name": ({"EndpointName": "x" * 41}, ["EndpointName", "40", "41"]),
    "name with an underscore": ({"EndpointName": "a_b"}, ["EndpointName"]),
    "name that ends in a hyphen": ({"EndpointName": "a-"}, ["EndpointName"]),
    "name that ends in a line": ({"EndpointName": "a\n"}, ["EndpointName"]),
    "model that is no ARN": ({"ModelArn": "reviews"}, ["ModelArn", "reviews"]),
    "flywheel as a model": ({"ModelArn": flywheel()}, ["ModelArn"]),
    "model as a flywheel": ({"FlywheelArn": classifier()}, ["FlywheelArn"]),
    "model in another region": (
        {"ModelArn": classifier(region="eu-west-1")},
        ["ModelArn", "eu-west-1", "us-east-1"],
    ),
    "model in another account": (
        {"ModelArn": classifier(account="111111111111")},
        ["ModelArn", "111111111111"],
    ),
    "flywheel in another region": (
        {"FlywheelArn": flywheel(region="eu-west-1")},
        ["FlywheelArn", "eu-west-1"],
    ),
    "role of another account": (
        {"DataAccessRoleArn": role(account="111111111111")},
        ["DataAccessRoleArn", "111111111111"],
    ),
    "role that is none": ({"DataAccessRoleArn": "arn:aws:iam::000000000000:user/x"}, ["DataAcc"]),
    "timeout too long": ({"ServiceTimeout": "3601"}, ["ServiceTimeout", "3600"]),
    "48 tags": ({"Tags": [{"Key": f"k{n}", "Value": ""} for n in range(48)]}, ["Tags", "47"]),
    "a tag twice": ({"Tags": [TAG, {"Key": "a", "Value": "2"}]}, ["Tags", "duplicate"]),
    "a reserved key": ({"Tags": [{"Key": "aws:x", "Value": ""}]}, ["Tags[0].Key", "aws:"]),
    "our key": (
        {"Tags": [{"Key": "comprehend-endpoint-provider:stack-id", "Value": ""}]},
        ["Tags[0].Key", "reserved"],
    ),
    "a tag without value": ({"Tags": [TAG, {"Key": "b"}]}, ["Tags[1].Value"]),
    "tags as a map": ({"Tags": {"a": "1"}}, ["Tags"]),
    "unknown": ({"InferenceUnits": "1"}, ["InferenceUnits", "Did you mean DesiredInferenceUnits"]),
    "wrong case": ({"modelArn": "x"}, ["modelArn", "Did you mean ModelArn"]),
    "a token": ({"ClientRequestToken": "x"}, ["ClientRequestToken", "derives"]),
    "a return value": ({"EndpointArn": "x"}, ["EndpointArn", "Fn::GetAtt"]),
    "several": (
        {"DesiredInferenceUnits": "x", "EndpointName": "_", "Foo": "1", "ServiceTimeout": "0"},
        ["DesiredInferenceUnits", "EndpointName", "Foo", "ServiceTimeout"],
    ),
}


def broken(changes: Json) -> Json:
    properties = CLASSIFIER | changes
    return {name: value for name, value in properties.items() if value is not None}


@pytest.mark.parametrize("case", BAD)
def test_a_create_with_bad_properties_fails_with_all_reasons(
    cfn: CloudFormation, case: str
) -> None:
    changes, words = BAD[case]
    failed = cfn.create(broken(changes)).failed(*words)
    assert failed.calls == []
    assert failed.waits == 0
    assert cfn.delete().succeeded().calls == []


@pytest.mark.parametrize("case", BAD)
def test_an_update_with_bad_properties_fails_and_its_rollback_succeeds(
    cfn: CloudFormation, case: str
) -> None:
    changes, words = BAD[case]
    arn = cfn.given(NAMED)
    before = cfn.endpoint()
    new = broken({"EndpointName": "mine"} | changes)
    failed = cfn.update(new).failed(*words)
    assert failed.physical_id == arn
    assert failed.calls == []
    back = cfn.roll_back(NAMED, was=new).succeeded()
    assert back.physical_id == arn
    assert cfn.admin.endpoints() == [before]


def test_reasons_beyond_all_bounds_are_cut_at_their_end(cfn: CloudFormation) -> None:
    many = {f"Unknown{number}": "x" for number in range(500)}
    failed = cfn.create({**CLASSIFIER, **many}).failed("Unknown0:")
    assert failed.reason.startswith("Unknown0:")
