"""The rules on what would be deployed, but should be looked at again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cfn_lint_comprehend_endpoint._attributes import attributes_read
from cfn_lint_comprehend_endpoint._checks import problems_of
from cfn_lint_comprehend_endpoint._rule import Rule
from cfn_lint_comprehend_endpoint._template import Path, Variant, variants

LONGEST_CREATION = 900
"""Seconds: ten to fifteen minutes are reported for a creation, Comprehend names no figure."""

ROLE_GRACE = 300
"""Seconds for which the provider waits for a role that was made a moment ago (model/polling.py)."""

ENOUGH = LONGEST_CREATION + ROLE_GRACE

NATIVE_REGIONS = ("ap-south-1", "eu-central-1", "us-east-1", "us-west-2")
"""Where CloudFormation's own types exist, as their schemas in cfn-lint 1.58 say."""

_NATIVE = {
    "document-classifier": "AWS::Comprehend::DocumentClassifierEndpoint",
    "entity-recognizer": "AWS::Comprehend::EntityRecognizerEndpoint",
}
# They have no such attributes, or under another name.
_NOT_NATIVE = {"Status", "ScalableDimension"}
_KIND = re.compile(r":(document-classifier|entity-recognizer)/")


class ServiceTimeoutRule(Rule):
    """A ServiceTimeout with which a creation fails, however well it goes."""

    id = "W9504"
    shortdesc = "ServiceTimeout is too short for a creation"
    description = (
        f"Warns of a ServiceTimeout under {ENOUGH} seconds: ten to fifteen minutes are reported "
        "for the creation of an endpoint, and a new role may take up to five more to be assumable. "
        "What is not ready in time is rolled back."
    )
    source_url = (
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/"
        "aws-resource-cloudformation-customresource.html"
    )

    def found(self, cfn: Any) -> Iterator[tuple[str, Path, str]]:
        """Give each that is valid, but short."""
        for logical_id, variant in variants(cfn):
            path: Path = ("ServiceTimeout",)
            if path not in variant.written or path in variant.unknown:
                continue
            value = variant.properties["ServiceTimeout"]
            if _is_invalid(variant, "ServiceTimeout") or int(value) >= ENOUGH:
                continue
            yield (
                logical_id,
                variant.written[path],
                f"ServiceTimeout: {value} seconds are too short for a creation, which takes ten to "
                f"fifteen minutes, and up to five more with a new role. Give at least {ENOUGH}, or "
                "leave it out for 3600.",
            )


def _is_invalid(variant: Variant, name: str) -> bool:
    return any(each.startswith(f"{name}: ") for each in problems_of(variant.properties))


class NativeTypeRule(Rule):
    """An endpoint for which CloudFormation has a type of its own."""

    id = "I9505"
    shortdesc = "CloudFormation's own type would do"
    description = (
        "Suggests AWS::Comprehend::DocumentClassifierEndpoint or EntityRecognizerEndpoint for a "
        "resource that needs nothing beyond them: an explicit EndpointName, a ModelArn, no "
        "FlywheelArn, for a classifier no DataAccessRoleArn, and no attribute that they lack. They "
        f"exist in {', '.join(NATIVE_REGIONS)}."
    )
    source_url = (
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Comprehend.html"
    )

    def found(self, cfn: Any) -> Iterator[tuple[str, Path, str]]:
        """Give each resource that needs nothing beyond, whatever its conditions are."""
        beyond = {
            logical_id
            for logical_id, _, attribute in attributes_read(cfn)
            if attribute in _NOT_NATIVE
        }
        would_do: dict[str, list[set[str]]] = {}
        for logical_id, variant in variants(cfn):
            would_do.setdefault(logical_id, []).append(_native(variant))
        for logical_id, natives in would_do.items():
            if logical_id in beyond or not all(natives):
                continue
            yield (
                logical_id,
                ("Resources", logical_id, "Type"),
                f"Type: {' or '.join(sorted(set.union(*natives)))} would do in "
                f"{', '.join(NATIVE_REGIONS)}: CloudFormation's own, with drift detection and "
                "nothing to install.",
            )


def _native(variant: Variant) -> set[str]:
    """Name the type that would do; both where the kind of model is not known."""
    names = variant.properties.keys()
    if variant.incomplete or not {"EndpointName", "ModelArn"} <= names or "FlywheelArn" in names:
        return set()
    model = variant.properties["ModelArn"]
    if ("ModelArn",) not in variant.unknown and _region(model) not in NATIVE_REGIONS:
        return set()
    # The text of Fn::Sub may tell the kind, too.
    kinds = set(_KIND.findall(str(model))) or set(_NATIVE)
    if "DataAccessRoleArn" in names:
        kinds.discard("document-classifier")
    return {_NATIVE[kind] for kind in kinds}


def _region(arn: object) -> str:
    parts = str(arn).split(":")
    return parts[3] if len(parts) > 3 else ""
