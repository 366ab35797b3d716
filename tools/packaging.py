"""The application as `sam package` leaves it: the template, and what it refers to in S3."""

from __future__ import annotations

import copy
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from local.installation import PROJECT, package
from local.launcher import EmbeddedAws

LISTING = "AWS::ServerlessRepo::Application"
_URI = re.compile(r"s3://([^/]+)/(.+)|https://s3[^/]*/([^/]+)/(.+)")

Template = dict[str, Any]


@dataclass(frozen=True)
class Packaged:
    """What would be published.

    Args:
        template: the packaged template, with short forms such as !Ref as mappings.
        fetch: reads an object of S3 by bucket and key; None where there is none.
        project: the folder that the versions are read from.
    """

    template: Template
    fetch: Callable[[str, str], bytes | None]
    project: Path = PROJECT

    @property
    def listing(self) -> Mapping[str, Any]:
        """What the repository shows; empty where the template says nothing."""
        found: Mapping[str, Any] = self.template.get("Metadata", {}).get(LISTING, {})
        return found

    def content(self, uri: object) -> bytes | None:
        """What is at a URI in S3; None where that is none, or nothing is there."""
        place = location(uri)
        return self.fetch(*place) if place else None


def location(value: object) -> tuple[str, str] | None:
    """Read bucket and key from any of the forms in which a template names an object of S3."""
    match value:
        case {"S3Bucket": str(bucket), "S3Key": str(key)} | {
            "Bucket": str(bucket),
            "Key": str(key),
        }:
            return bucket, key
        case str():
            found = _URI.fullmatch(value)
            parts = [part for part in found.groups() if part] if found else []
            return (parts[0], parts[1]) if parts else None
    return None


def artifacts(template: Template) -> Iterator[tuple[str, object]]:
    """Name what a packaged template takes from S3, and give where it says that is."""
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        shared = template.get("Globals", {}).get("Function", {})
        if resource["Type"] == "AWS::Serverless::Function":
            yield f"{name}.CodeUri", properties.get("CodeUri", shared.get("CodeUri"))
        elif resource["Type"] == "AWS::Lambda::Function":
            yield f"{name}.Code", properties.get("Code")
        elif resource["Type"] == "AWS::StepFunctions::StateMachine":
            yield f"{name}.DefinitionS3Location", properties.get("DefinitionS3Location")


def make(aws: EmbeddedAws, bucket: str, built: Path) -> Packaged:
    """Package the application, whose built template is given, into a bucket of the embedded AWS.

    Raises SamError.
    """
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=bucket)
    output = aws.directory / "packaged.yaml"
    package(built, bucket, output, aws.process_environment())

    def fetch(bucket: str, key: str) -> bytes | None:
        try:
            content: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except (s3.exceptions.NoSuchKey, s3.exceptions.NoSuchBucket):
            return None
        return content

    return Packaged(yaml_parse(output.read_text()), fetch)


def expand(template: Template) -> Template:
    """Apply the SAM transform to a packaged template, here and not in CloudFormation."""
    # It keeps metrics that nobody asked for, and complains when they are not published.
    logging.getLogger("samtranslator.metrics").setLevel(logging.ERROR)
    session = boto3.Session(region_name="us-east-1")
    translator = Translator(None, Parser(), boto_session=session)
    expanded: Template = translator.translate(copy.deepcopy(template), {})
    return expanded
