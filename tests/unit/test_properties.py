"""A template's properties: every kind of wrong for every property, all problems at once."""

from dataclasses import fields
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # It ships no types.
import pytest

from provider.endpoint import Endpoint, Status
from provider.errors import InvalidPropertiesError
from provider.identity import TAG_PREFIX
from provider.properties import (
    SCHEMA_FILE,
    Properties,
    parse_properties,
    problems_of,
    read_properties,
    schema,
    settable,
)
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


def problems(changes: dict[str, Any], *, without: str = "") -> list[str]:
    """Everything that is wrong with the smallest template once it is changed."""
    raw = {key: value for key, value in (given.TEMPLATE | changes).items() if key != without}
    with pytest.raises(InvalidPropertiesError) as caught:
        parse_properties(raw, given.PLACE)
    assert str(caught.value) == " ".join(caught.value.problems)
    return caught.value.problems


def tags(count: int) -> list[dict[str, str]]:
    return [{"Key": f"key{number}", "Value": "x"} for number in range(count)]


def test_cloudformation_s_strings_get_the_schema_s_types() -> None:
    assert parse_properties(FULL, given.PLACE) == Properties(
        endpoint_name="reviews",
        model_arn=given.CLASSIFIER,
        flywheel_arn=given.FLYWHEEL,
        inference_units=12,
        role_arn=given.ROLE,
        tags={"team": "search", "empty": ""},
        timeout=1800,
    )


def test_what_is_left_out_is_none() -> None:
    assert parse_properties(given.TEMPLATE, given.PLACE) == Properties(
        model_arn=given.CLASSIFIER, inference_units=1, timeout=3600
    )


@pytest.mark.parametrize(
    "accepted",
    [
        {"DesiredInferenceUnits": 1},
        {"DesiredInferenceUnits": " 7 "},
        {"DesiredInferenceUnits": "+7"},
        {"ServiceTimeout": "1"},
        {"ServiceTimeout": 3600},
        {"EndpointName": "a"},
        {"EndpointName": "A-1--b"},
        {"EndpointName": "a" * 40},
        {"ModelArn": given.comprehend_arn("document-classifier/reviews")},
        {"ModelArn": given.RECOGNIZER},
        {"FlywheelArn": given.FLYWHEEL},
        {"DataAccessRoleArn": f"arn:aws:iam::{given.ACCOUNT}:role/service/team/reader"},
        {"Tags": []},
        {"Tags": tags(47)},
        {"Tags": [{"Key": "k" * 128, "Value": "v" * 256}]},
        {"Tags": [{"Key": "awsome:key", "Value": "prefix without its colon"}]},
        {"Tags": [{"Key": "comprehend-endpoint-provider", "Value": "the same"}]},
        {"Tags": [{"Key": "schlüssel 日本", "Value": "wert 😀"}]},
    ],
)
def test_what_is_within_the_limits_is_accepted(accepted: dict[str, Any]) -> None:
    parse_properties(given.TEMPLATE | accepted, given.PLACE)


NAME_RULE = schema()["properties"]["EndpointName"]["pattern"]
MODEL_RULE = schema()["properties"]["ModelArn"]["pattern"]
FLYWHEEL_RULE = schema()["properties"]["FlywheelArn"]["pattern"]
ROLE_RULE = schema()["properties"]["DataAccessRoleArn"]["pattern"]
EMPTY = "it is empty; leave the property out (AWS::NoValue) or give it a value."
RESERVED = "the prefixes aws: and comprehend-endpoint-provider: are reserved"
LONG_MODEL = given.CLASSIFIER.replace("reviews", "r" * 257)
LONG_FLYWHEEL = given.FLYWHEEL.replace("reviews", "r" * 257)
LONG_ROLE = given.ROLE + "r" * 2048


