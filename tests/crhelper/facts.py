"""The tests by their numbers, and the table in docs/crhelper.md of what came of them."""

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.crhelper.subject import BrokenError, Subject, World

PAGE = Path(__file__).parents[2] / "docs" / "crhelper.md"
BEGIN, END = "<!-- made by: make crhelper-facts -->\n", "<!-- end -->\n"
HEADINGS = ("Number", "What a user needs", "Stock crhelper 2.0.12", "Here")
HOLDS = "holds"

_FILES = ("test_losing", "test_hanging", "test_scale")
_NAME = re.compile(r"test_(\d\d)_(\w+)")
_HEADING = re.compile(r"^### ((\d+)\. .+)$", re.MULTILINE)
_ROW = re.compile(r"\| \[(\d+)\]\(#(.+?)\) \| (.+?) \| (.+?) \| (.+?) \|")


@dataclass(frozen=True)
class Fact:
    """One numbered test."""

    number: int
    words: str
    """Its name, which says what has to hold."""
    heading: str
    """The page's heading that it says it is about."""
    test: Callable[[Subject], None]


def facts() -> list[Fact]:
    """All numbered tests, in order."""
    found = []
    for file in _FILES:
        for name, test in vars(importlib.import_module(f"tests.crhelper.{file}")).items():
            match = _NAME.fullmatch(name)
            if match:
                words = match[2].replace("_", " ").capitalize()
                heading = (test.__doc__ or "").strip().removesuffix(".")
                found.append(Fact(int(match[1]), words, heading, test))
    return sorted(found, key=lambda each: each.number)


def outcome(fact: Fact, kind: Callable[[World], Subject], around: World) -> str:
    """What comes of a test with a subject: HOLDS, or why it does not.

    Raises whatever else there is than the behaviour that does not hold.
    """
    with kind(around) as subject:
        try:
            fact.test(subject)
        except BrokenError as broken:
            return str(broken)
    return HOLDS


def headings() -> dict[int, str]:
    """The page's numbered headings."""
    found = _HEADING.findall(PAGE.read_text(encoding="utf-8"))
    return {int(number): heading for heading, number in found}


def anchor(heading: str) -> str:
    """What a link to a heading ends with, on GitHub."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def row(fact: Fact, stock: str, ours: str) -> str:
    """A line of the table."""
    link = f"[{fact.number}](#{anchor(fact.heading)})"
    return f"| {link} | {fact.words} | {stock} | {ours} |\n"


def rows() -> list[tuple[int, str, str, str, str]]:
    """The table's lines on the page: number, anchor, words, stock, ours."""
    _, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    lines = rest.partition(END)[0].splitlines()[2:]
    matches = [_ROW.fullmatch(line) for line in lines]
    return [(int(each[1]), each[2], each[3], each[4], each[5]) for each in matches if each]


def write(lines: list[str]) -> None:
    """Puts a new table on the page."""
    before, begin, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE.name} has no place for the table")
    head = f"| {' | '.join(HEADINGS)} |\n|{'---|' * len(HEADINGS)}\n"
    PAGE.write_text(before + begin + head + "".join(lines) + end + after, encoding="utf-8")
