"""Changes of Tags: only the difference is sent, and only the template's own are touched."""

import pytest

from local.comprehend import Admin
from tests.functional.provider.cloudformation import CLASSIFIER, CloudFormation, Json

NAMED: Json = {**CLASSIFIER, "EndpointName": "mine"}


def tags(**pairs: str) -> Json:
    return {"Tags": [{"Key": key, "Value": value} for key, value in pairs.items()]}


@pytest.mark.parametrize(
    ("old", "new", "calls", "left"),
    [
        ({}, tags(a="1"), ["TagResource"], {"a": "1"}),
        (tags(a="1"), tags(a="2"), ["TagResource"], {"a": "2"}),
        (tags(a="1", b="1"), tags(b="1"), ["UntagResource"], {"b": "1"}),
        (tags(a="1"), {}, ["UntagResource"], {}),
        (tags(a="1", b="1"), tags(b="2"), ["UntagResource", "TagResource"], {"b": "2"}),
        (tags(a="1", b="1"), tags(b="1", a="1"), [], {"a": "1", "b": "1"}),
    ],
    ids=["put", "changed", "removed", "all removed", "all kinds", "reordered"],
)
def test_only_the_difference_in_tags_is_sent(
    cfn: CloudFormation, old: Json, new: Json, calls: list[str], left: Json
) -> None:
    cfn.given({**NAMED, **old})
    own = {key: value for key, value in cfn.endpoint()["Tags"].items() if ":" in key}
    updated = cfn.update({**NAMED, **new}).succeeded()
    assert updated.changes == calls
    assert cfn.endpoint()["Tags"] == own | left
    for call in updated.calls:
        if call["operation"] == "TagResource":
            before = {tag["Key"]: tag["Value"] for tag in old.get("Tags", [])}
            assert all(before.get(tag["Key"]) != tag["Value"] for tag in call["parameters"]["Tags"])


def test_settings_and_tags_change_in_one_update(cfn: CloudFormation) -> None:
    cfn.given({**NAMED, **tags(a="1")})
    new = {**NAMED, **tags(b="1"), "DesiredInferenceUnits": "2"}
    updated = cfn.update(new).succeeded()
    assert sorted(updated.changes) == ["TagResource", "UntagResource", "UpdateEndpoint"]
    assert cfn.endpoint()["DesiredInferenceUnits"] == 2
    assert cfn.endpoint()["Tags"].items() >= {"b": "1"}.items()
    assert "a" not in cfn.endpoint()["Tags"]


def test_tags_that_somebody_else_set_stay(cfn: CloudFormation, admin: Admin) -> None:
    cfn.given({**NAMED, **tags(a="1")})
    admin.put_tags(str(cfn.physical_id), {"cost-center": "42"})
    cfn.update({**NAMED, **tags(b="1")}).succeeded()
    assert cfn.endpoint()["Tags"]["cost-center"] == "42"


def test_our_tags_are_never_removed_by_a_change_of_the_templates_tags(
    cfn: CloudFormation,
) -> None:
    cfn.create(NAMED).succeeded()
    before = cfn.endpoint()["Tags"]
    old = {**NAMED, "Tags": [{"Key": key, "Value": value} for key, value in before.items()]}
    event = cfn.event("Update", NAMED, old)
    cfn.run(event).succeeded()
    assert cfn.endpoint()["Tags"] == before
