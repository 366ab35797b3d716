"""The artifact's bill of materials: complete, true, and the same bytes each time."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import distributions
from importlib.util import source_from_cache
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

import provider
from tests.template.application import ROOT
from tests.template.test_release import LOCKS, pins
from tools import sbom


@pytest.fixture(scope="module")
def artifact(built: Path) -> Path:
    return built / "RequestFunction"


@pytest.fixture(scope="module")
def text(artifact: Path) -> str:
    return sbom.bill(artifact)


@pytest.fixture(scope="module")
def bill(text: str) -> Any:
    return json.loads(text)


def files(artifact: Path) -> Iterator[tuple[str, bytes]]:
    """What others wrote of the artifact."""
    for path in artifact.rglob("*"):
        name = path.relative_to(artifact)
        if path.is_file() and name.parts[0] != "provider":
            yield name.as_posix(), path.read_bytes()


def test_it_is_valid_cyclonedx(text: str) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    spoilt = text.replace('"SHA-256"', '"SHA-0"')
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(spoilt) is not None


def test_it_names_what_is_in_the_artifact_and_locked_and_nothing_else(
    bill: Any, artifact: Path
) -> None:
    told = {each["name"]: each["version"] for each in bill["components"]}
    there = {sbom.normal(each.name): each.version for each in distributions(path=[str(artifact)])}

    assert told == there == pins(LOCKS["runtime"])


def test_it_is_about_this_version_of_the_provider(bill: Any) -> None:
    application = bill["metadata"]["component"]

    assert application["name"] == "comprehend-endpoint-provider"
    assert application["version"] == provider.__version__
    assert application["licenses"] == [{"license": {"id": "Apache-2.0"}}]


def test_each_package_has_address_hash_and_an_spdx_licence(bill: Any) -> None:
    for each in bill["components"]:
        assert each["purl"] == f"pkg:pypi/{each['name']}@{each['version']}"
        assert [digest["alg"] for digest in each["hashes"]] == ["SHA-256"]
        assert all("id" in licence["license"] for licence in each["licenses"])
        assert each["licenses"]


def test_every_file_of_others_is_in_a_wheel_that_it_names_by_hash(
    bill: Any, artifact: Path
) -> None:
    hashes = {digest["content"] for each in bill["components"] for digest in each["hashes"]}
    wheels = [
        wheel
        for wheel in sbom.WHEELS.glob("*.whl")
        if hashlib.sha256(wheel.read_bytes()).hexdigest() in hashes
    ]
    contents: dict[str, bytes] = {}
    for wheel in wheels:
        with zipfile.ZipFile(wheel) as archive:
            contents |= {name: archive.read(name) for name in archive.namelist()}

    assert len(wheels) == len(bill["components"])
    there = dict(files(artifact))
    # What is compiled from them, test_artifact.py compares with its source.
    compiled = {name for name in there if name.endswith(".pyc")}
    assert {source_from_cache(name) for name in compiled} <= set(contents)
    assert [name for name in there.keys() - compiled if contents.get(name) != there[name]] == []


def test_it_says_what_the_functions_need_and_what_that_needs_in_turn(bill: Any) -> None:
    needs = {
        each["ref"].rpartition("/")[2].partition("@")[0]: [
            needed.rpartition("/")[2].partition("@")[0] for needed in each.get("dependsOn", [])
        ]
        for each in bill["dependencies"]
    }

    assert needs == {
        "comprehend-endpoint-provider": ["aws-lambda-powertools", "crhelper", "fastjsonschema"],
        "aws-lambda-powertools": ["jmespath", "typing-extensions"],
        "crhelper": [],
        "fastjsonschema": [],
        "jmespath": [],
        "typing-extensions": [],
    }


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_command_writes_the_same_bytes_each_time(
    seed: str, artifact: Path, text: str, tmp_path: Path
) -> None:
    file = tmp_path / "made" / "sbom.cdx.json"
    subprocess.run(
        [sys.executable, "-m", "tools.sbom", artifact, file],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
    )

    assert file.read_text() == text


def test_another_artifact_has_another_serial_number(
    bill: Any, artifact: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(artifact, other)
    (other / "provider" / "__init__.py").write_text('__version__ = "9.9.9"\n')

    assert json.loads(sbom.bill(other))["serialNumber"] != bill["serialNumber"]


def test_a_package_that_is_not_locked_is_an_error(artifact: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(artifact, other)
    (other / "smuggled-1.0.dist-info").mkdir()
    (other / "smuggled-1.0.dist-info" / "METADATA").write_text("Name: smuggled\nVersion: 1.0\n")

    with pytest.raises(ValueError, match=r"no wheel of smuggled 1\.0"):
        sbom.bill(other)


def test_a_wheel_with_another_hash_than_the_lock_is_an_error(
    artifact: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "runtime.txt"
    lock.write_text(LOCKS["runtime"].replace("sha256:8788941e", "sha256:00000000"))
    monkeypatch.setattr(sbom, "LOCK", lock)

    with pytest.raises(ValueError, match=r"is not what runtime\.txt names as crhelper"):
        sbom.bill(artifact)
