"""How orders and their lines look on the screens."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import abort

from kanban import orders
from kanban.languages import gettext as _
from kanban.languages import mark, ngettext
from kanban.orders import Order
from kanban.reports import orders as reports
from kanban.reports.orders import LineView
from kanban.web import security
from kanban.web.formats import day, money, quantity, units
from kanban.web.reading import session
from kanban.web.running import today

STATE_WORDS = {
    "draft": mark("draft"),
    "released": mark("sent"),
    "confirmed": mark("confirmed"),
    "shipped": mark("on its way"),
    "partly_received": mark("partly received"),
    "received": mark("received"),
    "cancelled": mark("cancelled"),
}


def found(order_id: int) -> Order:
    order = reports.with_lines(session(), order_id)
    if order is None:
        abort(404)
    return order


def list_row(row: reports.OrderRow) -> dict[str, Any]:
    order = row.order
    return {
        "href": f"/orders/{order.id}",
        "number": order.number,
        "supplier": order.supplier.name,
        "state": order.state,
        "state_word": _(STATE_WORDS[order.state]),
        "lines": row.lines,
        "open_turns": row.open_turns,
        "since": order.released_at or order.created_at,
        "due": row.due,
        "due_word": _("confirmed") if row.is_confirmed else _("by lead time"),
        "late": _days_late(row.due) if order.state in orders.OPEN_STATES else "",
    }


def _days_late(due: date | None) -> str:
    days = (today() - due).days if due else 0
    return ngettext("%(num)s day late", "%(num)s days late", days) if days > 0 else ""


def order_view(order: Order) -> dict[str, Any]:
    lines = reports.line_views(session(), order)
    buyer = security.who().may("buyer")
    is_open = order.state in orders.OPEN_STATES
    address = f"/orders/{order.id}"
    return {
        "id": order.id,
        "number": order.number,
        "state": order.state,
        "state_word": _(STATE_WORDS[order.state]),
        "supplier": {"name": order.supplier.name, "href": f"/suppliers/{order.supplier_id}"},
        "ship_to": order.ship_to.path,
        "created_at": order.created_at,
        "released_at": order.released_at,
        "lines": [_line(line, prices=buyer) for line in lines],
        "total": reports.total(lines) if buyer and any(line.unit_price for line in lines) else None,
        "may_release": buyer and order.state == "draft" and bool(lines),
        "may_confirm": buyer and order.state == "released",
        "may_ship": buyer and order.state in ("released", "confirmed"),
        "may_receive": is_open and security.who().may("operator"),
        "may_cancel": buyer and is_open,
        "release_post": f"{address}/release",
        "confirm_post": f"{address}/confirmation",
        "ship_post": f"{address}/shipment",
        "receive_post": f"{address}/receipts",
        "cancel_post": f"{address}/cancellation",
        "pdf_href": f"{address}.pdf" if buyer and lines else None,
        "print": False,
    }


def _line(line: LineView, *, prices: bool) -> dict[str, Any]:
    address = f"/order-lines/{line.id}"
    return {
        "id": line.id,
        "sku": line.sku,
        "supplier_sku": line.supplier_sku,
        "name": line.name,
        "packs_text": _packs(line),
        "units_text": units(line.quantity, line.unit) if line.pack_size != 1 else "",
        "unit_price": line.unit_price if prices else None,
        "total": line.total if prices else None,
        "need_text": _("needs %(need)s", need=units(line.need, line.unit)) if line.surplus else "",
        "surplus_text": _("%(surplus)s more than needed", surplus=quantity(line.surplus))
        if line.surplus
        else "",
        "cards": [
            {
                "code": card.code,
                "number": card.number,
                "of": card.of,
                "href": f"/cards/{card.code}",
                "urgent": card.urgent,
            }
            for card in line.cards
        ],
        "received_text": _("%(units)s received", units=units(line.received, line.unit))
        if line.received
        else "",
        "pending_text": _("%(pending)s to come", pending=units(line.pending, line.unit))
        if line.pending and line.received
        else "",
        "pending": line.pending,
        "answer_texts": _answer_texts(line, prices),
        "state_word": _line_state(line),
        "open": line.is_open,
        "receive_post": f"{address}/receipts",
        "short_post": f"{address}/short-close",
        "cancel_post": f"{address}/cancellation",
    }


def _packs(line: LineView) -> str:
    if line.pack_size == 1:
        return units(line.quantity, line.unit)
    return f"{quantity(line.packs)} × {units(line.pack_size, line.unit)}"


def _line_state(line: LineView) -> str:
    words = {"received": _("received"), "short": _("closed short"), "cancelled": _("cancelled")}
    if line.outcome:
        return words.get(line.outcome, line.outcome)
    if line.confirmed == 0:
        return _("out of stock")
    if line.due is None:
        return _("to order")
    return (
        _("confirmed for %(day)s", day=day(line.due))
        if line.answered
        else _("due %(day)s", day=day(line.due))
    )


def _answer_texts(line: LineView, prices: bool) -> list[str]:
    """What the supplier has said of a line beyond its day."""
    told = []
    if line.confirmed and line.confirmed < line.quantity:
        told.append(_("%(units)s of it confirmed", units=units(line.confirmed, line.unit)))
    if line.passed_on:
        told.append(_("%(units)s asked of another supplier", units=units(line.passed_on, line.unit)))
    if line.shipped and line.is_open:
        told.append(_("%(units)s on the way", units=units(line.shipped, line.unit)))
    if prices and line.confirmed_price is not None and line.confirmed_price != line.unit_price:
        told.append(_("costs %(price)s each", price=money(line.confirmed_price)))
    return told
