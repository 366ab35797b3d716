"""`make publish-check`: the application passes every check, and each check sees what it is for."""

from __future__ import annotations

import copy
import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.template.application import ROOT, written
from tools import publish_check
from tools.packaging import LISTING, Packaged, artifacts, expand, location
from tools.publish_check import CHECKS, KNOWN

Spoil = Callable[[dict[str, Any]], object]


def spoilt(packaged: Packaged, spoil: Spoil) -> Packaged:
    template = copy.deepcopy(packaged.template)
    spoil(template)
    return dataclasses.replace(packaged, template=template)


def listing(**values: object) -> Spoil:
    return lambda template: template["Metadata"][LISTING].update(values)


def without(key: str) -> Spoil:
    return lambda template: template["Metadata"][LISTING].pop(key)


def added(kind: str, **properties: object) -> Spoil:
    return lambda template: template["Resources"].update(
        {"Added": {"Type": kind, "Properties": properties}}
    )


def given(name: str, **properties: object) -> Spoil:
    return lambda template: template["Resources"][name]["Properties"].update(properties)


def allowed(action: object, resource: object = "*") -> Spoil:
    statement = {"Sid": "Added", "Effect": "Allow", "Action": action, "Resource": resource}

    def add(template: dict[str, Any]) -> None:
        role = template["Resources"]["StepFunctionRole"]["Properties"]
        role["Policies"][0]["PolicyDocument"]["Statement"].append(
            {"Fn::If": ["IsTraced", statement, {"Ref": "AWS::NoValue"}]}
        )

    return add


SCHEDULE = {"Daily": {"Type": "Schedule", "Properties": {"Schedule": "rate(1 day)"}}}
SPOILT: dict[str, tuple[str, Spoil, str]] = {
    "a name with a blank": ("what the repository shows", listing(Name="a b"), "Name"),
    "an author in capitals": ("what the repository shows", listing(Author="Me"), "Author"),
    "an author with two hyphens": ("what the repository shows", listing(Author="a--b"), "Author"),
    "a long description": (
        "what the repository shows",
        listing(Description="x" * 257),
        "Description",
    ),
    "eleven labels": ("what the repository shows", listing(Labels=["x"] * 11), "at most 10"),
    "a label with a blank": ("what the repository shows", listing(Labels=["a b"]), "Labels"),
    "an intrinsic function": (
        "what the repository shows",
        listing(HomePageUrl={"Ref": "FunctionName"}),
        "intrinsic",
    ),
    "a version of two numbers": (
        "what the repository shows",
        listing(SemanticVersion="1.0"),
        "SemanticVersion",
    ),
    "no licence": ("what the repository shows", without("SpdxLicenseId"), "SpdxLicenseId"),
    "a key that there is not": ("what the repository shows", listing(Licence="MIT"), "no such key"),
    "a readme that is on this machine": (
        "readme and licence",
        listing(ReadmeUrl="README-SAR.md"),
        "ReadmeUrl: it was not packaged",
    ),
    "a licence that is not in the bucket": (
        "readme and licence",
        listing(LicenseUrl="s3://packaged/none"),
        "LicenseUrl: it was not packaged",
    ),
    "another version": (
        "one version everywhere",
        listing(SemanticVersion="99.0.0"),
        "pyproject.toml",
    ),
    "code of a SAM function on this machine": (
        "code and definitions are packaged",
        given("RequestFunction", CodeUri="src/"),
        "RequestFunction.CodeUri",
    ),
    "code of a function that is not in the bucket": (
        "code and definitions are packaged",
        given("StepFunction", Code={"S3Bucket": "packaged", "S3Key": "none"}),
        "StepFunction.Code",
    ),
    "a definition on this machine": (
        "code and definitions are packaged",
        given("StateMachine", DefinitionS3Location="statemachine/provider.asl.json"),
        "StateMachine.DefinitionS3Location",
    ),
    "a type that it does not take": (
        "types and properties are known to be accepted",
        added("AWS::Scheduler::Schedule"),
        "AWS::Scheduler::Schedule is not known",
    ),
    "a property that it is not known to take": (
        "types and properties are known to be accepted",
        given("RequestFunction", LoggingConfig={}),
        "RequestFunction.LoggingConfig: not known",
    ),
    "a property in Globals": (
        "types and properties are known to be accepted",
        lambda template: template["Globals"]["Function"].update(SnapStart={}),
        "Globals.Function.SnapStart: not known",
    ),
    "another transform": (
        "types and properties are known to be accepted",
        lambda template: template.update(
            Transform=["AWS::LanguageExtensions", "AWS::Serverless-2016-10-31"]
        ),
        "Transform",
    ),
    "a resource policy": (
        "CAPABILITY_IAM is enough",
        added("AWS::SNS::TopicPolicy"),
        "CAPABILITY_RESOURCE_POLICY",
    ),
    "a resource policy that SAM makes": (
        "CAPABILITY_IAM is enough",
        given("RequestFunction", Events=SCHEDULE),
        "AWS::Lambda::Permission asks for CAPABILITY_RESOURCE_POLICY",
    ),
    "a nested application": (
        "CAPABILITY_IAM is enough",
        added("AWS::CloudFormation::Stack", TemplateURL="https://example.test/x"),
        "CAPABILITY_AUTO_EXPAND",
    ),
    "a role with a name": (
        "CAPABILITY_IAM is enough",
        given("StepFunctionRole", RoleName="step"),
        "CAPABILITY_NAMED_IAM",
    ),
    "a permission to pass every role": (
        "no permission is too broad",
        allowed("iam:PassRole"),
        "StepFunctionRole: it allows iam:PassRole on everything",
    ),
    "a permission for all of IAM": (
        "no permission is too broad",
        allowed(["s3:GetObject", "iam:*"], ["*"]),
        "iam:*",
    ),
    "full access to Lambda": (
        "no permission is too broad",
        given(
            "StepFunctionRole", ManagedPolicyArns=["arn:aws:iam::aws:policy/AWSLambda_FullAccess"]
        ),
        "AWSLambda_FullAccess",
    ),
    "a listing without an author": (
        "what sam publish would send",
        without("Author"),
        "author properties not provided",
    ),
    "a listing with a number for a text": (
        "what sam publish would send",
        listing(HomePageUrl=1),
        "Invalid type for parameter HomePageUrl",
    ),
    "a template beyond all bounds": (
        "what sam publish would send",
        lambda template: template.update(Description="x" * 1_000_000),
        "the template has",
    ),
}


