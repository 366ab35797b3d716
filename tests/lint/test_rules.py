"""Each rule by itself: what it leaves alone, what it tells, and where."""

from __future__ import annotations

from typing import Any

import pytest

from provider import pace
from provider.endpoint import Endpoint, Status
from tests.lint.linting import Finding, lint, refused, template
from tests.unit import given

CONDITIONS = """
Parameters:
  Stage: {Type: String}
  Team: {Type: String}
Conditions:
  IsLive: !Equals [!Ref Stage, live]
  IsNotLive: !Not [!Condition IsLive]
  IsSearch: !Equals [!Ref Team, search]
"""


def written(properties: str, *, more: str = "", condition: str = "") -> str:
    """A template in YAML, with the properties line by line."""
    lines = "\n".join(f"      {line}" for line in properties.strip().splitlines())
    only = f"\n    Condition: {condition}" if condition else ""
    kind = "Custom::ComprehendEndpoint"
    return (
        f"{CONDITIONS}Resources:\n  Sentiment:\n    Type: {kind}{only}\n    Properties:\n{lines}"
        f"\n{more}"
    )


SMALLEST = f"ServiceToken: x\nDesiredInferenceUnits: 1\nModelArn: {given.CLASSIFIER}"
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
        assert refused(lint(written(f"{macro}\nDesiredInferenceUnits: 0"))) == [
            "DesiredInferenceUnits: it must be at least 1, not 0."
        ]

    def test_a_macro_in_a_tag_may_add_what_is_missing(self) -> None:
        macro = "{Key: a, Fn::Transform: {Name: Macro}}"

        assert lint(written(f"{SMALLEST}\nTags: [{macro}]")) == []
        assert refused(lint(written(f"{SMALLEST}\nTags: [{macro}, {{Key: a}}]"))) == [
            "Tags[1].Value: it is required.",
            'Tags: the key "a" stands there more than once.',
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
                ['Tags: the key "a" stands there more than once.'],
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


class TestAttributes:
    def test_every_attribute_of_the_provider_s_answer_can_be_read(self) -> None:
        for attribute in Endpoint(given.ARN, Status.IN_SERVICE).attributes():
            values = [
                {"Fn::GetAtt": ["Sentiment", attribute]},
                {"Fn::Sub": f"${{Sentiment.{attribute}}}"},
            ]
            outputs = {f"It{number}": {"Value": value} for number, value in enumerate(values)}
            assert lint(template(given.TEMPLATE, Outputs=outputs)) == []

    @pytest.mark.parametrize(
        ("value", "expected"),
        [
            ("!GetAtt Sentiment.Arnn", ["Arnn: there is no such attribute. Did you mean Arn?"]),
            (
                "{Fn::GetAtt: [Sentiment, endpointARN]}",
                ["endpointARN: there is no such attribute. Did you mean EndpointArn?"],
            ),
            (
                '{Fn::GetAtt: "Sentiment.ModelArn.X"}',
                ["ModelArn.X: there is no such attribute. Did you mean ModelArn?"],
            ),
            (
                "!Sub 'a ${ Sentiment.Statuss } and ${Sentiment.Arm}'",
                [
                    "Statuss: there is no such attribute. Did you mean Status?",
                    "Arm: there is no such attribute. Did you mean Arn?",
                ],
            ),
            (
                "!Sub ['${Sentiment.Statuss} ${Name}', {Name: x}]",
                ["Statuss: there is no such attribute. Did you mean Status?"],
            ),
            (
                "!Join ['', [!Sub '${Sentiment.Statuss}']]",
                ["Statuss: there is no such attribute. Did you mean Status?"],
            ),
            ("!Sub '${!Sentiment.Statuss} ${Sentiment} ${AWS::Region}'", []),
            ("!Sub ['${Sentiment.Statuss}', {Sentiment.Statuss: x}]", []),
            ("!Sub {Ref: Stage}", []),
            ("!Sub [1]", []),
            ("{Fn::GetAtt: [Sentiment, !Ref Stage]}", []),
            ("{Fn::GetAtt: [!Ref Stage, Statuss]}", []),
            ("{Fn::GetAtt: [Sentiment]}", []),
            ("{Fn::GetAtt: 1}", []),
            ("!GetAtt Other.Statuss", []),
        ],
    )
    def test_what_does_not_exist_is_told_with_what_was_meant(
        self, value: str, expected: list[str]
    ) -> None:
        found = lint(written(SMALLEST, more=f"Outputs:\n  It:\n    Value: {value}\n"))

        assert [each.words for each in found] == expected
        for each in found:
            assert (each.rule, each.logical_id) == ("E9503", "Sentiment")

    @pytest.mark.parametrize("name", ["ServiceToken", "ServiceTimeout", "Tags"])
    def test_a_property_that_is_no_attribute_is_called_so(self, name: str) -> None:
        outputs = {"It": {"Value": {"Fn::GetAtt": ["Sentiment", name]}}}

        (found,) = lint(template(given.TEMPLATE, Outputs=outputs))
        assert found.words.startswith(f"{name}: it is a property, but no attribute. The attributes")


class TestServiceTimeout:
    def told(self, value: Any) -> list[Finding]:
        return lint(template(given.TEMPLATE | {"ServiceTimeout": value}))

    @pytest.mark.parametrize("value", [1, 60, 1199, "900", "+5", " 7 "])
    def test_a_creation_needs_more(self, value: Any) -> None:
        (found,) = self.told(value)

        assert (found.rule, found.logical_id) == ("W9504", "Sentiment")
        assert found.words.startswith(f"ServiceTimeout: {value} seconds are too short")
        assert found.line.startswith('"ServiceTimeout"')

    @pytest.mark.parametrize("value", [1200, "1200", 3600, {"Ref": "Timeout"}])
    def test_enough_is_enough(self, value: Any) -> None:
        assert self.told(value) == []

    @pytest.mark.parametrize("value", [0, -1, "soon", 3601, 60.5, [60]])
    def test_what_is_invalid_is_told_once(self, value: Any) -> None:
        assert [each.rule for each in self.told(value)] == ["E9501"]

    def test_a_branch_that_is_too_short_is_told(self) -> None:
        found = lint(written(f"{SMALLEST}\nServiceTimeout: !If [IsLive, 3600, 300]"))

        assert [each.rule for each in found] == ["W9504"]

    def test_enough_covers_the_longest_creation_and_the_provider_s_patience_with_a_role(
        self,
    ) -> None:
        assert 15 * 60 + pace.ROLE_GRACE == 1200


class TestNativeType:
    CLASSIFIER = given.CLASSIFIER.replace("eu-west-1", "us-east-1")
    RECOGNIZER = given.RECOGNIZER.replace("eu-west-1", "eu-central-1")
    NATIVE_CLASSIFIER = "AWS::Comprehend::DocumentClassifierEndpoint"
    NATIVE_RECOGNIZER = "AWS::Comprehend::EntityRecognizerEndpoint"

    def told(self, changes: dict[str, Any], **sections: Any) -> list[str]:
        properties = given.TEMPLATE | {"EndpointName": "reviews"} | changes
        found = lint(template(properties, **sections))
        assert {each.rule for each in found} <= {"I9505"}
        return [each.words for each in found]

    @pytest.mark.parametrize(
        ("changes", "native"),
        [
            ({"ModelArn": CLASSIFIER}, NATIVE_CLASSIFIER),
            ({"ModelArn": CLASSIFIER, "Tags": []}, NATIVE_CLASSIFIER),
            (
                {"ModelArn": CLASSIFIER, "EndpointName": {"Ref": "Name"}},
                NATIVE_CLASSIFIER,
            ),
            (
                {
                    "ModelArn": {
                        "Fn::Sub": "arn:aws:comprehend:${AWS::Region}:1:document-classifier/x"
                    }
                },
                NATIVE_CLASSIFIER,
            ),
            ({"ModelArn": RECOGNIZER}, NATIVE_RECOGNIZER),
            (
                {"ModelArn": RECOGNIZER, "DataAccessRoleArn": given.ROLE},
                NATIVE_RECOGNIZER,
            ),
            ({"ModelArn": {"Ref": "Model"}}, f"{NATIVE_CLASSIFIER} or {NATIVE_RECOGNIZER}"),
        ],
    )
    def test_what_needs_nothing_beyond_it_is_told_of_it(
        self, changes: dict[str, Any], native: str
    ) -> None:
        (words,) = self.told(changes)

        assert words.startswith(f"Type: {native} would do in ap-south-1, eu-central-1, us-east-1")

    @pytest.mark.parametrize(
        "changes",
        [
            {"ModelArn": given.CLASSIFIER},
            {"ModelArn": CLASSIFIER, "FlywheelArn": given.FLYWHEEL},
            {"ModelArn": CLASSIFIER, "DataAccessRoleArn": given.ROLE},
            {"ModelArn": CLASSIFIER, "EndpointName": {"Ref": "AWS::NoValue"}},
            {"ModelArn": CLASSIFIER, "Fn::Transform": {"Name": "Macro"}},
        ],
    )
    def test_what_needs_more_is_not(self, changes: dict[str, Any]) -> None:
        assert self.told(changes) == []

    @pytest.mark.parametrize(
        ("attribute", "is_told"), [("Arn", True), ("Status", False), ("ScalableDimension", False)]
    )
    def test_an_attribute_that_it_lacks_is_a_need(self, attribute: str, is_told: bool) -> None:
        outputs = {"It": {"Value": {"Fn::GetAtt": ["Sentiment", attribute]}}}

        assert bool(self.told({"ModelArn": self.CLASSIFIER}, Outputs=outputs)) is is_told

    @pytest.mark.parametrize(("other", "is_told"), [("test", True), ("!Ref AWS::NoValue", False)])
    def test_a_generated_name_under_any_condition_is_a_need(
        self, other: str, is_told: bool
    ) -> None:
        smallest = SMALLEST.replace("eu-west-1", "us-east-1")
        found = lint(written(f"{smallest}\nEndpointName: !If [IsLive, live, {other}]"))

        assert [each.rule for each in found] == ["I9505"] * is_told
