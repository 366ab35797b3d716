"""CONTRIBUTING's list of files for a new property is right: an invented one needs just these."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.template.application import ROOT

SCHEMA = "schema/custom-comprehendendpoint.json"
TABLE = "src/provider/contract/fields.py"

HELD = {
    "docs/reference.md": "test_it_is_what_make_docs_writes",
    "docs/native-types.md": "test_the_table_is_made_from_the_schemas",
    "README.md": "test_its_table_has_the_properties_in_their_order",
    "README-SAR.md": "test_its_table_has_the_properties_of_an_endpoint_in_their_order",
    "tests/unit/test_schema.py": "test_the_schema_names_the_properties_of_the_contract",
    "tests/lint/test_words.py": "test_every_property_is_broken",
    "tests/security/hostile.py": "test_the_generated_properties_reach_every_property",
}
"""The files that follow the first two, and the test that fails until they do."""

SAME_FILES = {
    "test_it_names_every_return_value": "README.md",
    "test_it_tells_every_property_attribute_and_property_type": "docs/reference.md",
    "test_it_tells_every_rule_of_every_property": "docs/reference.md",
    "test_the_last_example_has_every_property_and_every_return_value": "docs/reference.md",
    "test_the_attributes_are_the_contract_s_and_the_schema_s": "tests/unit/test_schema.py",
}
"""Further tests that fail until one of those files is right."""

UNHELD = (
    # The SDK's release decides what is in it; tests/template/test_models.py compares.
    "src/provider/aws/models/comprehend/2017-11-27/service-2.json",
    # Only a developer knows what to write there.
    "CHANGELOG.md",
    "tests/functional/provider/test_update_in_place.py",
)

CHECKS = (
    "tests/unit",
    # The table of all combinations, which takes longer than all others, has no property in it.
    "--ignore=tests/unit/test_plan.py",
    "tests/functional/provider/test_create.py",
    "tests/functional/provider/test_update_in_place.py",
    "tests/lint/test_words.py::test_every_property_is_broken",
    "tests/lint/test_reading.py",
    "tests/security/test_hostile_properties.py",
    "tests/template/test_native_types.py",
    "tests/template/test_reference.py",
)
"""The tests that may name properties, without the slow ones."""

RULE = """\
    "Priority": {
      "description": "How urgent requests are.",
      "type": "integer",
      "minimum": 1,
      "maximum": 10,
      "examples": [3]
    },
    "Tags": {"""
ROW = """\
    Field("Priority", "priority", create="Priority", update="DesiredPriority", describe="Priority"),
    Field("Tags","""


def replaced(old: str, new: str) -> Callable[[str], str]:
    def edit(text: str) -> str:
        assert old in text, old
        return text.replace(old, new, 1)

    return edit


def both(*edits: Callable[[str], str]) -> Callable[[str], str]:
    def edit(text: str) -> str:
        for each in edits:
            text = each(text)
        return text

    return edit


BY_HAND: dict[str, Callable[[str], str]] = {
    "README.md": both(
        replaced(
            "| `Tags` |", "| `Priority` | Integer | no | 1 to 10 | no interruption |\n| `Tags` |"
        ),
        replaced("`Status`,", "`Priority`, `Status`,"),
    ),
    "README-SAR.md": replaced("| Tags |", "| Priority | no | no interruption |\n| Tags |"),
    "tests/unit/test_schema.py": both(
        replaced('        "Tags",\n    )', '        "Priority",\n        "Tags",\n    )'),
        replaced('        "Status",\n', '        "Priority",\n        "Status",\n'),
    ),
    "tests/lint/test_words.py": both(
        replaced('    "Tags": [{', '    "Priority": "3",\n    "Tags": [{'),
        replaced('    "Tags": [\n', '    "Priority": [0, 11],\n    "Tags": [\n'),
    ),
    "tests/security/hostile.py": replaced(
        '    "Tags": st.lists(',
        '    "Priority": st.sampled_from(["1", 10]),\n    "Tags": st.lists(',
    ),
}


def section() -> str:
    """What CONTRIBUTING says of a new property."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    return text.split("\n## Add a property\n")[1].split("\n## ")[0]


def listed() -> list[str]:
    """The files of the list in CONTRIBUTING, in its order."""
    return re.findall(r"^\d+\. `([^`]+)`", section(), re.MULTILINE)


def edit(copy: Path, path: str, change: Callable[[str], str]) -> None:
    file = copy / path
    file.write_text(change(file.read_text()))


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


def failing(copy: Path) -> tuple[set[str], str]:
    """The names of the tests that fail in a copy, and what pytest printed."""
    done = run(copy, "-m", "pytest", "-q", "-p", "xdist", "-n", "0", *CHECKS)
    names = re.findall(r"^(?:FAILED|ERROR) \S*?::(?:\w+::)?(\w+)", done.stdout, re.MULTILINE)
    return set(names), done.stdout[-3000:] + done.stderr[-1000:]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository, with the property in schema and table."""
    target = tmp_path_factory.mktemp("copy") / "repository"
    left_out = (".git", ".venv", ".aws-sam", "__pycache__", ".*_cache", ".hypothesis", "dist")
    shutil.copytree(ROOT, target, symlinks=True, ignore=shutil.ignore_patterns(*left_out))
    edit(target, SCHEMA, replaced('    "Tags": {', RULE))
    edit(target, TABLE, replaced('    Field("Tags",', ROW))
    return target


def test_the_list_has_at_most_twelve_files_all_of_them_there() -> None:
    assert len(listed()) <= 12
    assert [path for path in listed() if not (ROOT / path).is_file()] == []
    assert sorted(listed()) == sorted([SCHEMA, TABLE, *HELD, *UNHELD])


def test_the_row_that_contributing_shows_is_the_one_that_is_tested_here() -> None:
    row = ROW.splitlines()[0].strip().removesuffix(",")
    assert f"`{row}`" in section()


@pytest.mark.timeout(300)
def test_schema_and_table_alone_make_only_the_listed_files_wrong_and_these_make_it_right(
    copy: Path,
) -> None:
    names, printed = failing(copy)
    assert names == {*HELD.values(), *SAME_FILES}, printed

    for path, change in BY_HAND.items():
        edit(copy, path, change)
    for module in ("tools.reference", "tests.template.native_types"):
        done = run(copy, "-m", module)
        assert done.returncode == 0, done.stderr
    names, printed = failing(copy)
    assert names == set(), printed
    assert " passed" in printed
