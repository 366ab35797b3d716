"""The check of the prose finds what breaks the house style, and says where."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.installation import PROJECT
from tools.prose.check import HERE, SOURCES, findings

LONG = (
    "This sentence goes on and on, and when its reader hopes that it is about to come to its end, "
    "it begins once more, with another thought that has nothing to do with the first one."
)
TEXTS = {
    "README.md": f"""# Title

A good sentence. {LONG}

| Word | Meaning |
|---|---|
| word | {LONG} |

The stack waits no
more.
""",
    "template.yaml": f"""Description: A good sentence.
Parameters:
  Long:
    Type: String
    Description: >-
      {LONG}
Resources:
  Alarm:
    Properties:
      Elsewhere: The stack waits no more.
      AlarmDescription: !Sub The stack ${{Long}} waits no more.
""",
    "src/provider/model/failures.py": f'''"""{LONG}"""

GOOD = "A good sentence."
LONG = (
    "{LONG[:80]}"
    "{LONG[80:]}"
)


def reason(name: str) -> str:
    """The stack waits no more."""
    return f"The stack {{name}} waits no more, {{'because of a watchman' if name else ''}}."
''',
}
FOUND = {
    "README.md": [(3, "sentence-length"), (7, "sentence-length-in-tables"), (9, "prh")],
    "template.yaml": [(5, "sentence-length"), (11, "prh")],
    "src/provider/model/failures.py": [(5, "sentence-length"), (12, "prh"), (12, "prh")],
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    project = tmp_path_factory.mktemp("project")
    for name, text in TEXTS.items():
        path = project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return findings(project)


@pytest.mark.parametrize("name", TEXTS)
def test_a_long_sentence_and_an_archaism_are_found_where_they_are(
    name: str, found: list[str]
) -> None:
    here = [each.removeprefix(f"{name}:") for each in found if each.startswith(f"{name}:")]

    assert [(int(each.split(":")[0]), each.split("(")[-1][:-1]) for each in here] == FOUND[name]


def test_a_finding_says_what_is_wrong(found: list[str]) -> None:
    assert "template.yaml:11: no more => no longer (prh)" in found


@pytest.mark.parametrize("pattern", SOURCES)
def test_all_that_the_check_reads_is_there(pattern: str) -> None:
    assert any(PROJECT.glob(pattern))


def test_a_page_that_is_excepted_is_there() -> None:
    lines = (HERE / ".textlintignore").read_text().splitlines()

    assert all(Path(PROJECT, line).is_file() for line in lines if not line.startswith("#"))
