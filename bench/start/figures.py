"""The start of a function, as tables, and what was wanted of it."""

from collections.abc import Callable, Mapping

from bench.goals import UNKNOWN, Goal
from bench.start.measure import MINIMAL, REQUEST, STEP, Start, Starts, calling, floor
from local.markdown import table

OF_MINIMAL, OF_FLOOR, DECIDING = 0.85, 1.10, 0.15
"""What a start may be of a minimal function's, and of the floor; and deciding, of the start."""
OURS = (REQUEST, STEP)


def table_of(starts: Starts) -> str:
    """What every subject took, called directly and through Lambda's client."""
    headings = (
        "A process that starts",
        "CPU s",
        "of which init",
        "Peak MB",
        "Modules",
        "Calls",
        "In Lambda's client: CPU s",
        "and peak MB",
    )
    rows = [
        (
            each.name,
            f"{each.cpu:.3f}",
            f"{each.init:.3f}" if each.init is not None else "",
            f"{each.peak / 1024:.0f}",
            str(len(each.modules)),
            str(len(each.calls)),
            f"{starts.in_lambda[each.name].cpu:.3f}",
            f"{starts.in_lambda[each.name].peak / 1024:.0f}",
        )
        for each in starts.direct.values()
    ]
    return table(headings, rows, headings[:1])


def ratios(starts: Starts) -> str:
    """Each of our functions' start as a part of a minimal one's, and of its floors'."""
    headings = ("CPU s of", "Called", "of a minimal function", "of its floor", "with its calls")
    rows = [
        (name, called, *(f"{_ratio(found, name, other):.2f}" for other in _others(name)))
        for name in OURS
        for called, found in (("directly", starts.direct), ("in Lambda's client", starts.in_lambda))
    ]
    return table(headings, rows, headings[:2])


def _others(name: str) -> tuple[str, str, str]:
    return MINIMAL, floor(name), calling(name)


def _ratio(found: Mapping[str, Start], name: str, other: str) -> float:
    return found[name].cpu / found[other].cpu


def goals(starts: Starts) -> list[Goal]:
    return [
        _goal(starts, "a minimal crhelper function", OF_MINIMAL, lambda _: MINIMAL),
        _goal(starts, "the floor, which makes no call", OF_FLOOR, floor, _why_above(starts)),
        _goal(starts, "the floor, with the function's calls", OF_FLOOR, calling),
        _share(starts),
    ]


def _goal(
    starts: Starts, title: str, most: float, other: Callable[[str], str], reason: str = UNKNOWN
) -> Goal:
    found = {
        name: max(_ratio(each, name, other(name)) for each in (starts.direct, starts.in_lambda))
        for name in OURS
    }
    met = all(ratio <= most for ratio in found.values())
    return Goal(
        f"Start of a function, as a part of {title}",
        f"<= {most:.2f}",
        ", ".join(f"{ratio:.2f} ({name})" for name, ratio in found.items()),
        met,
        reason,
    )


def _why_above(starts: Starts) -> str:
    """What the calls of a first request alone cost: the floor with them, less the floor."""
    cost = {
        name: starts.direct[calling(name)].cpu - starts.direct[floor(name)].cpu for name in OURS
    }
    told = " and ".join(f"{seconds * 1000:.0f} ms ({name})" for name, seconds in cost.items())
    return (
        "A first request makes calls, and the floor makes none: to connect, read the certificates "
        f"and call costs {told} of CPU, whoever does it. The next line has a floor that does."
    )


def _share(starts: Starts) -> Goal:
    found = {name: starts.deciding[name] / starts.direct[name].cpu for name in OURS}
    return Goal(
        "Validation, schema and decision, of a function's start",
        f"< {DECIDING:.0%}",
        ", ".join(f"{share:.1%} ({name})" for name, share in found.items()),
        all(share < DECIDING for share in found.values()),
    )
