"""The three rows of the benchmarks in the README, between two marks that no reader sees."""

from local.installation import PROJECT

README = PROJECT / "README.md"
BEGIN, END = "<!-- make bench writes this table -->", "<!-- until here -->"


def table_in(text: str) -> str:
    """The table. Raises ValueError where a mark is missing."""
    _, begin, rest = text.partition(BEGIN)
    table, end, _ = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"the README has no {END if begin else BEGIN}")
    return table.strip()


def with_table(text: str, table: str) -> str:
    """The README with another table. Raises ValueError where a mark is missing."""
    table_in(text)
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table}\n\n{END}{after}"
