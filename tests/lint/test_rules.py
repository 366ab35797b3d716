"""The rules beside the properties': attributes, a short ServiceTimeout, the native type."""

from __future__ import annotations

from typing import Any

import pytest

from provider.model import polling
from tests.lint.linting import SMALLEST, lint, template, written
from tests.unit import given


class TestAttributes:
    @pytest.mark.parametrize(
        ("value", "meant"),
        [
            ("!GetAtt Sentiment.Arnn", ["Arnn Arn"]),
            ("{Fn::GetAtt: [Sentiment, endpointARN]}", ["endpointARN EndpointArn"]),
            ('{Fn::GetAtt: "Sentiment.ModelArn.X"}', ["ModelArn.X ModelArn"]),
            (
                "!Sub 'a ${ Sentiment.Statuss } and ${Sentiment.Arm}'",
                ["Statuss Status", "Arm Arn"],
            ),
            ("!Sub ['${Sentiment.Statuss} ${Name}', {Name: x}]", ["Statuss Status"]),
            ("!Join ['', [!Sub '${Sentiment.Statuss}']]", ["Statuss Status"]),
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
        self, value: str, meant: list[str]
    ) -> None:
        found = lint(written(SMALLEST, more=f"Outputs:\n  It:\n    Value: {value}\n"))

        expected = [each.split() for each in meant]
        assert [each.words for each in found] == [
            f"{wrong}: there is no such attribute. Did you mean {right}?"
            for wrong, right in expected
        ]
        for each in found:
            assert (each.rule, each.logical_id) == ("E9503", "Sentiment")
            assert each.line.startswith("Value: ")

    @pytest.mark.parametrize("name", ["ServiceToken", "ServiceTimeout", "Tags"])
    def test_a_property_that_is_no_attribute_is_called_so(self, name: str) -> None:
        outputs = {"It": {"Value": {"Fn::GetAtt": ["Sentiment", name]}}}

        (found,) = lint(template(given.TEMPLATE, Outputs=outputs))
        assert found.words.startswith(f"{name}: it is a property, but no attribute. The attributes")


class TestServiceTimeout:
    @pytest.mark.parametrize(
        ("value", "rules"),
        [
            *((value, ["W9504"]) for value in (1, 60, 1199, "900", "+5", " 7 ")),
            *((value, []) for value in (1200, "1200", 3600, {"Ref": "Timeout"})),
            # What is invalid is told once.
            *((value, ["E9501"]) for value in (0, -1, "soon", 3601, 60.5, [60])),
        ],
    )
    def test_one_that_is_too_short_for_a_creation_is_told(
        self, value: Any, rules: list[str]
    ) -> None:
        found = lint(template(given.TEMPLATE | {"ServiceTimeout": value}))

        assert [each.rule for each in found] == rules
        for each in found:
            assert each.logical_id == "Sentiment"
            assert each.line.startswith('"ServiceTimeout"')
            if each.rule == "W9504":
                assert each.words.startswith(f"ServiceTimeout: {value} seconds are too short")

    def test_a_branch_that_is_too_short_is_told(self) -> None:
        found = lint(written(f"{SMALLEST}\nServiceTimeout: !If [IsLive, 3600, 300]"))

        assert [each.rule for each in found] == ["W9504"]

    def test_enough_covers_the_longest_creation_and_the_provider_s_patience_with_a_role(
        self,
    ) -> None:
        assert 15 * 60 + polling.ROLE_GRACE == 1200


US, EU = "us-east-1", "eu-central-1"
CLASSIFIER = given.CLASSIFIER.replace("eu-west-1", US)
RECOGNIZER = given.RECOGNIZER.replace("eu-west-1", EU)
FOR_CLASSIFIERS = "AWS::Comprehend::DocumentClassifierEndpoint"
FOR_RECOGNIZERS = "AWS::Comprehend::EntityRecognizerEndpoint"
SUBSTITUTED = {"Fn::Sub": "arn:aws:comprehend:${AWS::Region}:1:document-classifier/x"}


class TestNativeType:
    @pytest.mark.parametrize(
        ("changes", "native"),
        [
            ({"ModelArn": CLASSIFIER}, FOR_CLASSIFIERS),
            ({"ModelArn": CLASSIFIER, "Tags": []}, FOR_CLASSIFIERS),
            ({"ModelArn": CLASSIFIER, "EndpointName": {"Ref": "Name"}}, FOR_CLASSIFIERS),
            ({"ModelArn": SUBSTITUTED}, FOR_CLASSIFIERS),
            ({"ModelArn": RECOGNIZER}, FOR_RECOGNIZERS),
            ({"ModelArn": RECOGNIZER, "DataAccessRoleArn": given.ROLE}, FOR_RECOGNIZERS),
            ({"ModelArn": {"Ref": "Model"}}, f"{FOR_CLASSIFIERS} or {FOR_RECOGNIZERS}"),
            # These need more.
            ({"ModelArn": given.CLASSIFIER}, None),
            ({"ModelArn": CLASSIFIER, "FlywheelArn": given.FLYWHEEL}, None),
            ({"ModelArn": CLASSIFIER, "DataAccessRoleArn": given.ROLE}, None),
            ({"ModelArn": CLASSIFIER, "EndpointName": {"Ref": "AWS::NoValue"}}, None),
            ({"ModelArn": CLASSIFIER, "Fn::Transform": {"Name": "Macro"}}, None),
        ],
    )
    def test_a_resource_that_needs_nothing_beyond_it_is_told_of_it(
        self, changes: dict[str, Any], native: str | None
    ) -> None:
        found = lint(template(given.TEMPLATE | {"EndpointName": "reviews"} | changes))

        assert [each.rule for each in found] == (["I9505"] if native else [])
        for each in found:
            assert each.words.startswith(f"Type: {native} would do in ap-south-1, {EU}, {US}")
            assert each.line.startswith('"Type"')

    @pytest.mark.parametrize(
        ("attribute", "rules"), [("Arn", ["I9505"]), ("Status", []), ("ScalableDimension", [])]
    )
    def test_an_attribute_that_it_lacks_is_a_need(self, attribute: str, rules: list[str]) -> None:
        outputs = {"It": {"Value": {"Fn::GetAtt": ["Sentiment", attribute]}}}
        properties = given.TEMPLATE | {"EndpointName": "reviews", "ModelArn": CLASSIFIER}

        found = lint(template(properties, Outputs=outputs))
        assert [each.rule for each in found] == rules

    @pytest.mark.parametrize(("other", "rules"), [("test", ["I9505"]), ("!Ref AWS::NoValue", [])])
    def test_a_generated_name_under_any_condition_is_a_need(
        self, other: str, rules: list[str]
    ) -> None:
        smallest = SMALLEST.replace("eu-west-1", US)
        found = lint(written(f"{smallest}\nEndpointName: !If [IsLive, live, {other}]"))

        assert [each.rule for each in found] == rules