def shown(text: str) -> str:
    """A long value as a problem shows it."""
    return f'"{text[:76]}...'


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"ServiceToken": ""}, f"ServiceToken: {EMPTY}"),
        ({"ServiceToken": 5}, "ServiceToken: it must be a string, not 5."),
        (
            {"ServiceTimeout": "soon"},
            'ServiceTimeout: it must be a whole number, not "soon".',
        ),
        ({"ServiceTimeout": ""}, 'ServiceTimeout: it must be a whole number, not "".'),
        ({"ServiceTimeout": "0"}, "ServiceTimeout: it must be at least 1, not 0."),
        ({"ServiceTimeout": "3601"}, "ServiceTimeout: it must be at most 3600, not 3601."),
        ({"EndpointName": ""}, f"EndpointName: {EMPTY}"),
        ({"EndpointName": ["x"]}, 'EndpointName: it must be a string, not ["x"].'),
        ({"EndpointName": None}, "EndpointName: it must be a string, not null."),
        (
            {"EndpointName": "a" * 41},
            "EndpointName: it must have at most 40 characters, not 41.",
        ),
        *(
            ({"EndpointName": name}, f'EndpointName: "{told}" does not match {NAME_RULE}.')
            for name, told in (
                ("-a", "-a"),
                ("a-", "a-"),
                ("a_b", "a_b"),
                ("a b", "a b"),
                ("a\n", "a\\n"),
            )
        ),
        ({"ModelArn": ""}, f"ModelArn: {EMPTY}"),
        ({"ModelArn": 7}, "ModelArn: it must be a string, not 7."),
        ({"ModelArn": "reviews"}, f'ModelArn: "reviews" does not match {MODEL_RULE}.'),
        (
            {"ModelArn": given.FLYWHEEL},
            f'ModelArn: "{given.FLYWHEEL}" does not match {MODEL_RULE}.',
        ),
        (
            {"ModelArn": LONG_MODEL},
            f"ModelArn: it must have at most 256 characters, not {len(LONG_MODEL)}.",
        ),
        ({"FlywheelArn": ""}, f"FlywheelArn: {EMPTY}"),
        ({"FlywheelArn": {}}, "FlywheelArn: it must be a string, not {}."),
        (
            {"FlywheelArn": given.CLASSIFIER},
            f"FlywheelArn: {shown(given.CLASSIFIER)} does not match {FLYWHEEL_RULE}.",
        ),
        (
            {"FlywheelArn": LONG_FLYWHEEL},
            f"FlywheelArn: it must have at most 256 characters, not {len(LONG_FLYWHEEL)}.",
        ),
        (
            {"DesiredInferenceUnits": "two"},
            'DesiredInferenceUnits: it must be a whole number, not "two".',
        ),
        (
            {"DesiredInferenceUnits": "1.5"},
            'DesiredInferenceUnits: it must be a whole number, not "1.5".',
        ),
        (
            {"DesiredInferenceUnits": "٣"},
            'DesiredInferenceUnits: it must be a whole number, not "\\u0663".',
        ),
        (
            {"DesiredInferenceUnits": True},
            "DesiredInferenceUnits: it must be a whole number, not true.",
        ),
        (
            {"DesiredInferenceUnits": "0"},
            "DesiredInferenceUnits: it must be at least 1, not 0.",
        ),
        (
            {"DesiredInferenceUnits": "-3"},
            "DesiredInferenceUnits: it must be at least 1, not -3.",
        ),
        ({"DataAccessRoleArn": ""}, f"DataAccessRoleArn: {EMPTY}"),
        ({"DataAccessRoleArn": []}, "DataAccessRoleArn: it must be a string, not []."),
        (
            {"DataAccessRoleArn": LONG_ROLE},
            f"DataAccessRoleArn: it must have at most 2048 characters, not {len(LONG_ROLE)}.",
        ),
        (
            {"DataAccessRoleArn": "a-role-by-its-name-alone"},
            f'DataAccessRoleArn: "a-role-by-its-name-alone" does not match {ROLE_RULE}.',
        ),
        (
            {"DataAccessRoleArn": f"arn:aws:iam::{given.ACCOUNT}:user/somebody"},
            f'DataAccessRoleArn: "arn:aws:iam::{given.ACCOUNT}:user/somebody" does not match '
            f"{ROLE_RULE}.",
        ),
        ({"Tags": "team=search"}, 'Tags: it must be an array, not "team=search".'),
        ({"Tags": {"team": "search"}}, 'Tags: it must be an array, not {"team": "search"}.'),
        ({"Tags": ["team"]}, 'Tags[0]: it must be an object, not "team".'),
        ({"Tags": [{"Key": "team"}]}, "Tags[0].Value: it is required."),
        ({"Tags": [{"Value": "search"}]}, "Tags[0].Key: it is required."),
        ({"Tags": [{"Key": 1, "Value": "x"}]}, "Tags[0].Key: it must be a string, not 1."),
        ({"Tags": [*tags(2), {"Key": "", "Value": "x"}]}, f"Tags[2].Key: {EMPTY}"),
        (
            {"Tags": [{"Key": "k" * 129, "Value": "x"}]},
            "Tags[0].Key: it must have at most 128 characters, not 129.",
        ),
        (
            {"Tags": [{"Key": "k", "Value": "v" * 257}]},
            "Tags[0].Value: it must have at most 256 characters, not 257.",
        ),
        (
            {"Tags": [{"Key": "k", "Value": "v", "Valeu": "w"}]},
            "Tags[0].Valeu: there is no such property. Did you mean Value?",
        ),
        *(
            ({"Tags": [{"Key": key, "Value": "x"}]}, f'Tags[0].Key: {RESERVED} ("{key}").')
            # IAM's conditions do not tell apart tags that differ in case alone.
            for key in (
                *("aws:team", "AWS:team", "aWs:", f"{TAG_PREFIX}stack-id"),
                *(f"{TAG_PREFIX.upper()}STACK-ID", f"{TAG_PREFIX.title()}x"),
            )
        ),
        (
            {"Tags": tags(48)},
            "Tags: there may be at most 47 of your own, not 48: Amazon Comprehend allows 50, and "
            "the provider needs three.",
        ),
        (
            {"Tags": [*tags(2), {"Key": "key1", "Value": "y"}]},
            'Tags: the key "key1" stands there more than once.',
        ),
    ],
)
def test_what_is_wrong_with_a_property_is_told(changes: dict[str, Any], expected: str) -> None:
    assert problems(changes) == [expected]


