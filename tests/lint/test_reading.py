"""How a template is read: functions left alone, conditions followed, findings at their line."""

from __future__ import annotations

from typing import Any

import pytest

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


class TestIntrinsicFunctions:
    @pytest.mark.parametrize("function", FUNCTIONS, ids=str)
    @pytest.mark.parametrize(
        "place",
        [
            *("ServiceToken", "ServiceTimeout", "EndpointName", "ModelArn", "FlywheelArn"),
            *("DesiredInferenceUnits", "DataAccessRoleArn", "Tags"),
        ],
    )
    def test_they_are_left_alone_and_count_as_given(self, place: str, function: Any) -> None:
        properties = given.TEMPLATE | {place: function}

        assert [each for each in lint(template(properties)) if each.rule != "I9505"] == []

    @pytest.mark.parametrize("function", FUNCTIONS, ids=str)
    @pytest.mark.parametrize("tag", ["Key", "Value", None])
    def test_they_are_left_alone_within_tags(self, tag: str | None, function: Any) -> None:
        item = {"Key": "a", "Value": "b", tag: function} if tag else function
        if isinstance(item, str):
            return  # A tag that is no mapping is wrong, whatever the string stands for.
        properties = given.TEMPLATE | {"Tags": [item, {"Key": "k", "Value": "v"}]}

        assert lint(template(properties)) == []

    def test_two_keys_of_the_same_function_are_not_called_equal(self) -> None:
        tag = {"Key": {"Ref": "Stage"}, "Value": "v"}

        assert lint(template(given.TEMPLATE | {"Tags": [tag, tag]})) == []

    def test_what_stands_beside_one_is_checked(self) -> None:
        found = lint(written(f"{SMALLEST}\nTags: [{{Key: !Ref Stage, Value: [x]}}]"))

        assert refused(found) == ['Tags[0].Value: it must be a string, not ["x"].']

    @pytest.mark.parametrize(
        ("line", "words"),
        [
            ("EndpointNam: !Ref Stage", "there is no such property. Did you mean EndpointName?"),
            ("Arn: !Ref Stage", "it is a return value; read it with Fn::GetAtt and do not set it."),
            (
                "Tags: [{Key: a, Value: b, Valu: !Ref Stage}]",
                "there is no such property. Did you mean Value?",
            ),
        ],
    )
    def test_an_unknown_name_is_wrong_whatever_its_value(self, line: str, words: str) -> None:
        (told,) = refused(lint(written(f"{SMALLEST}\n{line}")))

        assert told.endswith(f": {words}")

    def test_a_macro_among_the_properties_may_add_what_is_missing(self) -> None:
        macro = "Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://bucket/key}}"

        assert lint(written(macro)) == []
        assert lint(written(f"{macro}\nServiceToken: !Ref AWS::NoValue")) == []
        assert refused(lint(written(f"{macro}\nDesiredInferenceUnits: 0"))) == [
            "DesiredInferenceUnits: it must be at least 1, not 0."
        ]

    def test_a_macro_in_a_tag_may_add_what_is_missing(self) -> None:
        macro = "{Key: a, Fn::Transform: {Name: Macro}}"

        assert lint(written(f"{SMALLEST}\nTags: [{macro}]")) == []
        assert refused(lint(written(f"{SMALLEST}\nTags: [{macro}, {{Key: a}}]"))) == [
            "Tags[1].Value: it is required.",
            'Tags: duplicate key "a".',
        ]

    @pytest.mark.parametrize("sign", ["$", "&"])
    def test_a_loop_s_variable_is_left_alone_in_plain_strings(self, sign: str) -> None:
        resource = {
            "Type": "Custom::ComprehendEndpoint",
            "Properties": given.TEMPLATE | {"EndpointName": f"{sign}{{Name}}-endpoint"},
        }
        loop = {"Fn::ForEach::Loop": ["Name", ["A", "B"], {"End${Name}": resource}]}

        found = lint({"Transform": "AWS::LanguageExtensions", "Resources": loop})
        assert refused(found) == []
        # Without a loop it is a forgotten Fn::Sub.
        (told,) = refused(lint({"Resources": {"End": resource}}))
        assert told.startswith(f'EndpointName: "{sign}{{Name}}-endpoint" does not match')


