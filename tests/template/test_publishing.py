"""What is published passes `make publish-check`, which sees mistakes; stack sets take it."""

from __future__ import annotations

import copy
import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from local.launcher import EmbeddedAws
from tests.template.application import ROOT, expanded, written
from tools import publish_check as check
from tools import stackset_template
from tools.packaging import LISTING, Packaged, artifacts, location
from tools.publish_check import CHECKS, KNOWN

Template = dict[str, Any]
Spoil = Callable[[Template], object]

FUNCTION = "AWS::Serverless::Function"


@pytest.mark.parametrize("title", CHECKS)
def test_the_application_passes(title: str, packaged: Packaged) -> None:
    assert list(CHECKS[title](packaged)) == []


def listing(**values: object) -> Spoil:
    return lambda template: template["Metadata"][LISTING].update(values)


def without(key: str) -> Spoil:
    return lambda template: template["Metadata"][LISTING].pop(key)


def added(kind: str) -> Spoil:
    new = {"Added": {"Type": kind, "Properties": {}}}
    return lambda template: template["Resources"].update(new)


def given(name: str, **properties: object) -> Spoil:
    return lambda template: template["Resources"][name]["Properties"].update(properties)


def allowed(action: object, resource: object = "*") -> Spoil:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    conditional = {"Fn::If": ["IsTraced", statement, {"Ref": "AWS::NoValue"}]}
    return given("StepFunctionRole", Policies=[{"PolicyDocument": {"Statement": [conditional]}}])


DAILY = {"Daily": {"Type": "Schedule", "Properties": {"Schedule": "rate(1 day)"}}}
NOT_THERE = {"S3Bucket": "packaged", "S3Key": "none"}
OTHER = ["AWS::LanguageExtensions", "AWS::Serverless-2016-10-31"]
SPOILT: list[tuple[Callable[[Packaged], check.Problems], Spoil, str]] = [
    (check.metadata, listing(Name="a b"), "Name: 'a b' does not have the form"),
    (check.metadata, listing(Author="a--b"), "Author"),
    (check.metadata, listing(Description="x" * 257), "Description"),
    (check.metadata, listing(Labels=["x"] * 11), "at most 10"),
    (check.metadata, listing(Labels=["a b"]), "Labels"),
    (check.metadata, listing(HomePageUrl={"Ref": "FunctionName"}), "intrinsic"),
    (check.metadata, listing(SemanticVersion="1.0"), "SemanticVersion"),
    (check.metadata, without("SpdxLicenseId"), "SpdxLicenseId"),
    (check.metadata, listing(Licence="MIT"), "no such key"),
    (check.files, listing(ReadmeUrl="README-SAR.md"), "ReadmeUrl: it was not packaged"),
    (check.files, listing(LicenseUrl="s3://packaged/none"), "LicenseUrl: it was not packaged"),
    (check.uploads, given("RequestFunction", CodeUri="src/"), "RequestFunction.CodeUri"),
    (check.uploads, given("StepFunction", Code=NOT_THERE), "StepFunction.Code"),
    (check.uploads, given("StateMachine", DefinitionS3Location="here"), "StateMachine.Definition"),
    (check.accepted, added("AWS::Scheduler::Schedule"), "AWS::Scheduler::Schedule is not known"),
    (check.accepted, given("RequestFunction", LoggingConfig={}), "LoggingConfig: not known"),
    (
        check.accepted,
        lambda template: template["Globals"]["Function"].update(SnapStart={}),
        "Globals.Function.SnapStart: not known",
    ),
    (check.accepted, lambda template: template.update(Transform=OTHER), "Transform"),
    (check.capabilities, added("AWS::SNS::TopicPolicy"), "CAPABILITY_RESOURCE_POLICY"),
    # SAM makes a permission for it.
    (check.capabilities, given("RequestFunction", Events=DAILY), "AWS::Lambda::Permission asks"),
    (check.capabilities, added("AWS::CloudFormation::Stack"), "CAPABILITY_AUTO_EXPAND"),
    (check.capabilities, given("StepFunctionRole", RoleName="step"), "CAPABILITY_NAMED_IAM"),
    (check.permissions, allowed("iam:PassRole"), "it allows iam:PassRole on everything"),
    (check.permissions, allowed(["s3:GetObject", "iam:*"], ["*"]), "iam:*"),
    (
        check.permissions,
        given("StepFunctionRole", ManagedPolicyArns=["arn:aws:iam::aws:AWSLambda_FullAccess"]),
        "AWSLambda_FullAccess",
    ),
    (check.request, without("Author"), "author properties not provided"),
    (check.request, listing(HomePageUrl=1), "Invalid type for parameter HomePageUrl"),
    (
        check.request,
        lambda template: template.update(Description="x" * 1_000_000),
        "the template has",
    ),
]