def test_a_value_too_short_is_told() -> None:
    assert problems({"DataAccessRoleArn": "role/reader"}) == [
        "DataAccessRoleArn: it must have at least 20 characters, not 11.",
        f'DataAccessRoleArn: "role/reader" does not match {ROLE_RULE}.',
    ]


@pytest.mark.parametrize(
    ("missing", "told"),
    [
        ("ServiceToken", "ServiceToken: it is required."),
        ("DesiredInferenceUnits", "DesiredInferenceUnits: it is required."),
        ("ModelArn", "ModelArn: give a ModelArn, a FlywheelArn or both."),
    ],
)
def test_what_is_missing_is_told(missing: str, told: str) -> None:
    assert problems({}, without=missing) == [told]


def test_without_a_place_all_but_region_and_account_is_checked() -> None:
    far = given.CLASSIFIER.replace("eu-west-1", "us-east-1").replace(given.ACCOUNT, "210987654321")
    raw = given.TEMPLATE | {"ModelArn": far, "EndpointName": "-"}

    (name, _) = problems_of(raw, given.PLACE)
    assert problems_of(raw, None) == [name]
    assert name.startswith("EndpointName: ")


def test_a_flywheel_alone_is_enough() -> None:
    raw = {key: value for key, value in FULL.items() if key != "ModelArn"}
    parsed = parse_properties(raw, given.PLACE)
    assert (parsed.model_arn, parsed.flywheel_arn) == (None, given.FLYWHEEL)


def test_a_long_value_is_shown_in_part() -> None:
    name = "_" * 100
    assert f"EndpointName: {shown(name)} does not match {NAME_RULE}." in problems(
        {"EndpointName": name}
    )


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("EndpointNam", "Did you mean EndpointName?"),
        ("endpointname", "Did you mean EndpointName?"),
        ("ModelARN", "Did you mean ModelArn?"),
        ("InferenceUnits", "Did you mean DesiredInferenceUnits?"),
        ("DataAccessRole", "Did you mean DataAccessRoleArn?"),
        ("Tag", "Did you mean Tags?"),
        (
            "Xyzzy",
            "The properties are ServiceToken, ServiceTimeout, EndpointName, ModelArn, FlywheelArn, "
            "DesiredInferenceUnits, DataAccessRoleArn, Tags.",
        ),
    ],
)
def test_an_unknown_property_is_refused_by_name_with_the_nearest(name: str, hint: str) -> None:
    assert problems({name: "x"}) == [f"{name}: there is no such property. {hint}"]


def test_a_client_request_token_is_refused_with_the_reason() -> None:
    (told,) = problems({"ClientRequestToken": "x"})
    assert told.startswith("ClientRequestToken: ")
    assert "the provider derives the token" in told


