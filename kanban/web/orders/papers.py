"""The order as the document that goes to its supplier: as PDF, as a page, and its lines as CSV."""

from __future__ import annotations

from flask import abort, g, make_response, render_template, request
from werkzeug.wrappers import Response

from kanban import documents, languages
from kanban.orders import Order
from kanban.senders import papers, purchase, tables
from kanban.senders.purchase import Purchase
from kanban.web import security
from kanban.web.orders.blueprint import bp
from kanban.web.orders.views import found
from kanban.web.reading import session
from kanban.web.running import running


@bp.get("/orders/<int:order_id>.pdf")
@security.access("buyer")
def pdf(order_id: int) -> Response:
    """The document in its supplier's language, whoever looks at it."""
    order = _purchase(found(order_id))
    try:
        with languages.speaking(order.chosen.language):
            made = papers.pdf(order, running().settings, request.args.get("paper", ""))
    except documents.UnknownPaper:
        abort(404)
    return _file(made, "application/pdf", f"{order.number or 'draft'}.pdf", "inline")


@bp.get("/orders/<int:order_id>.csv")
@security.access("buyer")
def lines_csv(order_id: int) -> Response:
    """The lines for a spreadsheet."""
    order = _purchase(found(order_id))
    return _file(tables.written(order), "text/csv", f"{order.number or 'draft'}.csv", "attachment")


@bp.get("/orders/<int:order_id>/document")
@security.access("buyer")
def page(order_id: int) -> str:
    """The same document as a page that prints."""
    order = _purchase(found(order_id))
    with languages.speaking(order.chosen.language):
        return render_template(
            "documents/order.html",
            order=papers.document(order, running().settings),
            language=languages.spoken(),
            direction=languages.direction(),
            logo=f"/orders/{order_id}/logo" if order.logo else "",
            back=f"/orders/{order_id}",
        )


@bp.get("/orders/<int:order_id>/logo")
@security.access("buyer")
def logo(order_id: int) -> Response:
    """The logo that stands on the document."""
    order = _purchase(found(order_id))
    if not order.logo:
        abort(404)
    return _file(order.logo, "image/jpeg", "logo.jpg", "inline")


def _purchase(order: Order) -> Purchase:
    return purchase.of_order(session(), order, running().settings, at=g.at)


def _file(data: bytes, kind: str, name: str, how: str) -> Response:
    response = make_response(data)
    response.mimetype = kind
    response.headers["Content-Disposition"] = f'{how}; filename="{name}"'
    return response
