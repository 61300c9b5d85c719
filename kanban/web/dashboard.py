"""The dashboard: how lean and how safe the shop is, over time and by supplier, area and class."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, g, render_template

from kanban import languages
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.reports import figures, watch
from kanban.text import to_cell
from kanban.web import formats, listing, pictures, security
from kanban.web.advice.words import WORDS, money, rounded, share
from kanban.web.reading import session
from kanban.web.running import running
from kanban.web.walk import ICONS, TITLES, TONES

bp = Blueprint("dashboard", __name__)

WINDOWS = {"91": mark("3 months"), "30": mark("30 days"), "182": mark("6 months"), "365": mark("a year")}
GROUPS = {"supplier": mark("Supplier"), "area": mark("Area"), "class": mark("Class"), "word": mark("Buffer")}
COLUMNS = (
    "sku", "item", "place", "supplier", "class", "buffer", "cards", "card_quantity", "unit", "use_per_day",
    "cards_advised", "in_stock", "full_bins", "on_hand", "money_on_hand", "money_at_most", "used_in_a_year",
)  # fmt: skip


@bp.get("/dashboard")
@security.access("viewer")
def show() -> str:
    """All figures, with their formulas one tap away."""
    zone = running().settings.zone
    window, by = listing.choice("days", tuple(WINDOWS)), listing.choice("by", tuple(GROUPS))
    shop = figures.shop(session(), g.at, zone, timedelta(days=int(window)))
    may_see_money = security.who().may("buyer")
    return render_template(
        "dashboard/show.html",
        tiles=_tiles(shop, may_see_money, WINDOWS[window]),
        finds=_finds(),
        windows=listing.choices("days", {key: _(said) for key, said in WINDOWS.items()}),
        groups=listing.choices("by", {key: _(said) for key, said in GROUPS.items()}),
        rows=[
            _group(name, by, total, may_see_money)
            for name, total in figures.grouped(shop.standings, by, g.at)
        ],
        group_title=_(GROUPS[by]),
        may_see_money=may_see_money,
        stock_chart=_stock_chart(),
        orders_chart=_orders_chart(),
        money_chart=_money_chart() if may_see_money else None,
        dead=[_dead(each) for each in shop.standings if figures.is_dead(each, g.at)][:20],
    )


@bp.get("/dashboard.csv")
@security.access("buyer")
def export() -> Response:
    """Every loop with its figures, for a spreadsheet."""
    shop = figures.shop(session(), g.at, running().settings.zone)
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(COLUMNS)
    for each in shop.standings:
        writer.writerow([to_cell(value) if isinstance(value, str) else value for value in _csv_row(each)])
    headers = {"Content-Disposition": "attachment; filename=kanban-figures.csv"}
    return Response("\ufeff" + sheet.getvalue(), mimetype="text/csv", headers=headers)


def _tiles(shop: figures.Shop, may_see_money: bool, window: str) -> list[dict[str, str]]:
    total = figures.added(shop.standings, g.at)
    hits, lines = shop.on_time
    low, high = shop.on_time_band
    tiles = [
        _tile(
            _("In stock"), "–" if total.in_stock is None else share(total.in_stock),
            _("of the working time of %(window)s", window=_(window)),
            _("Working time in which not all bins of a loop were empty, over all loops. Exact where "
              "empty bins are scanned."),
        ),
        _tile(
            _("On time in full"), share(hits / lines) if lines else "–",
            _("%(hits)s of %(lines)s lines; between %(low)s and %(high)s", hits=hits, lines=lines,
              low=share(low), high=share(high)) if lines else _("nothing delivered yet"),
            _("Order lines that had come whole by the day first promised; the range is Wilson’s, 95 % sure."),
        ),
        _tile(
            _("Orders sent"), formats.quantity(shop.effort.orders),
            _("with %(lines)s lines", lines=shop.effort.lines),
            _("Orders released in the window, and their lines."),
        ),
    ]  # fmt: skip
    return tiles + (_money_tiles(total) if may_see_money else [])


def _money_tiles(total: figures.Sum) -> list[dict[str, str]]:
    return [
        _tile(
            _("Money on the shelves"), money(total.cash) or "–",
            _("at most %(ceiling)s", ceiling=money(total.ceiling) or "–"),
            _("Full bins, and half of the one in use, at unit cost. At most: every card full."),
        ),
        _tile(
            _("Days on hand"), _or_dash(total.days_on_hand), _("working days"),
            _("Money on the shelves over the money used a working day."),
        ),
        _tile(_("Turns"), _or_dash(total.turns), _("a year"), _("Yearly use over stock, both at unit cost.")),
        _tile(
            _("Dead stock"), formats.quantity(total.dead), money(total.dead_cash),
            _("Loops without a scan for a year."),
        ),
    ]  # fmt: skip


def _tile(label: str, value: str, note: str, formula: str) -> dict[str, str]:
    return {"label": label, "value": value, "note": note, "formula": formula}


def _or_dash(value: float | None) -> str:
    return "–" if value is None else formats.quantity(rounded(value))


def _finds() -> list[dict[str, Any]]:
    found = watch.counts(watch.finds(session(), g.at, running().settings.zone))
    return [
        {"kind": key, "title": _(TITLES[key]), "count": count, "tone": TONES[key], "icon": ICONS[key]}
        for key, count in found.items()
        if count
    ]


def _group(name: str, by: str, total: figures.Sum, may_see_money: bool) -> dict[str, str]:
    return {
        "name": _(WORDS[name]) if by == "word" and name in WORDS else name or "–",
        "loops": formats.quantity(total.loops),
        "in_stock": "–" if total.in_stock is None else share(total.in_stock),
        "days": _or_dash(total.days_on_hand),
        "turns": _or_dash(total.turns),
        "cash": money(total.cash) if may_see_money else "",
        "ceiling": money(total.ceiling) if may_see_money else "",
    }


def _dead(each: figures.Standing) -> dict[str, str]:
    return {
        "href": f"/loops/{each.told.loop.id}",
        "sku": each.told.item.sku,
        "name": each.told.item.name,
        "last": formats.when(each.last_scan) if each.last_scan else "",
    }


def _stock_chart() -> dict[str, Any]:
    weeks = figures.in_stock_by_week(session(), g.at, running().settings.zone)
    said = [
        (formats.short_day(day), value or 0.0, "–" if value is None else share(value)) for day, value in weeks
    ]
    lowest = min((value for _day, value in weeks if value is not None), default=0.0)
    floor = 0.9 if lowest >= 0.9 else 0.5 if lowest >= 0.5 else 0.0
    scaled = [(label, max(value - floor, 0.0), words) for label, value, words in said]
    chart = pictures.Chart(
        bars=pictures.bars(scaled), ticks=pictures.ticks([label for label, _v, _w in said], 5)
    )
    return {
        "chart": chart,
        "rows": [(label, words) for label, _value, words in said],
        "note": _("The foot of the bars stands for %(floor)s.", floor=languages.percent(floor))
        if floor
        else "",
    }


def _orders_chart() -> dict[str, Any]:
    weeks = figures.orders_by_week(session(), g.at, running().settings.zone)
    said = [(formats.short_day(day), float(count), formats.quantity(count)) for day, count in weeks]
    chart = pictures.Chart(
        bars=pictures.bars(said, tone="lead"), ticks=pictures.ticks([s[0] for s in said], 5)
    )
    return {"chart": chart, "rows": [(label, words) for label, _value, words in said]}


def _money_chart() -> dict[str, Any]:
    weeks = figures.money_by_week(session(), g.at, running().settings.zone)
    said = [(formats.short_day(day), amount, money(amount) or "–") for day, amount in weeks]
    chart = pictures.Chart(bars=pictures.bars(said), ticks=pictures.ticks([s[0] for s in said], 5))
    return {"chart": chart, "rows": [(label, words) for label, _amount, words in said]}


def _csv_row(each: figures.Standing) -> list[object]:
    told = each.told
    in_stock = 1 - each.days_out / each.days if each.days > 0 else ""
    return [
        told.item.sku, told.item.name, told.loop.location.path, told.supplier.name, each.abc,
        each.word, told.cards,
        format(told.loop.card_quantity.normalize(), "f"), told.item.unit,
        round(each.use, 3), each.advised, in_stock,
        each.full,
        round(each.on_hand, 3), round(each.cash, 2), round(each.ceiling, 2), round(each.yearly, 2),
    ]  # fmt: skip