@pytest.mark.parametrize("name", sorted(set(schema()["properties"]) - set(settable())))
def test_a_return_value_cannot_be_set(name: str) -> None:
    told = f"{name}: it is a return value; read it with Fn::GetAtt and do not set it."
    assert problems({name: "x"}) == [told]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"ModelArn": given.CLASSIFIER.replace("eu-west-1", "us-east-1")},
            "ModelArn: it must be in the stack's region and account: "
            "region us-east-1 where the stack is in eu-west-1.",
        ),
        (
            {"ModelArn": given.CLASSIFIER.replace("123456789012", "210987654321")},
            "ModelArn: it must be in the stack's region and account: "
            "account 210987654321 where the stack is in 123456789012.",
        ),
        (
            {"ModelArn": given.CLASSIFIER.replace("arn:aws:", "arn:aws-cn:")},
            "ModelArn: it must be in the stack's region and account: "
            "partition aws-cn where the stack is in aws.",
        ),
        (
            {"ModelArn": given.CLASSIFIER.replace("eu-west-1", "")},
            "ModelArn: it must be in the stack's region and account: "
            "region (none) where the stack is in eu-west-1.",
        ),
        (
            {
                "FlywheelArn": "arn:aws-us-gov:comprehend:us-gov-west-1:210987654321:flywheel/x",
            },
            "FlywheelArn: it must be in the stack's region and account: "
            "partition aws-us-gov where the stack is in aws, "
            "region us-gov-west-1 where the stack is in eu-west-1, "
            "account 210987654321 where the stack is in 123456789012.",
        ),
        (
            {"DataAccessRoleArn": given.ROLE.replace("123456789012", "210987654321")},
            "DataAccessRoleArn: it must be in the stack's region and account: "
            "account 210987654321 where the stack is in 123456789012.",
        ),
    ],
)
def test_an_arn_of_another_place_is_told(changes: dict[str, str], told: str) -> None:
    assert problems(changes) == [told]


def test_all_problems_are_told_at_once() -> None:
    told = problems(
        {
            "EndpointNam": "x",
            "ClientRequestToken": "x",
            "Arn": "x",
            "EndpointName": "-",
            "DesiredInferenceUnits": "0",
            "ServiceTimeout": "never",
            "FlywheelArn": given.FLYWHEEL.replace("eu-west-1", "us-east-1"),
            "DataAccessRoleArn": "x",
            "Tags": [{"Key": "aws:a", "Value": "x"}, {"Key": "b"}, {"Key": "b", "Value": 1}],
        },
        without="ModelArn",
    )
    expected = [
        "EndpointNam:",
        "ClientRequestToken:",
        "Arn:",
        "EndpointName:",
        "DesiredInferenceUnits:",
        "ServiceTimeout:",
        "FlywheelArn:",
        "DataAccessRoleArn: it must have",
        'DataAccessRoleArn: "x" does',
        "Tags[0].Key:",
        "Tags[1].Value:",
        "Tags[2].Value:",
        "Tags:",
    ]
    found = [[text for text in told if text.startswith(start)] for start in expected]
    assert [len(each) for each in found] == [1] * len(expected)
    assert len(told) == len(expected)


def test_no_problem_is_told_twice() -> None:
    told = problems({"Tags": [{"Key": "a", "Value": "x"}] * 3})
    assert told == ['Tags: the key "a" stands there more than once.']


# What must never fail a request: old properties, a Delete's, and a rollback's.


def test_reading_leniently_gives_the_same_for_what_is_right() -> None:
    for right in (given.TEMPLATE, FULL):
        assert read_properties(right, given.PLACE) == parse_properties(right, given.PLACE)


@pytest.mark.parametrize(
    ("name", "wrong", "attribute"),
    [
        ("EndpointName", "-", "endpoint_name"),
        ("ModelArn", "x", "model_arn"),
        ("ModelArn", given.CLASSIFIER.replace("eu-west-1", "us-east-1"), "model_arn"),
        ("FlywheelArn", ["x"], "flywheel_arn"),
        ("DesiredInferenceUnits", "many", "inference_units"),
        ("DataAccessRoleArn", given.ROLE.replace("123456789012", "210987654321"), "role_arn"),
    ],
)
def test_reading_leniently_takes_what_is_wrong_for_absent(
    name: str, wrong: object, attribute: str
) -> None:
    found = read_properties(FULL | {name: wrong}, given.PLACE)
    assert getattr(found, attribute) is None
    rest = {each.name for each in fields(Properties)} - {attribute}
    sound = parse_properties(FULL, given.PLACE)
    assert all(getattr(found, each) == getattr(sound, each) for each in rest)


