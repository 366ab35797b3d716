"""A plain property is one rule in the schema and one row in the field table: nothing else."""

import gzip
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import botocore
import pytest

from provider.contract.fields import SETTINGS, Compare
from provider.contract.validation import schema
from tests.unit.given import PACKAGE, ROOT

RULES: dict[str, Any] = {
    "Priority": {"description": "How urgent.", "type": "integer", "minimum": 1, "maximum": 10},
    "Network": {
        "description": "Where it can be reached.",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "Port": {"type": "integer", "minimum": 1},
            "Subnets": {"type": "array", "items": {"type": "string"}},
        },
    },
}
ROWS = """\
    Field("Priority", "priority", create="Priority", update="DesiredPriority", describe="Priority"),
    Field("Network", "network", create="Network", update="DesiredNetwork", describe="Network"),
    Field("Tags","""

SHAPES: dict[str, Any] = {
    "Priority": {"type": "integer", "min": 1, "max": 10},
    "Subnet": {"type": "string"},
    "Subnets": {"type": "list", "member": {"shape": "Subnet"}},
    "Network": {
        "type": "structure",
        "members": {"Port": {"shape": "Priority"}, "Subnets": {"shape": "Subnets"}},
    },
}
MEMBERS = {
    "CreateEndpointRequest": ("Priority", "Network"),
    "UpdateEndpointRequest": ("DesiredPriority", "DesiredNetwork"),
    "EndpointProperties": ("Priority", "Network"),
}


def with_both(model: dict[str, Any]) -> str:
    """A model of the service that has the two settings as well."""
    model["shapes"] |= SHAPES
    for shape, names in MEMBERS.items():
        for name in names:
            added = {"shape": name.removeprefix("Desired")}
            model["shapes"][shape]["members"][name] = added
    return json.dumps(model)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the provider and the linter, with two rules and two rows more."""
    provider = tmp_path / "src" / "provider"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PACKAGE, provider, ignore=ignored)
    for name in ("cfn_lint_comprehend_endpoint", "cfn_lint_comprehend_endpoint_contract"):
        source = ROOT / "lint" / "src" / name
        shutil.copytree(source, tmp_path / "lint" / name, symlinks=True, ignore=ignored)
    contract = tmp_path / "lint" / "cfn_lint_comprehend_endpoint_contract"
    rules = schema() | {"properties": schema()["properties"] | RULES}
    for folder in (provider / "contract", contract):
        (folder / "schema.json").unlink()
        (folder / "schema.json").write_text(json.dumps(rules))
        table = folder / "fields.py"
        text = table.read_text()
        assert text.count('    Field("Tags",') == 1
        table.write_text(text.replace('    Field("Tags",', ROWS))
    part = provider / "aws" / "models" / "comprehend" / "2017-11-27" / "service-2.json"
    part.write_text(with_both(json.loads(part.read_text())))
    return tmp_path


def test_it_lives_through_create_update_rollback_attributes_and_linter(copy: Path) -> None:
    whole = Path(botocore.__file__).parent / "data" / "comprehend" / "2017-11-27"
    models = copy / ".aws" / "models" / "comprehend" / "2017-11-27"
    models.mkdir(parents=True)
    (models / "service-2.json").write_text(with_both(_read(whole)))
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    path = os.pathsep.join([str(copy / "src"), str(copy / "lint"), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-m", "tests.functional.provider.added_property"],
        # The SDK looks for models in the home folder, too: the emulator finds its own there.
        env=ours | {"PYTHONPATH": path, "HOME": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout.splitlines()[-1]) == "held"


def _read(folder: Path) -> dict[str, Any]:
    packed = folder / "service-2.json.gz"
    plain = folder / "service-2.json"
    text = gzip.decompress(packed.read_bytes()) if packed.exists() else plain.read_bytes()
    content: dict[str, Any] = json.loads(text)
    return content


def test_what_is_described_can_be_created_and_updated() -> None:
    for each in SETTINGS:
        assert each.create, each
        assert each.update, each
        assert each.compare in (Compare.PLAIN, Compare.SCALED, Compare.SOURCE), each


def test_a_replacement_is_forced_by_the_name_alone_or_by_a_condition() -> None:
    """model/replacement.py knows them: another one needs a rule there."""
    assert schema()["createOnlyProperties"] == ["/properties/EndpointName"]
    assert schema()["conditionalCreateOnlyProperties"] == [
        f"/properties/{name}" for name in ("ModelArn", "FlywheelArn", "DataAccessRoleArn")
    ]
