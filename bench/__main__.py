"""Measures the provider beside its peers: `python -m bench`, or `make bench`."""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench import artifact, fleet, real_time, stage
from bench.errors import BenchError
from bench.page import Run, goals, page, picture, short
from bench.readme import README, with_table
from bench.start import measure as start
from local.cdk import CdkError
from local.installation import PROJECT, SamError, build
from local.launcher import LauncherError
from local.ministack import without_foreign


def main(arguments: Sequence[str] | None = None) -> int:
    """Gives the process's exit code: 0 also where a goal was missed, which the page says."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--report", type=Path, help="the page to write; lag.svg comes beside it")
    given = parser.parse_args(arguments)
    try:
        run = measured()
    except (BenchError, CdkError, LauncherError, SamError) as error:
        print(f"The benchmarks cannot go on: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted: nothing is written.", file=sys.stderr)
        return 130
    if given.report:
        write(run, given.report)
    else:
        print(page(run))
    for goal in goals(run):
        print(f"{'met' if goal.met else 'MISSED'}: {goal.measure}: {goal.measured}")
    return 0


def measured() -> Run:
    """Measures everything, one thing after the other: they would take each other's processor."""
    began, load = time.monotonic(), os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        template = build(Path(folder), without_foreign(os.environ))
        built = start.compiled(template.with_name("RequestFunction"), Path(folder, "compiled"))
        starts = start.measure(built)
        size = artifact.measure(built)
    with stage.set_up() as staged:
        seen = real_time.measure(staged)
    flights = fleet.measure()
    return Run(seen, flights, starts, size, time.monotonic() - began, load)


def write(run: Run, report: Path) -> None:
    """Writes the page and the picture, and the table into the README where it is the project's."""
    report.write_text(page(run), encoding="utf-8")
    report.with_name("lag.svg").write_text(picture(run), encoding="utf-8")
    if report.resolve() == PROJECT / "docs" / "benchmarks.md":
        README.write_text(with_table(README.read_text(encoding="utf-8"), short(run)))


if __name__ == "__main__":
    sys.exit(main())
