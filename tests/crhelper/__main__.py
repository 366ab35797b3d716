"""Runs every number with stock crhelper and with the project, and writes what came of it down."""

import sys

from tests.crhelper.facts import HOLDS, facts, outcome, row, write
from tests.crhelper.ours import Ours
from tests.crhelper.stock import Stock
from tests.crhelper.subject import world


def main() -> int:
    """Gives the exit code: 1 where a number holds with stock crhelper, or not with the project."""
    wrong, lines = [], []
    with world() as around:
        for fact in facts():
            stock, ours = (outcome(fact, kind, around) for kind in (Stock, Ours))
            lines.append(row(fact, stock, ours))
            print(f"{fact.heading}\n  stock crhelper: {stock}\n  here: {ours}")
            if stock == HOLDS or ours != HOLDS:
                wrong.append(str(fact.number))
    write(lines)
    if wrong:
        print(f"not as docs/crhelper.md says: {', '.join(wrong)}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
