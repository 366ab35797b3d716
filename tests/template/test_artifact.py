"""The functions' artifact: small, pure Python, the same bytes each time, and accounted for."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import marshal
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

import build_artifact
import provider
from tests.template.application import ROOT, written
from tools import sbom

FUNCTIONS = ["RequestFunction", "StepFunction", "FallbackFunction", "OrphanScanFunction"]
LARGEST = 1_000_000
# What the Lambda runtime provides, less jmespath, which the artifact brings along.
RUNTIME = ["boto3", "botocore", "dateutil", "s3transfer", "six", "urllib3"]
LOCKS = {path.stem: path.read_text() for path in (ROOT / "requirements").glob("*.txt")}
NEEDS = {
    "comprehend-endpoint-provider": ["aws-lambda-powertools", "crhelper", "fastjsonschema"],
    "aws-lambda-powertools": ["jmespath", "typing-extensions"],
    "crhelper": [],
    "fastjsonschema": [],
    "jmespath": [],
    "typing-extensions": [],
}
"""What each part of the artifact needs."""


def pins(lock: str) -> dict[str, str]:
    """The versions of a lock file, by package; of several for several Pythons, the last."""
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ;]+)", lock, re.MULTILINE))


@pytest.fixture(scope="session")
def artifact(built: Path) -> Path:
    return built / "RequestFunction"


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the SDK alone."""
    folder = tmp_path_factory.mktemp("runtime")
    for name in RUNTIME:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        origin = Path(spec.origin)
        origin = origin.parent if origin.name == "__init__.py" else origin
        (folder / origin.name).symlink_to(origin)
    return folder


