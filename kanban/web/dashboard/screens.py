"""The dashboard as a page, and every loop's figures as a sheet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, g, render_template

from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.reports import figures, watch
from kanban.reports.figures import Standing, Week
from kanban.web import formats, listing, security, sheets
from kanban.web.advice.words import WORDS, money, rounded, share
from kanban.web.dashboard import curves
from kanban.web.dashboard.curves import CURVES
from kanban.web.reading import session
from kanban.web.running import running
from kanban.web.walk import ICONS, TITLES, TONES

bp = Blueprint("dashboard", __name__)

WINDOWS = {"28": mark("4 weeks"), "91": mark("Quarter"), "182": mark("Half-year"), "365": mark("Year")}
USUAL_WINDOW = "91"
GROUPS = {"supplier": mark("Supplier"), "area": mark("Area"), "class": mark("Class"), "word": mark("Buffer")}
COLUMNS = (
    "sku", "item", "place", "supplier", "class", "buffer", "cards", "card_quantity", "unit", "use_per_day",
    "cards_advised", "in_stock", "full_bins", "on_hand", "money_on_hand", "money_at_most", "used_in_a_year",
)  # fmt: skip
WEEKLY_COLUMNS = (
    "group", "week", "in_stock", "on_time_in_full", "lines_judged", "orders",
    "money_on_hand", "money_at_most", "days_on_hand", "turns", "dead_stock",
)  # fmt: skip
MOST_DEAD = 20


@bp.get("/dashboard")
@security.access("viewer")
def show() -> str:
    """All figures, with their formulas one tap away, one of them week by week, and side by side."""
    window, by = listing.choice("days", tuple(WINDOWS), USUAL_WINDOW), listing.choice("by", tuple(GROUPS))
    shop = figures.shop(session(), g.at, running().settings.zone, timedelta(days=int(window)))
    over_time = figures.OverTime(session(), g.at, running().settings.zone)
    may_see_money = security.who().may("buyer")
    shown = tuple(key for key, curve in CURVES.items() if may_see_money or not curve.money)
    name = listing.choice("figure", shown)
    weeks = over_time.of(each.told for each in shop.standings)
    return render_template(
        "dashboard/show.html",
        tiles=_tiles(shop, shown, weeks, int(window)),
        finds=_finds(),
        windows=listing.choices("days", WINDOWS, USUAL_WINDOW),
        groups=listing.choices("by", {key: _(said) for key, said in GROUPS.items()}),
        names=listing.choices("figure", {key: _(CURVES[key].title) for key in shown}),
        rows=[
            _group(key, by, name, group, over_time.of(each.told for each in group))
            for key, group in figures.grouped(shop.standings, by)
        ],
        group_title=_(GROUPS[by]),
        figure_title=_(CURVES[name].title),
        by=by,
        may_see_money=may_see_money,
        curve=curves.drawn(name, weeks),
        dead=[_dead(each) for each in shop.standings if figures.is_dead(each, g.at)][:MOST_DEAD],
    )


@bp.get("/dashboard.csv")
@security.access("buyer")
def export() -> Response:
    """Every loop with its figures, for a spreadsheet."""
    shop = figures.shop(session(), g.at, running().settings.zone)
    return sheets.answer("kanban-figures.csv", COLUMNS, [_csv_row(each) for each in shop.standings])


@bp.get("/dashboard/weeks.csv")
@security.access("buyer")
def export_weeks() -> Response:
    """Every figure week by week, for the whole shop and for each supplier, area, class or buffer."""
    by = listing.choice("by", tuple(GROUPS))
    shop = figures.shop(session(), g.at, running().settings.zone)
    over_time = figures.OverTime(session(), g.at, running().settings.zone)
    rows = [_csv_week("", week) for week in over_time.of(each.told for each in shop.standings)]
    for key, group in figures.grouped(shop.standings, by):
        rows += [_csv_week(_name(key, by), week) for week in over_time.of(each.told for each in group)]
    return sheets.answer("kanban-weeks.csv", WEEKLY_COLUMNS, rows)


def _tiles(
    shop: figures.Shop, shown: Sequence[str], weeks: Sequence[Week], days: int
) -> list[dict[str, str]]:
    total = figures.added(shop.standings, g.at)
    hits, lines = shop.on_time
    low, high = shop.on_time_band
    told = {
        "in_stock": (total.in_stock, _("of the working time in %(days)s days", days=days)),
        "on_time": (
            hits / lines if lines else None,
            _("%(hits)s of %(lines)s lines in a year; between %(low)s and %(high)s", hits=hits, lines=lines,
              low=share(low), high=share(high)) if lines else _("nothing delivered yet"),
        ),
        "orders": (
            float(shop.effort.orders),
            _("in %(days)s days, with %(lines)s lines", days=days, lines=shop.effort.lines),
        ),
        "money": (total.cash, _("at most %(ceiling)s", ceiling=money(total.ceiling) or "–")),
        "days": (total.days_on_hand, _("working days")),
        "turns": (total.turns, _("a year")),
        "dead": (total.dead_cash, _("in %(loops)s loops", loops=total.dead)),
    }  # fmt: skip
    return [
        {
            "label": _(CURVES[key].title),
            "value": curves.said(key, told[key][0]),
            "note": told[key][1],
            "formula": _(CURVES[key].formula),
            "spark": curves.spark(key, weeks),
        }
        for key in shown
    ]


def _finds() -> list[dict[str, Any]]:
    found = watch.counts(watch.finds(session(), g.at, running().settings.zone))
    return [
        {"kind": key, "title": _(TITLES[key]), "count": count, "tone": TONES[key], "icon": ICONS[key]}
        for key, count in found.items()
        if count
    ]


def _group(
    key: str, by: str, figure: str, group: Sequence[Standing], weeks: Sequence[Week]
) -> dict[str, str]:
    total = figures.added(group, g.at)
    return {
        "name": _name(key, by),
        "loops": formats.quantity(total.loops),
        "in_stock": curves.said("in_stock", total.in_stock),
        "days": "–" if total.days_on_hand is None else formats.quantity(rounded(total.days_on_hand)),
        "turns": "–" if total.turns is None else formats.quantity(rounded(total.turns)),
        "cash": money(total.cash),
        "ceiling": money(total.ceiling),
        "spark": curves.spark(figure, weeks),
        "first": curves.said(figure, CURVES[figure].value(weeks[0])),
        "last": curves.said(figure, CURVES[figure].value(weeks[-1])),
    }


def _name(key: str, by: str) -> str:
    return _(WORDS[key]) if by == "word" and key in WORDS else key or "–"


def _dead(each: Standing) -> dict[str, str]:
    return {
        "href": f"/loops/{each.told.loop.id}",
        "sku": each.told.item.sku,
        "name": each.told.item.name,
        "last": formats.when(each.last_scan) if each.last_scan else "",
    }


def _csv_row(each: Standing) -> list[object]:
    told = each.told
    return [
        told.item.sku, told.item.name, told.loop.location.path, told.supplier.name, each.abc,
        each.word, told.cards, format(told.loop.card_quantity.normalize(), "f"), told.item.unit,
        round(each.use, 3), each.advised, 1 - each.days_out / each.days if each.days > 0 else "",
        each.full, round(each.on_hand, 3), round(each.cash, 2), round(each.ceiling, 2), round(each.yearly, 2),
    ]  # fmt: skip


def _csv_week(group: str, week: Week) -> list[object]:
    cell = sheets.cell
    return [
        group, week.start.isoformat(), cell(week.in_stock, 4), cell(week.in_full, 4), week.judged,
        week.orders, cell(week.cash, 2), cell(week.ceiling, 2), cell(week.days_on_hand, 2),
        cell(week.turns, 2), cell(week.dead_cash, 2),
    ]  # fmt: skip