class TestConditions:
    @pytest.mark.parametrize(
        ("lines", "expected"),
        [
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
            (
                "ModelArn: {model}\n"
                "Tags:\n  - !If [IsLive, {{Key: a, Value: b}}, !Ref AWS::NoValue]\n"
                "  - !If [IsNotLive, {{Key: a, Value: b}}, !Ref AWS::NoValue]",
                [],
            ),
            (
                "ModelArn: {model}\n"
                "Tags:\n  - !If [IsLive, {{Key: a, Value: b}}, !Ref AWS::NoValue]\n"
                "  - !If [IsSearch, {{Key: a, Value: b}}, !Ref AWS::NoValue]",
                ['Tags: duplicate key "a".'],
            ),
            (
                "ModelArn: {model}\nTags: [{{Key: a, Value: !If [IsLive, b, !Ref AWS::NoValue]}}]",
                ["Tags[0].Value: it is required."],
            ),
        ],
    )
    def test_what_cannot_be_is_no_finding(self, lines: str, expected: list[str]) -> None:
        properties = lines.format(model=given.CLASSIFIER, flywheel=given.FLYWHEEL)
        smallest = "ServiceToken: x\nDesiredInferenceUnits: 1"

        assert refused(lint(written(f"{smallest}\n{properties}"))) == expected

    def test_the_resource_s_own_condition_holds_for_its_properties(self) -> None:
        properties = (
            "ServiceToken: x\nDesiredInferenceUnits: 1\n"
            f"ModelArn: !If [IsLive, {given.CLASSIFIER}, !Ref AWS::NoValue]"
        )

        assert refused(lint(written(properties))) == [NO_MODEL]
        assert refused(lint(written(properties, condition="IsLive"))) == []
        assert refused(lint(written(properties, condition="IsNotLive"))) == [NO_MODEL]

    def test_an_item_that_is_left_out_is_not_counted(self) -> None:
        lines = (
            "Tags:\n  - !Ref AWS::NoValue\n  - !If [IsLive, {Key: a, Value: b}, !Ref AWS::NoValue]"
            "\n  - Key: aws:x\n    Value: c"
        )
        found = lint(written(f"{SMALLEST}\n{lines}"))

        assert [each.words.partition(":")[0] for each in found] == ["Tags[1].Key", "Tags[0].Key"]
        assert {each.line for each in found} == {"- Key: aws:x"}

    def test_each_branch_is_checked_and_told_once(self) -> None:
        lines = (
            "EndpointName: !If\n  - IsLive\n  - live_name\n  - !If\n    - IsSearch\n"
            "    - search_name\n    - !Ref AWS::NoValue"
        )
        found = lint(written(f"{SMALLEST}\n{lines}"))

        assert [each.line for each in found] == ["- live_name", "- search_name"]
        assert all(each.words.startswith("EndpointName: ") for each in found)


class TestPositions:
    @pytest.mark.parametrize(
        ("lines", "line"),
        [
            ("EndpointName: a_b", "EndpointName: a_b"),
            ("DesiredInferenceUnits: 0", "DesiredInferenceUnits: 0"),
            ("Xyzzy: 1", "Xyzzy: 1"),
            ("Tags:\n  - Key: a\n    Value: b\n  - Key: aws:x\n    Value: c", "- Key: aws:x"),
            ("Tags:\n  - Key: a\n    Value: b\n  - Key: x", "- Key: x"),
            ("Tags: x", "Tags: x"),
            ("ServiceToken: !If [IsLive, x, !Ref AWS::NoValue]", "ServiceToken: !If [IsLive"),
        ],
    )
    def test_a_finding_points_at_its_line(self, lines: str, line: str) -> None:
        name = lines.partition(":")[0]
        rest = "\n".join(each for each in SMALLEST.splitlines() if not each.startswith(name))

        (found,) = lint(written(f"{rest}\n{lines}"))
        assert found.line.startswith(line)
        assert found.logical_id == "Sentiment"

    def test_what_is_missing_is_told_at_the_properties(self) -> None:
        found = lint(written("Tags: []"))

        assert {each.line for each in found} == {"Properties:"}
        assert {each.rule for each in found} == {"E9501", "E9502"}

    def test_without_properties_the_resource_is_meant(self) -> None:
        found = lint("Resources:\n  Sentiment:\n    Type: Custom::ComprehendEndpoint\n")

        assert sorted((each.rule, each.words, each.line) for each in found) == [
            ("E9501", "DesiredInferenceUnits: it is required.", "Sentiment:"),
            ("E9501", NO_MODEL, "Sentiment:"),
            ("E9502", "ServiceToken: it is required.", "Sentiment:"),
        ]

    @pytest.mark.parametrize("properties", [[], "x", [{"ServiceToken": "x"}]])
    def test_properties_that_are_no_mapping_are_left_to_cfn_lint(self, properties: Any) -> None:
        assert lint(template(properties)) == []

    def test_other_types_are_left_alone(self) -> None:
        other = {"Type": "Custom::Other", "Properties": {"Xyzzy": 1}}
        outputs = {"It": {"Value": {"Fn::GetAtt": ["Other", "Xyzzy"]}}}

        assert lint({"Resources": {"Other": other}, "Outputs": outputs}) == []
