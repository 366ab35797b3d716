"""The rules on properties: what the provider would refuse, in its own words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cfn_lint_comprehend_endpoint._checks import problems_of
from cfn_lint_comprehend_endpoint._rule import Rule
from cfn_lint_comprehend_endpoint._template import Path, variants

_NO_TOKEN = "ServiceToken: it is required."  # noqa: S105  # The provider's words.


def _problems(cfn: Any) -> Iterator[tuple[str, Path, str]]:
    for logical_id, variant in variants(cfn):
        for problem in problems_of(variant.properties):
            path = variant.place(problem)
            if path is not None:
                yield logical_id, path, problem


class PropertiesRule(Rule):
    """Every property that the provider would refuse."""

    id = "E9501"
    shortdesc = "A property of Custom::ComprehendEndpoint is invalid"
    description = (
        "Checks the properties of every Custom::ComprehendEndpoint as the provider does, and says "
        "what the provider would say: unknown names, types, lengths, patterns, what is missing, "
        "ModelArn or FlywheelArn, tags. Intrinsic functions are left alone."
    )
    source_url = (
        "https://docs.aws.amazon.com/comprehend/latest/APIReference/API_CreateEndpoint.html"
    )

    def found(self, cfn: Any) -> Iterator[tuple[str, Path, str]]:
        """Give what the provider would say, but for a missing ServiceToken."""
        return (each for each in _problems(cfn) if each[2] != _NO_TOKEN)


class ServiceTokenRule(Rule):
    """A resource that no provider would hear of."""

    id = "E9502"
    shortdesc = "Custom::ComprehendEndpoint has no ServiceToken"
    description = (
        "Checks that every Custom::ComprehendEndpoint has a ServiceToken, the ARN of the "
        "provider's request function: "
        "'{{resolve:ssm:/comprehend-endpoint-provider/service-token}}'."
    )
    source_url = (
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/"
        "aws-resource-cloudformation-customresource.html"
    )

    def found(self, cfn: Any) -> Iterator[tuple[str, Path, str]]:
        """Give the resources without one."""
        return (each for each in _problems(cfn) if each[2] == _NO_TOKEN)
