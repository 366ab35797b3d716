"""The chart of lags, as SVG: a dot for each endpoint, on a scale on which all peers can be seen."""

import math
from collections.abc import Sequence
from html import escape

from bench.lag import Lags

WIDTH, ROW, LEFT, RIGHT, TOP, BOTTOM = 920, 52, 330, 40, 64, 46
SHORTEST, LONGEST = 0.05, 150.0
"""Seconds at the ends of the scale. What is below it is drawn at its end."""
MARKS = (0.1, 1.0, 10.0, 100.0)
RADIUS = 4.5
BACKGROUND, INK, FAINT, RULE = "#ffffff", "#1f2328", "#59636e", "#d1d9e0"
OURS, THEIRS = "#1a7f37", "#0969da"


def chart(ours: Lags, peers: Sequence[Lags]) -> str:
    """The picture; the peers in the order in which they are given."""
    rows = [(ours, OURS), *((each, THEIRS) for each in peers)]
    height = TOP + ROW * len(rows) + BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'width="{WIDTH}" height="{height}" role="img" font-size="14" '
        'font-family="-apple-system, Segoe UI, Helvetica, Arial, sans-serif">',
        f"<title>{escape(_told(rows))}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="{BACKGROUND}"/>',
        _text(20, 28, "From ready to answered, in seconds", INK, size=17, weight=600),
        _text(20, 48, "a dot for each endpoint, the line at the median; logarithmic", FAINT),
        *_scale(height),
    ]
    for number, (lags, colour) in enumerate(rows):
        parts += _row(lags, colour, TOP + ROW * (number + 0.5))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _told(rows: Sequence[tuple[Lags, str]]) -> str:
    """The picture in words, for who cannot see it."""
    medians = "; ".join(f"{lags.title}: {lags.median:.2f} s" for lags, _ in rows)
    return f"Lag from ready to answered, median: {medians}"


def _x(seconds: float) -> float:
    share = math.log(max(seconds, SHORTEST) / SHORTEST) / math.log(LONGEST / SHORTEST)
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _scale(height: int) -> list[str]:
    bottom = height - BOTTOM
    lines = []
    for seconds in MARKS:
        x = _x(seconds)
        lines.append(
            f'<path d="M{x:.1f} {TOP}V{bottom}" stroke="{RULE}" stroke-width="1" fill="none"/>'
        )
        lines.append(_text(x, bottom + 22, f"{seconds:g}", FAINT, anchor="middle"))
    return lines


def _row(lags: Lags, colour: str, y: float) -> list[str]:
    dots = [
        f'<circle cx="{_x(seconds):.1f}" cy="{y + _aside(number):.1f}" r="{RADIUS}" '
        f'fill="{colour}" fill-opacity="0.45"/>'
        for number, seconds in enumerate(lags.seconds)
    ]
    x = _x(lags.median)
    median = (
        f'<path d="M{x:.1f} {y - 17:.1f}V{y + 17:.1f}" stroke="{colour}" stroke-width="3" '
        'fill="none"/>'
    )
    name = _text(20, y - 2, lags.title, INK, weight=600 if colour == OURS else 400)
    value = _text(20, y + 16, f"median {_shown(lags.median)} s", FAINT)
    return [name, value, *dots, median]


def _aside(number: int) -> float:
    """Dots beside each other hide each other: they take turns in three lines."""
    return (number % 3 - 1) * 8.0


def _shown(seconds: float) -> str:
    return f"{seconds:.2g}" if seconds < 10 else f"{seconds:.0f}"


def _text(
    x: float,
    y: float,
    text: str,
    colour: str,
    *,
    size: int = 14,
    weight: int = 400,
    anchor: str = "start",
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" font-size="{size}" '
        f'font-weight="{weight}" text-anchor="{anchor}">{escape(text)}</text>'
    )
