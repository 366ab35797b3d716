"""What the demo shows, and how it shows it in plain lines."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, TextIO

from local.demo import summary
from local.demo.seen import Line, Look
from local.demo.steps import Step
from local.demo.verdict import Outcome, Result


class Screen(Protocol):
    """Who watches the demo."""

    def open(self, title: str, about: Sequence[str]) -> None:
        """Says what follows."""

    def phase(self, text: str) -> AbstractContextManager[None]:
        """Says what is done inside the context, and how long it took."""

    def step(self, number: int, step: Step) -> AbstractContextManager[None]:
        """Says that a step begins; inside the context follows what happens in the step."""

    def tell(self, line: Line, seconds: float) -> None:
        """Shows what happened, and how many seconds after the step began."""

    def watch(self, look: Look) -> None:
        """Shows how everything is now."""

    def end(self, result: Result, failures: Sequence[str]) -> None:
        """Says how the step went."""

    def close(self, outcome: Outcome, seconds: float) -> None:
        """Shows the table and how everything went; `seconds` since the demo began."""


class Plain:
    """Lines of text without control codes, for a file, a pipe or a log."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock

    def open(self, title: str, about: Sequence[str]) -> None:
        self._print(title, *about)

    @contextmanager
    def phase(self, text: str) -> Iterator[None]:
        begun = self._clock()
        self._print("", f"{text} ...")
        yield
        self._print(f"{self._clock() - begun:7.1f} s  done")

    @contextmanager
    def step(self, number: int, step: Step) -> Iterator[None]:
        self._print("", f"{number} {step.title}: {step.about}")
        yield

    def tell(self, line: Line, seconds: float) -> None:
        columns = f"{line.source.value:<14}  {line.subject:<32}  {line.said}"
        self._print(f"{seconds:7.1f} s  {columns}{f'  {line.detail}' if line.detail else ''}")

    def watch(self, look: Look) -> None:
        """Does nothing: `tell` shows what happens."""

    def end(self, result: Result, failures: Sequence[str]) -> None:
        if failures:
            self._print("  NOT AS EXPECTED:", *(f"  - {each}" for each in failures))
        else:
            self._print(f"  {summary.confirmation(result)}")

    def close(self, outcome: Outcome, seconds: float) -> None:
        cells = [summary.HEADINGS, *summary.rows(outcome.results)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = [
            "  ".join(
                cell.rjust(width) if heading in summary.NUMBERS else cell.ljust(width)
                for cell, width, heading in zip(row, widths, summary.HEADINGS, strict=True)
            ).rstrip()
            for row in cells
        ]
        lines.insert(1, "  ".join("-" * width for width in widths))
        self._print("", *lines, "", summary.LEGEND, "The endpoints' ARNs:")
        self._print(*(f"  {arn}" for arn in summary.arns(outcome.results)))
        self._print("", summary.left(outcome), summary.verdict(outcome, seconds))

    def _print(self, *lines: str) -> None:
        for line in lines:
            print(line, file=self._stream, flush=True)
