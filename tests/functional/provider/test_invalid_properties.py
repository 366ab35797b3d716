"""Invalid properties: all reasons at once, and nothing is changed.

Every rule, with its words, is in tests/unit/test_validation.py.
"""

import pytest

from testing.arns import classifier, flywheel
from testing.events import Json
from testing.one_resource import CLASSIFIER, NAMED, OneResource, tags

INVALID: dict[str, tuple[Json, list[str]]] = {
    "required ones missing": ({}, ["ModelArn", "FlywheelArn", "DesiredInferenceUnits"]),
    "an empty name": ({**CLASSIFIER, "EndpointName": ""}, ["EndpointName", "empty"]),
    "another region": (
        {**NAMED, "ModelArn": classifier(region="eu-west-1")},
        ["ModelArn", "eu-west-1", "us-east-1"],
    ),
    "a flywheel as a model": ({**NAMED, "ModelArn": flywheel()}, ["ModelArn"]),
    "a reserved key": ({**NAMED, **tags(**{"aws:x": ""})}, ["Tags[0].Key", "aws:"]),
    "a return value": ({**NAMED, "EndpointArn": "x"}, ["EndpointArn", "Fn::GetAtt"]),
    "several": (
        {**CLASSIFIER, "DesiredInferenceUnits": "x", "EndpointName": "_", "ServiceTimeout": "0"},
        ["DesiredInferenceUnits", "EndpointName", "ServiceTimeout"],
    ),
    "more than fit into an answer": (
        {**NAMED, **{f"Unknown{number}": "x" for number in range(500)}},
        ["Unknown0:", "Unknown1:"],
    ),
}


@pytest.mark.parametrize("case", INVALID)
def test_a_create_with_invalid_properties_fails_with_all_reasons(
    cfn: OneResource, case: str
) -> None:
    properties, words = INVALID[case]
    failed = cfn.create(properties).failed(*words)
    assert failed.calls == []
    assert failed.waits == 0
    deleted = cfn.delete().succeeded()
    assert (deleted.changes, deleted.waits) == ([], 0)


@pytest.mark.parametrize("case", INVALID)
def test_an_update_with_invalid_properties_fails_and_its_rollback_succeeds(
    cfn: OneResource, case: str
) -> None:
    properties, words = INVALID[case]
    arn = cfn.given(NAMED)
    before = cfn.endpoint()
    failed = cfn.update(properties).failed(*words)
    assert failed.physical_id == arn
    assert failed.changes == []
    # An Update that goes back is never refused, so a second read must say that this one does not.
    assert 30 < failed.seconds < 32
    back = cfn.roll_back(NAMED, was=properties).succeeded()
    assert back.physical_id == arn
    assert back.changes == []
    # Nothing was sent that could still show.
    assert back.seconds < 32
    assert cfn.admin.endpoints() == [before]
