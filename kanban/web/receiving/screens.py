"""What is expected, and what is set apart or on its way back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask import render_template

from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.receipts import DeliveryNote
from kanban.reports import receiving
from kanban.reports.receiving import Expected
from kanban.web import listing, respond, security
from kanban.web.formats import units
from kanban.web.photos import address as photo_address
from kanban.web.reading import session
from kanban.web.receiving.blueprint import bp
from kanban.web.running import today
from kanban.web.words import QUARANTINE_WORDS, RETURN_WORDS

SOON = timedelta(days=7)
SECTIONS = (
    ("late", mark("Late")),
    ("today", mark("Today")),
    ("soon", mark("The next seven days")),
    ("later", mark("Later")),
)
EXPECTED_WORDS = {
    "credit": mark("a credit"),
    "replacement": mark("a replacement"),
    "nothing": mark("nothing"),
}


@bp.get("/receiving")
@security.access("operator")
def index() -> str:
    """What firms are to deliver: late, today, soon, later; and the deliveries of late."""
    query = listing.Query.of_request()
    found = receiving.expected(session(), query.q)
    notes = receiving.notes(session(), query.q) if query.q else receiving.recent(session())
    apart, open_returns = receiving.undecided(session())
    return render_template(
        "receiving/_expected.html" if respond.wants_fragment() else "receiving/list.html",
        sections=_sections(found),
        notes=[_note(note, count) for note, count in notes],
        q=query.q,
        apart=apart,
        open_returns=open_returns,
    )


@bp.get("/receiving/returns")
@security.access("operator")
def returns() -> str:
    """Goods that wait apart for a decision, and what went back."""
    return render_template(
        "receiving/returns.html",
        apart=[apart_view(each) for each in receiving.apart(session())],
        open_returns=[return_view(each) for each in receiving.returns(session(), settled=False)],
        settled=[return_view(each) for each in receiving.returns(session(), settled=True)[:20]],
        may_decide=security.who().may("buyer"),
    )


def apart_view(kept: Any) -> dict[str, Any]:
    """Goods set apart, as the screens show them."""
    line = kept.order_line
    return {
        "id": kept.id,
        "sku": line.sku,
        "name": line.name,
        "supplier": line.order.supplier.name,
        "order_number": line.order.number,
        "order_href": f"/orders/{line.order_id}",
        "note_href": f"/receiving/notes/{kept.delivery_note_id}" if kept.delivery_note_id else None,
        "reason": _(QUARANTINE_WORDS[kept.reason]),
        "units": units(kept.quantity, line.unit),
        "left": kept.left,
        "left_text": units(kept.left, line.unit),
        "unit": line.unit,
        "said": kept.note,
        "at": kept.at,
        "accept_post": f"/quarantine/{kept.id}/acceptance",
        "return_post": f"/quarantine/{kept.id}/return",
        "kept_reason": kept.reason,
    }


def return_view(sent: Any) -> dict[str, Any]:
    """Goods that went back, as the screens show them."""
    line = sent.order_line
    return {
        "id": sent.id,
        "sku": line.sku,
        "name": line.name,
        "supplier": line.order.supplier.name,
        "order_number": line.order.number,
        "order_href": f"/orders/{line.order_id}",
        "units": units(sent.quantity, line.unit),
        "reason": _(RETURN_WORDS[sent.reason]),
        "expected": _(EXPECTED_WORDS[sent.expected]),
        "reference": sent.reference,
        "said": sent.note,
        "at": sent.at,
        "settled_at": sent.settled_at,
        "settlement": sent.settlement,
        "settle_post": f"/returns/{sent.id}/settlement",
    }


def _sections(found: list[Expected]) -> list[dict[str, Any]]:
    rows: dict[str, list[dict[str, Any]]] = {key: [] for key, _title in SECTIONS}
    day = today()
    for each in found:
        rows[_when(each.due, day)].append(_row(each))
    return [{"key": key, "title": _(title), "rows": rows[key]} for key, title in SECTIONS if rows[key]]


def _when(due: date | None, day: date) -> str:
    if due is None or due > day + SOON:
        return "later"
    return "late" if due < day else "today" if due == day else "soon"


def _row(each: Expected) -> dict[str, Any]:
    return {
        "href": f"/receiving/suppliers/{each.supplier_id}?order={each.order_id}",
        "supplier_href": f"/receiving/suppliers/{each.supplier_id}",
        "supplier": each.supplier,
        "number": each.number,
        "due": each.due,
        "on_its_way": each.state == "shipped",
        "lines": each.lines,
        "first_item": each.first_item,
    }


def _note(note: DeliveryNote, count: int) -> dict[str, Any]:
    return {
        "href": f"/receiving/notes/{note.id}",
        "number": note.number,
        "supplier": note.supplier.name,
        "receipts": count,
        "at": note.at,
        "photo": photo_address(note.photo_id, small=True),
    }
