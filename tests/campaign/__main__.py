"""The command line of the campaign: `python -m tests.campaign --help`."""

import argparse
import itertools
import shlex
import sys
from pathlib import Path

from testing.world import environment
from tests.campaign.cases import GROUPS, REPRESENTATIVES, cases, sample
from tests.campaign.play import Case, play
from tests.campaign.report import deletions, held_before, report, subject, table
from tests.campaign.run import Count, play_all
from tests.campaign.runs import Runs
from tests.campaign.story import story

SAMPLE = 25
"""Cases of each group in the short form."""


def main(arguments: list[str]) -> int:
    """Runs the command; gives its exit code."""
    options = _options(arguments)
    if options.case:
        return _tell(options.case)
    groups = options.group or list(GROUPS)
    played = subject() if options.report else ""
    others = held_before(options.report, played, groups) if options.report and options.group else {}
    with environment():
        runs = Runs(REPRESENTATIVES if options.short else None)
        chosen = {
            group: sample(runs, group, SAMPLE) if options.short else cases(runs, group)
            for group in groups
        }
    counts = {group: Count() for group in groups}
    done: dict[str, Count] = {}
    for case, (problems, proofs) in play_all(itertools.chain(*chosen.values()), options.jobs):
        count = counts[case.group]
        count.proofs += proofs
        _book(count, case, problems)
        if count.run == len(chosen[case.group]):
            print(f"{case.group}: {count.held} of {count.run} held", flush=True)
            done[case.group] = count
            if options.report:
                # After each group, so that an interrupted run can be continued.
                options.report.write_text(report(others | done, played), encoding="utf-8")
    print(f"\n{table(counts)}\n\n{deletions(counts)}")
    return 1 if any(count.broken for count in counts.values()) else 0


def _book(count: Count, case: Case, problems: list[str]) -> None:
    count.run += 1
    if problems:
        count.broken[case.id] = problems
        print(f"BROKEN {case.id}")
        for problem in problems:
            print(f"  {problem}")
        print(f"  again: python -m tests.campaign --case {shlex.quote(case.id)}", flush=True)


def _tell(name: str) -> int:
    """Plays one case, and tells what happened in it."""
    group = name.partition(" / ")[0]
    with environment():
        found = [each for each in cases(Runs(), group) if each.id == name]
        if not found:
            print(f"there is no case {name!r}", file=sys.stderr)
            return 2
        problems, world, _ = play(found[0])
    print(story(world))
    print("\n".join(f"BROKEN {problem}" for problem in problems) or "all held")
    return 1 if problems else 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.campaign", description=__doc__)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--long", action="store_true", help="all cases (the default)")
    form.add_argument("--short", action="store_true", help="a fixed sample of each group")
    parser.add_argument("--group", action="append", choices=GROUPS, help="this group alone")
    parser.add_argument("--case", help="one case, with the story of what happened")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default: 2)")
    parser.add_argument(
        "--report",
        type=Path,
        help="where to write the result, as Markdown; with --group, beside the rows of this source",
    )
    options = parser.parse_args(arguments)
    if options.report and (options.short or options.case):
        parser.error("--report is for all cases of a group")
    return options


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