@pytest.mark.parametrize(("sees", "spoil", "words"), SPOILT, ids=[each[2] for each in SPOILT])
def test_a_check_sees_a_mistake(
    sees: Callable[[Packaged], check.Problems], spoil: Spoil, words: str, packaged: Packaged
) -> None:
    template = copy.deepcopy(packaged.template)
    spoil(template)
    problems = list(sees(dataclasses.replace(packaged, template=template)))

    assert any(words in problem for problem in problems), problems


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("pyproject.toml", 'version = "', 'version = "9'),
        ("lint/pyproject.toml", 'version = "', 'version = "9'),
        ("CHANGELOG.md", "## [0", "## [90"),
        ("src/provider/__init__.py", '__version__ = "', '__version__ = "9'),
    ],
)
def test_a_version_that_differs_is_told_with_its_place(
    file: str, before: str, after: str, packaged: Packaged, tmp_path: Path
) -> None:
    for name in (
        "pyproject.toml",
        "lint/pyproject.toml",
        "CHANGELOG.md",
        "src/provider/__init__.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    text = (tmp_path / file).read_text()
    (tmp_path / file).write_text(text.replace(before, after, 1))

    (problem,) = check.versions(dataclasses.replace(packaged, project=tmp_path))

    assert problem.startswith(file)


def test_the_report_names_each_check_and_says_whether_all_is_well(
    packaged: Packaged, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check.report(packaged)
    printed = capsys.readouterr().out.splitlines()
    assert [line.split(maxsplit=1) for line in printed] == [["ok", title] for title in CHECKS]

    unlisted = {**packaged.template, "Metadata": {}}
    assert not check.report(dataclasses.replace(packaged, template=unlisted))
    assert capsys.readouterr().out.startswith("problem  what the repository shows")


def test_all_that_is_known_to_be_accepted_has_a_source_and_is_used() -> None:
    resources = written()["Resources"].values()
    properties = set(written()["Globals"]["Function"]).union(
        *(each["Properties"] for each in resources if each["Type"] == FUNCTION)
    )

    assert set(KNOWN["types"]) == {each["Type"] for each in resources}
    assert set(KNOWN["properties"][FUNCTION]) == properties
    named = {*KNOWN["types"].values(), *KNOWN["properties"][FUNCTION].values()}
    assert named == set(KNOWN["sources"])


def test_what_is_packaged_is_what_is_built(packaged: Packaged) -> None:
    places = dict(artifacts(packaged.template))

    assert len(places) == 7
    for key, name in (("ReadmeUrl", "README-SAR.md"), ("LicenseUrl", "LICENSE")):
        assert packaged.content(packaged.listing[key]) == (ROOT / name).read_bytes()
    definition = packaged.content(places["StateMachine.DefinitionS3Location"])
    assert definition == (ROOT / "statemachine" / "provider.asl.json").read_bytes()


@pytest.fixture(scope="module")
def fleet(packaged: Packaged, tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The template for stack sets, as the command writes it."""
    folder = tmp_path_factory.mktemp("fleet")
    before, after = folder / "packaged.json", folder / "stackset.json"
    before.write_text(json.dumps(packaged.template))
    assert stackset_template.main([str(before), "fleet", str(after)]) == 0
    template: Template = json.loads(after.read_text())
    return template


def test_for_stack_sets_it_has_no_transform_and_its_code_is_in_the_region(fleet: Template) -> None:
    types = {name: each["Type"] for name, each in fleet["Resources"].items()}
    buckets = [
        place.get("S3Bucket", place.get("Bucket"))
        for _, place in artifacts(fleet)
        if isinstance(place, dict)
    ]

    assert "Transform" not in fleet
    assert types == {name: each["Type"] for name, each in expanded()["Resources"].items()}
    assert fleet["Parameters"].keys() == written()["Parameters"].keys()
    assert buckets == [{"Fn::Sub": "fleet-${AWS::Region}"}] * 7
    # Nothing else names the bucket that it was packaged into.
    assert "s3://" not in json.dumps(fleet)
    assert '"packaged"' not in json.dumps(fleet)


def test_the_example_of_a_stack_set_gives_parameters_that_there_are() -> None:
    example = yaml_parse((ROOT / "examples" / "rollout" / "stackset.yaml").read_text())
    stack_set = example["Resources"]["Providers"]["Properties"]
    parameters = {each["ParameterKey"] for each in stack_set["Parameters"]}

    assert parameters
    assert parameters <= written()["Parameters"].keys()
    assert stack_set["Capabilities"] == ["CAPABILITY_IAM"]
    # The provider of an account that leaves stays: its stacks need it.
    assert stack_set["AutoDeployment"]["RetainStacksOnAccountRemoval"] is True


def test_for_stack_sets_it_installs_with_every_parameter(
    fleet: Template, packaged: Packaged, aws: EmbeddedAws
) -> None:
    s3, cloudformation = aws.client("s3"), aws.client("cloudformation")
    bucket = f"fleet-{aws.region}"
    s3.create_bucket(Bucket=bucket)
    for place in dict(artifacts(packaged.template)).values():
        at = location(place)
        assert at is not None
        s3.copy_object(Bucket=bucket, Key=at[1], CopySource={"Bucket": at[0], "Key": at[1]})
    s3.put_object(Bucket=bucket, Key="template", Body=json.dumps(fleet))
    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    parameters = {
        "DashboardEnabled": "true",
        "RolePath": "/platform/",
        "EndpointTags": "a=1,b=2",
        "MaxInferenceUnits": "4",
        # The embedded AWS reserves nothing, but takes it.
        "ReservedConcurrency": "10",
        "LogsKmsKeyArn": key,
        "StateMachineKmsKeyArn": key,
    }

    cloudformation.create_stack(
        StackName="instance",
        TemplateURL=f"{aws.url}/{bucket}/template",
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[
            {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
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
    assert ":policy/platform/" in outputs["ConsumerPolicyArn"]
    states = aws.client("stepfunctions")
    machines = states.list_state_machines()["stateMachines"]
    assert len(machines) == 3
    for machine in machines:
        found = states.describe_state_machine(stateMachineArn=machine["stateMachineArn"])
        encryption = found["encryptionConfiguration"]
        assert encryption["type"] == "CUSTOMER_MANAGED_KMS_KEY"
        assert encryption["kmsKeyId"] == key
    groups = aws.client("logs").describe_log_groups()["logGroups"]
    keys = {group["logGroupName"]: group.get("kmsKeyId") for group in groups}
    assert keys[outputs["LogGroupName"]] == keys[outputs["FallbackLogGroupName"]] == key
    (dashboard,) = aws.client("cloudwatch").list_dashboards()["DashboardEntries"]
    body = aws.client("cloudwatch").get_dashboard(DashboardName=dashboard["DashboardName"])
    assert outputs["StateMachineArn"] in body["DashboardBody"]
