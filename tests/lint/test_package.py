"""The package: what pip installs, what it says of itself, what its page says of the rules."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from cfnlint.rules import Rules

from provider.model.endpoint import Endpoint, Status
from tests.lint.linting import FOLDER, PACKAGE
from tests.unit import given

LINT = given.ROOT / "lint"
PAGE = (LINT / "README.md").read_text()
RULES: dict[str, Any] = dict(Rules.create_from_module(PACKAGE))
PROJECT = tomllib.loads((LINT / "pyproject.toml").read_text())["project"]
FAR = "import cfn_lint_comprehend_endpoint._checks as checks, sys"


def run(code: str, path: Path, environment: dict[str, str]) -> str:
    """What a Python that finds nothing of the repository's prints."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=path,
        env=environment | {"PYTHONPATH": str(path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_the_installed_package_brings_the_provider_s_checks_under_names_of_its_own(
    installed: Path, environment: dict[str, str]
) -> None:
    tops = {each.name for each in installed.iterdir()}
    assert tops == {
        PACKAGE,
        f"{PACKAGE}_contract",
        f"comprehend_endpoint_lint-{PROJECT['version']}.dist-info",
    }

    code = f"{FAR}; print(checks.problems_of({{'Xyzzy': 1}})[0]); print(*sys.modules)"
    words, modules = run(code, installed, environment).splitlines()
    assert words.startswith("Xyzzy: there is no such property. The properties are ServiceToken, ")
    assert not any(each.partition(".")[0] == "provider" for each in modules.split())
    assert f"{PACKAGE}_contract.validation" in modules.split()


def test_the_copies_are_the_provider_s_files(installed: Path) -> None:
    def files(folder: Path) -> dict[str, str]:
        return {each.name: each.read_text() for each in folder.iterdir() if each.is_file()}

    assert files(installed / f"{PACKAGE}_contract") == files(given.PACKAGE / "contract")


def test_the_installed_package_holds_the_licence(installed: Path) -> None:
    (licence,) = installed.glob("*.dist-info/**/LICENSE")

    assert licence.read_text() == (given.ROOT / "LICENSE").read_text()


def test_the_installed_package_names_what_it_needs(installed: Path) -> None:
    (metadata,) = installed.glob("*.dist-info/METADATA")
    needs = re.findall(r"^Requires-Dist: ([a-z-]+)", metadata.read_text(), re.MULTILINE)

    assert needs == ["cfn-lint", "fastjsonschema"]


def test_the_files_of_a_folder_that_cfn_lint_loads_are_one() -> None:
    # The others begin with an underscore: a rule that two files hold is an error to cfn-lint.
    assert [each.name for each in FOLDER.rglob("[A-Za-z1-9]*.py")] == ["from_folder.py"]


def test_module_and_folder_have_the_same_rules(environment: dict[str, str]) -> None:
    # In another process: the folder's rules are to find the package themselves.
    code = (
        "from cfnlint.rules import Rules; "
        f"print(*sorted(Rules.create_from_directory({os.fspath(FOLDER)!r})))"
    )

    assert run(code, given.ROOT / "docs", environment).split() == sorted(RULES)


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_a_rule_describes_itself(rule: Any) -> None:
    assert re.fullmatch(r"[EWI]950[1-5]", rule.id)
    assert rule.shortdesc
    assert rule.description.endswith(".")
    assert rule.source_url.startswith("https://docs.aws.amazon.com/")
    assert rule.severity in ("error", "warning", "informational")


def test_the_page_s_table_is_the_rules() -> None:
    rows = re.findall(r"^\| `([EWI]\d+)` \| (.+) \|$", PAGE, re.MULTILINE)

    assert sorted(rows) == sorted((rule.id, rule.shortdesc) for rule in RULES.values())
    for rule in RULES:
        assert f"- `{rule}` " in PAGE


def test_the_attributes_are_those_of_the_provider_s_answer(
    installed: Path, environment: dict[str, str]
) -> None:
    known = run(f"{FAR}; print(*checks.attributes())", installed, environment).split()

    assert sorted(known) == sorted(Endpoint(given.ARN, Status.IN_SERVICE).attributes())


def test_the_licence_and_the_oldest_python_are_the_project_s() -> None:
    ours = tomllib.loads((given.ROOT / "pyproject.toml").read_text())["project"]

    assert PROJECT["license"] == ours["license"]
    assert PROJECT["requires-python"] == ours["requires-python"]
