"""The end of the demo: the table, what its columns mean, and what is left."""

from collections.abc import Sequence

from local.demo.seen import name_of
from local.demo.verdict import Outcome, Result, calls_in_words

STATUS = "CloudFormation said"
HEADINGS = (
    "Operation",
    STATUS,
    "Endpoint before",
    "Endpoint after",
    "Seconds",
    "Reads",
    "Changes",
)
NUMBERS = ("Seconds", "Reads", "Changes")
LEGEND = (
    "Seconds: until CloudFormation was done. Reads, Changes: the provider's calls of Comprehend's "
    "API that observe the endpoint, and that change it."
)


def rows(results: Sequence[Result]) -> list[tuple[str, ...]]:
    """The table's cells, a row for each operation; endpoints have their full names."""
    return [
        (
            result.step.title,
            result.look.status,
            _name(result.before),
            "the same" if result.before and result.before == result.after else _name(result.after),
            f"{result.seconds:.1f}",
            str(result.reads),
            str(sum(result.changes.values())),
        )
        for result in results
    ]


def _name(arn: str | None) -> str:
    return name_of(arn) if arn else "none"


def reasons(result: Result) -> list[str]:
    """What CloudFormation said of the resources that failed."""
    failed = (each for each in result.look.events if each.status.endswith("_FAILED"))
    return [f"{each.subject} {each.status}: {each.reason}" for each in failed]


def confirmation(result: Result) -> str:
    """What happened in a step that went as expected."""
    live = next((each for each in result.look.endpoints if each.arn == result.after), None)
    serving = f", serving {live.serves}" if live else ""
    changes = calls_in_words(result.changes)
    return f"As expected: {result.fate.value}{serving}. Changes: {changes}."


def arns(results: Sequence[Result]) -> list[str]:
    """The full ARNs of the endpoints in the table, in order of appearance."""
    found = [arn for result in results for arn in (result.before, result.after) if arn]
    return list(dict.fromkeys(found))


def short(name: str, most: int = 20) -> str:
    """A name with its middle left out where it is longer than so many characters."""
    if len(name) <= most:
        return name
    tail = min(12, most - 2)  # A generated name ends in twelve characters that make it unique.
    return f"{name[: most - tail - 1]}…{name[-tail:]}"


def left(outcome: Outcome) -> str:
    """How many endpoints are left, and which."""
    count = len(outcome.left)
    names = ", ".join(f"{each.name} ({each.status})" for each in outcome.left)
    return f"{count} endpoint{'' if count == 1 else 's'} left{f': {names}' if names else ''}."


def verdict(outcome: Outcome, seconds: float) -> str:
    """The last line."""
    count = len(outcome.results)
    if outcome.good:
        return f"All {count} operations went as expected, in {seconds:.0f} seconds with all set-up."
    if outcome.failures:
        return f"Operation {count}, {outcome.results[-1].step.title}, did not go as expected."
    return "Endpoints are left that should be gone."
