"""A template's properties: their types, every rule that each can break, every problem at once."""

from dataclasses import replace
from typing import Any

import pytest

from provider.contract.properties import Properties, Settings
from provider.contract.validation import parse_properties, schema, settable
from provider.model.ownership import TAG_PREFIX
from tests.unit import given
from tests.unit.given import Values

FULL: Values = {
    **given.TEMPLATE,
    "ServiceTimeout": "1800",
    "EndpointName": "reviews",
    "FlywheelArn": given.FLYWHEEL,
    "DesiredInferenceUnits": "12",
    "DataAccessRoleArn": given.ROLE,
    "Tags": [{"Key": "team", "Value": "search"}, {"Key": "empty", "Value": ""}],
}
PARSED = given.properties(
    flywheel_arn=given.FLYWHEEL,
    inference_units=12,
    role_arn=given.ROLE,
    endpoint_name="reviews",
    tags={"team": "search", "empty": ""},
    timeout=1800,
)


def parsed(raw: Values) -> Properties:
    return parse_properties(raw, given.PLACE).properties


def problems(changes: Values, *, without: str = "") -> list[str]:
    """Every problem of the smallest template after some changes."""
    raw = {key: value for key, value in (given.TEMPLATE | changes).items() if key != without}
    return list(parse_properties(raw, given.PLACE).problems)


def tags(count: int) -> list[dict[str, str]]:
    return [{"Key": f"key{number}", "Value": "x"} for number in range(count)]


def tag(**changes: Any) -> list[dict[str, Any]]:
    return [{"Key": "k", "Value": "v"} | changes]


# ---------------------------------------------------------------- Types


def test_cloudformation_s_strings_get_the_schema_s_types() -> None:
    assert parse_properties(FULL, given.PLACE).problems == ()
    assert parsed(FULL) == PARSED


def test_a_property_that_is_left_out_is_not_set() -> None:
    settings = Settings.of(model_arn=given.CLASSIFIER, inference_units=1)
    assert parsed(given.TEMPLATE) == Properties(settings, None, {}, timeout=3600)


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


def parsed_without(setting: str) -> Properties:
    rest = {name: value for name, value in PARSED.settings.values.items() if name != setting}
    return replace(PARSED, settings=Settings(rest))


NO_TAGS, NO_TIMEOUT = replace(PARSED, tags={}), replace(PARSED, timeout=3600)


@pytest.mark.parametrize(
    ("name", "wrong", "expected"),
    [
        ("ModelArn", "x", parsed_without("model_arn")),
        ("ModelArn", given.CLASSIFIER.replace("west", "east"), parsed_without("model_arn")),
        ("FlywheelArn", ["x"], parsed_without("flywheel_arn")),
        ("DesiredInferenceUnits", "many", parsed_without("inference_units")),
        ("DataAccessRoleArn", given.ROLE.replace("1234", "4321"), parsed_without("role_arn")),
        ("EndpointName", "-", replace(PARSED, endpoint_name=None)),
        ("Tags", "x", NO_TAGS),
        ("Tags", None, NO_TAGS),
        ("Tags", {"a": "b"}, NO_TAGS),
        ("Tags", ["x"], NO_TAGS),
        ("Tags", [{"Key": "a"}], NO_TAGS),
        ("Tags", [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}], NO_TAGS),
        ("Tags", tags(48), NO_TAGS),
        ("ServiceTimeout", "never", NO_TIMEOUT),
        ("ServiceTimeout", "0", NO_TIMEOUT),
        ("ServiceTimeout", "99999", NO_TIMEOUT),
        ("ServiceTimeout", None, NO_TIMEOUT),
        ("Xyzzy", 1, PARSED),
        ("Arn", "x", PARSED),
    ],
)
def test_a_property_that_breaks_a_rule_counts_as_not_set(
    name: str, wrong: object, expected: Properties
) -> None:
    assert parsed(FULL | {name: wrong}) == expected


