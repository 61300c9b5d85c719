"""Orders: the list, an order's page, and a buyer's steps from draft to received."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, abort, g, make_response, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kanban import config, documents, journal, orders, receipts, shop
from kanban.orders import Order, OrderLine
from kanban.reports import orders as reports
from kanban.reports import story
from kanban.reports.orders import LineView
from kanban.web import formats, forms, listing, respond, security
from kanban.web.formats import day, quantity, units
from kanban.web.reading import session
from kanban.web.running import running

bp = Blueprint("orders", __name__)

STATE_WORDS = {
    "draft": "draft",
    "released": "sent",
    "confirmed": "confirmed",
    "shipped": "on its way",
    "partly_received": "partly received",
    "received": "received",
    "cancelled": "cancelled",
}
FILTERS = {
    "open": ("Open", ("draft", *orders.OPEN_STATES)),
    "draft": ("Drafts", ("draft",)),
    "coming": ("On order", orders.OPEN_STATES),
    "done": ("Finished", ("received", "cancelled")),
    "all": ("All", ()),
}


@bp.get("/orders")
@security.access("viewer")
def index() -> str:
    """All orders, newest first."""
    shown = request.args.get("state", "open")
    shown = shown if shown in FILTERS else "open"
    query = listing.Query.of_request()
    rows, count = reports.page(
        session(), states=FILTERS[shown][1], search=query.q, skip=query.skip, limit=query.limit
    )
    template = "orders/_rows.html" if respond.wants_fragment() else "orders/list.html"
    return render_template(
        template,
        rows=[_list_row(row) for row in rows],
        page=query.page_of(count),
        q=query.q,
        shown=shown,
        filters=[(key, label) for key, (label, _) in FILTERS.items()],
    )


@bp.get("/orders/<int:order_id>")
@security.access("viewer")
def show(order_id: int) -> str:
    """One order with its lines, cards and history."""
    order = _get(order_id)
    return render_template(
        "orders/show.html", order=_view(order), history=story.of_order(session(), order.id), today=_today()
    )


@bp.get("/orders/<int:order_id>.pdf")
@security.access("buyer")
def pdf(order_id: int) -> Response:
    """The order as the document that goes to the supplier."""
    order = _get(order_id)
    paper = request.args.get("paper", "a4")
    try:
        made = documents.order_pdf(
            _document(order),
            templates=config.assets("templates"),
            fonts=config.assets("labels") / "fonts",
            paper=paper,
        )
    except documents.UnknownPaper:
        abort(404)
    response = make_response(made)
    response.mimetype = "application/pdf"
    response.headers["Content-Disposition"] = f'inline; filename="{order.number or "draft"}.pdf"'
    return response


@bp.post("/orders/<int:order_id>/release")
@security.access("buyer")
def release(order_id: int) -> Response:
    """The buyer's click: the order gets its number and is ready to be handed to the supplier."""
    zone = running().settings.zone
    return _step(
        order_id, lambda s, deed, order: orders.release(s, deed, order, zone), "The order is released."
    )


@bp.post("/orders/<int:order_id>/confirmation")
@security.access("buyer")
def confirm(order_id: int) -> Response:
    """The supplier accepted it, for the given day."""
    due = forms.day(request.form.get("due", ""))

    def verb(session: Session, deed: journal.Deed, order: Order) -> None:
        orders.confirm(session, deed, order, {line.id: due for line in order.lines} if due else None)

    return _step(order_id, verb, "Noted: the supplier confirmed.")


@bp.post("/orders/<int:order_id>/shipment")
@security.access("buyer")
def ship(order_id: int) -> Response:
    """The goods are on their way."""
    return _step(order_id, orders.ship, "Noted: the goods are on their way.")


@bp.post("/orders/<int:order_id>/receipts")
@security.access("operator")
def receive(order_id: int) -> Response:
    """All that was still to come is here."""

    def verb(session: Session, deed: journal.Deed, order: Order) -> None:
        still = [line for line in order.lines if line.pending > 0]
        if not still:
            raise receipts.NothingComing("nothing of this order is still to come")
        for line in still:
            receipts.receive_line(session, deed, line, line.pending)

    return _step(order_id, verb, "Everything is received; its cards are full again.")


@bp.post("/orders/<int:order_id>/cancellation")
@security.access("buyer")
def cancel(order_id: int) -> Response:
    """What has not come is cancelled; its cards are signalled again."""
    return _step(order_id, orders.cancel, "Cancelled. Its cards wait in the next draft.")


@bp.post("/order-lines/<int:line_id>/receipts")
@security.access("operator")
def receive_line(line_id: int) -> Response:
    """Some or all units of one line are here."""
    arrived = forms.decimal(request.form.get("units", ""))
    note = forms.text(request.form.get("delivery_note", ""), limit=200)

    def verb(session: Session, deed: journal.Deed, line: OrderLine) -> None:
        receipts.receive_line(session, deed, line, arrived, delivery_note=note)

    return _line_step(line_id, verb, "Received.")


