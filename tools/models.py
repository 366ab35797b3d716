"""Writes src/provider/aws/models/: the parts of the SDK's service models that we call."""

from __future__ import annotations

import ast
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore
import botocore.session
from botocore import xform_name

ROOT = Path(__file__).resolve().parents[1]
PROVIDER = ROOT / "src" / "provider"
# What a gateway calls its client.
MAKE_CLIENT = ("make_client", "self._make_client")
CLIENTS = ("self._client", "client")
MODELS = PROVIDER / "aws" / "models"

Model = dict[str, Any]

# The methods by which a gateway calls an operation by its name.
BY_NAME = {"self._call", "self._find", "self._read"}

# Nothing reads these at run time, and they are most of a model.
LEFT_OUT = {"documentation", "documentationUrl"}

NOTICE = """\
The models below this folder say how to call the operations that the provider calls. They are
parts of the service models of botocore {version} (https://github.com/boto/botocore), Copyright
Amazon.com, Inc. or its affiliates, licensed under the Apache License 2.0: `make models` takes those
operations and their shapes, and leaves out the documentation.
"""


def called(folder: Path = PROVIDER) -> dict[str, tuple[str, frozenset[str]]]:
    """The service and the operations that each gateway calls, by file, read from its source.

    A gateway makes one client with ``make_client``. It calls the client's methods on
    ``self._client``, or operations by their names through the methods in BY_NAME. Raises ValueError
    if it calls an operation that the service does not have.
    """
    session = botocore.session.get_session()
    found = {}
    for path in sorted(folder.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        services = {str(_first(node)) for node in calls if ast.unparse(node.func) in MAKE_CLIENT}
        if not services:
            continue
        (service,) = services
        operations = session.get_service_model(service).operation_names
        by_method = {xform_name(name): name for name in operations}
        names = {by_method.get(each, each) for each in _methods(calls)} | {
            str(_first(node)) for node in calls if ast.unparse(node.func) in BY_NAME
        }
        unknown = names - set(operations)
        if unknown:
            raise ValueError(f"{path.name} calls {', '.join(sorted(unknown))}, not in {service}")
        found[path.name] = (service, frozenset(names))
    return found


def _methods(calls: list[ast.Call]) -> Iterator[str]:
    for node in calls:
        if isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) in CLIENTS:
            yield node.func.attr


def _first(call: ast.Call) -> object:
    """The first argument of a call, where it is a constant."""
    argument = call.args[0]
    if not isinstance(argument, ast.Constant):
        raise ValueError(f"line {call.lineno}: {ast.unparse(call)} names what it calls too late")
    return argument.value


def operations() -> dict[str, set[str]]:
    """The operations that the provider calls, by service."""
    found: dict[str, set[str]] = {}
    for service, names in called().values():
        found.setdefault(service, set()).update(names)
    return found


def model(service: str, names: set[str]) -> tuple[str, Model]:
    """A service's version, and its model with nothing but some operations and their shapes."""
    loader = botocore.session.get_session().get_component("data_loader")
    version = loader.determine_latest_version(service, "service-2")
    whole = loader.load_service_model(service, "service-2", version)
    part = {name: _bare(whole["operations"][name]) for name in sorted(names)}
    shapes: Model = {}
    waiting = list(_named(part))
    while waiting:
        name = waiting.pop()
        if name not in shapes:
            shapes[name] = _bare(whole["shapes"][name])
            waiting += _named(shapes[name])
    kept = {key: whole[key] for key in ("version", "metadata")}
    return version, {**kept, "operations": part, "shapes": dict(sorted(shapes.items()))}


def _bare(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _bare(each) for key, each in value.items() if key not in LEFT_OUT}
    return [_bare(each) for each in value] if isinstance(value, list) else value


def _named(value: Any) -> Iterator[str]:
    """The shapes that a part of a model names."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key == "shape" and isinstance(each, str):
                yield each
            else:
                yield from _named(each)
    elif isinstance(value, list):
        for each in value:
            yield from _named(each)


def files() -> dict[Path, str]:
    """What is to stand below src/provider/models, by path in it."""
    found = {Path("NOTICE"): NOTICE.format(version=botocore.__version__)}
    for service, names in sorted(operations().items()):
        version, part = model(service, names)
        text = json.dumps(part, indent=1, ensure_ascii=True) + "\n"
        found[Path(service, version, "service-2.json")] = text
    return found


def main() -> None:
    shutil.rmtree(MODELS, ignore_errors=True)
    for path, text in files().items():
        target = MODELS / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        print(f"{target.relative_to(ROOT)}: {len(text):,} characters")


if __name__ == "__main__":
    main()
