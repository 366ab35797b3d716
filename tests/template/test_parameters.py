"""The application's parameters: described, constrained, and reaching what they are for."""

from __future__ import annotations

import re

import pytest

from tests.template.application import resources, text, written

PARAMETERS = written()["Parameters"]


@pytest.mark.parametrize("name", PARAMETERS)
def test_each_is_described_and_constrained_and_has_a_valid_default(name: str) -> None:
    parameter = PARAMETERS[name]
    default = str(parameter["Default"])

    assert parameter["Description"].endswith(".")
    assert parameter["ConstraintDescription"].endswith(".")
    if "AllowedPattern" in parameter:
        pattern = parameter["AllowedPattern"]
        assert pattern.startswith("^")
        assert pattern.endswith("$")
        assert re.fullmatch(pattern, default)
    else:
        assert default in [str(value) for value in parameter["AllowedValues"]]


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("FunctionName", "my_Provider-2", "my.provider"),
        ("ServiceTokenParameterName", "/team/token", "team/token"),
        ("DataAccessRoleArns", "arn:aws:iam::123456789012:role/reader-*", "*"),
        (
            "PermissionsBoundaryArn",
            "arn:aws-us-gov:iam::123456789012:policy/path/bound",
            "arn:aws:iam::123456789012:role/bound",
        ),
        ("RolePath", "/", "platform"),
        ("RolePath", "/platform/nlp/", "/platform"),
        ("MaxInferenceUnits", "0", "-1"),
        ("MaxInferenceUnits", "10", "2.5"),
        ("EndpointTags", "cost-center=42", "cost-center"),
        ("EndpointTags", "url=https://a/b=c", "aws:x=1"),
        ("EndpointTags", "empty=", "comprehend-endpoint-provider:stack-id=x"),
        ("ReservedConcurrency", "5", "4"),
        ("ReservedConcurrency", "0", "05"),
        ("LogsKmsKeyArn", "arn:aws:kms:eu-west-1:123456789012:key/0e1b-f", "alias/logs"),
        (
            "StateMachineKmsKeyArn",
            "arn:aws-cn:kms:cn-north-1:123456789012:key/mrk-0e1b",
            "arn:aws:kms:eu-west-1:123456789012:alias/data",
        ),
        ("AlarmTopicArn", "arn:aws:sns:eu-west-1:123456789012:alarms", "alarms"),
        ("OrphanScanTopicArn", "arn:aws:sns:eu-west-1:123456789012:endpoints", "endpoints"),
        ("OrphanScanIdleDays", "0", "-1"),
        ("OrphanScanIdleDays", "399", "400"),
        ("OrphanScanSchedule", "rate(12 hours)", "rate(1 days)"),
        ("OrphanScanSchedule", "cron(0 6 ? * MON-FRI *)", "cron(0 6 * *)"),
    ],
)
def test_a_pattern_takes_what_is_right_and_refuses_what_is_not(
    name: str, good: str, bad: str
) -> None:
    assert re.fullmatch(PARAMETERS[name]["AllowedPattern"], good)
    assert not re.fullmatch(PARAMETERS[name]["AllowedPattern"], bad)


def test_the_console_shows_each_in_one_group_under_a_label() -> None:
    interface = written()["Metadata"]["AWS::CloudFormation::Interface"]
    grouped = [name for group in interface["ParameterGroups"] for name in group["Parameters"]]

    assert sorted(grouped) == sorted(PARAMETERS)
    assert sorted(interface["ParameterLabels"]) == sorted(PARAMETERS)


def test_boundary_and_path_are_every_role_s() -> None:
    for name, role in resources("AWS::IAM::Role").items():
        boundary = role["PermissionsBoundary"]["Fn::If"]
        bounded, unbounded = {"Ref": "PermissionsBoundaryArn"}, {"Ref": "AWS::NoValue"}
        assert boundary == ["HasPermissionsBoundary", bounded, unbounded], name
    for name, each in (resources("AWS::IAM::Role") | resources("AWS::IAM::ManagedPolicy")).items():
        assert text(each["Path"]) == "${RolePath}", name


def test_tracing_reaches_every_function_and_state_machine() -> None:
    for function in resources("AWS::Lambda::Function").values():
        assert function["TracingConfig"] == {"Mode": {"Ref": "TracingMode"}}
    for machine in resources("AWS::StepFunctions::StateMachine").values():
        assert machine["TracingConfiguration"] == {"Enabled": {"Fn::If": ["IsTraced", True, False]}}
