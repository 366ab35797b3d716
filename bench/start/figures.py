"""The start of a function, as a table, and what was wanted of it."""

from collections.abc import Callable, Mapping

from bench.goals import Goal
from bench.start.measure import MINIMAL, REQUEST, STEP, Start, floor
from local.markdown import table

OF_MINIMAL, OF_FLOOR = 0.85, 1.10
"""What a start may be of a minimal function's, and of the floor."""


def figures(starts: Mapping[str, Start]) -> str:
    """What every subject took."""
    headings = ("A process that starts", "CPU s", "of which init", "Peak MB", "Modules", "Calls")
    rows = [
        (
            each.name,
            f"{each.cpu:.3f}",
            f"{each.init:.3f}",
            f"{each.peak / 1024:.0f}",
            str(len(each.modules)),
            str(len(each.calls)),
        )
        for each in starts.values()
    ]
    return table(headings, rows, headings[:1])


def goals(starts: Mapping[str, Start]) -> list[Goal]:
    return [
        _goal(starts, "a minimal crhelper function", OF_MINIMAL, lambda _: MINIMAL),
        _goal(starts, "the floor, boto3 with the function's calls", OF_FLOOR, floor),
    ]


def _goal(
    starts: Mapping[str, Start], title: str, most: float, other: Callable[[str], str]
) -> Goal:
    found = {name: starts[name].cpu / starts[other(name)].cpu for name in (REQUEST, STEP)}
    return Goal(
        f"Start of a function, as a part of {title}",
        f"<= {most:.2f}",
        ", ".join(f"{ratio:.2f} ({name})" for name, ratio in found.items()),
        all(ratio <= most for ratio in found.values()),
    )
