"""The package as pip installs it, with the real cfn-lint: YAML and JSON, in SARIF, or a folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cfnlint.rules import Rules

from cfn_lint_comprehend_endpoint._checks import attributes
from provider.model.endpoint import Endpoint, Status
from tests.lint.linting import FOLDER, PACKAGE, TEMPLATES
from tests.unit import given

CfnLint = Callable[..., subprocess.CompletedProcess[str]]

RULES: dict[str, Any] = dict(Rules.create_from_module(PACKAGE))
GOOD, BAD = (
    [TEMPLATES / f"{name}.{kind}" for kind in ("yaml", "json")] for name in ("good", "bad")
)
SAM = TEMPLATES / "sam.yaml"

MISTAKES = [
    ("E9501", "ServiceTimeout", "ServiceTimeout: it must be at most 3600, not 7200. (Typed)"),
    ("E9501", "EndpointNam", "EndpointNam: there is no such property. Did you mean EndpointName?"),
    ("E9501", "ModelArn", 'ModelArn: "arn:aws:comprehend:eu-west-1:123456789012:flywheel/reviews"'),
    ("E9501", "DesiredInferenceUnits", "DesiredInferenceUnits: it must be a whole number,"),
    ("E9501", "Key", "Tags[0].Key: the prefixes aws: and comprehend-endpoint-provider:"),
    ("E9501", "Valeu", "Tags[1].Valeu: there is no such property. Did you mean Value? (Typed)"),
    ("E9501", "Status", "Status: it is a return value; read it with Fn::GetAtt and do not set it."),
    ("E9501", "ClientRequestToken", "ClientRequestToken: it is not a property. The provider"),
    ("E9501", "Properties", "ModelArn: give a ModelArn, a FlywheelArn or both. (Missing)"),
    ("E9502", "Properties", "ServiceToken: it is required. (Missing)"),
    ("I9505", "Type", "Type: AWS::Comprehend::DocumentClassifierEndpoint would do in"),
    ("W9504", "ServiceTimeout", "ServiceTimeout: 600 seconds are too short for a creation,"),
    ("E9501", "not_a_name", 'EndpointName: "not_a_name" does not match'),
    ("E9503", "GetAtt", "Arnn: there is no such attribute. Did you mean Arn? (Hasty)"),
    ("E9503", "Sub", "State: there is no such attribute. Did you mean Status? (Hasty)"),
]
"""Of bad.yaml and bad.json: the rule, what the line holds, the message's beginning."""

LEVELS = {"E": "error", "W": "warning", "I": "note"}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A user's environment with no settings of his own, which asks no index."""
    scratch = str(tmp_path_factory.mktemp("home"))
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return ours | {
        "HOME": scratch,
        "TMPDIR": scratch,
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_CACHE_DIR": "1",
        "PIP_NO_INDEX": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


@pytest.fixture(scope="module")
def installed(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which pip has installed the package, from a copy of the repository."""
    clone, target = tmp_path_factory.mktemp("clone"), tmp_path_factory.mktemp("installed")
    for name in ("lint", "schema", "src"):
        # Without what an installation from the clone itself has left there.
        ignored = shutil.ignore_patterns("__pycache__", "build", "*.egg-info")
        shutil.copytree(given.ROOT / name, clone / name, symlinks=True, ignore=ignored)
    shutil.copy(given.ROOT / "LICENSE", clone)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-build-isolation", "--no-deps"]
    subprocess.run([*pip, "--target", target, clone / "lint"], env=environment, check=True)
    # What is installed must not need it.
    shutil.rmtree(clone)
    return target


@pytest.fixture(scope="module")
def cfn_lint(
    environment: dict[str, str], installed: Path, tmp_path_factory: pytest.TempPathFactory
) -> CfnLint:
    """Runs the command, with the package installed, in a folder of its own or a given one."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")

    def run(*arguments: object, cwd: Path = elsewhere) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(Path(sys.executable).with_name("cfn-lint")), *map(str, arguments)],
            cwd=cwd,
            env=environment | {"PYTHONPATH": str(installed)},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def sarif(output: str) -> dict[str, Any]:
    (run,) = json.loads(output)["runs"]
    return dict(run)


@pytest.fixture(scope="module")
def run(cfn_lint: CfnLint) -> dict[str, Any]:
    """What cfn-lint says of all templates, in SARIF; they follow, as with pre-commit."""
    done = cfn_lint("-c", "I", "-f", "sarif", f"--append-rules={PACKAGE}", *GOOD, *BAD, SAM)
    assert done.returncode != 0
    return sarif(done.stdout)


