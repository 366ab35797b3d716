"""Shows the orphan scan at work: `python -m local.orphan_scan`, or `make orphan-scan`."""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from rich.console import Console
from rich.table import Table

from local.commands import carry_out
from local.installation import build, deploy
from local.launcher import EmbeddedAws
from local.orphan_scan.scans import Mailbox, Message, OrphanScan, Report
from local.orphan_scan.scenes import Classification, PastClock, Scene, Stage

TIME_SCALE = 300.0
"""A creation takes two seconds instead of ten minutes."""
DAYS = 20
"""How old the oldest endpoints are; after 14 days without use one is idle (template.yaml)."""
WIDTH = 120
WORDS: dict[str, str] = {
    Classification.IN_USE: "in use",
    Classification.IDLE: "in use, but idle",
    Classification.IN_PROGRESS: "in progress",
    Classification.RETAINED: "retained on purpose",
    Classification.ORPHANED: "orphaned",
    Classification.UNKNOWN: "unknown",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Gives the exit code; see `carry_out`."""
    parser = argparse.ArgumentParser(prog="python -m local.orphan_scan", description=__doc__)
    parser.parse_args(arguments)
    return carry_out("The orphan scan", _show)


def _show() -> bool:
    console, begun = Console(), time.monotonic()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    with ExitStack() as stack:
        with _phase(console, "Start AWS on this machine: MiniStack, and an emulator of Comprehend"):
            clock = PastClock(DAYS)
            aws = stack.enter_context(EmbeddedAws(time_scale=TIME_SCALE, clock=clock))
        mailbox = Mailbox(aws)
        environment = aws.process_environment()
        with _phase(console, "sam build and sam deploy: install the provider, with a topic"):
            template = build(aws.directory / "sam", environment)
            deploy(template, environment, parameters={"OrphanScanTopicArn": mailbox.topic_arn})
        stage = Stage(aws)
        with _phase(console, "Make endpoints of every kind"):
            scenes = list(stage.old_scenes())
            clock.catch_up()
            scenes += stage.scenes()
        before = stage.admin.calls()[-1]["sequence"]
        with _phase(
            console, "Start the orphan scan's state machine, as its schedule does every day"
        ):
            report = OrphanScan(aws).run()
        touched = [
            call["operation"]
            for call in stage.admin.calls(since=before)
            if not call["operation"].startswith(("Describe", "List"))
        ]
        messages = mailbox.take()
    problems = list(_problems(scenes, report, messages, touched))
    _print_report(console, scenes, report, messages)
    for problem in problems:
        console.print(f"NOT AS EXPECTED: {problem}", markup=False)
    if not problems:
        console.print(
            f"All {len(scenes)} endpoints are as expected, and the scan changed none of them. "
            f"Nothing is left running. {time.monotonic() - begun:.0f} seconds.",
            highlight=False,
        )
    return not problems


def _problems(
    scenes: Sequence[Scene], report: Report, messages: Sequence[Message], touched: Sequence[str]
) -> Iterator[str]:
    """Gives a sentence for each thing that is not as expected."""
    said = report.classifications()
    expected = {scene.arn: scene.expected for scene in scenes if scene.expected}
    for arn in sorted({*said, *expected}):
        if said.get(arn) != expected.get(arn):
            yield f"{arn} is {said.get(arn)}; expected: {expected.get(arn)}."
    for each in Classification:
        count = sum(scene.expected is each for scene in scenes)
        if report.metrics.get((each, "Endpoints")) != count:
            yield f"The metric Endpoints of {each} is not {count}."
    if len(messages) != 1:
        yield f"{len(messages)} messages came to the topic; expected: one."
    for operation in touched:
        yield f"The scan made the changing call {operation}."


def _print_report(
    console: Console, scenes: Sequence[Scene], report: Report, messages: Sequence[Message]
) -> None:
    about = {scene.arn: scene.about for scene in scenes}
    table = Table(title="What the orphan scan logs for each endpoint", title_justify="left")
    for name in ("Endpoint", "How it came about", "Classification", "Why", "Units", "USD a day"):
        numeric = name in ("Units", "USD a day")
        table.add_column(name, justify="right" if numeric else "left", no_wrap=numeric)
    order = [
        Classification.ORPHANED,
        Classification.UNKNOWN,
        Classification.IDLE,
        *Classification,
    ]
    for line in sorted(report.endpoints, key=lambda line: order.index(line["classification"])):
        table.add_row(
            line["arn"].rpartition("/")[2],
            about.get(line["arn"], "?"),
            WORDS[line["classification"]],
            line["why"],
            str(line["inference_units"]),
            f"{line['usd_a_day']:.2f}",
        )
    console.print()
    console.print(table)
    totals = Table(title="The metrics", title_justify="left")
    for name in ("Classification", "Endpoints", "Units", "USD a day"):
        totals.add_column(name, justify="left" if name == "Classification" else "right")
    for each in Classification:
        values = (report.metrics[each, name] for name in ("Endpoints", "InferenceUnits"))
        cost = f"{report.metrics[each, 'DailyCost']:.2f}"
        totals.add_row(WORDS[each], *(f"{value:g}" for value in values), cost)
    console.print()
    console.print(totals)
    for message in messages:
        console.print("\nThe message to the topic\n", style="italic")
        console.print(f"Subject: {message.subject}\n", markup=False, highlight=False)
        console.print(message.text, markup=False, highlight=False, soft_wrap=True)
        console.print()


@contextmanager
def _phase(console: Console, text: str) -> Iterator[None]:
    begun = time.monotonic()
    console.print(f"{text} ...", markup=False, highlight=False)
    yield
    console.print(f"  done in {time.monotonic() - begun:.1f} s", highlight=False)


if __name__ == "__main__":
    sys.exit(main())
