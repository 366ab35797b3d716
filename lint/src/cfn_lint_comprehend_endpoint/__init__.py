"""Rules for cfn-lint that check Custom::ComprehendEndpoint before it is deployed.

``cfn-lint --append-rules cfn_lint_comprehend_endpoint`` takes every rule that is named here.
"""

from cfn_lint_comprehend_endpoint._attributes import AttributeRule
from cfn_lint_comprehend_endpoint._properties import PropertiesRule, ServiceTokenRule
from cfn_lint_comprehend_endpoint._suggestions import NativeTypeRule, ServiceTimeoutRule

__all__ = [
    "AttributeRule",
    "NativeTypeRule",
    "PropertiesRule",
    "ServiceTimeoutRule",
    "ServiceTokenRule",
]
