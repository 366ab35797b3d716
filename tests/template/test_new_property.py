"""CONTRIBUTING's list of files for a new property is right: an invented one needs just these."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.template.application import ROOT

GENERATED = "tests/template/test_generated.py::test_a_generated_file_is_current"
TABLE = "tests/template/test_reference.py::test_a_table_has_the_properties_in_their_order"
HELD = {
    "docs/reference.md": f"{GENERATED}[docs/reference.md]",
    "docs/native-types.md": f"{GENERATED}[docs/native-types.md]",
    "README.md": f"{TABLE}[README.md]",
    "README-SAR.md": f"{TABLE}[README-SAR.md]",
    "tests/unit/test_schema.py": (
        "tests/unit/test_schema.py::test_the_schema_names_the_properties_of_the_contract"
    ),
    "tests/lint/test_words.py": "tests/lint/test_words.py::test_every_property_is_broken",
    "tests/security/hostile.py": (
        "tests/security/test_hostile_properties.py"
        "::test_the_generated_properties_reach_every_property"
    ),
}
"""The files that follow the first two, and the test that fails until they do."""

UNHELD = (
    # The SDK's release decides what is in it; tests/template/test_generated.py compares.
    "src/provider/aws/models/comprehend/2017-11-27/service-2.json",
    # Only a developer knows what to write there.
    "CHANGELOG.md",
    "tests/functional/provider/test_update_in_place.py",
)

CHECKS = (
    *(
        path.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "tests" / "unit").glob("test_*.py"))
        if re.search(r"FIELDS|settable|DataAccessRoleArn|role_arn", path.read_text())
    ),
    "tests/functional/provider/test_create.py",
    "tests/functional/provider/test_update_in_place.py",
    "tests/lint/test_reading.py",
    "tests/template/test_reference.py",
    *HELD.values(),
)
"""The tests that name properties, or that all properties go through, without the slow ones."""

ROW = (
    'Field("Priority", "priority", create="Priority", update="DesiredPriority", '
    'describe="Priority")'
)
RULE = (
    '"Priority": {"description": "How urgent requests are.", "type": "integer", "minimum": 1, '
    '"maximum": 10, "examples": [3]}'
)
Edit = tuple[str, str, str]
"""A file, what stands behind the new text, the new text."""

FIRST: list[Edit] = [
    ("schema/custom-comprehendendpoint.json", '    "Tags": {', f"    {RULE},\n"),
    ("src/provider/contract/fields.py", '    Field("Tags",', f"    {ROW},\n"),
]
BY_HAND: list[Edit] = [
    ("README.md", "| `Tags` |", "| `Priority` | Integer | no | 1 to 10 | no interruption |\n"),
    ("README.md", "`Status`,", "`Priority`, "),
    ("README-SAR.md", "| Tags |", "| Priority | no | no interruption |\n"),
    ("tests/unit/test_schema.py", '        "Tags",\n    )', '        "Priority",\n'),
    ("tests/unit/test_schema.py", '        "Status",\n', '        "Priority",\n'),
    ("tests/lint/test_words.py", '    "Tags": [{', '    "Priority": "3",\n'),
    ("tests/lint/test_words.py", '    "Tags": [\n', '    "Priority": [0, 11],\n'),
    (
        "tests/security/hostile.py",
        '    "Tags": st.lists(',
        '    "Priority": st.sampled_from(["1", 10]),\n',
    ),
]


def section() -> str:
    """What CONTRIBUTING says of a new property."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    return text.split("\n## Add a property\n")[1].split("\n## ")[0]


def edit(copy: Path, edits: Iterable[Edit]) -> None:
    for name, behind, text in edits:
        before, found, after = (copy / name).read_text().partition(behind)
        assert found, f"{name} has no {behind}"
        (copy / name).write_text(before + text + found + after)


def run(copy: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=copy,
        env=ours | {"PYTHONPATH": str(copy / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def failing(copy: Path, tests: Iterable[str]) -> tuple[list[str], str]:
    """The tests that fail in a copy, and what pytest printed."""
    done = run(copy, "-m", "pytest", "-q", "-p", "xdist", "-n", "0", *tests)
    failed = re.findall(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    return sorted(failed), done.stdout[-3000:] + done.stderr[-1000:]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository, with the property in schema and table."""
    target = tmp_path_factory.mktemp("copy") / "repository"
    left_out = (".git", ".venv", ".aws-sam", "__pycache__", ".*_cache", ".hypothesis", "dist")
    shutil.copytree(ROOT, target, symlinks=True, ignore=shutil.ignore_patterns(*left_out))
    edit(target, FIRST)
    return target


def test_the_list_is_of_at_most_twelve_files_and_shows_the_row_that_is_tested_here() -> None:
    listed = re.findall(r"^\d+\. `([^`]+)`", section(), re.MULTILINE)

    assert len(listed) <= 12
    assert sorted(listed) == sorted([*(name for name, *_ in FIRST), *HELD, *UNHELD])
    assert f"`{ROW}`" in section()


@pytest.mark.timeout(300)
def test_the_listed_files_must_follow_schema_and_table_and_no_others_need_to(copy: Path) -> None:
    failed, printed = failing(copy, HELD.values())
    assert failed == sorted(HELD.values()), printed

    edit(copy, BY_HAND)
    for module in ("tools.reference", "tests.template.native_types"):
        done = run(copy, "-m", module)
        assert done.returncode == 0, done.stderr
    failed, printed = failing(copy, CHECKS)
    assert failed == [], printed
    assert " passed" in printed
