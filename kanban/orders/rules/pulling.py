"""Cards that will soon be empty anyway, and may join a draft early so that it reaches its limit."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from kanban import journal
from kanban.db import Statement, from_milliseconds, from_thousandths, to_milliseconds
from kanban.languages import gettext as _
from kanban.loops import Card
from kanban.orders.queue import draft_line, open_turn, open_turn_of, source_of
from kanban.orders.release import NotAllowed, need_of
from kanban.orders.rules.deciding import SHORTEST_PACE
from kanban.orders.rules.standing import PACE_WINDOW
from kanban.orders.tables import Order
from kanban.suppliers import SupplierItem

MOST_CANDIDATES = 12


@dataclass(frozen=True, slots=True)
class Candidate:
    """A full card whose bin should be empty about ``due``; it ``adds`` so much to the draft's value."""

    card_id: int
    code: str
    number: int
    sku: str
    item_name: str
    unit: str
    quantity: Decimal
    due: datetime
    adds: Decimal


_FULL = Statement(
    """WITH mine AS (
 SELECT l.id AS loop_id, l.supplier_item_id, l.item_id, l.card_quantity FROM loop l
 JOIN supplier_item si ON si.id = l.supplier_item_id JOIN location p ON p.id = l.location_id
 WHERE si.supplier_id = :supplier_id AND p.site_id = :site_id AND l.closed_at IS NULL),
used AS (
 SELECT c.loop_id, count(*) AS signals, min(r.signalled_at) AS first_at, max(r.signalled_at) AS last_at
 FROM card c JOIN replenishment r ON r.card_id = c.id
 WHERE c.loop_id IN (SELECT loop_id FROM mine) AND r.signalled_at >= :since
  AND coalesce(r.outcome, '') NOT IN ('withdrawn', 'cancelled') GROUP BY c.loop_id),
still AS (
 SELECT c.loop_id, min(c.number) AS number FROM card c
 WHERE c.loop_id IN (SELECT loop_id FROM mine) AND c.life = 'active'
  AND NOT EXISTS (SELECT 1 FROM replenishment r WHERE r.card_id = c.id AND r.closed_at IS NULL)
 GROUP BY c.loop_id)
SELECT c.id AS card_id, c.code, c.number, i.sku, i.name, i.unit, m.card_quantity, m.supplier_item_id,
 u.signals, u.first_at, u.last_at
 FROM mine m JOIN used u ON u.loop_id = m.loop_id JOIN still s ON s.loop_id = m.loop_id
 JOIN card c ON c.loop_id = m.loop_id AND c.number = s.number AND c.life = 'active'
 JOIN item i ON i.id = m.item_id WHERE u.signals >= 2"""
)
_CYCLE = Statement("SELECT coalesce(max(cycle), 0) + 1 AS cycle FROM replenishment WHERE card_id = :card_id")


def candidates(session: Session, order: Order, at: datetime) -> list[Candidate]:
    """The full cards of this draft's supplier and site that will be empty first, the earliest in front.

    One card a loop. A loop's next bin is empty one bin's time after its last signal (see
    :func:`~kanban.orders.rules.deciding.run_out`).
    """
    rows = _FULL.rows(
        session,
        supplier_id=order.supplier_id,
        site_id=order.ship_to_id,
        since=to_milliseconds(at - PACE_WINDOW),
    )
    due = sorted(
        ((_empty_at(row), row) for row in rows if _span(row) >= SHORTEST_PACE), key=lambda each: each[0]
    )
    nearest = due[:MOST_CANDIDATES]
    offers = _offers(session, {row.supplier_item_id for _when, row in nearest})
    needs = {line.supplier_item_id: need_of(line) for line in order.lines}
    return [_candidate(row, when, offers, needs) for when, row in nearest]


def pull_forward(session: Session, deed: journal.Deed, order: Order, card_ids: Collection[int]) -> int:
    """Signal these full cards before their bins are empty; they join the draft. Returns how many did.

    A card that is on order by now is left alone. Raises :class:`NotAllowed` once the draft has left, and
    for a card of another supplier or site.
    """
    if order.state != "draft":
        raise NotAllowed(_("%(number)s has been released already", number=order.number))
    chosen = select(Card).where(Card.id.in_(set(card_ids))).options(joinedload(Card.loop)).order_by(Card.id)
    return sum(_pull(session, deed, order, card) for card in session.scalars(chosen))


def _pull(session: Session, deed: journal.Deed, order: Order, card: Card) -> bool:
    source = source_of(card.loop)
    if (source.supplier_id, source.ship_to_id) != (order.supplier_id, order.ship_to_id):
        raise NotAllowed(_("this card belongs to another supplier or site"))
    if card.life != "active" or open_turn_of(session, card):
        return False
    open_turn(
        session,
        deed,
        card_id=card.id,
        cycle=_CYCLE.value(session, card_id=card.id) or 1,
        quantity=card.loop.card_quantity,
        line=draft_line(session, deed, source),
        because="pulled_forward",
    )
    return True


def _candidate(
    row: Any, due: datetime, offers: dict[int, SupplierItem], needs: dict[int, Decimal]
) -> Candidate:
    offer, quantity = offers[row.supplier_item_id], from_thousandths(row.card_quantity)
    need = needs.get(offer.id, Decimal(0))
    adds = _worth(offer, need + quantity) - _worth(offer, need)
    return Candidate(row.card_id, row.code, row.number, row.sku, row.name, row.unit, quantity, due, adds)


def _worth(offer: SupplierItem, need: Decimal) -> Decimal:
    quantity = offer.rounded(need)
    return quantity * (offer.price_at(quantity) or 0)


def _span(row: Any) -> timedelta:
    return from_milliseconds(row.last_at) - from_milliseconds(row.first_at)


def _empty_at(row: Any) -> datetime:
    bins: int = row.signals - 1
    return from_milliseconds(row.last_at) + _span(row) / bins


def _offers(session: Session, ids: set[int]) -> dict[int, SupplierItem]:
    query = (
        select(SupplierItem).where(SupplierItem.id.in_(ids)).options(selectinload(SupplierItem.price_breaks))
    )
    return {offer.id: offer for offer in session.scalars(query)}
