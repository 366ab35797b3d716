"""What the demo tells in a terminal: live while it happens, then in short."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, JustifyMethod, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from local.demo import summary
from local.demo.seen import Line, Look, Source, doing
from local.demo.steps import Step
from local.demo.verdict import Outcome, Result

COLOURS = {Source.STACK: "blue", Source.PROVIDER: "magenta", Source.SERVICE: "cyan"}
DONE, FAILED = Text("✓", "green"), Text("✗", "bold red")
TABLE = 113
"""Columns that the table takes, where it has them."""
NAME = 24
"""Columns for a name among the events."""


class RichScreen:
    """A terminal that shows each step live, and leaves a short account of it.

    What stays is written to `recorder`, too, if there is one.
    """

    def __init__(
        self,
        console: Console,
        recorder: Console | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._console = console
        self._consoles = [console, *([recorder] if recorder else [])]
        self._clock = clock
        self._begun = 0.0
        self._heading = Text()
        self._spinner = Spinner("dots")
        self._told: list[RenderableType] = []
        self._look: Look | None = None

    def open(self, title: str, about: Sequence[str]) -> None:
        self._print(Text(title, "bold"), *(Text(line, "dim") for line in about), "")

    @contextmanager
    def phase(self, text: str) -> Iterator[None]:
        self._begun = self._clock()
        with self._live(lambda: headed(self._spinner, Text(text), self._elapsed())):
            yield
        self._print(headed(DONE, Text(text), self._elapsed()))

    @contextmanager
    def step(self, number: int, step: Step) -> Iterator[None]:
        self._begun, self._told, self._look = self._clock(), [], None
        self._heading = Text.assemble((f"{number} {step.title:<18} ", "bold"), step.about)
        if number == 1:
            self._print("")
        try:
            with self._live(self._frame):
                yield
        except Exception:
            self._print(self._heading, *self._told)
            raise

    def tell(self, line: Line, seconds: float) -> None:
        grid = Table.grid(padding=(0, 2))
        grid.add_column(width=8, justify="right", style="dim")
        grid.add_column(width=14, style=COLOURS[line.source])
        grid.add_column(width=NAME)
        grid.add_column()
        said = Text(line.said, style_of(line.said))
        # A reason is long: it has lines of its own.
        is_reason = line.source is Source.STACK
        if line.detail and not is_reason:
            said.append(f"  {line.detail}")
        subject = summary.short(line.subject, NAME)
        grid.add_row(f"{seconds:.1f} s", line.source.value, subject, said)
        self._told.append(grid)
        if line.detail and is_reason:
            self._told.append(Padding(Text(line.detail, "italic"), (0, 0, 0, 12)))

    def watch(self, look: Look) -> None:
        self._look = look

    def end(self, result: Result, failures: Sequence[str]) -> None:
        self._print(headed(FAILED if failures else DONE, self._heading, result.seconds))
        if failures:
            self._print(*self._told, Text("NOT AS EXPECTED:", "bold red"))
            self._print(*(Text(f"- {each}", "red") for each in failures))
            return
        for reason in summary.reasons(result):
            self._print(Padding(Text(reason, "yellow"), (0, 0, 0, 4)))
        self._print(Padding(Text(summary.confirmation(result), "dim"), (0, 0, 0, 4)))

    def close(self, outcome: Outcome, seconds: float) -> None:
        arns = [Text(f"  {arn}", "dim") for arn in summary.arns(outcome.results)]
        style = "bold green" if outcome.good else "bold red"
        self._print("")
        for console in self._consoles:
            console.print(table_of(outcome.results, narrow=console.width < TABLE))
        self._print("", Text(summary.LEGEND, "dim"), Text("ARNs:", "dim"), *arns, "")
        self._print(Text(summary.left(outcome), style), Text(summary.verdict(outcome, seconds)))

    def _elapsed(self) -> float:
        return max(0.0, self._clock() - self._begun)

    def _frame(self) -> RenderableType:
        """The step that runs, as it is now."""
        heading = headed(self._spinner, self._heading, self._elapsed())
        top = Group(heading, *self._state())
        return Group(top, *self._newest(self._console.height - 1 - self._height(top)))

    def _newest(self, rows: int) -> list[RenderableType]:
        """Of what was told, as much as fits into so many rows."""
        first = len(self._told)
        while first and (rows := rows - self._height(self._told[first - 1])) >= 0:
            first -= 1
        return self._told[first:]

    def _height(self, renderable: RenderableType) -> int:
        return len(self._console.render_lines(renderable))

    def _state(self) -> Iterator[RenderableType]:
        look = self._look
        if look is None:
            return
        now = self._clock()
        yield Text(f"  stack      {look.stack}: {look.status}", "bold")
        for each in look.endpoints:
            yield Text(f"  endpoint   {each.name}: {each.state}", "bold")
        yield Text(f"  provider   {doing(look, now)}", "bold")

    def _live(self, frame: Callable[[], RenderableType]) -> Live | nullcontext[None]:
        if not self._console.is_terminal:
            return nullcontext()
        return Live(
            console=self._console, get_renderable=frame, transient=True, refresh_per_second=8
        )

    def _print(self, *lines: RenderableType) -> None:
        for console in self._consoles:
            for line in lines:
                console.print(line, highlight=False, markup=False)


def headed(mark: RenderableType, text: Text, seconds: float) -> Table:
    """A text with a mark before it and a time at the right edge."""
    grid = Table.grid(expand=True)
    grid.add_column(width=2)
    grid.add_column(ratio=1)
    grid.add_column(justify="right", width=8, style="dim")
    grid.add_row(mark, text, f"{seconds:.1f} s")
    return grid


def table_of(results: Sequence[Result], *, narrow: bool) -> Table:
    """The table; in a narrow terminal its names are folded, and the longest statuses broken."""
    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for heading in summary.HEADINGS:
        is_number = heading in summary.NUMBERS
        is_name = not is_number and heading != summary.STATUS
        side: JustifyMethod = "right" if is_number else "left"
        text = heading.replace(" ", "\n") if narrow and not is_name else heading
        table.add_column(text, justify=side, overflow="fold", no_wrap=not is_name)
    for title, status, before, after, *numbers in summary.rows(results):
        broken = status.replace("ROLLBACK_", "ROLLBACK_\n") if narrow else status
        cells = (summary.short(before), summary.short(after), *numbers)
        table.add_row(title, Text(broken, style_of(status)), *cells)
    return table


def style_of(said: str) -> str:
    """The colour of a status or an API call."""
    if "FAILED" in said or "ROLLBACK" in said:
        return "yellow"
    if said.endswith("COMPLETE") or said == "IN_SERVICE":
        return "green"
    return ""


def picture(recorder: Console) -> str:
    """The SVG of what was recorded, which needs no fonts from elsewhere."""
    own = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    return recorder.export_svg(title="make demo", code_format=own, unique_id="demo")
