"""The rules beside the properties': attributes, a short ServiceTimeout, the native type."""

from __future__ import annotations

from typing import Any

import pytest

from provider.model import polling
from provider.model.endpoint import Endpoint, Status
from tests.lint.linting import SMALLEST, Finding, lint, template, written
from tests.unit import given


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
        assert 15 * 60 + polling.ROLE_GRACE == 1200


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
