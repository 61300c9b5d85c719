"""Charts as plain numbers for templates/_charts.html: places in a box of 100 × 40 units, drawn as SVG there.

Every chart has its table beside it; colours come from the page, so that dark and light both work.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

WIDTH, HEIGHT = 100.0, 40.0


PLACES_OF_WEEKS = 8
"""For how many weeks a chart of weeks has room at least."""


class Bar(NamedTuple):
    """One bar: its place and size, what it stands for, and its value in words."""

    x: float
    y: float
    width: float
    height: float
    label: str
    value: str
    tone: str = ""


class Chart(NamedTuple):
    """A chart: bars or the points of lines (each a name, a tone and ``x,y`` pairs), and its ticks.

    ``ticks`` are the labels along the foot, evenly spread, ``levels`` (y, label, tone) across.
    """

    bars: Sequence[Bar] = ()
    lines: Sequence[tuple[str, str, str]] = ()
    ticks: Sequence[str] = ()
    levels: Sequence[tuple[float, str, str]] = ()


def bars(
    values: Sequence[tuple[str, float, str]],
    *,
    tone: str = "",
    gap: float = 0.2,
    highest: float = 0.0,
    places: int = 1,
) -> list[Bar]:
    """Bars of equal width for (label, value, value in words); ``highest`` or the highest fills the box.

    There is room for so many ``places`` at least: one week is no bar as wide as the box.
    """
    highest = highest or max((value for _, value, _ in values), default=0) or 1
    step = WIDTH / max(len(values), places)
    return [
        Bar(
            round(n * step + step * gap / 2, 2), round(HEIGHT * (1 - value / highest), 2),
            round(step * (1 - gap), 2), round(HEIGHT * value / highest, 2), label, said, tone,
        )
        for n, (label, value, said) in enumerate(values)
    ]  # fmt: skip


def ticks(labels: Sequence[str], most: int = 6, places: int = 1) -> list[str]:
    """At most so many of the labels, evenly spread; all where they are few. ``places`` as for bars."""
    labels = [*labels, *[""] * (places - len(labels))]
    every = -(-len(labels) // most) or 1
    return [label for n, label in enumerate(labels) if n % every == 0]


def curve(values: Sequence[float | None], lowest: float, highest: float, places: int = 1) -> str:
    """A line through evenly spread values, as ``x,y`` pairs; what is not known is left out."""
    step, reach = WIDTH / max(len(values), places), highest - lowest
    return " ".join(
        f"{(n + 0.5) * step:.2f},{HEIGHT * (1 - (value - lowest) / reach if reach else 0.5):.2f}"
        for n, value in enumerate(values)
        if value is not None
    )


def spark(values: Sequence[float | None]) -> str:
    """A small line between its own lowest and highest; empty where less than two values are known."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return ""
    return curve(values, min(known), max(known))


def stairs(points: Sequence[tuple[float, float]], longest: float, highest: float) -> str:
    """A line that stays level from point to point (stock over time), as ``x,y`` pairs."""
    drawn: list[str] = []
    before: float | None = None
    for x, value in points:
        at = WIDTH * x / longest if longest else 0.0
        y = HEIGHT * (1 - value / highest) if highest else HEIGHT
        if before is not None:
            drawn.append(f"{at:.2f},{before:.2f}")
        drawn.append(f"{at:.2f},{y:.2f}")
        before = y
    if before is not None:
        drawn.append(f"{WIDTH:.2f},{before:.2f}")
    return " ".join(drawn)


def thinned(points: Sequence[tuple[float, float]], most: int = 600) -> list[tuple[float, float]]:
    """At most so many points: of each stretch the lowest and the last, so that no stock-out is lost."""
    if len(points) <= most:
        return list(points)
    size = -(-2 * len(points) // most)
    kept: list[tuple[float, float]] = []
    for start in range(0, len(points), size):
        stretch = points[start : start + size]
        kept += sorted({min(stretch, key=lambda each: each[1]), stretch[-1]})
    return kept
