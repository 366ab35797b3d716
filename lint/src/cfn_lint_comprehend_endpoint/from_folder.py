"""The rules for ``cfn-lint --append-rules FOLDER``, where the package is not installed.

cfn-lint loads each file of a folder by itself, and passes over names that begin with an
underscore: this is the only file that it takes rules from.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from cfn_lint_comprehend_endpoint import (
    AttributeRule,
    NativeTypeRule,
    PropertiesRule,
    ServiceTimeoutRule,
    ServiceTokenRule,
)

__all__ = [
    "AttributeRule",
    "NativeTypeRule",
    "PropertiesRule",
    "ServiceTimeoutRule",
    "ServiceTokenRule",
]
