"""The rule on return values: Fn::GetAtt, and Fn::Sub, of attributes that do not exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cfn_lint_comprehend_endpoint._checks import attributes, is_property, nearest
from cfn_lint_comprehend_endpoint._rule import Rule
from cfn_lint_comprehend_endpoint._template import TYPE, Path

# ${!Literal} begins like no logical id.
_VARIABLE = re.compile(r"\$\{\s*([^{}]*?)\s*\}")


def attributes_read(cfn: Any) -> Iterator[tuple[str, Path, str]]:
    """Find where a template reads an attribute of one of our resources.

    Gives the resource's logical id, the path of the function, and the attribute.
    """
    ours = cfn.get_resources(TYPE)
    for *path, argument in cfn.search_deep_keys("Fn::GetAtt"):
        parts = argument.split(".", 1) if isinstance(argument, str) else argument
        # Where either is an intrinsic function, only the deployment knows it.
        match parts:
            case [str(logical_id), str(attribute)] if logical_id in ours:
                yield logical_id, tuple(path), attribute
    for *path, argument in cfn.search_deep_keys("Fn::Sub"):
        text, given = argument, {}
        match argument:
            case [first, dict(second)]:
                text, given = first, second
        names = _VARIABLE.findall(text) if isinstance(text, str) else []
        for name in names:
            logical_id, _, attribute = name.partition(".")
            if attribute and name not in given and logical_id in ours:
                yield logical_id, tuple(path), attribute


class AttributeRule(Rule):
    """Attributes that the provider's answer does not hold: the deployment would fail late."""

    id = "E9503"
    shortdesc = "Custom::ComprehendEndpoint has no such attribute"
    description = (
        "Checks Fn::GetAtt and the variables of Fn::Sub: CloudFormation fails the stack for an "
        "attribute that the provider's answer does not hold, after the endpoint was made."
    )
    source_url = (
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/"
        "intrinsic-function-reference-getatt.html"
    )

    def found(self, cfn: Any) -> Iterator[tuple[str, Path, str]]:
        """Give each attribute that does not exist, where it is read."""
        for logical_id, path, attribute in attributes_read(cfn):
            if attribute in attributes():
                continue
            if is_property([attribute]):
                known = ", ".join(attributes())
                words = f"it is a property, but no attribute. The attributes are {known}."
            else:
                words = (
                    f"there is no such attribute. {nearest(attribute, attributes(), 'attributes')}"
                )
            yield logical_id, path, f"{attribute}: {words}"
