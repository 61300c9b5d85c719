"""Each figure of the dashboard: its words, its formula, and its weeks as a curve."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from kanban import languages
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.reports.figures import Week
from kanban.web import formats, pictures
from kanban.web.advice.words import money, rounded, share


class Curve(NamedTuple):
    """A figure over time: what of a week it is, how that is said, and whether it tells money."""

    title: str
    formula: str
    value: Callable[[Week], float | None]
    said: Callable[[float], str]
    money: bool = False


def _number(value: float) -> str:
    return formats.quantity(rounded(value))


def _money(value: float) -> str:
    return money(value) or formats.quantity(0)


CURVES = {
    "in_stock": Curve(
        mark("In stock"),
        mark("Working time in which not all bins of a loop were empty, over all loops. Exact where "
             "empty bins are scanned."),
        lambda week: week.in_stock, share,
    ),
    "on_time": Curve(
        mark("On time in full"),
        mark("Of the order lines sent in a week and due since: those that came whole by the day first "
             "promised, and at most two working days before it."),
        lambda week: week.in_full, share,
    ),
    "orders": Curve(
        mark("Orders sent"),
        mark("Orders released, and their lines: what ordering takes."),
        lambda week: float(week.orders), _number,
    ),
    "money": Curve(
        mark("Money on the shelves"),
        mark("Full bins, and half of the one in use, at unit cost. At most: every card full."),
        lambda week: week.cash, _money, True,
    ),
    "days": Curve(
        mark("Days on hand"),
        mark("Money on the shelves over the money used a working day."),
        lambda week: week.days_on_hand, _number, True,
    ),
    "turns": Curve(
        mark("Turns"),
        mark("Yearly use over stock, both at unit cost."),
        lambda week: week.turns, _number, True,
    ),
    "dead": Curve(
        mark("Dead stock"),
        mark("Money in loops without a scan for a year and for six of their usual gaps."),
        lambda week: week.dead_cash, _money, True,
    ),
}  # fmt: skip
"""The figures in the order of their tiles."""


def said(name: str, value: float | None) -> str:
    """A value of a figure in words; a dash where it is not known."""
    return "–" if value is None else CURVES[name].said(value)


def drawn(name: str, weeks: Sequence[Week]) -> dict[str, Any]:
    """A figure's chart with the table behind it; money has its ceiling drawn above it."""
    curve = CURVES[name]
    values = [curve.value(week) for week in weeks]
    labels = [formats.short_day(week.start) for week in weeks]
    floor = _floor(values) if curve.said is share else 0.0
    tops = [week.ceiling for week in weeks] if name == "money" else []
    highest = max(tops, default=0.0) or (1 - floor if curve.said is share else 0.0)
    told = [said(name, value) for value in values]
    heights = [0.0 if value is None else max(value - floor, 0.0) for value in values]
    note = _(curve.formula)
    if floor:
        note += " " + _("The foot of the bars stands for %(floor)s.", floor=languages.percent(floor))
    return {
        "title": _("%(figure)s, by week", figure=_(curve.title)),
        "chart": pictures.Chart(
            bars=pictures.bars(
                list(zip(labels, heights, told, strict=True)),
                highest=highest,
                places=pictures.PLACES_OF_WEEKS,
            ),
            lines=[(_("at most"), "ceiling", pictures.curve(tops, 0.0, highest, pictures.PLACES_OF_WEEKS))]
            if tops
            else [],
            ticks=pictures.ticks(labels, 5, pictures.PLACES_OF_WEEKS),
        ),
        "head": (_("Week of"), _(curve.title), *([_("at most")] if tops else [])),
        "rows": [
            (label, value, *([_money(tops[n])] if tops else []))
            for n, (label, value) in enumerate(zip(labels, told, strict=True))
        ],
        "note": note,
    }


def spark(name: str, weeks: Sequence[Week]) -> str:
    """A figure's weeks as a small line."""
    return pictures.spark([CURVES[name].value(week) for week in weeks])


def _floor(values: Sequence[float | None]) -> float:
    """What the foot of the bars of shares stands for, so that small differences show."""
    lowest = min((value for value in values if value is not None), default=0.0)
    return 0.9 if lowest >= 0.9 else 0.5 if lowest >= 0.5 else 0.0
