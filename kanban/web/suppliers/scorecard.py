"""Scorecards: the list of all suppliers, and one supplier's page with its charts and items."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from babel.numbers import format_percent
from flask import abort, g, make_response, render_template
from werkzeug.wrappers import Response

from kanban import languages
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.reports import scorecard as reports
from kanban.reports.scorecard import Card, SupplierCard
from kanban.sizing import reliability
from kanban.sizing.reliability import Score, Spread
from kanban.suppliers import Supplier
from kanban.text import to_cell
from kanban.web import charts, listing, security
from kanban.web.reading import session
from kanban.web.running import running
from kanban.web.suppliers.blueprint import bp

PERIODS = {"365": mark("A year"), "90": mark("Three months"), "3650": mark("All")}
SORTS = {
    "confirmed": mark("On time, confirmed day"),
    "promised": mark("On time, lead time"),
    "p50": mark("Usual lead time"),
    "p90": mark("9 of 10 within"),
    "short": mark("Short"),
    "answer": mark("Answer"),
    "name": mark("Name"),
}
JUDGEMENT_WORDS = {
    "on_time": mark("on time, in full"),
    "early": mark("too early"),
    "late": mark("late"),
    "short": mark("short"),
}


@bp.get("/suppliers/scorecard")
@security.access("viewer")
def scorecards() -> str:
    """All suppliers, ranked by what they surely keep."""
    query = listing.Query.of_request(tuple(SORTS))
    cards = reports.sorted_by(_cards(), query.sort)
    return render_template(
        "suppliers/scorecards.html",
        rows=[_row(each) for each in cards],
        sorts=query.choices({key: _(label) for key, label in SORTS.items()}),
        periods=listing.choices("days", {key: _(label) for key, label in PERIODS.items()}),
        csv_href=f"/suppliers/scorecard.csv?days={_period()}&sort={query.sort}",
        early=int(reliability.MOST_EARLY),
    )


@bp.get("/suppliers/scorecard.csv")
@security.access("viewer")
def scorecards_csv() -> Response:
    """The same as a sheet: shares from 0 to 1, times in working days."""
    query = listing.Query.of_request(tuple(SORTS))
    sheet = io.StringIO()
    writer = csv.writer(sheet)
    writer.writerow(COLUMNS)
    for each in reports.sorted_by(_cards(), query.sort):
        writer.writerow([to_cell(each.name), *_figures(each.card)])
    answer = make_response("\ufeff" + sheet.getvalue())
    answer.headers["Content-Type"] = "text/csv; charset=utf-8"
    answer.headers["Content-Disposition"] = 'attachment; filename="scorecard.csv"'
    return answer


@bp.get("/suppliers/<int:supplier_id>/scorecard")
@security.access("viewer")
def scorecard(supplier_id: int) -> str:
    """One supplier's scorecard, with its items."""
    supplier = session().get(Supplier, supplier_id)
    if supplier is None:
        abort(404)
    zone, since = running().settings.zone, _since()
    card = reports.supplier(session(), g.at, zone, since, supplier_id)
    view = card_view(card, supplier.lead_time)
    found = reports.items(session(), g.at, zone, since, supplier_id)
    return render_template(
        "suppliers/scorecard.html",
        supplier={"name": supplier.name, "href": f"/suppliers/{supplier_id}"},
        card=view | {"lead": _with_chart(view["lead"])},
        items=[{"sku": each.sku, "name": each.name, **card_view(each.card, None)} for each in found],
        periods=listing.choices("days", {key: _(label) for key, label in PERIODS.items()}),
        early=int(reliability.MOST_EARLY),
        fewest=reliability.FEWEST,
    )


def of_supplier(supplier: Supplier) -> dict[str, Any] | None:
    """The short form for a supplier's own page: a year of it; none where nothing was sent."""
    since = g.at - timedelta(days=365)
    card = reports.supplier(session(), g.at, running().settings.zone, since, supplier.id)
    return card_view(card, supplier.lead_time) if card.lines else None


