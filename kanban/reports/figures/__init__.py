"""The figures that a shop is steered by: in stock, money in stock, turns, order effort, on time in full.

Each is worked out from cards, turns and orders, over time and by supplier, area and class.
"""

from kanban.reports.figures.standing import (
    GROUPS,
    Effort,
    Shop,
    Standing,
    Sum,
    added,
    grouped,
    is_dead,
    shop,
)
from kanban.reports.figures.weekly import OverTime, Week

__all__ = [
    "GROUPS",
    "Effort",
    "OverTime",
    "Shop",
    "Standing",
    "Sum",
    "Week",
    "added",
    "grouped",
    "is_dead",
    "shop",
]
