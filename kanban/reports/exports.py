"""The journal, the cards and the orders as plain rows with a cursor, for programs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from kanban import journal
from kanban.db import Statement, from_milliseconds, from_thousandths
from kanban.orders import SUPPLY

LARGEST_PAGE = 1_000

_JOURNAL = Statement(
    """SELECT e.*, c.code FROM event e LEFT JOIN card c ON c.id = e.card_id
 WHERE e.id > :after ORDER BY e.id LIMIT :limit"""
)
_CARDS = Statement(
    f"""SELECT c.id, c.code, c.number, c.life, c.loop_id, l.kind AS loop_kind, l.card_quantity, i.sku,
 i.name AS item, i.unit, p.path AS location, s.name AS supplier, {SUPPLY} AS supply,
 o.id AS order_id, o.number AS order_number, r.signalled_at
 FROM card c JOIN loop l ON l.id = c.loop_id JOIN item i ON i.id = l.item_id
 JOIN location p ON p.id = l.location_id
 JOIN supplier_item si ON si.id = l.supplier_item_id JOIN supplier s ON s.id = si.supplier_id
 LEFT JOIN replenishment r ON r.card_id = c.id AND r.closed_at IS NULL
 LEFT JOIN order_line ol ON ol.id = r.order_line_id LEFT JOIN "order" o ON o.id = ol.order_id
 WHERE c.id > :after ORDER BY c.id LIMIT :limit"""
)
_TURNS = Statement(
    """SELECT r.id, r.cycle, r.quantity, r.received, r.urgent, r.signalled_at, r.closed_at, r.outcome,
 c.code, e.key AS source_key, o.id AS order_id, o.number, o.state, ol.id AS line_id,
 s.name AS supplier, i.sku
 FROM replenishment r JOIN card c ON c.id = r.card_id JOIN event e ON e.id = r.signal_event_id
 JOIN order_line ol ON ol.id = r.order_line_id JOIN "order" o ON o.id = ol.order_id
 JOIN supplier s ON s.id = o.supplier_id
 JOIN supplier_item si ON si.id = ol.supplier_item_id JOIN item i ON i.id = si.item_id
 WHERE r.id > :after ORDER BY r.id LIMIT :limit"""
)


def journal_rows(session: Session, after: int, limit: int) -> Iterator[dict[str, Any]]:
    """Events after number ``after``, oldest first, at most ``limit`` (and :data:`LARGEST_PAGE`)."""
    for row in _JOURNAL.rows(session, after=after, limit=min(limit, LARGEST_PAGE)):
        yield {
            "seq": row.id,
            "key": row.key,
            "kind": row.noun,
            "effect": row.kind,
            "card": row.code,
            "order": row.order_id,
            "noun_id": row.noun_id,
            "person": row.person_id,
            "device": row.device_id,
            "via": row.via,
            "occurred_at": _iso(row.occurred_at),
            "recorded_at": _iso(row.recorded_at),
            "data": journal.facts_of(row.data),
            "prev_hash": row.prev_hash,
            "hash": row.hash,
        }


def card_rows(session: Session, after: int, limit: int) -> Iterator[dict[str, Any]]:
    """Cards after row ``after``, with their supply now."""
    for row in _CARDS.rows(session, after=after, limit=min(limit, LARGEST_PAGE)):
        yield {
            "id": row.id,
            "code": row.code,
            "number": row.number,
            "life": row.life,
            "supply": row.supply,
            "loop": row.loop_id,
            "loop_kind": row.loop_kind,
            "sku": row.sku,
            "item": row.item,
            "card_quantity": _plain(row.card_quantity),
            "unit": row.unit,
            "location": row.location,
            "supplier": row.supplier,
            "order": row.order_id,
            "order_number": row.order_number,
            "signalled_at": _iso(row.signalled_at),
        }


def order_rows(session: Session, after: int, limit: int) -> Iterator[dict[str, Any]]:
    """One row per turn of a card, with the order that it is on; ``after`` is the last row's ``turn``."""
    for row in _TURNS.rows(session, after=after, limit=min(limit, LARGEST_PAGE)):
        yield {
            "turn": row.id,
            "id": row.order_id,
            "number": row.number,
            "state": row.state,
            "line": row.line_id,
            "supplier": row.supplier,
            "sku": row.sku,
            "card": row.code,
            "cycle": row.cycle,
            "source_key": row.source_key,
            "quantity": _plain(row.quantity),
            "received": _plain(row.received),
            "urgent": bool(row.urgent),
            "signalled_at": _iso(row.signalled_at),
            "closed_at": _iso(row.closed_at),
            "outcome": row.outcome,
        }


def _iso(value: int | None) -> str | None:
    if value is None:
        return None
    moment: datetime = from_milliseconds(value).astimezone(UTC)
    return moment.isoformat(timespec="milliseconds")


def _plain(thousandths: int) -> str:
    return format(from_thousandths(thousandths).normalize(), "f")
