"""Parsed properties: the schema's types, and nothing of a property that breaks a rule."""

from dataclasses import replace
from typing import Any

import pytest

from provider.contract.limits import MAX_TIMEOUT
from provider.contract.properties import Properties, Settings
from provider.contract.validation import parse_properties, schema, settable
from tests.unit import given

FULL: dict[str, Any] = {
    **given.TEMPLATE,
    "ServiceTimeout": "1800",
    "EndpointName": "reviews",
    "FlywheelArn": given.FLYWHEEL,
    "DesiredInferenceUnits": "12",
    "DataAccessRoleArn": given.ROLE,
    "Tags": [{"Key": "team", "Value": "search"}, {"Key": "empty", "Value": ""}],
}

PARSED = Properties(
    settings=Settings.of(
        model_arn=given.CLASSIFIER,
        flywheel_arn=given.FLYWHEEL,
        inference_units=12,
        role_arn=given.ROLE,
    ),
    endpoint_name="reviews",
    tags={"team": "search", "empty": ""},
    timeout=1800,
)


def parsed(raw: dict[str, Any]) -> Properties:
    return parse_properties(raw, given.PLACE).properties


def test_cloudformation_s_strings_get_the_schema_s_types() -> None:
    assert parse_properties(FULL, given.PLACE).problems == ()
    assert parsed(FULL) == PARSED


def test_a_property_that_is_left_out_is_not_set() -> None:
    found = parsed(given.TEMPLATE)
    assert found == Properties(Settings.of(model_arn=given.CLASSIFIER, inference_units=1))
    assert (found.settings.flywheel_arn, found.settings.role_arn) == (None, None)
    assert (found.endpoint_name, found.tags, found.timeout) == (None, {}, 3600)


def test_a_flywheel_alone_is_enough() -> None:
    raw = {key: value for key, value in FULL.items() if key != "ModelArn"}
    found = parse_properties(raw, given.PLACE)
    assert found.problems == ()
    assert found.properties.settings.model_arn is None
    assert found.properties.settings.flywheel_arn == given.FLYWHEEL


def test_every_settable_property_reaches_the_code() -> None:
    # Each, changed alone, changes what is parsed; the token is CloudFormation's own business.
    other = {
        "ServiceTimeout": "60",
        "EndpointName": "other",
        "ModelArn": given.NEWER,
        "FlywheelArn": given.OTHER_FLYWHEEL,
        "DesiredInferenceUnits": "2",
        "DataAccessRoleArn": given.OTHER_ROLE,
        "Tags": [],
    }
    for name in set(settable()) - {"ServiceToken"}:
        value = other[name] if name in other else schema()["properties"][name]["examples"][0]
        assert parsed(FULL | {name: value}) != PARSED


# A Delete, old properties, or a rollback to properties older than a rule never fail on them.


@pytest.mark.parametrize(
    ("name", "wrong", "setting"),
    [
        ("ModelArn", "x", "model_arn"),
        ("ModelArn", given.CLASSIFIER.replace("eu-west-1", "us-east-1"), "model_arn"),
        ("FlywheelArn", ["x"], "flywheel_arn"),
        ("DesiredInferenceUnits", "many", "inference_units"),
        ("DataAccessRoleArn", given.ROLE.replace("123456789012", "210987654321"), "role_arn"),
    ],
)
def test_a_setting_that_breaks_a_rule_counts_as_not_set(
    name: str, wrong: object, setting: str
) -> None:
    rest = {each: value for each, value in PARSED.settings.values.items() if each != setting}
    assert parsed(FULL | {name: wrong}) == replace(PARSED, settings=Settings(rest))


def test_a_name_that_breaks_a_rule_counts_as_not_set() -> None:
    assert parsed(FULL | {"EndpointName": "-"}) == replace(PARSED, endpoint_name=None)


@pytest.mark.parametrize(
    "wrong",
    [
        "x",
        {"a": "b"},
        ["x"],
        [{"Key": "a"}],
        [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}],
        [{"Key": f"key{number}", "Value": "x"} for number in range(48)],
        None,
    ],
)
def test_tags_that_break_a_rule_count_as_not_set(wrong: object) -> None:
    assert parsed(FULL | {"Tags": wrong}) == replace(PARSED, tags={})


@pytest.mark.parametrize("wrong", ["never", "0", "99999", None])
def test_a_timeout_that_breaks_a_rule_counts_as_cloudformation_s_default(wrong: Any) -> None:
    assert parsed(FULL | {"ServiceTimeout": wrong}) == replace(PARSED, timeout=3600)
    assert MAX_TIMEOUT == 3600


def test_unknown_or_missing_properties_are_ignored() -> None:
    assert parsed({}) == Properties()
    assert parsed({"Xyzzy": 1, "Arn": "x"}) == Properties()
