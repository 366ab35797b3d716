"""The template for StackSets: without a transform, with code from each region's own bucket."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from local.launcher import EmbeddedAws
from tests.template.application import ROOT, expanded, written
from tests.template.conftest import Run
from tools import stackset_template
from tools.packaging import Packaged, artifacts, location
from tools.stackset_template import for_stack_sets

EXAMPLE = ROOT / "examples" / "rollout" / "stackset.yaml"


@pytest.fixture(scope="module")
def template(packaged: Packaged) -> dict[str, Any]:
    return for_stack_sets(packaged.template, "fleet")


def test_it_has_no_transform_and_the_same_resources(template: dict[str, Any]) -> None:
    types = {name: each["Type"] for name, each in template["Resources"].items()}

    assert "Transform" not in template
    assert types == {name: each["Type"] for name, each in expanded()["Resources"].items()}
    assert template["Parameters"].keys() == written()["Parameters"].keys()
    assert template["Outputs"].keys() == written()["Outputs"].keys()


def test_all_code_is_in_a_bucket_of_the_region(template: dict[str, Any]) -> None:
    buckets = [
        place.get("S3Bucket", place.get("Bucket"))
        for _, place in artifacts(template)
        if isinstance(place, dict)
    ]

    assert buckets == [{"Fn::Sub": "fleet-${AWS::Region}"}] * 7
    # Nothing else names the bucket that it was packaged into.
    assert "s3://" not in json.dumps(template)
    assert '"packaged"' not in json.dumps(template)


def test_it_installs_the_provider(
    template: dict[str, Any], packaged: Packaged, aws: EmbeddedAws
) -> None:
    s3, cloudformation = aws.client("s3"), aws.client("cloudformation")
    bucket = f"fleet-{aws.region}"
    s3.create_bucket(Bucket=bucket)
    for place in dict(artifacts(packaged.template)).values():
        at = location(place)
        assert at is not None
        s3.copy_object(Bucket=bucket, Key=at[1], CopySource={"Bucket": at[0], "Key": at[1]})
    s3.put_object(Bucket=bucket, Key="template", Body=json.dumps(template))

    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]

    cloudformation.create_stack(
        StackName="instance",
        TemplateURL=f"{aws.url}/{bucket}/template",
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[
            {"ParameterKey": "DashboardEnabled", "ParameterValue": "true"},
            {"ParameterKey": "RolePath", "ParameterValue": "/platform/"},
            {"ParameterKey": "EndpointTags", "ParameterValue": "a=1,b=2"},
            {"ParameterKey": "MaxInferenceUnits", "ParameterValue": "4"},
            # The embedded AWS reserves nothing, but takes it.
            {"ParameterKey": "ReservedConcurrency", "ParameterValue": "10"},
            {"ParameterKey": "LogsKmsKeyArn", "ParameterValue": key},
            {"ParameterKey": "StateMachineKmsKeyArn", "ParameterValue": key},
        ],
    )
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName="instance", WaiterConfig={"Delay": 1, "MaxAttempts": 120}
    )

    (stack,) = cloudformation.describe_stacks(StackName="instance")["Stacks"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    function = aws.client("lambda").get_function(FunctionName=outputs["FunctionName"])
    variables = function["Configuration"]["Environment"]["Variables"]
    assert variables["ENDPOINT_TAGS"] == "a=1,b=2"
    assert variables["MAX_INFERENCE_UNITS"] == "4"
    assert ":role/platform/" in function["Configuration"]["Role"]
    states = aws.client("stepfunctions")
    machines = [each["stateMachineArn"] for each in states.list_state_machines()["stateMachines"]]
    assert len(machines) == 3
    for machine in machines:
        encryption = states.describe_state_machine(stateMachineArn=machine)[
            "encryptionConfiguration"
        ]
        assert encryption["type"] == "CUSTOMER_MANAGED_KMS_KEY"
        assert encryption["kmsKeyId"] == key
    groups = aws.client("logs").describe_log_groups()["logGroups"]
    assert {
        group["logGroupName"]: group.get("kmsKeyId")
        for group in groups
        if group["logGroupName"] in {outputs["LogGroupName"], outputs["FallbackLogGroupName"]}
    } == dict.fromkeys((outputs["LogGroupName"], outputs["FallbackLogGroupName"]), key)
    assert ":policy/platform/" in outputs["ConsumerPolicyArn"]
    (dashboard,) = aws.client("cloudwatch").list_dashboards()["DashboardEntries"]
    body = aws.client("cloudwatch").get_dashboard(DashboardName=dashboard["DashboardName"])
    assert outputs["StateMachineArn"] in body["DashboardBody"]
    cloudformation.delete_stack(StackName="instance")
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName="instance", WaiterConfig={"Delay": 1, "MaxAttempts": 120}
    )


def test_the_command_writes_it(packaged: Packaged, tmp_path: Path) -> None:
    given, output = tmp_path / "packaged.json", tmp_path / "stackset.json"
    given.write_text(json.dumps(packaged.template))

    assert stackset_template.main([str(given), "fleet", str(output)]) == 0

    assert json.loads(output.read_text()) == for_stack_sets(packaged.template, "fleet")
    # CloudFormation User Guide, "Quotas": 1 MB.
    assert output.stat().st_size < 1_000_000


class TestExample:
    def test_it_passes_every_rule_of_cfn_lint(self, run_tool: Run) -> None:
        done = run_tool(
            *("cfn-lint", "--include-checks", "I", "--non-zero-exit-code", "informational"),
            *("--template", EXAMPLE),
        )

        assert done.returncode == 0, done.stdout + done.stderr

    def test_the_parameters_that_it_gives_are_the_applications(self) -> None:
        stack_set = yaml_parse(EXAMPLE.read_text())["Resources"]["Providers"]["Properties"]
        given = {each["ParameterKey"] for each in stack_set["Parameters"]}

        assert given
        assert given <= written()["Parameters"].keys()

    def test_it_asks_for_capability_iam_alone_and_keeps_the_provider_of_who_leaves(self) -> None:
        stack_set = yaml_parse(EXAMPLE.read_text())["Resources"]["Providers"]["Properties"]

        assert stack_set["PermissionModel"] == "SERVICE_MANAGED"
        assert stack_set["Capabilities"] == ["CAPABILITY_IAM"]
        assert stack_set["AutoDeployment"]["RetainStacksOnAccountRemoval"] is True
