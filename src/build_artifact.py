"""Builds the functions' artifact, the same bytes wherever the same Python builds it."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
# Fetched by `make setup` into .venv: with that Python, no index is asked.
WHEELS = Path(sys.prefix) / "provider-wheels"
# The functions' runtime in template.yaml, whichever Python builds.
RUNTIME_PYTHON = "3.13"
# What Logger and Metrics import of Powertools' packages. The others (event handlers, parsers and
# so on) are nine tenths of it, and unused.
POWERTOOLS_KEPT = {
    "exceptions",
    "logging",
    "metrics",
    "shared",
    "tracing",
    "utilities",
    "warnings",
}
POWERTOOLS_UTILITIES_KEPT = {"jmespath_utils"}
# Zip archives cannot hold an earlier time (seconds since 1970, for 1980-01-02 in any time zone).
MODIFIED = 315619200


def install(target: Path) -> None:
    """Installs the locked packages, pure Python alone, so that the kind of machine is all one."""
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    pip += ["--require-hashes", "--no-deps", "--no-compile", "--target", str(target)]
    pip += ["--only-binary", ":all:", "--platform", "any", "--implementation", "py"]
    pip += ["--abi", "none", "--python-version", RUNTIME_PYTHON]
    if WHEELS.is_dir():
        pip += ["--no-index", "--find-links", str(WHEELS)]
    subprocess.run([*pip, "--requirement", str(HERE / "requirements.txt")], check=True)


def prune(target: Path) -> None:
    """Removes what the functions never import, and pip's notes; licences and metadata stay."""
    powertools = target / "aws_lambda_powertools"
    kept = {powertools: POWERTOOLS_KEPT, powertools / "utilities": POWERTOOLS_UTILITIES_KEPT}
    for package, names in kept.items():
        for folder in package.iterdir():
            if folder.is_dir() and folder.name not in names:
                shutil.rmtree(folder)
    shutil.rmtree(target / "bin", ignore_errors=True)
    for metadata in target.glob("*.dist-info"):
        for note in ("INSTALLER", "RECORD", "REQUESTED", "WHEEL", "direct_url.json"):
            (metadata / note).unlink(missing_ok=True)
    for stub in target.rglob("*.pyi"):
        stub.unlink()


def compile_all(target: Path) -> None:
    """Adds bytecode, for the Python that builds.

    A function's folder cannot be written to, so Lambda would compile every file again with each
    process that it starts (docs/benchmarks.md has what that takes).
    """
    # Unchecked: nothing changes a source after this.
    # In a process of its own, in which the order of what is hashed is always the same.
    command = [sys.executable, "-P", "-m", "compileall", "-q"]
    command += ["--invalidation-mode", "unchecked-hash", "-s", str(target), str(target)]
    environment = {name: os.environ[name] for name in os.environ if not name.startswith("PYTHON")}
    subprocess.run(command, check=True, env={**environment, "PYTHONHASHSEED": "0"})


def is_runtime() -> bool:
    """Whether this Python is the release that runs the functions: no other can use its bytecode."""
    return f"{sys.version_info.major}.{sys.version_info.minor}" == RUNTIME_PYTHON


def make_uniform(target: Path) -> None:
    """Gives all files and folders one time and one mode: the zip archive holds both."""
    for path in [target, *target.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (MODIFIED, MODIFIED))


def build(artifact: Path) -> None:
    """Builds the artifact into a folder, which sam has made and left empty."""
    with tempfile.TemporaryDirectory() as scratch:
        packages = Path(scratch) / "packages"
        install(packages)
        prune(packages)
        shutil.copytree(packages, artifact, dirs_exist_ok=True)
    # Follows the symbolic link to the schema.
    shutil.copytree(
        HERE / "provider",
        artifact / "provider",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    if is_runtime():
        compile_all(artifact)
    else:
        print(f"Without bytecode: it would have to be of Python {RUNTIME_PYTHON}.", file=sys.stderr)
    make_uniform(artifact)


if __name__ == "__main__":
    # python3 is whatever the machine has, also a release older than the project supports.
    if sys.version_info < (3, 11):  # noqa: UP036
        sys.exit(f"python3 is {sys.version.split()[0]}; building needs Python 3.11 or newer.")
    build(Path(sys.argv[1]))