def card_view(card: Card, promised: int | None) -> dict[str, Any]:
    """A scorecard in words and charts."""
    return {
        "lines": card.lines,
        "confirmed": _score(card.against_confirmed),
        "promised": _score(card.against_promised),
        "lead": _spread(card.lead, promised),
        "replenishment": _spread(card.replenishment, None),
        "answer": _spread(card.answer, None),
        "short_lines": card.short_lines,
        "missing": _percent(card.missing, fine=True),
    }


def _score(score: Score) -> dict[str, Any]:
    low, high = score.interval
    return {
        "judged": score.judged,
        "on_time": score.on_time,
        "known": score.judged >= reliability.FEWEST,
        "percent": _percent(score.share),
        "interval": _("%(low)s to %(high)s", low=_percent(low), high=_percent(high)),
        "said": _said(score, low, high),
        "band": charts.band(score.share, low, high),
        "parts": [(name, _(word), getattr(score, name)) for name, word in JUDGEMENT_WORDS.items()],
    }


def _said(score: Score, low: float, high: float) -> str:
    """``18 of 20 on time: anything from 70 % to 97 %``."""
    if not score.judged:
        return _("nothing to judge yet")
    said = _(
        "%(good)s of %(all)s on time: anything from %(low)s to %(high)s",
        good=score.on_time, all=score.judged, low=_percent(low), high=_percent(high),
    )  # fmt: skip
    return said if score.judged >= reliability.FEWEST else _("%(said)s, too few to judge", said=said)


def _spread(spread: Spread, promised: int | None) -> dict[str, Any]:
    return {
        "done": spread.done,
        "open": spread.still_open,
        "p50": _days(spread.p50),
        "p90": _days(spread.p90),
        "cv": languages.decimals(spread.cv, 2) if spread.cv is not None else "",
        "promised": promised,
        "spread": spread,
    }


def _with_chart(view: dict[str, Any]) -> dict[str, Any]:
    """A spread's view with the chart of its distribution."""
    spread: Spread = view["spread"]
    promised = view["promised"]
    drawn = charts.distribution(
        spread.times, spread.steps, p50=spread.p50, p90=spread.p90,
        promised=None if promised is None else float(promised),
    )  # fmt: skip
    return view | {"chart": drawn}


def _row(each: SupplierCard) -> dict[str, Any]:
    return {
        "href": f"/suppliers/{each.supplier_id}/scorecard",
        "name": each.name,
        "internal": each.internal,
        **card_view(each.card, None),
    }


def _cards() -> list[SupplierCard]:
    return reports.suppliers(session(), g.at, running().settings.zone, _since())


def _period() -> str:
    return listing.choice("days", tuple(PERIODS))


def _since() -> datetime:
    since: datetime = g.at - timedelta(days=int(_period()))
    return since


def _percent(share: float, *, fine: bool = False) -> str:
    pattern = "0.#\u00a0%" if fine else "0\u00a0%"
    return format_percent(share, pattern, locale=languages.locale())


def _days(days: float | None) -> str:
    """Working days: ``4.5``, ``27``; empty where nobody knows."""
    if days is None:
        return ""
    return languages.number(Decimal(round(days))) if days >= 10 else languages.decimals(days, 1)


COLUMNS = (
    "supplier", "lines", "judged against confirmed day", "on time in full", "share", "share from", "share to",
    "judged against lead time", "on time in full", "share", "share from", "share to",
    "lead time p50", "lead time p90", "lead time cv", "lines open", "signal to full p50",
    "signal to full p90", "short lines", "missing share", "answer p50", "answer p90",
)  # fmt: skip


def _figures(card: Card) -> list[object]:
    """The figures of a sheet's row, after the name; an empty cell is not known."""
    return [
        card.lines, *_cells(card.against_confirmed), *_cells(card.against_promised),
        _cell(card.lead.p50), _cell(card.lead.p90), _cell(card.lead.cv), card.lead.still_open,
        _cell(card.replenishment.p50), _cell(card.replenishment.p90),
        card.short_lines, _cell(card.missing), _cell(card.answer.p50), _cell(card.answer.p90),
    ]  # fmt: skip


def _cells(score: Score) -> list[object]:
    low, high = score.interval
    return [score.judged, score.on_time, _cell(score.share), _cell(low), _cell(high)]


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"
