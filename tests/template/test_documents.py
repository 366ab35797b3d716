"""The documents lead somewhere: what they name is there, and what a user must know is in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from tests.template.application import DOCUMENTS, EXAMPLES, ROOT, resources, written
from tests.template.test_workflows import targets

MADE = {".aws-sam", ".venv", "dist"}
"""Folders that commands make."""

ROLLOUT, OPERATIONS = (
    (ROOT / "docs" / name).read_text() for name in ("rollout.md", "operations.md")
)


@dataclass(frozen=True)
class Document:
    """A page in Markdown."""

    path: Path
    text: str

    @cached_property
    def prose(self) -> str:
        """It without its blocks of code."""
        return re.sub(r"^( *)```.*?^\1```$", "", self.text, flags=re.MULTILINE | re.DOTALL)

    @cached_property
    def code(self) -> list[str]:
        """What is in it as code: each span, and each line of its shell commands."""
        fenced = r"^( *)```(?:sh|shell|bash)?\n(.*?)^\1```$"
        blocks = re.findall(fenced, self.text, re.MULTILINE | re.DOTALL)
        lines = [line.strip() for _, block in blocks for line in block.splitlines()]
        return [*lines, *re.findall(r"`([^`\n]+)`", self.prose)]

    @cached_property
    def links(self) -> list[str]:
        """Where it leads, other sites apart."""
        shown = re.sub(r"`[^`\n]+`", "code", self.prose)
        found = re.findall(r"\]\(([^()\s]+)\)", shown)
        return [link for link in found if not re.match(r"[a-z]+:", link)]

    @cached_property
    def anchors(self) -> set[str]:
        """What links to its headings end with, on GitHub."""
        found: list[str] = []
        for heading in re.findall(r"^#+ (.*)$", self.prose, re.MULTILINE):
            shown = re.sub(r"\]\([^)]*\)", "", heading)
            plain = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
            again = found.count(plain)
            found += [plain, f"{plain}-{again}"] if again else [plain]
        return set(found)


@cache
def read(path: Path) -> Document:
    return Document(path, path.read_text())


def broken_links(document: Document) -> Iterator[str]:
    for link in document.links:
        path, _, anchor = link.partition("#")
        target = (document.path.parent / path).resolve() if path else document.path
        there = not path or (target.exists() and target.is_relative_to(ROOT))
        if there and anchor:
            there = anchor in (read(target) if path else document).anchors
        if not there:
            yield link


def unknown_targets(document: Document) -> Iterator[str]:
    for code in document.code:
        for name in re.findall(r"(?:^|&& |; )make ([a-z][a-z0-9-]*)", code):
            if name not in targets():
                yield name


def missing_files(document: Document) -> Iterator[str]:
    """A path is one from the project, from the page, or from the provider's package."""
    places = [ROOT, document.path.parent, ROOT / "src" / "provider"]
    for code in document.code:
        for path in re.findall(r"(?<![\w./:-])\.?[\w-]+(?:/[\w.-]*)+", code):
            top = path.partition("/")[0]
            known = [place for place in places if (place / top).is_dir() and top not in MADE]
            files = [place / each for place in known for each in (path, f"{path}.py")]
            if known and not any(file.exists() for file in files):
                yield path


def misplaced_names(document: Document) -> Iterator[str]:
    """Names of code that the document says are in a file."""
    for name, path in re.findall(r"`(\w+)`\s+(?:of|in)\s+`([\w./-]+\.\w+)`", document.prose):
        definition = rf"^\s*(?:def|class) {name}\b|^{name}\b"
        file = ROOT / path
        if not (file.is_file() and re.search(definition, file.read_text(), re.MULTILINE)):
            yield f"{name} of {path}"


@cache
def provider_source() -> str:
    return "\n".join(path.read_text() for path in (ROOT / "src" / "provider").rglob("*.py"))


def unlogged_messages(document: Document) -> Iterator[str]:
    """Log messages that it quotes: as code after "the log says", or in a query."""
    span = r"`([^`]+)`"
    said = rf"\blog\s+(?:says|messages?)\s+{span}(?:\s+(?:and|or)\s+{span})?"
    quoted = [each for pair in re.findall(said, document.text) for each in pair if each]
    queries = re.findall(r"\bmessage (?:=|in) (\"[^\"]+\"|\[[^\]]+\])", document.text)
    quoted += [each for query in queries for each in re.findall(r'"([^"]+)"', query)]
    for message in quoted:
        if not re.search(rf'(?<!")"{re.escape(message)}(?!\w)', provider_source()):
            yield message


