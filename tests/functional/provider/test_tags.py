"""Changes of Tags: only the difference is sent, and only the template's own are touched."""

import pytest

from local.comprehend import Admin
from testing.events import Json
from testing.one_resource import NAMED, OneResource, tags


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
    cfn: OneResource, admin: Admin, old: Json, new: Json, calls: list[str], left: Json
) -> None:
    """What somebody else has set stays, and so do the ownership tags."""
    admin.put_tags(cfn.given({**NAMED, **old}), {"cost-center": "42"})
    updated = cfn.update({**NAMED, **new}).succeeded()
    assert updated.changes == calls
    assert cfn.endpoint()["Tags"] == cfn.own_tags() | {"cost-center": "42"} | left
    if "TagResource" in calls:
        before = old.get("Tags", [])
        assert not [tag for tag in updated.parameters("TagResource")["Tags"] if tag in before]


def test_settings_and_tags_change_in_one_update(cfn: OneResource) -> None:
    cfn.given({**NAMED, **tags(a="1")})
    new = {**NAMED, **tags(b="1"), "DesiredInferenceUnits": "2"}
    updated = cfn.update(new).succeeded()
    assert sorted(updated.changes) == ["TagResource", "UntagResource", "UpdateEndpoint"]
    assert cfn.endpoint()["DesiredInferenceUnits"] == 2
    assert cfn.endpoint()["Tags"] == cfn.own_tags() | {"b": "1"}
