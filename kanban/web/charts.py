"""Small charts drawn by the server: geometry only. Templates turn it into SVG, with a table behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from kanban.sizing.lead_times import Step

STEPS_OF_AN_AXIS = (1, 2, 5, 10, 20, 50, 100, 200, 500)
MOST_TICKS = 7
MOST_BARS = 24


@dataclass(frozen=True, slots=True)
class Band:
    """A share with what it may be, on a track from 0 to ``width``."""

    width: float
    low: float
    high: float
    dot: float


@dataclass(frozen=True, slots=True)
class Bar:
    """How many took from ``first`` to ``last`` days; the rest in the chart's units."""

    first: int
    last: int
    count: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of an axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """An upright line at a number of days."""

    x: float
    days: float


@dataclass(frozen=True, slots=True)
class Distribution:
    """Bars of what has come, and the share that has come by a day with what is open counted."""

    width: float
    height: float
    bars: list[Bar]
    ticks: list[Tick]
    curve: str
    p50: Line | None
    p90: Line | None
    promised: Line | None


def band(share: float, low: float, high: float, width: float = 160) -> Band:
    """A share from 0 to 1 and its interval."""
    return Band(width, round(low * width, 1), round(high * width, 1), round(share * width, 1))


def distribution(
    days: Sequence[float],
    steps: Sequence[Step],
    *,
    p50: float | None,
    p90: float | None,
    promised: float | None,
    width: float = 640,
    height: float = 180,
) -> Distribution:
    """How long things took, in working days."""
    longest = max([1.0, *days, *(each for each in (p50, p90, promised) if each is not None)])
    step = next((each for each in STEPS_OF_AN_AXIS if longest / each <= MOST_BARS), STEPS_OF_AN_AXIS[-1])
    slots = max(1, ceil((longest + 1e-9) / step))
    scale = width / (slots * step)
    counts = [0] * slots
    for each in days:
        counts[min(slots - 1, int(each / step))] += 1
    highest = max([1, *counts])
    bars = [
        Bar(
            n * step, (n + 1) * step, count, round(n * step * scale, 1),
            round(height - count / highest * height, 1), round(step * scale - 2, 1),
            round(count / highest * height, 1),
        )
        for n, count in enumerate(counts)
    ]  # fmt: skip

    def upright(at: float | None) -> Line | None:
        return None if at is None else Line(round(min(at * scale, width), 1), at)

    return Distribution(
        width, height, bars, _ticks(slots * step, scale), _curve(steps, scale, width, height),
        upright(p50), upright(p90), upright(promised),
    )  # fmt: skip


def _ticks(longest: int, scale: float) -> list[Tick]:
    step = next((each for each in STEPS_OF_AN_AXIS if longest / each <= MOST_TICKS), STEPS_OF_AN_AXIS[-1])
    return [Tick(round(at * scale, 1), str(at)) for at in range(0, longest + 1, step)]


def _curve(steps: Sequence[Step], scale: float, width: float, height: float) -> str:
    """The path of the share that has come, rising in steps from the lower left."""
    path = [f"M0 {height:g}"]
    for step in steps:
        path.append(f"H{min(step.time * scale, width):.1f}V{step.left * height:.1f}")
    return "".join([*path, f"H{width:g}"])
