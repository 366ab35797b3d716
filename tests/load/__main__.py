"""The command line of the load test: `python -m tests.load --help`."""

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.load.page import cells, page, table
from tests.load.processes import play_all

SIZES = (10, 100, 1000)
MOST_TOLD = 20
"""Broken promises that are told one by one."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table; gives the process's exit code, 1 where a promise was broken."""
    given = _options(arguments)
    begun = time.monotonic()
    try:
        played = list(play_all(given.sizes or SIZES, given.seed, given.jobs))
    except KeyboardInterrupt:
        print("Stopped. Nothing is left running.", file=sys.stderr)
        return 130
    rows = [cells(figures) for each in played for figures in each]
    print(table(rows))
    print(f"It took {time.monotonic() - begun:.0f} s.", file=sys.stderr)
    violations = [
        f"{figures.size:,} x {figures.phase.title}: {one}"
        for each in played
        for figures in each
        for one in figures.violations
    ]
    for one in violations[:MOST_TOLD]:
        print(one, file=sys.stderr)
    if len(violations) > MOST_TOLD:
        print(f"... and {len(violations) - MOST_TOLD} more", file=sys.stderr)
    if given.report and not violations:
        given.report.write_text(page(rows), encoding="utf-8")
    return 1 if violations else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument(
        "sizes", nargs="*", type=int, help="operations in flight (default: 10 100 1000)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of all that is drawn (default: 0)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--report", type=Path, help="where to write the page, where all held")
    options = parser.parse_args(arguments)
    if options.report and (options.sizes or options.seed):
        parser.error("--report is for the default sizes and seed")
    return options


if __name__ == "__main__":
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    sys.exit(main())