# ---------------------------------------------------------------- Rules


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
        {"Tags": tag(Key="k" * 128, Value="v" * 256)},
        {"Tags": tag(Key="awsome:key", Value="prefix without its colon")},
        {"Tags": tag(Key="comprehend-endpoint-provider", Value="the same")},
        {"Tags": tag(Key="schlüssel 日本", Value="wert 😀")},
    ],
)
def test_a_value_within_the_limits_is_accepted(accepted: Values) -> None:
    assert problems(accepted) == []


def test_a_flywheel_alone_is_enough() -> None:
    assert problems({"FlywheelArn": given.FLYWHEEL}, without="ModelArn") == []


NAME_RULE, MODEL_RULE, FLYWHEEL_RULE, ROLE_RULE = (
    f"does not match {schema()['properties'][name]['pattern']}."
    for name in ("EndpointName", "ModelArn", "FlywheelArn", "DataAccessRoleArn")
)
EMPTY = "it is empty; leave the property out (AWS::NoValue) or give it a value."
LONG_MODEL = given.CLASSIFIER.replace("reviews", "r" * 257)
LONG_FLYWHEEL = given.FLYWHEEL.replace("reviews", "r" * 257)
LONG_ROLE = given.ROLE + "r" * 2048
USER = f"arn:aws:iam::{given.ACCOUNT}:user/somebody"

BROKEN: dict[str, list[tuple[Any, str]]] = {
    "ServiceToken": [("", EMPTY), (5, "it must be a string, not 5.")],
    "ServiceTimeout": [
        ("soon", 'it must be a whole number, not "soon".'),
        ("", 'it must be a whole number, not "".'),
        ("0", "it must be at least 1, not 0."),
        ("3601", "it must be at most 3600, not 3601."),
    ],
    "EndpointName": [
        ("", EMPTY),
        (["x"], 'it must be a string, not ["x"].'),
        (None, "it must be a string, not null."),
        ("a" * 41, "it must have at most 40 characters, not 41."),
        ("-a", f'"-a" {NAME_RULE}'),
        ("a-", f'"a-" {NAME_RULE}'),
        ("a_b", f'"a_b" {NAME_RULE}'),
        ("a\n", f'"a\\n" {NAME_RULE}'),
    ],
    "ModelArn": [
        ("", EMPTY),
        ("reviews", f'"reviews" {MODEL_RULE}'),
        (given.FLYWHEEL, f'"{given.FLYWHEEL}" {MODEL_RULE}'),
        (LONG_MODEL, f"it must have at most 256 characters, not {len(LONG_MODEL)}."),
    ],
    "FlywheelArn": [
        ({}, "it must be a string, not {}."),
        # A long value is shown in part.
        (given.CLASSIFIER, f'"{given.CLASSIFIER[:76]}... {FLYWHEEL_RULE}'),
        (LONG_FLYWHEEL, f"it must have at most 256 characters, not {len(LONG_FLYWHEEL)}."),
    ],
    "DesiredInferenceUnits": [
        ("two", 'it must be a whole number, not "two".'),
        ("1.5", 'it must be a whole number, not "1.5".'),
        ("٣", 'it must be a whole number, not "\\u0663".'),
        (True, "it must be a whole number, not true."),
        ("0", "it must be at least 1, not 0."),
        ("-3", "it must be at least 1, not -3."),
        # The API's integers have 32 bits (botocore, comprehend 2017-11-27).
        ("2147483648", "it must be at most 2147483647, not 2147483648."),
    ],
    "DataAccessRoleArn": [
        ([], "it must be a string, not []."),
        (LONG_ROLE, f"it must have at most 2048 characters, not {len(LONG_ROLE)}."),
        (USER, f'"{USER}" {ROLE_RULE}'),
    ],
    "Tags": [
        ("team=search", 'it must be an array, not "team=search".'),
        ({"team": "search"}, 'it must be an array, not {"team": "search"}.'),
        ([*tags(2), {"Key": "key1", "Value": "y"}], 'duplicate key "key1".'),
        (tags(1) * 3, 'duplicate key "key0".'),
        (
            tags(48),
            "you can set at most 47, not 48: Amazon Comprehend allows 50, and the provider uses "
            "three.",
        ),
    ],
    "Tags[0]": [(["team"], 'it must be an object, not "team".')],
    "Tags[0].Key": [
        ([{"Value": "search"}], "it is required."),
        (tag(Key=""), EMPTY),
        (tag(Key=1), "it must be a string, not 1."),
        (tag(Key="k" * 129), "it must have at most 128 characters, not 129."),
        # IAM's conditions do not tell apart tags that differ in case alone.
        *(
            (
                tag(Key=key),
                f'the prefixes aws: and comprehend-endpoint-provider: are reserved ("{key}").',
            )
            for key in ("aws:team", "AWS:team", f"{TAG_PREFIX}stack-id", f"{TAG_PREFIX.title()}x")
        ),
    ],
    "Tags[0].Value": [
        ([{"Key": "team"}], "it is required."),
        (tag(Value="v" * 257), "it must have at most 256 characters, not 257."),
    ],
    "Tags[0].Valeu": [(tag(Valeu="w"), "there is no such property. Did you mean Value?")],
}


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [(path, value, message) for path, rows in BROKEN.items() for value, message in rows],
)
def test_a_broken_rule_is_reported_with_the_property(path: str, value: Any, message: str) -> None:
    assert problems({path.partition("[")[0]: value}) == [f"{path}: {message}"]


