"""Figures that a shop is steered by; each says its formula."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Turns(NamedTuple):
    """Stock turns a year, weeks of supply, and stock as a share of the assets (none where not given)."""

    turns: float
    weeks: float
    share_of_assets: float | None


def turns(used_value: float, begin: float, end: float, assets: float | None = None) -> Turns:
    """Yearly use at cost over average stock; average stock over use per week (Heizer)."""
    average = (begin + end) / 2
    return Turns(used_value / average, average / (used_value / 52), average / assets if assets else None)


def gross_margin_return(profit: float, average_stock: float) -> float:
    """GMROII: gross profit per money tied up in stock."""
    return profit / average_stock


def counts_per_day(classes: Sequence[tuple[float, float]]) -> float:
    """How many items to count a day; each class is (number of items, working days between counts)."""
    return sum(items / days for items, days in classes)


def is_accurate(recorded: float, counted: float, tolerance: float) -> bool:
    """Whether a record is right to within ``tolerance``, a share of what it says."""
    return abs(counted - recorded) <= tolerance * abs(recorded) + 1e-12


def record_accuracy(rows: Sequence[tuple[float, float, str]], tolerances: Mapping[str, float]) -> float:
    """Share of records (recorded, counted, class) that are right to within the tolerance of their class."""
    return sum(is_accurate(recorded, counted, tolerances[kind]) for recorded, counted, kind in rows) / len(
        rows
    )


def error_ceiling(checked: int) -> float:
    """The share of wrong cards is below this, 95 % sure, when ``checked`` cards were all right: 3 / n."""
    return min(1.0, 3 / checked) if checked else 1.0


def on_time_in_full(ordered: float, on_time: float) -> bool:
    """Whether everything that was ordered had come by the promised day; a short line is a miss."""
    return on_time >= ordered


def in_full(ordered: float, on_time: float) -> float:
    """The share of what was ordered that had come by the promised day."""
    return min(1.0, on_time / ordered) if ordered > 0 else 1.0
