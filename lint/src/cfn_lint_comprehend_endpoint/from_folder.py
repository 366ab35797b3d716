"""The rules for ``cfn-lint --append-rules FOLDER``, if the package is not installed.

cfn-lint loads each file of a folder by itself, and skips names that begin with an underscore: this
is the only file that it takes rules from.
"""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

_FOLDER = Path(__file__).resolve().parent


def _load(name: str) -> ModuleType:
    """Import a package that lies beside this one, wherever that is."""
    if name not in sys.modules:
        folder = _FOLDER.parent / name
        spec = importlib.util.spec_from_file_location(
            name, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        if spec is None or spec.loader is None:
            raise ImportError(f"{folder} is not a package")
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


_load("cfn_lint_comprehend_endpoint_contract")
_PACKAGE = _load("cfn_lint_comprehend_endpoint")

AttributeRule = _PACKAGE.AttributeRule
NativeTypeRule = _PACKAGE.NativeTypeRule
PropertiesRule = _PACKAGE.PropertiesRule
ServiceTimeoutRule = _PACKAGE.ServiceTimeoutRule
ServiceTokenRule = _PACKAGE.ServiceTokenRule

__all__ = [
    "AttributeRule",
    "NativeTypeRule",
    "PropertiesRule",
    "ServiceTimeoutRule",
    "ServiceTokenRule",
]
