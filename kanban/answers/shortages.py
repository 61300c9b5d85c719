"""What a supplier cannot bring goes to another one: the cards that it does not serve are signalled there."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from kanban import journal, orders
from kanban.languages import gettext as _
from kanban.orders import OrderLine, Replenishment
from kanban.orders.queue import Source, draft_line, open_turn
from kanban.receipts.counting import settle
from kanban.suppliers import SupplierItem


class NobodyElse(ValueError):
    """No other supplier offers the item, or nothing is missing."""


def missing(line: OrderLine) -> Decimal:
    """Units that the supplier has said it cannot bring and nobody else was asked for."""
    if line.closed_at is not None or line.confirmed_quantity is None or line.quantity is None:
        return Decimal(0)
    return max(Decimal(0), line.quantity - line.passed_on - line.confirmed_quantity)


def alternatives(session: Session, line: OrderLine, day: date) -> list[SupplierItem]:
    """Other suppliers' offers of the line's item that hold on ``day``, the best ranked first."""
    own = line.supplier_item
    query = (
        select(SupplierItem)
        .where(SupplierItem.item_id == own.item_id, SupplierItem.supplier_id != own.supplier_id)
        .order_by(SupplierItem.rank, SupplierItem.id)
        .options(joinedload(SupplierItem.supplier))
    )
    return [offer for offer in session.scalars(query) if offer.is_valid_on(day)]


def pass_on(session: Session, deed: journal.Deed, line: OrderLine, offer: SupplierItem) -> Decimal:
    """Ask another supplier for what this line's one cannot bring; returns the units asked for.

    The goods that do come fill the oldest signals. A card that they do not fill is signalled again in
    the other supplier's draft, whole; what was ordered beside the cards follows. Raises
    :class:`NobodyElse` where nothing is missing.
    """
    lost = missing(line)
    if lost <= 0:
        raise NobodyElse(_("nothing of this line is missing"))
    source = Source(offer.supplier_id, offer.id, line.order.ship_to_id)
    asked, left = Decimal(0), line.confirmed_quantity or Decimal(0)
    for turn in line.replenishments:
        still = turn.quantity - turn.received
        left -= turn.received if turn.closed_at is None else turn.quantity
        if turn.closed_at is None and left < still:
            asked += _signal_elsewhere(session, deed, turn, source)
        elif turn.closed_at is None:
            left -= still
    if line.extra and asked < lost:
        asked += _want_elsewhere(session, deed, min(line.extra, lost - asked), source)
    line.passed_on += lost
    session.flush()
    facts = {"quantity": lost, "supplier_item": offer.id, "supplier": offer.supplier_id}
    journal.append(session, deed, "passed_on", "order_line", line.id, facts, order_id=line.order_id)
    settle(session, deed, line)
    return asked


def _signal_elsewhere(session: Session, deed: journal.Deed, turn: Replenishment, source: Source) -> Decimal:
    quantity = turn.quantity - turn.received
    orders.close_turn(session, deed, turn, "cancelled")
    if turn.card.life == "retired":
        return Decimal(0)
    last = session.scalar(select(func.max(Replenishment.cycle)).where(Replenishment.card_id == turn.card_id))
    open_turn(
        session,
        deed,
        card_id=turn.card_id,
        cycle=(last or 0) + 1,
        quantity=quantity,
        line=draft_line(session, deed, source),
        urgent=turn.urgent,
        because="passed_on",
    )
    return quantity


def _want_elsewhere(session: Session, deed: journal.Deed, quantity: Decimal, source: Source) -> Decimal:
    order_id, line_id = draft_line(session, deed, source)
    session.get_one(OrderLine, line_id).extra += quantity
    facts = {"quantity": quantity, "because": "passed_on"}
    journal.append(session, deed, "extra", "order_line", line_id, facts, order_id=order_id)
    return quantity
