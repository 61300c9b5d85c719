"""Goods that arrived: by order line, or by scanning the card that came back full.

A receipt counts units on its line. They fill the line's open turns, oldest signal first, or the one
whose card was scanned; a turn that is full closes, and its card is full again. What arrives beyond
the order is accepted and flagged; what is missing stays open until somebody closes the line short.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, Session, mapped_column

from kanban import journal, orders
from kanban.db import Base, Moment, Quantity, RowId
from kanban.languages import gettext as _
from kanban.orders import Order, OrderLine, Replenishment

LARGEST_RECEIPT = Decimal(1_000_000)


class NothingComing(ValueError):
    """The order is not one from which goods may still arrive."""


class BadReceipt(ValueError):
    """A receipt of nothing, of less, or of more than anybody can mean."""


class Receipt(Base):
    """Units that arrived against an order line."""

    __tablename__ = "receipt"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"), index=True)
    replenishment_id: Mapped[int | None] = mapped_column(ForeignKey("replenishment.id"))
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    over: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0))
    delivery_note: Mapped[str] = mapped_column(String(200), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(Moment)


def receive_line(
    session: Session, deed: journal.Deed, line: OrderLine, quantity: Decimal, *, delivery_note: str = ""
) -> Receipt:
    """``quantity`` units of a line arrived. Raises :class:`NothingComing` or :class:`BadReceipt`."""
    receipt = _count(session, deed, line, quantity, None, delivery_note)
    left = quantity
    for turn in line.replenishments:
        if turn.closed_at is None and left > 0:
            left -= _fill(session, deed, turn, min(left, turn.quantity - turn.received))
    _settle(deed, line)
    return receipt


def receive_card(
    session: Session, deed: journal.Deed, turn: Replenishment, quantity: Decimal | None = None
) -> Receipt:
    """The card of ``turn`` came back with ``quantity`` units.

    Without a quantity it came whole: what the card still needs and, where it is the last open card
    of its line, what the order was rounded up by. Raises :class:`NothingComing` or :class:`BadReceipt`.
    """
    if turn.closed_at is not None:
        raise NothingComing(_("this card is full already"))
    line = turn.order_line
    missing = turn.quantity - turn.received
    whole = missing
    if not [other for other in line.replenishments if other.closed_at is None and other is not turn]:
        whole = max(missing, line.pending)
    arrived = whole if quantity is None else quantity
    receipt = _count(session, deed, line, arrived, turn, "")
    _fill(session, deed, turn, min(arrived, missing))
    _settle(deed, line)
    return receipt


def close_short(session: Session, deed: journal.Deed, line: OrderLine) -> None:
    """Nothing more will come of this line: its open turns end, and their cards are full again."""
    if line.closed_at is not None or line.order.state not in orders.OPEN_STATES:
        raise NothingComing(_("this line is closed already"))
    missing = {"missing": line.pending}
    journal.append(session, deed, "closed_short", "order_line", line.id, missing, order_id=line.order_id)
    line.closed_at, line.outcome = deed.at, "short"
    for turn in line.replenishments:
        if turn.closed_at is None:
            orders.close_turn(session, deed, turn, "short")
    _settle_order(deed, line.order)


def _count(
    session: Session,
    deed: journal.Deed,
    line: OrderLine,
    quantity: Decimal,
    turn: Replenishment | None,
    delivery_note: str,
) -> Receipt:
    if line.order.state not in orders.OPEN_STATES or line.quantity is None:
        raise NothingComing(_("nothing of this order can arrive: it was not sent, or it is finished"))
    if not quantity.is_finite() or not 0 < quantity <= LARGEST_RECEIPT or quantity != round(quantity, 3):
        raise BadReceipt(
            _(
                "a receipt counts %(least)s to %(most)s units, to three decimals",
                least=Decimal("0.001"),
                most=LARGEST_RECEIPT,
            )
        )
    over = max(Decimal(0), quantity - line.pending)
    receipt = Receipt(
        order_line_id=line.id,
        replenishment_id=turn.id if turn else None,
        quantity=quantity,
        over=over,
        delivery_note=delivery_note,
        at=deed.at,
    )
    session.add(receipt)
    line.received += quantity
    session.flush()
    journal.append(
        session, deed, "received", "scan" if turn else "receipt", receipt.id,
        {"line": line.id, "quantity": quantity, "over": over},
        card_id=turn.card_id if turn else None, order_id=line.order_id,
    )  # fmt: skip
    return receipt


def _fill(session: Session, deed: journal.Deed, turn: Replenishment, quantity: Decimal) -> Decimal:
    turn.received += quantity
    if turn.received >= turn.quantity:
        orders.close_turn(session, deed, turn, "received")
    return quantity


def _settle(deed: journal.Deed, line: OrderLine) -> None:
    """A line is finished when all that was ordered is here and no card of it waits any more."""
    if line.pending == 0 and line.closed_at is None and all(turn.closed_at for turn in line.replenishments):
        line.closed_at, line.outcome = deed.at, "received"
    _settle_order(deed, line.order)


def _settle_order(deed: journal.Deed, order: Order) -> None:
    if all(line.closed_at for line in order.lines):
        order.state = "received" if any(line.received for line in order.lines) else "cancelled"
        order.closed_at = deed.at
    elif any(line.received for line in order.lines):
        order.state = "partly_received"
