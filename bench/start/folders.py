"""The folders that a function's process has on its path: its artifact, and what Lambda provides."""

import importlib.util
import shutil
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

SDK = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")
"""What Lambda's runtime for Python provides."""

WHEELS = Path(sys.prefix) / "provider-wheels"
"""The packages that functions import, fetched by `make setup`."""


def linked(folder: Path, names: Iterable[str]) -> Path:
    """Fills a folder with links to installed packages, and gives it: nothing else is found there.

    They are installed with their bytecode, as in Lambda's runtime.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise LookupError(f"{name} is not installed in {sys.prefix}: run `make setup`")
        origin = Path(spec.origin)
        origin = origin.parent if origin.name == "__init__.py" else origin
        (folder / origin.name).symlink_to(origin)
    return folder


def minimal(folder: Path) -> Path:
    """Makes the artifact of `minimal.py`, with the provider's own releases of what it imports.

    It holds what `sam build` makes of such a function by default: its packages, whole, as they come
    in their wheels, so without bytecode.
    """
    for wheel in sorted(WHEELS.glob("*.whl")):
        if not wheel.name.startswith("fastjsonschema"):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(folder)
    shutil.copy(Path(__file__).with_name("minimal.py"), folder)
    return folder
