"""A template's properties: every rule that each can break, and every problem in one answer."""

from typing import Any

import pytest

from provider.contract.validation import parse_properties, schema, settable
from provider.model.ownership import TAG_PREFIX
from tests.unit import given


def problems(changes: dict[str, Any], *, without: str = "") -> list[str]:
    """Every problem of the smallest template after some changes."""
    raw = {key: value for key, value in (given.TEMPLATE | changes).items() if key != without}
    return list(parse_properties(raw, given.PLACE).problems)


def tags(count: int) -> list[dict[str, str]]:
    return [{"Key": f"key{number}", "Value": "x"} for number in range(count)]


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
def test_a_value_within_the_limits_is_accepted(accepted: dict[str, Any]) -> None:
    assert problems(accepted) == []


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
            ({"EndpointName": name}, f'EndpointName: "{shown_name}" does not match {NAME_RULE}.')
            for name, shown_name in (
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
            "Tags: you can set at most 47, not 48: Amazon Comprehend allows 50, and the provider "
            "uses three.",
        ),
        (
            {"Tags": [*tags(2), {"Key": "key1", "Value": "y"}]},
            'Tags: duplicate key "key1".',
        ),
    ],
)
def test_a_broken_rule_is_reported_with_the_property(
    changes: dict[str, Any], expected: str
) -> None:
    assert problems(changes) == [expected]


def test_a_value_that_is_too_short_breaks_two_rules() -> None:
    assert problems({"DataAccessRoleArn": "role/reader"}) == [
        "DataAccessRoleArn: it must have at least 20 characters, not 11.",
        f'DataAccessRoleArn: "role/reader" does not match {ROLE_RULE}.',
    ]


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        ("ServiceToken", "ServiceToken: it is required."),
        ("DesiredInferenceUnits", "DesiredInferenceUnits: it is required."),
        ("ModelArn", "ModelArn: give a ModelArn, a FlywheelArn or both."),
    ],
)
def test_a_missing_property_is_reported(missing: str, expected: str) -> None:
    assert problems({}, without=missing) == [expected]


def test_without_a_place_everything_except_region_and_account_is_checked() -> None:
    far = given.CLASSIFIER.replace("eu-west-1", "us-east-1").replace(given.ACCOUNT, "210987654321")
    raw = given.TEMPLATE | {"ModelArn": far, "EndpointName": "-"}

    (name, _) = parse_properties(raw, given.PLACE).problems
    assert parse_properties(raw, None).problems == (name,)
    assert name.startswith("EndpointName: ")


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
        ("Xyzzy", f"The properties are {', '.join(settable())}."),
    ],
)
def test_an_unknown_property_is_refused_by_name_with_the_nearest(name: str, hint: str) -> None:
    assert problems({name: "x"}) == [f"{name}: there is no such property. {hint}"]


def test_a_client_request_token_is_refused_with_the_reason() -> None:
    (problem,) = problems({"ClientRequestToken": "x"})
    assert problem.startswith("ClientRequestToken: ")
    assert "The provider derives the token" in problem


@pytest.mark.parametrize("name", sorted(set(schema()["properties"]) - set(settable())))
def test_a_return_value_cannot_be_set(name: str) -> None:
    expected = f"{name}: it is a return value; read it with Fn::GetAtt and do not set it."
    assert problems({name: "x"}) == [expected]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"ModelArn": given.CLASSIFIER.replace("eu-west-1", "us-east-1")},
            "ModelArn: it must be in the stack's region and account: "
            "region us-east-1 but the stack is in eu-west-1.",
        ),
        (
            {"ModelArn": given.CLASSIFIER.replace("123456789012", "210987654321")},
            "ModelArn: it must be in the stack's region and account: "
            "account 210987654321 but the stack is in 123456789012.",
        ),
        (
            {"ModelArn": given.CLASSIFIER.replace("arn:aws:", "arn:aws-cn:")},
            "ModelArn: it must be in the stack's region and account: "
            "partition aws-cn but the stack is in aws.",
        ),
        (
            {"ModelArn": given.CLASSIFIER.replace("eu-west-1", "")},
            "ModelArn: it must be in the stack's region and account: "
            "region (none) but the stack is in eu-west-1.",
        ),
        (
            {
                "FlywheelArn": "arn:aws-us-gov:comprehend:us-gov-west-1:210987654321:flywheel/x",
            },
            "FlywheelArn: it must be in the stack's region and account: "
            "partition aws-us-gov but the stack is in aws, "
            "region us-gov-west-1 but the stack is in eu-west-1, "
            "account 210987654321 but the stack is in 123456789012.",
        ),
        (
            {"DataAccessRoleArn": given.ROLE.replace("123456789012", "210987654321")},
            "DataAccessRoleArn: it must be in the stack's region and account: "
            "account 210987654321 but the stack is in 123456789012.",
        ),
    ],
)
def test_an_arn_of_another_place_is_refused(changes: dict[str, str], expected: str) -> None:
    assert problems(changes) == [expected]


def test_all_problems_are_reported_at_once() -> None:
    found = problems(
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
    by_start = [[text for text in found if text.startswith(start)] for start in expected]
    assert [len(each) for each in by_start] == [1] * len(expected)
    assert len(found) == len(expected)


def test_no_problem_is_reported_twice() -> None:
    found = problems({"Tags": [{"Key": "a", "Value": "x"}] * 3})
    assert found == ['Tags: duplicate key "a".']