@pytest.mark.parametrize("title", CHECKS)
def test_the_application_passes(title: str, packaged: Packaged) -> None:
    assert list(CHECKS[title](packaged)) == []


@pytest.mark.parametrize("what", SPOILT)
def test_a_check_sees(what: str, packaged: Packaged) -> None:
    title, spoil, words = SPOILT[what]

    problems = list(CHECKS[title](spoilt(packaged, spoil)))

    assert any(words in problem for problem in problems), problems


def test_every_check_has_something_that_it_sees() -> None:
    assert {title for title, _, _ in SPOILT.values()} == set(CHECKS)


@pytest.mark.parametrize(
    ("size", "well"), [(0, False), (1, True), (5_000_000, True), (5_000_001, False)]
)
def test_readme_and_licence_may_have_five_megabytes(
    size: int, well: bool, packaged: Packaged
) -> None:
    sized = dataclasses.replace(packaged, fetch=lambda bucket, key: b"x" * size)

    assert (list(CHECKS["readme and licence"](sized)) == []) == well


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("pyproject.toml", 'version = "', 'version = "9'),
        ("CHANGELOG.md", "## [0", "## [90"),
        ("src/provider/__init__.py", '__version__ = "', '__version__ = "9'),
    ],
)
def test_a_version_that_differs_is_told_with_its_place(
    file: str, before: str, after: str, packaged: Packaged, tmp_path: Path
) -> None:
    for name in ("pyproject.toml", "CHANGELOG.md", "src/provider/__init__.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    text = (tmp_path / file).read_text()
    (tmp_path / file).write_text(text.replace(before, after, 1))

    (problem,) = CHECKS["one version everywhere"](dataclasses.replace(packaged, project=tmp_path))

    assert problem.startswith(file)


def test_the_report_names_each_check_and_says_whether_all_is_well(
    packaged: Packaged, capsys: pytest.CaptureFixture[str]
) -> None:
    assert publish_check.report(packaged)
    printed = capsys.readouterr().out.splitlines()
    assert [line.split(maxsplit=1) for line in printed] == [["ok", title] for title in CHECKS]

    assert not publish_check.report(spoilt(packaged, listing(Name="a b")))
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "problem  what the repository shows"
    assert "'a b'" in printed[1]
    assert len(printed) == len(CHECKS) + 1


def test_all_that_is_known_to_be_accepted_has_a_source_and_is_used() -> None:
    used = {resource["Type"] for resource in written()["Resources"].values()}
    properties = set(written()["Globals"]["Function"])
    for resource in written()["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            properties |= set(resource["Properties"])

    assert set(KNOWN["types"]) == used
    assert set(KNOWN["properties"]["AWS::Serverless::Function"]) == properties
    named = {*KNOWN["types"].values(), *KNOWN["properties"]["AWS::Serverless::Function"].values()}
    assert named == set(KNOWN["sources"])


def test_what_is_packaged_is_what_is_built(packaged: Packaged) -> None:
    places = dict(artifacts(packaged.template))

    assert set(places) == {
        "RequestFunction.CodeUri",
        "StepFunction.Code",
        "FallbackFunction.CodeUri",
        "OrphanScanFunction.Code",
        "StateMachine.DefinitionS3Location",
        "FallbackStateMachine.DefinitionS3Location",
        "OrphanScanStateMachine.DefinitionS3Location",
    }
    for key, name in (("ReadmeUrl", "README-SAR.md"), ("LicenseUrl", "LICENSE")):
        assert packaged.content(packaged.listing[key]) == (ROOT / name).read_bytes()
    definition = packaged.content(places["StateMachine.DefinitionS3Location"])
    assert definition == (ROOT / "statemachine" / "provider.asl.json").read_bytes()


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ("s3://bucket/a/b", ("bucket", "a/b")),
        ("https://s3.eu-west-1.amazonaws.com/bucket/a/b", ("bucket", "a/b")),
        ({"S3Bucket": "bucket", "S3Key": "a"}, ("bucket", "a")),
        ({"Bucket": "bucket", "Key": "a"}, ("bucket", "a")),
        ("src/", None),
        (None, None),
        ({"Ref": "Bucket"}, None),
    ],
)
def test_an_object_of_s3_is_found_in_each_form(
    value: object, place: tuple[str, str] | None
) -> None:
    assert location(value) == place


def test_the_expanded_template_has_no_transform_left(packaged: Packaged) -> None:
    expanded = expand(packaged.template)

    assert "Transform" not in expanded
    assert not [
        name
        for name, resource in expanded["Resources"].items()
        if resource["Type"].startswith("AWS::Serverless::")
    ]