@bp.post("/order-lines/<int:line_id>/short-close")
@security.access("buyer")
def close_short(line_id: int) -> Response:
    """Nothing more will come of this line."""
    return _line_step(line_id, receipts.close_short, "Closed short: nothing more is expected of this line.")


@bp.post("/order-lines/<int:line_id>/cancellation")
@security.access("buyer")
def cancel_line(line_id: int) -> Response:
    """The supplier rejected the line; its cards are signalled again."""
    return _line_step(line_id, orders.cancel_line, "Line cancelled. Its cards wait in the next draft.")


def _step(order_id: int, verb: Callable[[Session, journal.Deed, Order], None], said: str) -> Response:
    def do(session: Session, deed: journal.Deed) -> str:
        verb(session, deed, session.get_one(Order, order_id))
        return f"/orders/{order_id}"

    return respond.seen(respond.change(do), said)


def _line_step(line_id: int, verb: Callable[[Session, journal.Deed, OrderLine], Any], said: str) -> Response:
    def do(session: Session, deed: journal.Deed) -> str:
        line = session.get_one(OrderLine, line_id)
        verb(session, deed, line)
        return f"/orders/{line.order_id}"

    return respond.seen(respond.change(do), said)


def _get(order_id: int) -> Order:
    order = reports.with_lines(session(), order_id)
    if order is None:
        abort(404)
    return order


def _today() -> date:
    today: date = g.at.astimezone(running().settings.zone).date()
    return today


def _list_row(row: reports.OrderRow) -> dict[str, Any]:
    order = row.order
    return {
        "href": f"/orders/{order.id}",
        "number": order.number,
        "supplier": order.supplier.name,
        "state": order.state,
        "state_word": STATE_WORDS[order.state],
        "lines": row.lines,
        "open_turns": row.open_turns,
        "since": order.released_at or order.created_at,
    }


def _view(order: Order) -> dict[str, Any]:
    lines = reports.line_views(session(), order)
    buyer = security.who().may("buyer")
    is_open = order.state in orders.OPEN_STATES
    address = f"/orders/{order.id}"
    return {
        "id": order.id,
        "number": order.number,
        "state": order.state,
        "state_word": STATE_WORDS[order.state],
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
        "need_text": f"needs {units(line.need, line.unit)}" if line.surplus else "",
        "surplus_text": f"{quantity(line.surplus)} more than needed" if line.surplus else "",
        "cards": [
            {
                "code": card.code,
                "number": card.number,
                "of": card.of,
                "href": f"/c/{card.code}",
                "urgent": card.urgent,
            }
            for card in line.cards
        ],
        "received_text": f"{units(line.received, line.unit)} received" if line.received else "",
        "pending_text": f"{units(line.pending, line.unit)} to come" if line.pending and line.received else "",
        "pending": line.pending,
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
    words = {"received": "received", "short": "closed short", "cancelled": "cancelled"}
    if line.outcome:
        return words.get(line.outcome, line.outcome)
    return f"due {day(line.due)}" if line.due else "to order"


def _document(order: Order) -> documents.OrderDocument:
    lines = reports.line_views(session(), order)
    ours = shop.get(session())
    released = order.released_at or g.at
    return documents.OrderDocument(
        number=order.number or "",
        released_on=formats.when(released).split(",")[0],
        state=STATE_WORDS[order.state],
        supplier=_address(order.supplier.name, order.supplier.address),
        ship_to=_address(ours.name, order.ship_to.name, order.ship_to.address or ours.address),
        buyer=_address(ours.name, ours.address),
        lines=[_document_line(line) for line in lines],
        total=formats.money(reports.total(lines)),
        currency=running().settings.currency,
        customer_number=order.supplier.customer_number,
        mark="DRAFT – not an order" if order.state == "draft" else "",
    )


def _document_line(line: LineView) -> documents.DocumentLine:
    return documents.DocumentLine(
        sku=line.sku,
        description=line.name,
        units=quantity(line.quantity),
        unit=line.unit,
        supplier_sku=line.supplier_sku,
        packs=quantity(line.packs) if line.pack_size != 1 else "",
        pack_size=units(line.pack_size, line.unit) if line.pack_size != 1 else "",
        unit_price=formats.money(line.unit_price) if line.unit_price is not None else "",
        total=formats.money(line.total) if line.total is not None else "",
        wanted=day(line.due) if line.due else "",
    )


def _address(*parts: str) -> list[str]:
    """The lines of an address; empty and repeated ones are left out."""
    lines = [line.strip() for part in parts for line in part.splitlines()]
    return list(dict.fromkeys(line for line in lines if line))
