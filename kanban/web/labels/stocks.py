"""Stocks on the screen: what there is, an outline to hold against the sheet, and stocks of one's own."""

from __future__ import annotations

import re
from typing import Any

from flask import abort, make_response, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from kanban import journal, labels, prints
from kanban.labels import Plan, faces, setting, sheets, stocks
from kanban.languages import gettext as _
from kanban.prints.printers import add_stock, remove_stock
from kanban.web import forms, listing, respond, security
from kanban.web.labels.blueprint import ASSETS, all_stocks, bp, sentence
from kanban.web.reading import session
from kanban.web.running import running

LENGTHS = ("width", "height", "left", "top", "pitch_x", "pitch_y", "paper_x", "paper_y")


@bp.get("/stocks")
@security.access("viewer")
def stock_list() -> str:
    """Every stock, searched."""
    return _page({}, {})


@bp.post("/stocks")
@security.access("buyer")
def add_own_stock() -> AnyResponse:
    """A stock of our own, checked as all others are."""
    typed = {name: request.form.get(name, "").strip() for name in (*LENGTHS, "title", "columns", "rows")}
    try:
        stock = _stock(typed)

        def verb(session: Session, deed: journal.Deed) -> str:
            with forms.taken(prints.StockTaken, "title"):
                add_stock(session, deed, stock.name, stocks.facts(stock))
            return "/stocks"

        return respond.seen(respond.change(verb), _("Added. Print its outline and hold it against a sheet."))
    except forms.BadFields as bad:
        errors = bad.errors
        return forms.refused(bad, lambda: _page(typed, errors))


@bp.post("/stocks/<stock>/removal")
@security.access("buyer")
def remove_own_stock(stock: str) -> AnyResponse:
    """Take a stock of our own away."""

    def verb(session: Session, deed: journal.Deed) -> str:
        remove_stock(session, deed, session.get_one(prints.OwnStock, stock))
        return "/stocks"

    return respond.seen(respond.change(verb), _("The stock is gone."))


@bp.get("/stocks/<stock>.pdf")
@security.access("viewer")
def outline(stock: str) -> AnyResponse:
    """The outlines of a stock's labels, to print on plain paper and hold against the sheet."""
    found = all_stocks()
    if stock not in found:
        abort(404)
    plan = Plan(ASSETS, running().settings.base_url, faces.known(ASSETS, "card"), found[stock], outline=True)
    pdf = setting.typeset(
        ASSETS / "press" / "outline.typ",
        root=ASSETS,
        fonts=ASSETS / "fonts",
        inputs=sheets.outline_inputs(plan),
    )
    answer = make_response(pdf)
    answer.headers["Content-Type"] = "application/pdf"
    answer.headers["Content-Disposition"] = f'inline; filename="{stock}.pdf"'
    return answer


def _page(typed: dict[str, str], errors: dict[str, str]) -> str:
    q = listing.one("q")
    own = {each.name for each in session().query(prints.OwnStock)}
    found = stocks.sought(all_stocks().values(), q)
    return render_template(
        "labels/stocks.html",
        groups=_grouped(found),
        count=len(found),
        q=q,
        own=own,
        values={"paper_x": "210", "paper_y": "297", "columns": "3", "rows": "8"} | typed,
        errors=errors,
        may_change=security.who().may("buyer"),
    )


def _grouped(found: list[labels.Stock]) -> list[tuple[str, list[labels.Stock]]]:
    groups: dict[str, list[labels.Stock]] = {}
    for stock in found:
        groups.setdefault(stock.form, []).append(stock)
    return list(groups.items())


def _stock(typed: dict[str, str]) -> labels.Stock:
    """The stock that the form describes. Raises :class:`forms.BadFields`."""
    title = typed["title"][:80]
    name = re.sub("[^a-z0-9]+", "-", title.casefold()).strip("-")[:50]
    if not name:
        raise forms.BadFields({"title": _("Give the stock a name, such as the number on its box.")})
    if name in all_stocks():
        raise forms.BadFields({"title": _("There is a stock of that name already.")}, 409)
    sizes = {each: _length(each, typed[each]) for each in LENGTHS}
    facts: dict[str, Any] = {
        "title": title,
        "source": _("added on the screen"),
        "paper": [sizes["paper_x"], sizes["paper_y"]],
        "label": [sizes["width"], sizes["height"]],
        "columns": _whole("columns", typed["columns"]),
        "rows": _whole("rows", typed["rows"]),
        "left": sizes["left"],
        "top": sizes["top"],
        "pitch": [sizes["pitch_x"] or sizes["width"], sizes["pitch_y"] or sizes["height"]],
    }
    try:
        return stocks.made(name, facts)
    except labels.BadStock as refused:
        raise forms.BadFields({"width": sentence(refused)}) from refused


def _length(field: str, text: str) -> float:
    if field.startswith("pitch") and not text:
        return 0.0
    if not re.fullmatch(r"[0-9]{1,4}([.,][0-9]{1,3})?", text):
        raise forms.BadFields({field: _("A length is a number of millimetres, such as 38.1.")})
    return float(text.replace(",", "."))


def _whole(field: str, text: str) -> int:
    if not re.fullmatch("[0-9]{1,3}", text):
        raise forms.BadFields({field: _("Columns and rows are whole numbers.")})
    return int(text)