def unknown_outputs(document: Document) -> Iterator[str]:
    for name in re.findall(r"output `(\w+)`", document.text):
        if name not in written()["Outputs"]:
            yield name


Check = Callable[[Document], Iterator[str]]

CHECKS: list[Check] = [
    broken_links,
    unknown_targets,
    missing_files,
    misplaced_names,
    unlogged_messages,
    unknown_outputs,
]
each_check = pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)


@each_check
@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_all_that_a_document_leads_to_is_there(path: Path, check: Check) -> None:
    assert list(check(read(path))) == []


SPOILT = """\
# A heading, `code`

See [here](#a-heading-code), [there](#there), [it](none.md), [out](../../etc),
[a site](https://example.test/none). The log says
  `all is lost`. The log messages `observed` and `seen` differ.
The output `ServiceToken`, the output `Token`.
`plan` of `src/provider/model/plan.py`, `Pure` in `src/provider/model/plan.py`, `it` in `no.py`.
`model/plan`, `model/plot`, `STACK/RESOURCE`, `src/`, `make little`, make that of it.

```sh
make nothing && make check
sam deploy --template examples/none.yaml s3://bucket/examples/none.yaml
[no](link.md)
```

    filter message = "decided: FAILED" and message in ["endp"]
"""


@each_check
def test_a_check_sees_what_is_not_there(check: Check) -> None:
    seen: dict[Check, list[str]] = {
        broken_links: ["#there", "none.md", "../../etc"],
        unknown_targets: ["nothing", "little"],
        missing_files: ["examples/none.yaml", "model/plot"],
        misplaced_names: ["Pure of src/provider/model/plan.py", "it of no.py"],
        unlogged_messages: ["all is lost", "seen", "endp"],
        unknown_outputs: ["Token"],
    }

    assert list(check(Document(ROOT / "page.md", SPOILT))) == seen[check]


def test_the_readme_leads_to_every_document() -> None:
    led = {link.partition("#")[0] for link in read(ROOT / "README.md").links}
    pages = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md")}
    beside = {path.name for path in ROOT.glob("*.md")} - {"README.md", "README-SAR.md"}

    assert (pages | beside) - led == set()


def test_every_alarm_is_documented_with_meaning_stake_first_action_and_end() -> None:
    parts = re.split(r"^#+ (\w+Alarm)$", OPERATIONS, flags=re.MULTILINE)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))

    assert sections.keys() == resources("AWS::CloudWatch::Alarm").keys()
    for name, section in sections.items():
        for question in ("**Meaning**", "**At stake**", "**First**", "**Over**"):
            assert question.lower() in section.lower(), name


@pytest.mark.parametrize("parameter", written()["Parameters"])
def test_a_parameter_is_in_the_table_with_its_default(parameter: str) -> None:
    (row,) = (line for line in ROLLOUT.splitlines() if re.match(rf"\|.*`{parameter}`.*\|", line))
    default = str(written()["Parameters"][parameter]["Default"])

    assert (f"`{default}`" if default else "none") in row


def capabilities(template: dict[str, Any]) -> set[str]:
    """What CloudFormation asks for."""
    asked = set()
    for resource in template["Resources"].values():
        if resource["Type"].startswith("AWS::IAM::"):
            named = {"RoleName", "ManagedPolicyName"} & set(resource["Properties"])
            asked.add("CAPABILITY_NAMED_IAM" if named else "CAPABILITY_IAM")
        elif resource["Type"] == "AWS::Serverless::Application":
            asked |= {"CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"}
    return asked


def test_the_examples_index_says_what_each_asks_for() -> None:
    folder = ROOT / "examples"
    index = re.findall(
        r"^\| \[([^]]+)\]\(.+?\) \|.* \| (.*?) \|(.*)\|$",
        (folder / "README.md").read_text(),
        re.M,
    )

    assert [name for name, *_ in index] == sorted(path.name for path in folder.glob("[0-9]*"))
    for name, parameters, asked in index:
        if folder / name in EXAMPLES:
            template = yaml_parse((folder / name).read_text())
            given = template["Parameters"].items()
            required = [key for key, each in given if "Default" not in each]
            assert re.findall(r"`(\w+)`", parameters) == required, name
            assert set(re.findall(r"`(\w+)`", asked)) == capabilities(template), name