def found(run: dict[str, Any], file: Path) -> list[tuple[str, str, int, str]]:
    """What is said of a file, in order: rule, message, line, level."""
    places = [(each, each["locations"][0]["physicalLocation"]) for each in run["results"]]
    return sorted(
        # SARIF's own default is left out.
        (
            each["ruleId"],
            each["message"]["text"],
            place["region"]["startLine"],
            each.get("level", "warning"),
        )
        for each, place in places
        if place["artifactLocation"]["uri"] == str(file)
    )


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.name)
def test_a_good_template_passes_every_rule(file: Path, run: dict[str, Any]) -> None:
    assert found(run, file) == []


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.name)
def test_a_bad_template_is_told_of_with_rule_level_words_and_line(
    file: Path, run: dict[str, Any]
) -> None:
    lines = file.read_text().splitlines()
    told = [each for each in found(run, file) if each[0] in RULES]
    expected = sorted(MISTAKES, key=lambda each: (each[0], each[2]))

    assert [rule for rule, *_ in told] == [rule for rule, *_ in expected]
    for (rule, message, line, level), (_, shown, words) in zip(told, expected, strict=True):
        assert message.startswith(words)
        assert shown in lines[line - 1]
        assert level == LEVELS[rule[0]]


def test_a_template_of_sam_with_loops_is_checked_after_its_transforms(run: dict[str, Any]) -> None:
    units = 'DesiredInferenceUnits: it must be a whole number, not "one".'
    attribute = "EndpointArm: there is no such attribute. Did you mean EndpointArn?"

    assert [each[:3] for each in found(run, SAM) if each[0] != "I9505"] == [
        ("E9501", f"{units} (ProductsEndpoint)", 20),
        ("E9501", f"{units} (ReviewsEndpoint)", 20),
        ("E9503", f"{attribute} (ReviewsEndpoint)", 30),
    ]


def test_every_rule_is_described(run: dict[str, Any]) -> None:
    described = {each["id"]: each for each in run["tool"]["driver"]["rules"]}
    page = (given.ROOT / "lint" / "README.md").read_text()
    rows = re.findall(r"^\| `([EWI]\d+)` \| (.+) \|$", page, re.MULTILINE)

    assert sorted(rows) == sorted((rule.id, rule.shortdesc) for rule in RULES.values())
    for rule in RULES:
        assert f"- `{rule}` " in page
        assert described[rule]["shortDescription"]["text"]
        assert described[rule]["fullDescription"]["text"].endswith(".")
        assert described[rule]["helpUri"].startswith("https://docs.aws.amazon.com/")


def test_the_folder_of_a_clone_says_the_same(cfn_lint: CfnLint, run: dict[str, Any]) -> None:
    done = cfn_lint(BAD[0], "-c", "I", "-f", "sarif", "--append-rules", FOLDER)

    assert found(sarif(done.stdout), BAD[0]) == found(run, BAD[0])


def test_rules_are_taken_from_cfnlintrc_and_switched_off_for_one_resource(
    cfn_lint: CfnLint, tmp_path: Path
) -> None:
    excuse = "  Hasty:\n    Metadata: {cfn-lint: {config: {ignore_checks: [W9504]}}}\n"
    (tmp_path / ".cfnlintrc").write_text(f"append_rules:\n  - {PACKAGE}\n")
    (tmp_path / "excused.yaml").write_text(BAD[0].read_text().replace("  Hasty:\n", excuse))
    done = cfn_lint("excused.yaml", cwd=tmp_path)

    assert "E9503" in done.stdout
    assert "W9504" not in done.stdout


def test_pip_installs_the_rules_the_provider_s_checks_and_nothing_else(
    installed: Path, environment: dict[str, str]
) -> None:
    contract = installed / f"{PACKAGE}_contract"
    (information,) = installed.glob("*.dist-info")
    metadata = (information / "METADATA").read_text()

    assert set(installed.iterdir()) == {installed / PACKAGE, contract, information}
    assert {each.name: each.read_text() for each in contract.iterdir() if each.is_file()} == {
        each.name: each.read_text()
        for each in (given.PACKAGE / "contract").iterdir()
        if each.is_file()
    }
    assert re.findall(r"^Requires-Dist: ([a-z-]+)", metadata, re.MULTILINE) == [
        "cfn-lint",
        "fastjsonschema",
    ]
    (licence,) = information.rglob("LICENSE")
    assert licence.read_text() == (given.ROOT / "LICENSE").read_text()
    # It finds them under their own name, and nothing of the repository.
    done = subprocess.run(
        [sys.executable, "-c", f"import {PACKAGE}, sys; print(*sys.modules)"],
        cwd=installed,
        env=environment | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"{PACKAGE}_contract.validation" in done.stdout.split()
    assert "provider" not in {each.partition(".")[0] for each in done.stdout.split()}


def test_the_attributes_are_those_of_the_provider_s_answer() -> None:
    answered = Endpoint(given.ARN, Status.IN_SERVICE).attributes()

    assert sorted(attributes()) == sorted(answered)
