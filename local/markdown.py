"""Tables in Markdown, as a page shows them."""

from collections.abc import Collection, Sequence


def table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], words: Collection[str] = ()
) -> str:
    """Rows below headings. Columns named in `words` are on the left, all others are numbers."""
    lines = [headings, *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    left = [name in words for name in headings]
    rule = [
        "-" * (width + 2) if is_left else "-" * (width + 1) + ":"
        for width, is_left in zip(widths, left, strict=True)
    ]
    padded = [
        [
            f" {cell.ljust(width) if is_left else cell.rjust(width)} "
            for cell, width, is_left in zip(line, widths, left, strict=True)
        ]
        for line in lines
    ]
    return "\n".join(f"|{'|'.join(line)}|" for line in (padded[0], rule, *padded[1:]))
