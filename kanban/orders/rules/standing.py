"""The drafts that are there, with all that their rules ask about: four statements, however many they are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, type_coerce
from sqlalchemy.orm import Session, subqueryload

from kanban.db import Quantity, Statement, from_milliseconds, from_thousandths, to_milliseconds
from kanban.orders.rules.deciding import Decision, Facts, decide, order_by, run_out
from kanban.orders.rules.tables import USUAL, RuleFacts
from kanban.orders.tables import OrderLine, Replenishment
from kanban.suppliers import SupplierItem, Terms

PACE_WINDOW = timedelta(days=180)
"""Signals that are older say nothing about today's use."""
MONEY_PLACES = 4


@dataclass(frozen=True, slots=True)
class Standing:
    """One draft: what it would order now, what its rule says, and which item sets its order-by time.

    ``runs_out`` is when the most pressing loop has eaten into its safety stock; none where nobody knows.
    """

    order_id: int
    supplier_id: int
    lines: int
    facts: Facts
    decision: Decision
    pressing_sku: str
    runs_out: datetime | None


@dataclass(frozen=True, slots=True)
class _Press:
    """By when a draft must leave, and because of which item."""

    order_by: datetime
    sku: str
    runs_out: datetime | None


_DRAFTS = Statement(
    """SELECT o.id AS order_id, o.supplier_id, s.lead_time, s.order_days, s.order_until, s.country, s.region,
 s.time_zone, s.minimum_order_value, u.leaves, u.waits_for, u.free_freight, u.approve_over, u.admin_over,
 u.urgent_at_once, u.confirm_days, u.shortage, a.value AS approved, p.role AS approver,
 coalesce(min(e.recorded_at), o.created_at) AS oldest, coalesce(max(e.recorded_at), o.created_at) AS newest,
 max(CASE WHEN r.urgent THEN 1 ELSE 0 END) AS urgent
 FROM "order" o JOIN supplier s ON s.id = o.supplier_id
 JOIN order_line l ON l.order_id = o.id
 LEFT JOIN replenishment r ON r.order_line_id = l.id AND r.closed_at IS NULL
 LEFT JOIN event e ON e.id = r.signal_event_id
 LEFT JOIN supplier_rule u ON u.supplier_id = s.id
 LEFT JOIN approval a ON a.order_id = o.id LEFT JOIN person p ON p.id = a.person_id
 WHERE o.state = 'draft' AND (:only = 0 OR o.id = :only) AND (:asking = 1 OR u.leaves <> 'ask')
 GROUP BY o.id, o.supplier_id, o.created_at, s.lead_time, s.order_days, s.order_until, s.country,
 s.region, s.time_zone, s.minimum_order_value, u.leaves, u.waits_for, u.free_freight, u.approve_over,
 u.admin_over, u.urgent_at_once, u.confirm_days, u.shortage, a.value, p.role
 HAVING count(r.id) > 0 OR sum(l.extra) > 0 ORDER BY o.id"""
)
_PACE = Statement(
    """WITH waiting AS (
 SELECT o.id AS order_id, c.loop_id, max(r.signalled_at) AS signalled
 FROM "order" o JOIN order_line l ON l.order_id = o.id
 JOIN replenishment r ON r.order_line_id = l.id AND r.closed_at IS NULL JOIN card c ON c.id = r.card_id
 WHERE o.state = 'draft' AND (:only = 0 OR o.id = :only) GROUP BY o.id, c.loop_id),
used AS (
 SELECT c.loop_id, count(*) AS signals, min(r.signalled_at) AS first_at, max(r.signalled_at) AS last_at
 FROM card c JOIN replenishment r ON r.card_id = c.id
 WHERE c.loop_id IN (SELECT loop_id FROM waiting) AND r.signalled_at >= :since
  AND coalesce(r.outcome, '') NOT IN ('withdrawn', 'cancelled') GROUP BY c.loop_id),
held AS (
 SELECT c.loop_id, count(*) AS full_cards FROM card c
 WHERE c.loop_id IN (SELECT loop_id FROM waiting) AND c.life IN ('active', 'surplus')
  AND NOT EXISTS (SELECT 1 FROM replenishment r WHERE r.card_id = c.id AND r.closed_at IS NULL)
 GROUP BY c.loop_id)
SELECT w.order_id, w.signalled, i.sku, lo.safety_factor, si.lead_time AS offer_lead,
 u.signals, u.first_at, u.last_at, coalesce(h.full_cards, 0) AS full_cards
 FROM waiting w JOIN loop lo ON lo.id = w.loop_id JOIN item i ON i.id = lo.item_id
 JOIN supplier_item si ON si.id = lo.supplier_item_id
 LEFT JOIN used u ON u.loop_id = w.loop_id LEFT JOIN held h ON h.loop_id = w.loop_id"""
)