def contents(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    """What a zip archive of a folder would hold: bytes, time and mode of each file."""
    found = {}
    for path in sorted(folder.rglob("*")):
        stat = path.stat()
        data = b"" if path.is_dir() else path.read_bytes()
        found[str(path.relative_to(folder))] = data, int(stat.st_mtime), stat.st_mode
    return found


def printed(code: str, *paths: Path) -> str:
    """What code prints that has the standard library and the given folders, no site-packages."""
    start = f"import sys; sys.path[:0] = {[str(path) for path in paths]!r}; "
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-W", "error", "-c", start + code],
        env={"AWS_DEFAULT_REGION": "eu-west-1", "STATE_MACHINE_ARN": "none"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_functions_share_one_artifact_which_another_build_elsewhere_gives_again(
    built: Path, artifact: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again"
    again.mkdir(mode=0o700)
    before = os.umask(0o077)
    try:
        subprocess.run([sys.executable, ROOT / "src" / "build_artifact.py", again], check=True)
    finally:
        os.umask(before)

    assert contents(artifact)
    for folder in (again, *(built / name for name in FUNCTIONS)):
        assert contents(folder) == contents(artifact), folder


def test_zipped_it_is_under_one_megabyte(artifact: Path, tmp_path: Path) -> None:
    archive = tmp_path / "artifact.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for path in artifact.rglob("*"):
            file.write(path, path.relative_to(artifact))

    assert 100_000 < archive.stat().st_size < LARGEST


@pytest.mark.parametrize("module", ["request", "step", "fallback", "orphan_scan"])
def test_each_entry_point_imports_with_the_sdk_alone_beside_it(
    module: str, artifact: Path, runtime: Path
) -> None:
    code = f"import provider.handlers.{module}; print(sys.modules['provider'].__file__)"

    assert printed(code, artifact, runtime) == str(artifact / "provider" / "__init__.py")


def test_it_logs_without_the_parts_that_were_left_out(artifact: Path, runtime: Path) -> None:
    code = "from provider.handlers.request import handler; handler({'RequestType': 'None'}, None)"

    assert "not a CloudFormation request" in printed(code, artifact, runtime)


def test_the_fallback_imports_without_any_package(artifact: Path) -> None:
    code = "import provider.handlers.fallback; print(*{name.split('.')[0] for name in sys.modules})"

    imported = set(printed(code, artifact).split())
    assert imported <= {*sys.stdlib_module_names, "provider", "__main__"}


def test_it_is_pure_python_and_holds_nothing_that_is_not_needed(artifact: Path) -> None:
    paths = [path.relative_to(artifact) for path in artifact.rglob("*")]
    names = {path.parts[0] for path in paths}
    suffixes = {path.suffix for path in paths}

    assert names.isdisjoint({*RUNTIME, "bin", "build_artifact.py", "Makefile", "requirements.txt"})
    assert suffixes.isdisjoint({".so", ".pyd", ".dylib", ".pyi"})
    assert not [path for path in paths if path.name in {"tests", "RECORD"}]


def test_it_holds_the_schema_itself_and_every_package_s_licence(artifact: Path) -> None:
    schema = artifact / "provider" / "contract" / "schema.json"
    packages = list(artifact.glob("*.dist-info"))

    assert not schema.is_symlink()
    assert schema.read_text() == (ROOT / "schema" / "custom-comprehendendpoint.json").read_text()
    assert len(packages) == 5
    for package in packages:
        assert (package / "METADATA").is_file()
        assert list(package.rglob("LICENSE*")), package.name


def test_bytecode_is_in_it_if_the_runtime_s_python_builds_it(artifact: Path) -> None:
    assert bool(list(artifact.rglob("*.pyc"))) == build_artifact.is_runtime()


def test_bytecode_is_complete_unchecked_without_a_place_and_the_same_each_time(
    artifact: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The artifact as Python 3.13 builds it, but with the bytecode of the Python that runs here."""
    compiled, again = tmp_path / "compiled", tmp_path / "again"
    for seed, folder in enumerate((compiled, again)):
        monkeypatch.setenv("PYTHONHASHSEED", str(seed))
        shutil.copytree(artifact, folder)
        build_artifact.compile_all(folder)
    sources, bytecode = (set(compiled.rglob(pattern)) for pattern in ("*.py", "*.pyc"))

    assert {Path(importlib.util.cache_from_source(str(path))) for path in sources} == bytecode
    for path in bytecode:
        data = path.read_bytes()
        assert data == (again / path.relative_to(compiled)).read_bytes()
        assert data[:4] == importlib.util.MAGIC_NUMBER
        # Its hash decides, and is not checked (PEP 552): no look at the source.
        assert data[4:8] == (1).to_bytes(4, "little")
        source = Path(importlib.util.source_from_cache(str(path))).read_bytes()
        assert data[8:16] == importlib.util.source_hash(source)
        assert not Path(marshal.loads(data[16:]).co_filename).is_absolute()


@pytest.fixture(scope="module")
def text(artifact: Path) -> str:
    return sbom.bill(artifact)


@pytest.fixture(scope="module")
def bill(text: str) -> Any:
    return json.loads(text)


def test_it_is_valid_cyclonedx_about_this_version_of_the_provider(bill: Any, text: str) -> None:
    application = bill["metadata"]["component"]

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    assert application["name"] == "comprehend-endpoint-provider"
    assert application["version"] == provider.__version__
    assert application["licenses"] == [{"license": {"id": "Apache-2.0"}}]


def test_it_names_what_is_in_the_artifact_and_locked_and_what_that_needs(
    bill: Any, artifact: Path
) -> None:
    told = {each["name"]: each["version"] for each in bill["components"]}
    there = {sbom.normal(each.name): each.version for each in distributions(path=[str(artifact)])}

    def name(reference: str) -> str:
        return reference.rpartition("/")[2].partition("@")[0]

    assert told == there == pins(LOCKS["runtime"])
    for each in bill["dependencies"]:
        assert [name(needed) for needed in each.get("dependsOn", [])] == NEEDS[name(each["ref"])]
    for each in bill["components"]:
        assert each["purl"] == f"pkg:pypi/{each['name']}@{each['version']}"
        assert [digest["alg"] for digest in each["hashes"]] == ["SHA-256"]
        assert each["licenses"]
        assert all("id" in licence["license"] for licence in each["licenses"])


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
    paths = {path.relative_to(artifact).as_posix(): path for path in artifact.rglob("*")}
    there = {
        name: path.read_bytes()
        for name, path in paths.items()
        if path.is_file() and not name.startswith("provider/")
    }

    assert len(wheels) == len(bill["components"])
    # What is compiled from them, the tests above compare with its source.
    compiled = {name for name in there if name.endswith(".pyc")}
    assert {importlib.util.source_from_cache(name) for name in compiled} <= set(contents)
    assert [name for name in there.keys() - compiled if contents.get(name) != there[name]] == []


def test_the_command_writes_the_same_bytes_each_time(
    artifact: Path, text: str, tmp_path: Path
) -> None:
    file = tmp_path / "made" / "sbom.cdx.json"
    subprocess.run(
        [sys.executable, "-m", "tools.sbom", artifact, file],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        check=True,
    )

    assert file.read_text() == text


@pytest.fixture
def other(artifact: Path, tmp_path: Path) -> Path:
    """A copy of the artifact, to be changed."""
    shutil.copytree(artifact, tmp_path / "other")
    return tmp_path / "other"


def test_another_artifact_has_another_serial_number(bill: Any, other: Path) -> None:
    (other / "provider" / "__init__.py").write_text('__version__ = "9.9.9"\n')

    assert json.loads(sbom.bill(other))["serialNumber"] != bill["serialNumber"]


def test_a_package_that_is_not_locked_is_an_error(other: Path) -> None:
    (other / "smuggled-1.0.dist-info").mkdir()
    (other / "smuggled-1.0.dist-info" / "METADATA").write_text("Name: smuggled\nVersion: 1.0\n")

    with pytest.raises(ValueError, match=r"no wheel of smuggled 1\.0"):
        sbom.bill(other)


def test_a_wheel_with_another_hash_than_the_lock_is_an_error(
    artifact: Path, tmp_path: Path
) -> None:
    lock = tmp_path / "runtime.txt"
    lock.write_text(LOCKS["runtime"].replace("sha256:8788941e", "sha256:00000000"))

    with pytest.raises(ValueError, match=r"is not what runtime\.txt names as crhelper"):
        sbom.bill(artifact, lock)


def test_the_licence_is_apache_2_0_everywhere() -> None:
    listing = written()["Metadata"]["AWS::ServerlessRepo::Application"]
    project, lint = (
        tomllib.loads((ROOT / folder / "pyproject.toml").read_text())["project"]
        for folder in (".", "lint")
    )
    licence = (ROOT / listing["LicenseUrl"]).read_text()

    assert listing["SpdxLicenseId"] == project["license"] == lint["license"] == "Apache-2.0"
    assert "Version 2.0, January 2004" in licence
    assert "END OF TERMS AND CONDITIONS" in licence


def test_every_list_of_packages_has_a_lock_that_does_not_tell_where_it_was_written() -> None:
    assert LOCKS.keys() == {path.stem for path in (ROOT / "requirements").glob("*.in")}
    for name, lock in LOCKS.items():
        found = re.findall(r"index-url|find-links|://|file:|^#.*/", lock, re.MULTILINE)
        assert found == [], name


def test_the_artifact_and_the_environment_hold_the_same_versions() -> None:
    assert pins(LOCKS["runtime"]).items() <= pins(LOCKS["dev"]).items()
