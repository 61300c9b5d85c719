"""Stocks on the screen: what there is, an outline to hold against the sheet, and stocks of one's own."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from flask import abort, make_response, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from kanban import journal, labels, prints
from kanban.labels import Plan, faces, setting, sheets, stockfiles, stocks
from kanban.languages import gettext as _
from kanban.prints.printers import add_stock, remove_stock
from kanban.text import as_sentence
from kanban.web import forms, listing, respond, security
from kanban.web.labels.blueprint import ASSETS, all_stocks, bp, card_faces, stock_folder
from kanban.web.reading import session
from kanban.web.running import running

LENGTHS = ("width", "height", "left", "top", "pitch_x", "pitch_y", "paper_x", "paper_y")
COUNTS = ("columns", "rows")
FIELDS = {"label": "width", "paper": "paper_x", "pitch": "pitch_x"}
"""Where the form asks for what a stock's file says in one."""

LONGEST_TITLE = 80
MM_AN_INCH = 25.4
_WHOLE = re.compile("[0-9]{1,4}")
_LENGTH = re.compile(
    r"""([0-9]{1,4}(?:[.,][0-9]{1,4})?|[.,][0-9]{1,4})?   # 38.1, .5
        (?:(?:^|[ ])([0-9]{1,3})/([0-9]{1,3}))?           # 5/8
        [ ]?(?:(?<=[0-9 ])(mm|in|″|"))?""",
    re.VERBOSE,
)


@bp.get("/stocks")
@security.access("viewer")
def stock_list() -> str:
    """Every stock, searched."""
    return _page({}, {})


@bp.post("/stocks")
@security.access("buyer")
def add_own_stock() -> AnyResponse:
    """A stock of our own, checked as all others are."""
    typed = {name: request.form.get(name, "").strip() for name in (*LENGTHS, *COUNTS, "title")}
    try:
        stock = _stock(typed)

        def verb(session: Session, deed: journal.Deed) -> str:
            with forms.taken(prints.StockTaken, "title"):
                add_stock(session, deed, stock.name, stocks.facts(stock))
            return "/stocks"

        return respond.seen(respond.change(verb), _("Added. Print its outline and hold it against a sheet."))
    except forms.BadFields as bad:
        return forms.refused(bad, lambda errors: _page(typed, errors))


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
        designs={stock.name: _design(stock) for stock in found},
        q=q,
        own=own,
        wrong=stockfiles.read(stock_folder(), {*stocks.every(ASSETS), *own})[1],
        values={"paper_x": "210", "paper_y": "297", "columns": "3", "rows": "8"} | typed,
        errors=errors,
        may_change=security.who().may("buyer"),
    )


def _design(stock: labels.Stock) -> str:
    """The largest design of a card that a stock has room for; empty where it has for none."""
    return next((face.name for face in card_faces() if face.fits(stock)), "")


def _grouped(found: list[labels.Stock]) -> list[tuple[str, list[labels.Stock]]]:
    groups: dict[str, list[labels.Stock]] = {}
    for stock in found:
        groups.setdefault(stock.form, []).append(stock)
    return list(groups.items())


def _stock(typed: dict[str, str]) -> labels.Stock:
    """The stock that the form describes. Raises :class:`forms.BadFields`."""
    name = _name(typed["title"])
    facts, errors = _facts(typed)
    if errors:
        raise forms.BadFields(errors)
    try:
        return stocks.made(name, facts)
    except labels.BadStock as refused:
        raise forms.BadFields({FIELDS.get(refused.field, refused.field): as_sentence(refused)}) from refused


def _name(title: str) -> str:
    """What a stock of this title is called in addresses and files. Raises :class:`forms.BadFields`."""
    if len(title) > LONGEST_TITLE or not any(each.isalnum() for each in title):
        most = LONGEST_TITLE
        said = _(
            "Give the stock a name of up to %(most)s characters, such as the number on its box.", most=most
        )
        raise forms.BadFields({"title": said})
    name = re.sub("[^a-z0-9]+", "-", title.casefold()).strip("-")
    name = name[:50] or f"own-{hashlib.sha256(title.encode()).hexdigest()[:8]}"
    if name in all_stocks():
        raise forms.BadFields({"title": _("There is a stock of that name already.")}, 409)
    return name


def _facts(typed: dict[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """What was typed as a stock's file says it, and a sentence for each field that says nothing."""
    close = {"pitch_x": typed["width"], "pitch_y": typed["height"]}  # without a gap between the labels
    sizes = {field: _millimetres(typed[field] or close.get(field, "")) for field in LENGTHS}
    counts = {field: int(typed[field]) if _WHOLE.fullmatch(typed[field]) else 0 for field in COUNTS}
    length = _("A length is a number of millimetres, such as 38.1, or of inches, such as 2 5/8 in.")
    unread = [field for field in LENGTHS if sizes[field] is None and (typed[field] or field not in close)]
    errors = dict.fromkeys(unread, length)
    errors |= {
        field: _("Columns and rows are whole numbers from 1.") for field in COUNTS if not counts[field]
    }
    facts = {
        "title": typed["title"],
        "source": _("added on the screen"),
        "paper": [sizes["paper_x"], sizes["paper_y"]],
        "label": [sizes["width"], sizes["height"]],
        "left": sizes["left"],
        "top": sizes["top"],
        "pitch": [sizes["pitch_x"], sizes["pitch_y"]],
    }
    return facts | counts, errors


def _millimetres(text: str) -> float | None:
    """``38.1``, ``38,1 mm``, ``1.5 in``, ``2 5/8″`` in mm; None for what is no length."""
    found = _LENGTH.fullmatch(text)
    whole, top, bottom, unit = found.groups(default="") if found else ("", "", "", "")
    inches = unit not in ("", "mm")
    if not (whole or top) or (top and (not inches or not int(bottom))):
        return None
    number = float((whole or "0").replace(",", ".")) + (int(top) / int(bottom) if top else 0)
    return round(number * MM_AN_INCH if inches else number, 4)
