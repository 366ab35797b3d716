"""The linter says before a deployment what the provider says after it, word for word."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from samtranslator.yaml_helper import yaml_parse

from provider.contract.validation import parse_properties, settable
from tests.lint.linting import lint, refused, template
from tests.security.examples import examples
from tests.template.application import EXAMPLES
from tests.unit import given as sample

SOUND: dict[str, Any] = {
    **sample.TEMPLATE,
    "ServiceTimeout": "3600",
    "EndpointName": "reviews",
    "FlywheelArn": sample.FLYWHEEL,
    "DataAccessRoleArn": sample.ROLE,
    "Tags": [{"Key": "team", "Value": "search"}],
}
"""What a deployment makes of each property, as CloudFormation sends it."""

GONE = object()


def tagged(**changes: Any) -> list[dict[str, Any]]:
    return [{"Key": "team", "Value": "search"} | changes]


BREAKS: dict[str, list[Any]] = {
    "ServiceToken": [GONE, "", ["x"], {"a": "b"}],
    "ServiceTimeout": ["soon", "", 0, -1, 3601, 1.5, True, ["60"], {"a": "b"}],
    "EndpointName": ["", "-a", "a-", "a_b", "a b", "a" * 41, 7.5, ["a"], {"a": "b"}],
    "ModelArn": [
        *("", "reviews", 7, sample.FLYWHEEL, ["a"], {"a": "b"}),
        *(sample.ARN, sample.CLASSIFIER + "x" * 257, sample.CLASSIFIER + "/"),
    ],
    "FlywheelArn": [
        *("", "reviews", 7, sample.CLASSIFIER, ["a"], {"a": "b"}),
        *(sample.FLYWHEEL + "x" * 257, sample.FLYWHEEL + "/"),
    ],
    "DesiredInferenceUnits": [GONE, "", 0, -3, 1.5, "two", True, ["1"], {"a": "b"}],
    "DataAccessRoleArn": [
        *("", "reader", 7, ["a"], {"a": "b"}, sample.ROLE + "x" * 2048),
        sample.ROLE.replace(":role/", ":user/"),
    ],
    "Tags": [
        *("team=search", "", {"team": "search"}, ["team"], [["team"]], tagged() * 2),
        *([{"Key": "team"}], [{"Value": "search"}], [{}], tagged(Key=""), tagged(Key="aws:x")),
        *(tagged(Key="comprehend-endpoint-provider:x"), tagged(Key="k" * 129)),
        *(tagged(Value="v" * 257), tagged(Valeu="x"), tagged(Xyzzy=["x"]), tagged(Key=["x"])),
        [{"Key": f"key{number}", "Value": number} for number in range(48)],
    ],
    # Not properties.
    "EndpointNam": ["reviews"],
    "modelarn": [sample.CLASSIFIER],
    "Xyzzy": [1, ["x"]],
    "ClientRequestToken": ["mine"],
    "Arn": [sample.ARN],
    "Status": ["IN_SERVICE"],
}


def resources() -> list[Any]:
    """Each endpoint of each example: the template, and the logical id."""
    return [
        pytest.param(written, logical_id, id=f"{path.name}-{logical_id}")
        for path in EXAMPLES
        for written in [yaml_parse(path.read_text())]
        for logical_id, resource in written["Resources"].items()
        if resource["Type"] == "Custom::ComprehendEndpoint"
    ]


def sent(value: Any) -> Any:
    """A value of a template as CloudFormation sends it."""
    if isinstance(value, dict):
        return {key: sent(each) for key, each in value.items()}
    if isinstance(value, list):
        return [sent(each) for each in value]
    return json.dumps(value) if isinstance(value, bool | int | float) else value


def test_every_property_is_broken() -> None:
    assert set(SOUND) == set(settable()) < set(BREAKS)
    assert not parse_properties(SOUND, sample.PLACE).problems


@pytest.mark.parametrize(("written", "logical_id"), resources())
@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_property_of_an_example_is_told_in_the_provider_s_words(
    written: dict[str, Any], logical_id: str, name: str
) -> None:
    for value in BREAKS[name]:
        broken = copy.deepcopy(written)
        properties = broken["Resources"][logical_id]["Properties"]
        # What the deployment makes of the other properties is right: the example is.
        asked = {each: SOUND[each] for each in properties}
        if value is GONE:
            del properties[name], asked[name]
        else:
            properties[name] = value
            asked[name] = sent(value)
        expected = sorted(parse_properties(asked, sample.PLACE).problems)

        assert expected
        found = [each for each in lint(broken) if each.logical_id == logical_id]
        assert sorted(refused(found)) == expected
        assert {each.rule for each in found} <= {"E9501", "E9502", "I9505"}


TEXT = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFFFD, exclude_categories=["Cs", "Cc", "Cf"]),
    max_size=8,
)
SCALARS = TEXT | st.integers(-(10**6), 10**6) | st.booleans() | st.sampled_from([0.5, 2.25])
NAMES = st.sampled_from(["Key", "Value", "Valeu"]) | TEXT
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
TAGS = st.lists(st.fixed_dictionaries({"Key": VALUES, "Value": VALUES}), max_size=3)
PROPERTIES = st.dictionaries(
    st.sampled_from([*settable(), "Arn", "ClientRequestToken"]) | TEXT, VALUES, max_size=8
)


@examples(150, 10_000)
@given(PROPERTIES, TAGS | st.none())
@example({"a: b": "c", "a": "d"}, None)
@example({"Tags[0]": "c", "Tags[0].Key": "d"}, [{"Key": "", "Value": 1}])
def test_whatever_a_template_holds_the_words_are_the_provider_s(
    properties: dict[str, Any], tags: list[dict[str, Any]] | None
) -> None:
    drawn = properties if tags is None else properties | {"Tags": tags}
    # An intrinsic function is another case.
    if any(f'"{name}' in json.dumps(drawn) for name in ("Ref", "Fn::", "{{resolve:")):
        return

    expected = sorted(parse_properties(sent(drawn), None).problems)
    assert sorted(refused(lint(template(drawn)))) == expected