def test_a_value_that_is_too_short_breaks_two_rules() -> None:
    assert problems({"DataAccessRoleArn": "role/reader"}) == [
        "DataAccessRoleArn: it must have at least 20 characters, not 11.",
        f'DataAccessRoleArn: "role/reader" {ROLE_RULE}',
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


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("EndpointNam", "Did you mean EndpointName?"),
        ("ModelARN", "Did you mean ModelArn?"),
        ("InferenceUnits", "Did you mean DesiredInferenceUnits?"),
        ("DataAccessRole", "Did you mean DataAccessRoleArn?"),
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


# ---------------------------------------------------------------- The ARNs' place


@pytest.mark.parametrize(
    ("name", "arn", "where"),
    [
        (
            "ModelArn",
            given.CLASSIFIER.replace("eu-west-1", "us-east-1"),
            "region us-east-1 but the stack is in eu-west-1",
        ),
        (
            "ModelArn",
            given.CLASSIFIER.replace("eu-west-1", ""),
            "region (none) but the stack is in eu-west-1",
        ),
        (
            "FlywheelArn",
            "arn:aws-us-gov:comprehend:us-gov-west-1:210987654321:flywheel/x",
            "partition aws-us-gov but the stack is in aws, "
            "region us-gov-west-1 but the stack is in eu-west-1, "
            "account 210987654321 but the stack is in 123456789012",
        ),
        (
            "DataAccessRoleArn",
            given.ROLE.replace("123456789012", "210987654321"),
            "account 210987654321 but the stack is in 123456789012",
        ),
    ],
)
def test_an_arn_of_another_place_is_refused(name: str, arn: str, where: str) -> None:
    expected = f"{name}: it must be in the stack's region and account: {where}."
    assert problems({name: arn}) == [expected]


def test_without_a_place_everything_except_region_and_account_is_checked() -> None:
    far = given.CLASSIFIER.replace("eu-west-1", "us-east-1")
    raw = given.TEMPLATE | {"ModelArn": far, "EndpointName": "-"}
    name, _ = parse_properties(raw, given.PLACE).problems
    assert parse_properties(raw, None).problems == (name,)
    assert name.startswith("EndpointName: ")


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
        *("EndpointNam:", "ClientRequestToken:", "Arn:", "EndpointName:"),
        *("DesiredInferenceUnits:", "ServiceTimeout:", "FlywheelArn:"),
        *("DataAccessRoleArn: it must have", 'DataAccessRoleArn: "x" does'),
        *("Tags[0].Key:", "Tags[1].Value:", "Tags[2].Value:", "Tags:"),
    ]
    assert [[text.startswith(start) for text in found].count(True) for start in expected] == [
        1
    ] * 13
    assert len(found) == len(expected)