def standings(
    session: Session,
    at: datetime,
    *,
    undo: timedelta,
    zone: ZoneInfo,
    only: int = 0,
    asking: bool = True,
) -> dict[int, Standing]:
    """How each draft with open signals stands at ``at``, by its order's id; ``only`` one of them.

    ``asking=False`` leaves out those that only a person sends.
    """
    rows = _DRAFTS.rows(session, only=only, asking=int(asking))
    if not rows:
        return {}
    pace = _PACE.rows(session, only=only, since=to_milliseconds(at - PACE_WINDOW))
    values = values_of(session, [row.order_id for row in rows])
    found = {}
    for row in rows:
        own = [each for each in pace if each.order_id == row.order_id]
        found[row.order_id] = _standing(row, own, values.get(row.order_id), at, undo, zone)
    return found


def values_of(session: Session, order_ids: Collection[int]) -> dict[int, tuple[int, Decimal]]:
    """Per draft: how many lines it would order now, and their value at today's prices. Two statements."""
    still = func.coalesce(func.sum(Replenishment.quantity - Replenishment.received), 0)
    lines = (
        select(OrderLine.order_id, SupplierItem, OrderLine.extra, type_coerce(still, Quantity))
        .join(OrderLine.supplier_item)
        .outerjoin(
            Replenishment,
            (Replenishment.order_line_id == OrderLine.id) & Replenishment.closed_at.is_(None),
        )
        .where(OrderLine.order_id.in_(set(order_ids)))
        .group_by(OrderLine.id, SupplierItem.id)
        .options(subqueryload(SupplierItem.price_breaks))
    )
    values: dict[int, tuple[int, Decimal]] = {}
    for order_id, offer, extra, needed in session.execute(lines):
        quantity = offer.rounded(needed + extra)
        if quantity:
            count, total = values.get(order_id, (0, Decimal(0)))
            values[order_id] = (count + 1, total + quantity * (offer.price_at(quantity) or 0))
    return values


def _standing(
    row: Any,
    pace: list[Any],
    value: tuple[int, Decimal] | None,
    at: datetime,
    undo: timedelta,
    zone: ZoneInfo,
) -> Standing:
    terms = Terms(
        row.lead_time, row.order_days, row.order_until, row.country, row.region or "", row.time_zone or ""
    )
    pressed = [_press(each, terms, zone) for each in pace]
    pressed += (
        [] if pressed else [_Press(order_by(terms, None, from_milliseconds(row.oldest), zone), "", None)]
    )
    press = min(pressed, key=lambda each: each.order_by)
    lines, worth = value or (0, Decimal(0))
    facts = Facts(
        rule=_rule(row),
        terms=terms,
        oldest=from_milliseconds(row.oldest),
        newest=from_milliseconds(row.newest),
        urgent=bool(row.urgent),
        value=worth,
        minimum=_money(row.minimum_order_value),
        order_by=press.order_by,
        approved=_money(row.approved),
        approved_by_admin=row.approver == "admin",
    )
    decision = decide(facts, at, undo=undo, zone=zone)
    return Standing(row.order_id, row.supplier_id, lines, facts, decision, press.sku, press.runs_out)


def _press(row: Any, terms: Terms, zone: ZoneInfo) -> _Press:
    days = terms.lead_time if row.offer_lead is None else row.offer_lead
    own = Terms(days, terms.order_days, terms.order_until, terms.country, terms.region, terms.time_zone)
    ends = None
    if row.signals:
        first, last = from_milliseconds(row.first_at), from_milliseconds(row.last_at)
        ends = run_out(first, last, row.signals, row.full_cards, from_thousandths(row.safety_factor))
    return _Press(order_by(own, ends, from_milliseconds(row.signalled), zone), row.sku, ends)


def _rule(row: Any) -> RuleFacts:
    if row.leaves is None:
        return USUAL
    return RuleFacts(
        leaves=row.leaves,
        waits_for=row.waits_for,
        free_freight=_money(row.free_freight),
        approve_over=_money(row.approve_over),
        admin_over=_money(row.admin_over),
        urgent_at_once=bool(row.urgent_at_once),
        confirm_days=row.confirm_days,
        shortage=row.shortage,
    )


def _money(value: int | None) -> Decimal | None:
    return None if value is None else Decimal(value).scaleb(-MONEY_PLACES)
