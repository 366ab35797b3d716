"""What the demo shows: live in a terminal, as plain lines elsewhere, and a table at the end."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, JustifyMethod, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from local.demo.seen import Line, Look, Source, name_of
from local.demo.steps import Step
from local.demo.verdict import Outcome, Result, calls_in_words, names

COLOURS = {Source.STACK: "blue", Source.PROVIDER: "magenta", Source.SERVICE: "cyan"}
DONE, FAILED = Text("✓", "green"), Text("✗", "bold red")
STATUS = "CloudFormation said"
NUMBERS = ("Seconds", "Reads", "Changes")
HEADINGS = ("Operation", STATUS, "Endpoint before", "Endpoint after", *NUMBERS)
LEGEND = (
    "Seconds: until CloudFormation was done. Reads, Changes: the provider's calls of Comprehend's "
    "API that observe the endpoint, and that change it."
)
TABLE = 113
"""Columns that the table takes, where it has them."""
NAME = 24
"""Columns for a name among the events."""
AROUND = 14
"""Lines of a live display that are left for the state, and for reasons of several lines."""


class Screen:
    """Shows each step live in a terminal, and leaves a short account of it.

    Without a terminal, it writes a line when something happens. `recorder` gets the short account,
    too, if there is one.
    """

    def __init__(self, console: Console, recorder: Console | None = None) -> None:
        self._console = console
        self._is_live = console.is_terminal and not console.is_dumb_terminal
        recorders = [recorder] if recorder else []
        self._everywhere = [console, *recorders]
        self._accounts = self._everywhere if self._is_live else recorders
        self._begun = 0.0
        self._heading = Text()
        self._spinner = Spinner("dots")
        self._told: list[RenderableType] = []
        self._look: Look | None = None

    def open(self, title: str, about: Sequence[str]) -> None:
        """Says what follows."""
        lines = (Text(line, "dim") for line in about)
        self._print(self._everywhere, Text(title, "bold"), *lines, "")

    @contextmanager
    def phase(self, text: str) -> Iterator[None]:
        """Says what is done inside the context, and how long it took."""
        self._begun = time.time()
        self._tell_plainly(f"{text} ...")
        with self._live(lambda: headed(self._spinner, Text(text), self._elapsed())):
            yield
        self._tell_plainly(f"{self._elapsed():7.1f} s  done")
        self._print(self._accounts, headed(DONE, Text(text), self._elapsed()))

    @contextmanager
    def step(self, number: int, step: Step) -> Iterator[None]:
        """Says that a step begins; inside the context follows what happens in the step."""
        self._begun, self._told, self._look = time.time(), [], None
        self._heading = Text.assemble((f"{number} {step.title:<18} ", "bold"), step.about)
        self._tell_plainly("", f"{number} {step.title}: {step.about}")
        if number == 1:
            self._print(self._accounts, "")
        try:
            with self._live(self._frame):
                yield
        except Exception:
            self._print(self._accounts, self._heading, *self._told)
            raise

    def tell(self, line: Line) -> None:
        """Shows what happened in the step."""
        seconds = f"{max(0.0, line.at - self._begun):.1f} s"
        columns = f"{seconds:>9}  {line.source:<14}  {line.subject:<32}  {line.said}"
        self._tell_plainly(f"{columns}  {line.detail}".rstrip())
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
        grid.add_row(seconds, line.source.value, short(line.subject, NAME), said)
        self._told.append(grid)
        if line.detail and is_reason:
            self._told.append(Padding(Text(line.detail, "italic"), (0, 0, 0, 12)))

    def watch(self, look: Look) -> None:
        """Shows how everything is now."""
        self._look = look

    def end(self, result: Result) -> None:
        """Says how the step went."""
        failures, confirmed = result.problems, confirmation(result)
        sign = FAILED if failures else DONE
        self._print(self._accounts, headed(sign, self._heading, result.seconds))
        if failures:
            self._print(self._accounts, *self._told)
            lines = (Text(f"- {each}", "red") for each in failures)
            self._print(self._everywhere, Text("NOT AS EXPECTED:", "bold red"), *lines)
            return
        for event in result.look.events:
            if event.status.endswith("_FAILED"):
                reason = Text(f"{event.subject} {event.status}: {event.reason}", "yellow")
                self._print(self._accounts, Padding(reason, (0, 0, 0, 4)))
        self._print(self._accounts, Padding(Text(confirmed, "dim"), (0, 0, 0, 4)))
        self._tell_plainly(f"  {confirmed}")

    def close(self, outcome: Outcome, seconds: float) -> None:
        """Shows the table and how everything went; `seconds` since the demo began."""
        arns = [arn for each in outcome.results for arn in (each.before, each.after) if arn]
        self._print(self._everywhere, "")
        for console in self._everywhere:
            console.print(table_of(outcome.results, narrow=console.width < TABLE))
        self._print(self._everywhere, "", Text(LEGEND, "dim"), Text("ARNs:", "dim"))
        self._print(self._everywhere, *(Text(f"  {arn}", "dim") for arn in dict.fromkeys(arns)), "")
        style = "bold green" if outcome.good else "bold red"
        count, there = len(outcome.left), names(outcome.left)
        left = f"{count} endpoint{'' if count == 1 else 's'} left{f': {there}' if there else ''}."
        self._print(self._everywhere, Text(left, style), Text(verdict(outcome, seconds)))

    def _elapsed(self) -> float:
        return max(0.0, time.time() - self._begun)

    def _frame(self) -> RenderableType:
        """The step that runs, as it is now, with as many of the newest events as there is room."""
        heading = headed(self._spinner, self._heading, self._elapsed())
        room = max(1, self._console.height - AROUND)
        return Group(heading, *self._state(), *self._told[-room:])

    def _state(self) -> Iterator[RenderableType]:
        look = self._look
        if look is None:
            return
        yield Text(f"  stack      {look.stack}: {look.status}", "bold")
        for each in look.endpoints:
            yield Text(f"  endpoint   {each.name}: {each.state}", "bold")
        yield Text(f"  provider   {doing(look)}", "bold")

    @contextmanager
    def _live(self, frame: Callable[[], RenderableType]) -> Iterator[None]:
        if not self._is_live:
            yield
            return
        with Live(
            console=self._console, get_renderable=frame, transient=True, refresh_per_second=8
        ):
            yield

    def _tell_plainly(self, *lines: str) -> None:
        if not self._is_live:
            self._print([self._console], *map(Text, lines))

    def _print(self, consoles: Sequence[Console], *lines: RenderableType) -> None:
        for console in consoles:
            for line in lines:
                # Whoever reads a file or a pipe wraps lines as he likes.
                soft = not console.is_terminal
                console.print(line, highlight=False, markup=False, soft_wrap=soft)


def headed(mark: RenderableType, text: Text, seconds: float) -> Table:
    """A text with a mark before it and a time at the right edge."""
    grid = Table.grid(expand=True)
    grid.add_column(width=2)
    grid.add_column(ratio=1)
    grid.add_column(justify="right", width=8, style="dim")
    grid.add_row(mark, text, f"{seconds:.1f} s")
    return grid


def table_of(results: Sequence[Result], *, narrow: bool) -> Table:
    """A row for each operation; in a narrow terminal names are folded, and long statuses broken."""
    table = Table(box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for heading in HEADINGS:
        is_number = heading in NUMBERS
        is_name = not is_number and heading != STATUS
        side: JustifyMethod = "right" if is_number else "left"
        text = heading.replace(" ", "\n") if narrow and not is_name else heading
        table.add_column(text, justify=side, overflow="fold", no_wrap=not is_name)
    for result in results:
        status = result.look.status
        broken = status.replace("ROLLBACK_", "ROLLBACK_\n") if narrow else status
        before, after = (
            short(name_of(arn)) if arn else "none" for arn in (result.before, result.after)
        )
        same = result.before and result.before == result.after
        table.add_row(
            result.step.title,
            Text(broken, style_of(status)),
            before,
            "the same" if same else after,
            f"{result.seconds:.1f}",
            str(result.reads),
            str(sum(result.changes.values())),
        )
    return table


def doing(look: Look) -> str:
    """What the provider is doing."""
    if not look.calls:
        return "has not called Comprehend yet"
    last, count = look.calls[-1], len(look.calls)
    busy = [each.status for each in look.endpoints if each.status.endswith("ING")]
    waits = f"waits while the endpoint is {busy[0]}; " if busy else ""
    ago = f"{max(0.0, time.time() - last.at):.1f} s ago"
    calls = f"{count} call{'' if count == 1 else 's'} of Comprehend"
    return f"{waits}{calls}, last call: {last.operation}, {ago}"


def confirmation(result: Result) -> str:
    """What happened in a step that went as expected."""
    serving = f", serving {result.live.serves}" if result.live else ""
    changes = calls_in_words(result.changes)
    return f"As expected: {result.fate.value}{serving}. Changes: {changes}."


def verdict(outcome: Outcome, seconds: float) -> str:
    """The last line."""
    last, count = outcome.results[-1], len(outcome.results)
    if outcome.good:
        return f"All {count} operations went as expected, in {seconds:.0f} seconds with all set-up."
    if last.problems:
        return f"Operation {count}, {last.step.title}, did not go as expected."
    return "Endpoints are left that should be gone."


def short(name: str, most: int = 20) -> str:
    """A name with its middle left out where it is longer than so many characters."""
    if len(name) <= most:
        return name
    # A generated name ends in twelve characters that make it unique.
    return f"{name[: most - 13]}…{name[-12:]}"


def style_of(said: str) -> str:
    """The colour of a status or an API call."""
    if "FAILED" in said or "ROLLBACK" in said:
        return "yellow"
    if said.endswith("COMPLETE") or said == "IN_SERVICE":
        return "green"
    return ""


def picture(recorder: Console) -> str:
    """The SVG of what was recorded, which needs no fonts from elsewhere."""
    svg = recorder.export_svg(title="make demo", unique_id="demo")
    return re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
