"""The functions' artifact: small, complete, pure Python, and the same bytes each time."""

from __future__ import annotations

import ast
import importlib.util
import marshal
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import build_artifact
from tests.template.application import ROOT

FUNCTIONS = ["RequestFunction", "StepFunction", "FallbackFunction", "OrphanScanFunction"]
LARGEST = 1_000_000
# What the Lambda runtime provides, less jmespath, which the artifact brings along.
RUNTIME = ["boto3", "botocore", "dateutil", "s3transfer", "six", "urllib3"]


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


def run_python(code: str, *paths: Path) -> subprocess.CompletedProcess[str]:
    """Runs code with the standard library and the given folders, and no site-packages."""
    start = f"import sys; sys.path[:0] = {[str(path) for path in paths]!r}; "
    return subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-W", "error", "-c", start + code],
        env={"AWS_DEFAULT_REGION": "eu-west-1", "STATE_MACHINE_ARN": "none"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_functions_share_one_artifact(built: Path) -> None:
    first, *others = (contents(built / name) for name in FUNCTIONS)

    assert first
    assert all(each == first for each in others)


def test_another_build_elsewhere_gives_the_same_bytes(artifact: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    again.mkdir(mode=0o700)
    builder = ROOT / "src" / "build_artifact.py"
    before = os.umask(0o077)
    try:
        subprocess.run([sys.executable, builder, again], check=True)
    finally:
        os.umask(before)

    assert contents(again) == contents(artifact)


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
    code = (
        f"from provider.handlers.{module} import handler; print(sys.modules['provider'].__file__)"
    )
    done = run_python(code, artifact, runtime)

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(artifact / "provider" / "__init__.py")


def test_it_logs_and_counts_without_the_parts_that_were_left_out(
    artifact: Path, runtime: Path
) -> None:
    code = "from provider.handlers.request import handler; handler({'RequestType': 'None'}, None)"
    done = run_python(code, artifact, runtime)

    assert done.returncode == 0, done.stderr
    assert "not a CloudFormation request" in done.stdout


def test_the_fallback_imports_without_any_package(artifact: Path) -> None:
    code = (
        "import provider.handlers.fallback; "
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = run_python(code, artifact)

    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) <= {*sys.stdlib_module_names, "provider", "__main__"}


def test_it_is_pure_python_and_holds_nothing_that_is_not_needed(artifact: Path) -> None:
    paths = [path.relative_to(artifact) for path in artifact.rglob("*")]
    names = {path.parts[0] for path in paths}
    suffixes = {path.suffix for path in paths}

    assert names.isdisjoint({*RUNTIME, "bin", "build_artifact.py", "Makefile", "requirements.txt"})
    assert suffixes.isdisjoint({".so", ".pyd", ".dylib", ".pyi"})
    assert not [path for path in paths if path.name in {"tests", "RECORD"}]


@pytest.fixture(scope="session")
def compiled(artifact: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The artifact as Python 3.13 builds it, but with the bytecode of the Python that runs here."""
    folder = tmp_path_factory.mktemp("compiled") / "artifact"
    shutil.copytree(artifact, folder)
    build_artifact.compile_all(folder)
    return folder


def test_there_is_bytecode_in_it_where_the_runtime_s_python_builds_it(artifact: Path) -> None:
    assert bool(list(artifact.rglob("*.pyc"))) == build_artifact.is_runtime()


def test_every_module_has_its_bytecode_which_is_taken_without_a_look_at_the_source(
    compiled: Path,
) -> None:
    sources = set(compiled.rglob("*.py"))
    bytecode = set(compiled.rglob("*.pyc"))

    assert {Path(importlib.util.cache_from_source(str(path))) for path in sources} == bytecode
    for path in bytecode:
        header = path.read_bytes()[:16]
        assert header[:4] == importlib.util.MAGIC_NUMBER
        # Its hash decides, and is not checked (PEP 552).
        assert header[4:8] == (1).to_bytes(4, "little")
        source = Path(importlib.util.source_from_cache(str(path))).read_bytes()
        assert header[8:16] == importlib.util.source_hash(source)


def test_bytecode_names_no_folder_of_the_machine_that_built_it(compiled: Path) -> None:
    for path in compiled.rglob("*.pyc"):
        code = marshal.loads(path.read_bytes()[16:])
        assert not Path(code.co_filename).is_absolute()


def test_bytecode_is_the_same_each_time(
    artifact: Path, compiled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    again = tmp_path / "again"
    shutil.copytree(artifact, again)
    build_artifact.compile_all(again)

    assert bytes_of(again) == bytes_of(compiled)


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {name: data for name, (data, _, _) in contents(folder).items()}


def test_it_holds_the_schema_itself_and_not_a_link(artifact: Path) -> None:
    copied = artifact / "provider" / "contract" / "schema.json"
    source = ROOT / "schema" / "custom-comprehendendpoint.json"

    assert not copied.is_symlink()
    assert copied.read_bytes() == source.read_bytes()


def test_every_package_in_it_comes_with_its_licence(artifact: Path) -> None:
    packages = list(artifact.glob("*.dist-info"))

    assert len(packages) == 5
    for package in packages:
        assert (package / "METADATA").is_file()
        assert list(package.rglob("LICENSE*")), package.name


def test_its_syntax_is_no_younger_than_python_3_11(artifact: Path) -> None:
    modules = list((artifact / "provider").rglob("*.py"))

    assert modules
    for module in modules:
        ast.parse(module.read_text(), feature_version=(3, 11))
