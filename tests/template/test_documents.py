"""The documents lead somewhere: links, paths, commands and files that they name are there."""

from __future__ import annotations

import ast
import re
from functools import cache
from itertools import groupby
from pathlib import Path

import pytest

from tests.template.application import ROOT
from tests.template.test_workflows import targets

# Not those that docs/ are written from: their links are for a reader of docs/.
WRITTEN_FROM = {"bench", "local", "tests", "dist", "node_modules"}
DOCUMENTS = sorted(
    [
        *ROOT.glob("*.md"),
        *(
            page
            for folder in ROOT.iterdir()
            if folder.is_dir() and folder.name not in WRITTEN_FROM
            if not folder.name.startswith(".")
            for page in folder.rglob("*.md")
        ),
    ]
)
each_document = pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda page: page.relative_to(ROOT).as_posix()
)


def prose(document: Path) -> str:
    """A document without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", document.read_text(), flags=re.MULTILINE | re.DOTALL)


def links(document: Path) -> list[str]:
    """Where a document leads, other sites apart."""
    found = re.findall(r"\]\(([^()\s]+)\)", re.sub(r"`[^`\n]+`", "code", prose(document)))
    return [link for link in found if not re.match(r"[a-z]+:", link)]


@cache
def anchors(document: Path) -> frozenset[str]:
    """What links to its headings end with, on GitHub."""
    headings = re.findall(r"^#+ (.*)$", prose(document), re.MULTILINE)
    found: list[str] = []
    for heading in headings:
        shown = re.sub(r"\]\([^)]*\)", "", heading)
        plain = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        again = found.count(plain)
        found += [plain, f"{plain}-{again}"] if again else [plain]
    return frozenset(found)


def broken(document: Path, root: Path = ROOT) -> list[str]:
    """The links that lead to nothing in the project."""

    def leads(link: str) -> bool:
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        there = target.exists() and target.is_relative_to(root)
        return there and (not anchor or anchor in anchors(target))

    return [link for link in links(document) if not leads(link)]


def commands(document: Path) -> set[str]:
    """The targets of make that a document names as code."""
    text = document.read_text()
    blocks = re.findall(r"^```(?:sh|shell|bash)?\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return {
        name
        for code in [*lines, *re.findall(r"`([^`\n]+)`", prose(document))]
        for name in re.findall(r"(?:^|&& |; )make ([a-z][a-z0-9-]*)", code)
    }


@each_document
def test_every_link_leads_to_a_file_and_a_heading(document: Path) -> None:
    assert broken(document) == []


@each_document
def test_every_target_that_a_document_names_is_in_the_makefile(document: Path) -> None:
    assert commands(document) - targets() == set()


def test_the_checks_see_links_and_commands_that_lead_nowhere(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A heading, `code`\n\nSee [here](#a-heading-code), [there](#there), [it](none.md),\n"
        "[out](../../etc), [a site](https://example.test/none).\n\n"
        "```sh\nmake nothing && make more\n[no](link.md)\n```\n\n`make little`, make that of it.\n"
    )

    assert broken(page, tmp_path) == ["#there", "none.md", "../../etc"]
    assert commands(page) == {"nothing", "more", "little"}


def test_the_readme_leads_to_every_document() -> None:
    led = {link.partition("#")[0] for link in links(ROOT / "README.md")}
    pages = {page.relative_to(ROOT).as_posix() for page in (ROOT / "docs").glob("*.md")}
    beside = {page.name for page in ROOT.glob("*.md")} - {"README.md", "README-SAR.md"}

    assert (pages | beside) - led == set()


def test_every_path_in_contributing_is_there() -> None:
    text = prose(ROOT / "CONTRIBUTING.md")
    paths = re.findall(r"`(\.?[\w-]+(?:/[\w.-]*)+|[\w-]+\.(?:yaml|toml|md))`", text)

    assert len(paths) > 40
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_contributing_says_what_is_in_every_folder() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    folders = {path.parts[0] for path in source_files()}
    folders |= {f"tests/{path.parts[1]}" for path in source_files() if path.parts[0] == "tests"}

    assert sorted(folder for folder in folders - {"tests"} if f"`{folder}/" not in text) == []


def test_the_names_in_code_that_contributing_leads_to_are_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()

    assert len(names_in_files(text)) >= 3
    assert misplaced(text) == []


def test_the_check_of_names_sees_one_that_is_not_in_its_file(tmp_path: Path) -> None:
    (tmp_path / "here.py").write_text("def given() -> None:\n    used()\n\nLIMIT = 1\n")
    text = (
        "See `given` of\n  `here.py`, `LIMIT` in `here.py`, `used` of `here.py`, `it` in `no.py`."
    )

    assert misplaced(text, tmp_path) == ["used of here.py", "it of no.py"]


def test_the_design_notes_say_what_every_module_of_the_provider_decides() -> None:
    """Once each, in the rows of its room, as `room/module`."""
    shape = (ROOT / "docs" / "design-notes.md").read_text().split("\n## ")[1]
    table = re.findall(r"^\| (.*?) \|", shape, re.MULTILINE)
    named = [name for cell in table for name in re.findall(r"`([\w/]+)`", cell)]
    package = ROOT / "src" / "provider"
    modules = [
        path.relative_to(package).with_suffix("").as_posix()
        for path in package.rglob("*.py")
        if path.name != "__init__.py"
    ]

    assert sorted(named) == sorted(modules)
    rooms = [name.rpartition("/")[0] for name in named]
    assert len(set(rooms)) == len([room for room, _ in groupby(rooms)])


@each_document
def test_every_log_message_that_a_document_quotes_is_one_that_the_code_logs(
    document: Path,
) -> None:
    assert [each for each in quoted(document.read_text()) if not is_logged(each)] == []


def test_the_check_of_log_messages_sees_one_that_nobody_logs() -> None:
    text = (
        "The log says\n  `all is lost`. The log messages `observed` and `seen` differ.\n"
        'filter message = "decided: FAILED" and message in ["endpoint", "endp"]\n'
    )

    found = quoted(text)
    assert found == ["all is lost", "observed", "seen", "decided: FAILED", "endpoint", "endp"]
    assert [each for each in found if not is_logged(each)] == ["all is lost", "seen", "endp"]


def test_the_runbooks_quote_log_messages() -> None:
    pages = ("docs/troubleshooting.md", "docs/operations.md", "CONTRIBUTING.md")
    assert all(len(quoted((ROOT / page).read_text())) >= 2 for page in pages)


def quoted(text: str) -> list[str]:
    """The log messages that a text quotes: as code after "the log says", or in a query."""
    span = r"`([^`]+)`"
    said = rf"\blog\s+(?:says|messages?)\s+{span}(?:\s+(?:and|or)\s+{span})?"
    prose_ = [each for pair in re.findall(said, text) for each in pair if each]
    queries = re.findall(r"\bmessage (?:=|in) (\"[^\"]+\"|\[[^\]]+\])", text)
    return prose_ + [each for query in queries for each in re.findall(r'"([^"]+)"', query)]


def is_logged(message: str) -> bool:
    """Whether a text of the provider's begins so, and has a word's end there."""
    return any(re.match(rf"{re.escape(message)}(?!\w)", each) for each in texts_of_the_provider())


@cache
def texts_of_the_provider() -> frozenset[str]:
    """All texts in the provider's code but its docstrings; of an f-string, the parts."""
    found: set[str] = set()
    for path in (ROOT / "src" / "provider").rglob("*.py"):
        tree = ast.parse(path.read_text())
        docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        found |= {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant)
            if isinstance(node.value, str) and id(node) not in docstrings
        }
    return frozenset(found)


def names_in_files(text: str) -> list[tuple[str, str]]:
    """The names in code that a text says are of, or in, a file; with the file's path."""
    return re.findall(r"`(\w+)`\s+(?:of|in)\s+`([\w./-]+\.\w+)`", text)


def misplaced(text: str, root: Path = ROOT) -> list[str]:
    """The names that the file which a text gives for them does not define."""

    def defines(path: Path, name: str) -> bool:
        definition = rf"^\s*(?:def|class) {name}\b|^{name}\b"
        return path.is_file() and bool(re.search(definition, path.read_text(), re.MULTILINE))

    return [
        f"{name} of {path}" for name, path in names_in_files(text) if not defines(root / path, name)
    ]


def source_files() -> list[Path]:
    """The files with code in the project's own folders."""
    return [
        path.relative_to(ROOT)
        for folder in ROOT.iterdir()
        if folder.is_dir() and folder.name not in {"dist", "node_modules"}
        if not folder.name.startswith(".")
        for path in folder.rglob("*.*")
        if path.suffix in {".py", ".json", ".yaml"}
    ]
