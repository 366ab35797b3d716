"""How a template is read: functions left alone, conditions followed, findings at their line."""

from __future__ import annotations

import re
from typing import Any

import pytest

from provider.contract.validation import settable
from tests.lint.linting import SMALLEST, lint, refused, template, written
from tests.unit import given

NO_MODEL = "ModelArn: give a ModelArn, a FlywheelArn or both."

FUNCTIONS: list[Any] = [
    {"Ref": "Stage"},
    {"Fn::GetAtt": ["Other", "Name"]},
    {"Fn::Sub": "${Stage}"},
    {"Fn::ImportValue": "x"},
    {"Fn::FindInMap": ["Map", "a", "b"]},
    {"Fn::If": ["NoSuchCondition", "-", "-"]},
    {"Fn::If": ["malformed"]},
    {"Fn::If": "malformed"},
    {"Fn::Transform": {"Name": "Macro"}},
    {"Fn::NoSuchFunction": "-"},
    "{{resolve:ssm:/parameter}}",
    "before {{resolve:secretsmanager:secret:SecretString:key}} after",
]


def smallest_with(lines: str) -> str:
    """The smallest properties, with others, or with other values."""
    changed = set(re.findall(r"^(\w+):", lines, re.MULTILINE))
    kept = [each for each in SMALLEST.splitlines() if each.partition(":")[0] not in changed]
    return "\n".join([*kept, lines.format(model=given.CLASSIFIER, flywheel=given.FLYWHEEL)])


@pytest.mark.parametrize("function", FUNCTIONS, ids=str)
@pytest.mark.parametrize("place", [*settable(), "Tags[0].Key", "Tags[0].Value", "Tags[0]"])
def test_functions_are_left_alone_and_count_as_given(place: str, function: Any) -> None:
    name, _, within = place.partition("[0]")
    item = {"Key": "a", "Value": "b", within[1:]: function} if within else function
    if place == "Tags[0]" and isinstance(item, str):
        return  # A tag that is no mapping is wrong, whatever the string stands for.
    value = [item, {"Key": "k", "Value": "v"}] if place.startswith("Tags[") else function
    found = lint(template(given.TEMPLATE | {name: value}))

    assert [each for each in found if each.rule != "I9505"] == []


LIVE = "!If [IsLive, {{Key: a, Value: b}}, !Ref AWS::NoValue]"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        # Two keys of the same function may differ.
        ("Tags: [{{Key: !Ref Stage, Value: a}}, {{Key: !Ref Stage, Value: a}}]", []),
        # What stands beside a function is checked.
        (
            "Tags: [{{Key: !Ref Stage, Value: [x]}}]",
            ['Tags[0].Value: it must be a string, not ["x"].'],
        ),
        # An unknown name is wrong whatever its value.
        (
            "EndpointNam: !Ref Stage",
            ["EndpointNam: there is no such property. Did you mean EndpointName?"],
        ),
        (
            "Arn: !Ref Stage",
            ["Arn: it is a return value; read it with Fn::GetAtt and do not set it."],
        ),
        (
            "Tags: [{{Key: a, Value: b, Valu: !Ref Stage}}]",
            ["Tags[0].Valu: there is no such property. Did you mean Value?"],
        ),
        # A macro may add what is missing.
        ("Tags: [{{Key: a, Fn::Transform: {{Name: Macro}}}}]", []),
        (
            "Tags: [{{Key: a, Fn::Transform: {{Name: Macro}}}}, {{Key: a}}]",
            ["Tags[1].Value: it is required.", 'Tags: duplicate key "a".'],
        ),
        # Conditions: what cannot be is no finding.
        ("ModelArn: !If [IsLive, {model}, !Ref AWS::NoValue]", [NO_MODEL]),
        (
            "ModelArn: !If [IsLive, {model}, !Ref AWS::NoValue]\n"
            "FlywheelArn: !If [IsLive, !Ref AWS::NoValue, {flywheel}]",
            [],
        ),
        (
            "ModelArn: !If [IsLive, {model}, !Ref AWS::NoValue]\n"
            "FlywheelArn: !If [IsNotLive, {flywheel}, !Ref AWS::NoValue]",
            [],
        ),
        (
            "ModelArn: !If [IsLive, {model}, !Ref AWS::NoValue]\n"
            "FlywheelArn: !If [IsSearch, {flywheel}, !Ref AWS::NoValue]",
            [NO_MODEL],
        ),
        (
            "ModelArn: !If [IsLive, !If [IsSearch, {model}, {model}], !Ref AWS::NoValue]\n"
            "FlywheelArn: !Ref Stage",
            [],
        ),
        (f"Tags:\n  - {LIVE}\n  - {LIVE.replace('IsLive', 'IsNotLive')}", []),
        (
            f"Tags:\n  - {LIVE}\n  - {LIVE.replace('IsLive', 'IsSearch')}",
            ['Tags: duplicate key "a".'],
        ),
        (
            "Tags: [{{Key: a, Value: !If [IsLive, b, !Ref AWS::NoValue]}}]",
            ["Tags[0].Value: it is required."],
        ),
        # An item that is left out is not counted.
        (
            f"Tags:\n  - !Ref AWS::NoValue\n  - {LIVE}\n  - {{{{Key: b, Value: [x]}}}}",
            [f'Tags[{index}].Value: it must be a string, not ["x"].' for index in (1, 0)],
        ),
    ],
)
def test_what_is_known_is_checked_under_every_combination_of_conditions(
    lines: str, expected: list[str]
) -> None:
    assert refused(lint(written(smallest_with(lines)))) == expected


