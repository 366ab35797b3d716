"""Shows the orphan scan at work: `python -m local.orphan_scan`, or `make orphan-scan`."""

import argparse
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.table import Table

from local.comprehend import AdminError
from local.installation import SamError, build, deploy
from local.launcher import EmbeddedAws, LauncherError
from local.orphan_scan.scans import Mailbox, Message, OrphanScan, Report, ScanError
from local.orphan_scan.scenes import Classification, Scene, Stage, changes

TIME_SCALE = 300.0
"""A creation takes two seconds instead of ten minutes."""
WIDTH = 120
WORDS: dict[str, str] = {
    Classification.IN_USE: "in use",
    Classification.IN_PROGRESS: "in progress",
    Classification.RETAINED: "retained on purpose",
    Classification.ORPHANED: "orphaned",
    Classification.UNKNOWN: "unknown",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Gives the exit code: 0, or 1 if the orphan scan did not report what it should."""
    parser = argparse.ArgumentParser(prog="python -m local.orphan_scan", description=__doc__)
    parser.parse_args(arguments)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    try:
        return _show(console)
    except KeyboardInterrupt:
        print("Stopped. Nothing is left running.", file=sys.stderr)
        return 130
    except (
        *(AdminError, BotoCoreError, ClientError, LauncherError, ScanError, SamError, OSError),
    ) as error:
        print(f"The orphan scan could not be shown: {error}", file=sys.stderr)
        return 1


def _show(console: Console) -> int:
    begun = time.monotonic()
    with ExitStack() as stack:
        with _phase(console, "Start AWS on this machine: MiniStack, and an emulator of Comprehend"):
            aws = stack.enter_context(EmbeddedAws(time_scale=TIME_SCALE))
        mailbox = Mailbox(aws)
        environment = aws.process_environment()
        with _phase(console, "sam build and sam deploy: install the provider, with a topic"):
            template = build(aws.directory / "sam", environment)
            deploy(template, environment, parameters={"OrphanScanTopicArn": mailbox.topic_arn})
        stage = Stage(aws)
        with _phase(console, "Make endpoints of every kind"):
            scenes = list(stage.scenes())
        before = stage.admin.calls()[-1]["sequence"]
        with _phase(
            console, "Start the orphan scan's state machine, as its schedule does every day"
        ):
            report = OrphanScan(aws).run()
        touched = changes(stage.admin, before)
        messages = mailbox.take()
    problems = find_problems(scenes, report, messages, touched)
    _print_report(console, scenes, report, messages)
    for problem in problems:
        console.print(f"NOT AS EXPECTED: {problem}", markup=False)
    if not problems:
        console.print(
            f"All {len(scenes)} endpoints are as expected, and the scan changed none of them. "
            f"Nothing is left running. {time.monotonic() - begun:.0f} seconds.",
            highlight=False,
        )
    return 1 if problems else 0


def find_problems(
    scenes: Sequence[Scene], report: Report, messages: Sequence[Message], touched: Sequence[str]
) -> list[str]:
    """Gives a sentence for each thing that is not as expected."""
    found = []
    classifications = report.classifications()
    for scene in scenes:
        said = classifications.pop(scene.arn, None)
        expected = scene.expected.value if scene.expected else None
        if said != expected:
            found.append(f"{scene.arn} ({scene.about}) is {said}; expected: {expected}.")
    found += [f"{arn} is {said}, and nobody made it." for arn, said in classifications.items()]
    for classification in Classification:
        count = sum(scene.expected is classification for scene in scenes)
        if report.metrics.get((classification.value, "Endpoints")) != count:
            found.append(f"The metric Endpoints of {classification.value} is not {count}.")
    if len(messages) != 1:
        found.append(f"{len(messages)} messages came to the topic; expected: one.")
    found += [f"The scan made the changing call {each}." for each in touched]
    return found


def _print_report(
    console: Console, scenes: Sequence[Scene], report: Report, messages: Sequence[Message]
) -> None:
    about = {scene.arn: scene.about for scene in scenes}
    table = Table(title="What the orphan scan logs for each endpoint", title_justify="left")
    for name in ("Endpoint", "How it came about", "Classification", "Why", "Units", "USD a day"):
        numeric = name in ("Units", "USD a day")
        table.add_column(name, justify="right" if numeric else "left", no_wrap=numeric)
    order = [
        each.value for each in (Classification.ORPHANED, Classification.UNKNOWN, *Classification)
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
        values = (report.metrics[each.value, name] for name in ("Endpoints", "InferenceUnits"))
        cost = f"{report.metrics[each.value, 'DailyCost']:.2f}"
        totals.add_row(WORDS[each.value], *(f"{value:g}" for value in values), cost)
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
