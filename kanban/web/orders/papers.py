"""The order as the document that goes to its supplier."""

from __future__ import annotations

from flask import abort, g, make_response, request
from werkzeug.wrappers import Response

from kanban import config, documents, languages, shop
from kanban.languages import gettext as _
from kanban.orders import Order
from kanban.outbox import channels
from kanban.reports import orders as reports
from kanban.reports.orders import LineView
from kanban.web import formats, security
from kanban.web.formats import day, quantity, units
from kanban.web.orders.blueprint import bp
from kanban.web.orders.views import STATE_WORDS, found
from kanban.web.reading import session
from kanban.web.running import running


@bp.get("/orders/<int:order_id>.pdf")
@security.access("buyer")
def pdf(order_id: int) -> Response:
    """The order as the document that goes to the supplier."""
    order = found(order_id)
    try:
        made = _made(order, request.args.get("paper", "a4"))
    except documents.UnknownPaper:
        abort(404)
    response = make_response(made)
    response.mimetype = "application/pdf"
    name = order.number or "draft"
    response.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    return response


def _made(order: Order, paper: str) -> bytes:
    """The document in its supplier's language, whoever looks at it."""
    with languages.speaking(channels.of_supplier(session(), order.supplier).language):
        return documents.order_pdf(
            _document(order),
            templates=config.assets("templates"),
            fonts=config.assets("labels") / "fonts",
            paper=paper,
        )


def _document(order: Order) -> documents.OrderDocument:
    lines = reports.line_views(session(), order)
    ours = shop.get(session())
    released = order.released_at or g.at
    return documents.OrderDocument(
        number=order.number or "",
        released_on=languages.full_day(released.astimezone(running().settings.zone).date()),
        state=_(STATE_WORDS[order.state]),
        supplier=_address(order.supplier.name, order.supplier.address),
        ship_to=_address(ours.name, order.ship_to.name, order.ship_to.address or ours.address),
        buyer=_address(ours.name, ours.address),
        lines=[_document_line(line) for line in lines],
        total=formats.money(reports.total(lines)),
        currency=running().settings.currency,
        customer_number=order.supplier.customer_number,
        mark=_("DRAFT – not an order") if order.state == "draft" else "",
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
