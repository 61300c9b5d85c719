"""A buyer's and an operator's steps with an order: send, confirm, ship, receive, cancel."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from flask import request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from kanban import journal, orders, receipts
from kanban.languages import gettext as _
from kanban.orders import Order, OrderLine
from kanban.web import forms, respond, security
from kanban.web.orders.blueprint import bp
from kanban.web.running import running


@bp.post("/orders/<int:order_id>/release")
@security.access("buyer")
def release(order_id: int) -> Response:
    """The buyer's click: the order gets its number and is ready to be handed to the supplier."""
    zone = running().settings.zone

    def verb(session: Session, deed: journal.Deed, order: Order) -> None:
        _count, value = orders.rules.values_of(session, [order.id]).get(order.id, (0, Decimal(0)))
        orders.rules.refuse_unapproved(session, deed, order, value)
        orders.release(session, deed, order, zone)

    return _step(order_id, verb, _("The order is released."))


@bp.post("/orders/<int:order_id>/confirmation")
@security.access("buyer")
def confirm(order_id: int) -> Response:
    """The supplier accepted it, for the given day."""
    due = forms.day(request.form.get("due", ""))

    def verb(session: Session, deed: journal.Deed, order: Order) -> None:
        orders.confirm(session, deed, order, {line.id: due for line in order.lines} if due else None)

    return _step(order_id, verb, _("Noted: the supplier confirmed."))


@bp.post("/orders/<int:order_id>/shipment")
@security.access("buyer")
def ship(order_id: int) -> Response:
    """The goods are on their way."""
    return _step(order_id, orders.ship, _("Noted: the goods are on their way."))


@bp.post("/orders/<int:order_id>/receipts")
@security.access("operator")
def receive(order_id: int) -> Response:
    """All that was still to come is here."""

    def verb(session: Session, deed: journal.Deed, order: Order) -> None:
        still = [line for line in order.lines if line.pending > 0]
        if not still:
            raise receipts.NothingComing(_("nothing of this order is still to come"))
        for line in still:
            receipts.receive_line(session, deed, line, line.pending)

    return _step(order_id, verb, _("Everything is received; its cards are full again."))


@bp.post("/orders/<int:order_id>/cancellation")
@security.access("buyer")
def cancel(order_id: int) -> Response:
    """What has not come is cancelled; its cards are signalled again."""
    return _step(order_id, orders.cancel, _("Cancelled. Its cards wait in the next draft."))


@bp.post("/order-lines/<int:line_id>/receipts")
@security.access("operator")
def receive_line(line_id: int) -> Response:
    """Some or all units of one line are here."""
    arrived = forms.decimal(request.form.get("units", ""))
    note = forms.text(request.form.get("delivery_note", ""), limit=200)

    def verb(session: Session, deed: journal.Deed, line: OrderLine) -> None:
        receipts.receive_line(session, deed, line, arrived, delivery_note=note)

    return _line_step(line_id, verb, _("Received."))


@bp.post("/order-lines/<int:line_id>/short-close")
@security.access("buyer")
def close_short(line_id: int) -> Response:
    """Nothing more will come of this line."""
    return _line_step(
        line_id, receipts.close_short, _("Closed short: nothing more is expected of this line.")
    )


@bp.post("/order-lines/<int:line_id>/cancellation")
@security.access("buyer")
def cancel_line(line_id: int) -> Response:
    """The supplier rejected the line; its cards are signalled again."""
    return _line_step(line_id, orders.cancel_line, _("Line cancelled. Its cards wait in the next draft."))


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