def test_the_resource_s_own_condition_holds_for_its_properties() -> None:
    properties = smallest_with("ModelArn: !If [IsLive, {model}, !Ref AWS::NoValue]")

    assert refused(lint(written(properties, condition="IsLive"))) == []
    assert refused(lint(written(properties, condition="IsNotLive"))) == [NO_MODEL]


def test_a_macro_among_the_properties_may_add_what_is_missing() -> None:
    macro = "Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://bucket/key}}"

    assert lint(written(macro)) == []
    assert lint(written(f"{macro}\nServiceToken: !Ref AWS::NoValue")) == []
    assert refused(lint(written(f"{macro}\nDesiredInferenceUnits: 0"))) == [
        "DesiredInferenceUnits: it must be at least 1, not 0."
    ]


@pytest.mark.parametrize("sign", ["$", "&"])
def test_a_loop_s_variable_is_left_alone_in_plain_strings(sign: str) -> None:
    resource = {
        "Type": "Custom::ComprehendEndpoint",
        "Properties": given.TEMPLATE | {"EndpointName": f"{sign}{{Name}}-endpoint"},
    }
    loop = {"Fn::ForEach::Loop": ["Name", ["A", "B"], {"End${Name}": resource}]}

    assert refused(lint({"Transform": "AWS::LanguageExtensions", "Resources": loop})) == []
    # Without a loop it is a forgotten Fn::Sub.
    (told,) = refused(lint({"Resources": {"End": resource}}))
    assert told.startswith(f'EndpointName: "{sign}{{Name}}-endpoint" does not match')


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("EndpointName: a_b", ["EndpointName: a_b"]),
        ("DesiredInferenceUnits: 0", ["DesiredInferenceUnits: 0"]),
        ("Xyzzy: 1", ["Xyzzy: 1"]),
        ("Tags:\n  - Key: a\n    Value: b\n  - Key: aws:x\n    Value: c", ["- Key: aws:x"]),
        ("Tags:\n  - Key: a\n    Value: b\n  - Key: x", ["- Key: x"]),
        ("Tags: x", ["Tags: x"]),
        (
            "ServiceToken: !If [IsLive, x, !Ref AWS::NoValue]",
            ["ServiceToken: !If [IsLive, x, !Ref AWS::NoValue]"],
        ),
        # Each branch is told once.
        (
            "EndpointName: !If\n  - IsLive\n  - live_name\n  - !If\n    - IsSearch\n"
            "    - search_name\n    - !Ref AWS::NoValue",
            ["- live_name", "- search_name"],
        ),
    ],
)
def test_a_finding_points_at_its_line(lines: str, expected: list[str]) -> None:
    found = lint(written(smallest_with(lines)))

    assert [each.line for each in found] == expected
    assert {each.logical_id for each in found} == {"Sentiment"}


def test_what_is_missing_is_told_at_the_properties_or_at_the_resource() -> None:
    found = lint(written("Tags: []"))
    assert {(each.rule, each.line) for each in found} == {
        ("E9501", "Properties:"),
        ("E9502", "Properties:"),
    }

    found = lint("Resources:\n  Sentiment:\n    Type: Custom::ComprehendEndpoint\n")
    assert sorted((each.rule, each.words, each.line) for each in found) == [
        ("E9501", "DesiredInferenceUnits: it is required.", "Sentiment:"),
        ("E9501", NO_MODEL, "Sentiment:"),
        ("E9502", "ServiceToken: it is required.", "Sentiment:"),
    ]


@pytest.mark.parametrize("properties", [[], "x", [{"ServiceToken": "x"}]])
def test_properties_that_are_no_mapping_are_left_to_cfn_lint(properties: Any) -> None:
    assert lint(template(properties)) == []


def test_other_types_are_left_alone() -> None:
    other = {"Type": "Custom::Other", "Properties": {"Xyzzy": 1}}
    outputs = {"It": {"Value": {"Fn::GetAtt": ["Other", "Xyzzy"]}}}

    assert lint({"Resources": {"Other": other}, "Outputs": outputs}) == []
