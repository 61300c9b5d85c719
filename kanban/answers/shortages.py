"""What a supplier cannot bring goes to another one: what its goods do not fill is signalled there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import takewhile

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from kanban import journal, orders
from kanban.languages import gettext as _
from kanban.orders import Order, OrderLine, Replenishment
from kanban.orders.queue import Source
from kanban.receipts.counting import settle
from kanban.suppliers import SupplierItem

LONGEST_CHAIN = 10
"""Suppliers that one need may have gone through."""


class NobodyElse(ValueError):
    """No other supplier offers the item, or nothing is missing."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What another supplier would be asked for: units per turn of a card, and units beside the cards."""

    turns: list[tuple[Replenishment, Decimal]]
    beside: Decimal

    @property
    def units(self) -> Decimal:
        """All of them."""
        return sum((units for _turn, units in self.turns), self.beside)


@dataclass(frozen=True, slots=True)
class Rest:
    """Units of a card's turn that a supplier still brings although the turn went on to another one."""

    supplier: str
    units: Decimal
    of: Decimal


def still_coming(session: Session, card_id: int) -> list[Rest]:
    """What still comes for the card's last turn from suppliers that had passed the rest of it on."""
    line = joinedload(Replenishment.order_line)
    query = (
        select(Replenishment)
        .where(Replenishment.card_id == card_id)
        .order_by(Replenishment.cycle.desc())
        .limit(LONGEST_CHAIN)
        .options(line.joinedload(OrderLine.order).joinedload(Order.supplier))
    )
    turns = list(session.scalars(query))
    chain = list(takewhile(lambda turn: turn.outcome == "cancelled", turns[1:]))
    parts = [
        (turn.order_line, min(turn.quantity - turn.received - later.quantity, turn.order_line.loose))
        for later, turn in zip(turns, chain, strict=False)
        if turn.order_line.closed_at is None
    ]
    return [Rest(line.order.supplier.name, units, chain[-1].quantity) for line, units in parts if units > 0]


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


def needs(line: OrderLine) -> Needs:
    """What of a line's shortage is needed: not what only rounding to packs had added."""
    coming = max(Decimal(0), (line.confirmed_quantity or Decimal(0)) - line.received)
    turns = []
    for turn in line.replenishments:
        still = turn.quantity - turn.received
        if turn.closed_at is None and coming < still and turn.card.life != "retired":
            turns.append((turn, still - coming))
        if turn.closed_at is None:
            coming -= min(coming, still)
    for_cards = sum((units for _turn, units in turns), Decimal(0))
    beside = min(max(Decimal(0), line.loose - coming), missing(line) - for_cards)
    return Needs(turns, max(Decimal(0), beside))


def pass_on(session: Session, deed: journal.Deed, line: OrderLine, offer: SupplierItem) -> Decimal:
    """Ask another supplier for what this line's one cannot bring; returns the units asked for.

    The goods that do come fill the oldest signals. A card that they do not fill is signalled again in
    the other supplier's draft, for the units that are missing: a turn has one order line, so the part that
    still comes from here comes beside the cards. What was ordered beside the cards follows. Raises
    :class:`NobodyElse` where nothing is missing.
    """
    lost = missing(line)
    if lost <= 0:
        raise NobodyElse(_("nothing of this line is missing"))
    source = Source(offer.supplier_id, offer.id, line.order.ship_to_id)
    asked = needs(line)
    for turn, units in asked.turns:
        line.beside += turn.quantity - turn.received - units
        orders.close_turn(session, deed, turn, "cancelled")
        orders.signal_again(session, deed, turn, units, "passed_on", source)
    if asked.beside > 0:
        orders.want(session, deed, source, asked.beside, "passed_on")
        of_parts = min(asked.beside, line.beside)
        line.beside, line.extra = line.beside - of_parts, line.extra - (asked.beside - of_parts)
    line.passed_on += lost
    session.flush()
    facts = {"quantity": lost, "supplier_item": offer.id, "supplier": offer.supplier_id}
    journal.append(session, deed, "passed_on", "order_line", line.id, facts, order_id=line.order_id)
    settle(session, deed, line)
    return asked.units
