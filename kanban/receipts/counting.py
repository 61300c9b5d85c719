"""What all receipts share: units counted on a line, turns filled, orders finished or open again."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import func, select, type_coerce
from sqlalchemy.orm import Session

from kanban import journal, orders
from kanban.db import Quantity
from kanban.orders import Order, OrderLine, Replenishment
from kanban.receipts.tables import Receipt


def book(
    session: Session,
    deed: journal.Deed,
    line: OrderLine,
    quantity: Decimal,
    *,
    turn: Replenishment | None = None,
    delivery_note_id: int | None = None,
    counters: Receipt | None = None,
    note: str = "",
) -> Receipt:
    """Count ``quantity`` units on a line (fewer than none in a correction), and say so in the journal."""
    over = _over(session, line, quantity)
    line.received += quantity
    receipt = Receipt(
        order_line_id=line.id,
        replenishment_id=turn.id if turn else None,
        quantity=quantity,
        over=over,
        delivery_note_id=delivery_note_id,
        counters_id=counters.id if counters else None,
        note=note,
        at=deed.at,
    )
    session.add(receipt)
    session.flush()
    kind = "corrected" if counters else "received"
    facts = {"line": line.id, "quantity": quantity, "over": receipt.over}
    journal.append(
        session, deed, kind, "scan" if turn and not counters else "receipt", receipt.id,
        facts | ({"counters": counters.id} if counters else {}),
        card_id=turn.card_id if turn else None, order_id=line.order_id,
    )  # fmt: skip
    return receipt


def fill(session: Session, deed: journal.Deed, turn: Replenishment, quantity: Decimal) -> Decimal:
    """Units for the card of an open turn; a full turn closes."""
    turn.received += quantity
    if turn.received >= turn.quantity:
        orders.close_turn(session, deed, turn, "received")
    return quantity


def fill_oldest(session: Session, deed: journal.Deed, line: OrderLine, quantity: Decimal) -> None:
    """Units for the open turns of a line, oldest signal first."""
    for turn in line.replenishments:
        if turn.closed_at is None and quantity > 0:
            quantity -= fill(session, deed, turn, min(quantity, turn.quantity - turn.received))


def settle(session: Session, deed: journal.Deed, line: OrderLine) -> None:
    """A line is finished when nothing of it is to come and no card of it waits any more."""
    session.flush()
    if line.pending == 0 and line.closed_at is None and all(turn.closed_at for turn in line.replenishments):
        line.closed_at = deed.at
        line.outcome = "received" if line.received >= (line.quantity or 0) else "short"
    settle_order(deed, line.order)


def settle_order(deed: journal.Deed, order: Order) -> None:
    """Bring the state of a released order to what its lines say, forwards or back."""
    some_came = any(line.received for line in order.lines)
    if all(line.closed_at for line in order.lines):
        order.state = "received" if some_came else "cancelled"
        order.closed_at = order.closed_at or deed.at
    else:
        order.state = "partly_received" if some_came else _state_before_receipts(order)
        order.closed_at = None


def _state_before_receipts(order: Order) -> str:
    if order.shipped_at is not None:
        return "shipped"
    return "confirmed" if order.confirmed_at is not None else "released"


def _over(session: Session, line: OrderLine, quantity: Decimal) -> Decimal:
    """What of ``quantity`` is beyond what is to come; a correction downwards takes from what was beyond."""
    if quantity > 0:
        return max(Decimal(0), quantity - line.pending)
    total = select(type_coerce(func.coalesce(func.sum(Receipt.over), 0), Quantity))
    beyond = session.scalar(total.where(Receipt.order_line_id == line.id)) or Decimal(0)
    return -min(-quantity, beyond)