@pytest.mark.parametrize(
    "wrong",
    [
        "x",
        {"a": "b"},
        ["x"],
        [{"Key": "a"}],
        [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}],
        tags(48),
        None,
    ],
)
def test_reading_leniently_takes_tags_that_break_a_rule_for_absent(wrong: object) -> None:
    assert read_properties(FULL | {"Tags": wrong}, given.PLACE).tags == {}


@pytest.mark.parametrize("wrong", ["never", "0", "99999", None])
def test_reading_leniently_takes_cloudformation_s_default_for_a_wrong_timeout(wrong: Any) -> None:
    assert read_properties(FULL | {"ServiceTimeout": wrong}, given.PLACE).timeout == 3600


def test_reading_leniently_ignores_what_is_unknown_or_missing() -> None:
    assert read_properties({}, given.PLACE) == Properties()
    assert read_properties({"Xyzzy": 1, "Arn": "x"}, given.PLACE) == Properties()


# The schema.


def test_the_schema_is_valid_json_schema() -> None:
    # CloudFormation's registry schemas are draft 7.
    jsonschema.Draft7Validator.check_schema(schema())


def test_the_schema_in_the_package_is_the_one_source() -> None:
    source = given.ROOT / "schema" / "custom-comprehendendpoint.json"
    assert SCHEMA_FILE.is_symlink()
    assert SCHEMA_FILE.samefile(source)
    assert not SCHEMA_FILE.readlink().is_absolute()


def test_the_schema_and_a_general_validator_agree_on_what_is_right() -> None:
    typed = dict(FULL) | {"ServiceTimeout": 1800, "DesiredInferenceUnits": 12}
    assert list(jsonschema.Draft7Validator(schema()).iter_errors(typed)) == []
    typed["EndpointName"] = "-"
    assert list(jsonschema.Draft7Validator(schema()).iter_errors(typed)) != []


def test_the_schema_names_the_properties_of_the_contract() -> None:
    assert settable() == (
        "ServiceToken",
        "ServiceTimeout",
        "EndpointName",
        "ModelArn",
        "FlywheelArn",
        "DesiredInferenceUnits",
        "DataAccessRoleArn",
        "Tags",
    )
    assert schema()["typeName"] == "Custom::ComprehendEndpoint"
    assert schema()["required"] == ["ServiceToken", "DesiredInferenceUnits"]
    assert schema()["additionalProperties"] is False
    assert all(rule["description"] for rule in schema()["properties"].values())


def test_every_settable_property_reaches_the_code() -> None:
    # Each, changed alone, changes what is read; the token is CloudFormation's own business.
    other = {
        "ServiceTimeout": "60",
        "EndpointName": "other",
        "ModelArn": given.NEWER,
        "FlywheelArn": given.OTHER_FLYWHEEL,
        "DesiredInferenceUnits": "2",
        "DataAccessRoleArn": given.OTHER_ROLE,
        "Tags": [],
    }
    assert set(other) == set(settable()) - {"ServiceToken"}
    assert len(fields(Properties)) == len(other)
    before = parse_properties(FULL, given.PLACE)
    for name, value in other.items():
        assert parse_properties(FULL | {name: value}, given.PLACE) != before


def test_the_schema_s_pointers_lead_to_its_properties() -> None:
    keys = ("createOnly", "conditionalCreateOnly", "readOnly", "writeOnly")
    pointers = [pointer for key in keys for pointer in schema()[f"{key}Properties"]]
    pointers += [*schema()["primaryIdentifier"], schema()["tagging"]["tagProperty"]]
    names = {pointer.removeprefix("/properties/") for pointer in pointers}
    assert names <= set(schema()["properties"])


def test_the_attributes_are_the_contract_s_and_the_schema_s() -> None:
    attributes = set(Endpoint(given.ARN, Status.IN_SERVICE).attributes())
    assert attributes == {
        "EndpointArn",
        "Arn",
        "EndpointName",
        "ModelArn",
        "FlywheelArn",
        "DataAccessRoleArn",
        "DesiredInferenceUnits",
        "CurrentInferenceUnits",
        "Status",
        "CreationTime",
        "LastModifiedTime",
        "ScalableDimension",
    }
    read_only = set(schema()["properties"]) - set(settable())
    assert read_only <= attributes <= set(schema()["properties"])
