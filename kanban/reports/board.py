"""The board's question: which replenishments are open, where do they stand, and what needs somebody now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from kanban.db import Statement, from_milliseconds, from_thousandths

LANES = ("to_order", "ordered", "coming")
"""The goods' way: in a draft; sent and not answered; confirmed or on its way."""


@dataclass(frozen=True, slots=True)
class OpenTurn:
    """One open replenishment as the board shows it. Quantity in units, times UTC."""

    lane: str
    code: str
    number: int
    of: int
    loop_id: int
    item_id: int
    sku: str
    item_name: str
    unit: str
    quantity: Decimal
    location: str
    location_id: int
    supplier: str
    supplier_id: int
    order_id: int
    order_number: str | None
    order_state: str
    released_at: datetime | None
    signalled_at: datetime
    signalled_by: str
    due: date | None
    late: bool
    risk: bool
    urgent: bool


@dataclass(frozen=True, slots=True)
class Lane:
    """One column: its rows (a page of them), and how many there are in all."""

    key: str
    rows: list[OpenTurn]
    count: int
    late: int
    risk: int


_OPEN = Statement(
    """WITH opened AS (
 SELECT r.card_id, r.quantity, r.signalled_at, r.urgent, r.signal_event_id, c.loop_id, c.number, c.code,
  o.id AS order_id, o.number AS order_number, o.state AS order_state, o.released_at, o.supplier_id,
  coalesce(ol.confirmed_due, ol.due) AS due,
  CASE WHEN o.state = 'draft' THEN 'to_order'
   WHEN o.state = 'released' THEN 'ordered' ELSE 'coming' END AS lane
 FROM replenishment r JOIN card c ON c.id = r.card_id
 JOIN order_line ol ON ol.id = r.order_line_id JOIN "order" o ON o.id = ol.order_id
 WHERE r.closed_at IS NULL),
away AS (SELECT loop_id, count(*) AS n FROM opened GROUP BY loop_id),
held AS (SELECT loop_id, count(*) AS n,
  sum(CASE WHEN life IN ('active', 'surplus') THEN 1 ELSE 0 END) AS working
 FROM card WHERE life <> 'retired' AND loop_id IN (SELECT loop_id FROM away) GROUP BY loop_id),
shown AS (
 SELECT w.*, coalesce(h.n, 0) AS of_cards, i.id AS item_id, i.sku, i.name AS item_name, i.unit,
  p.path AS location, p.id AS location_id, s.name AS supplier,
  CASE WHEN w.due < :today THEN 1 ELSE 0 END AS late,
  CASE WHEN a.n >= coalesce(h.working, 0) THEN 1 ELSE 0 END AS risk,
  CASE WHEN w.urgent THEN 1 ELSE 0 END AS pressing
 FROM opened w JOIN away a ON a.loop_id = w.loop_id LEFT JOIN held h ON h.loop_id = w.loop_id
 JOIN loop l ON l.id = w.loop_id JOIN item i ON i.id = l.item_id JOIN location p ON p.id = l.location_id
 JOIN supplier s ON s.id = w.supplier_id
 WHERE :wanted = '%' OR i.sku_key LIKE :wanted ESCAPE '!' OR lower(i.name) LIKE :wanted ESCAPE '!'
  OR p.path_key LIKE :wanted ESCAPE '!' OR s.name_key LIKE :wanted ESCAPE '!'
  OR lower(w.order_number) LIKE :wanted ESCAPE '!' OR lower(w.code) LIKE :wanted ESCAPE '!'),
ranked AS (
 SELECT shown.*, count(*) OVER lane_all AS lane_count, sum(late) OVER lane_all AS lane_late,
  sum(risk) OVER lane_all AS lane_risk,
  row_number() OVER (PARTITION BY lane
   ORDER BY risk DESC, pressing DESC, late DESC, signalled_at, card_id) AS place
 FROM shown WINDOW lane_all AS (PARTITION BY lane))
SELECT ranked.*, coalesce(pe.name, de.name, '') AS signalled_by
 FROM ranked JOIN event e ON e.id = ranked.signal_event_id
 LEFT JOIN person pe ON pe.id = e.person_id LEFT JOIN device de ON de.id = e.device_id
 WHERE place > :skip AND place <= :until AND (:lane = '' OR lane = :lane)
 ORDER BY place"""
)


def lanes(
    session: Session, today: date, *, search: str = "", lane: str = "", skip: int = 0, limit: int = 60
) -> list[Lane]:
    """The board's columns, each with at most ``limit`` rows after ``skip``, the most pressing first.

    ``search`` finds SKU, item, place, supplier, order number or code; ``lane`` restricts to one column.
    One statement, whatever the number of rows.
    """
    rows = _OPEN.rows(
        session, today=today.isoformat(), wanted=_pattern(search), lane=lane, skip=skip, until=skip + limit
    )
    return [_lane(key, [row for row in rows if row.lane == key]) for key in LANES if lane in ("", key)]


def _lane(key: str, rows: list[Any]) -> Lane:
    first = rows[0] if rows else None
    return Lane(
        key,
        [_turn(row) for row in rows],
        first.lane_count if first else 0,
        first.lane_late if first else 0,
        first.lane_risk if first else 0,
    )


def _turn(row: Any) -> OpenTurn:
    return OpenTurn(
        lane=row.lane,
        code=row.code,
        number=row.number,
        of=row.of_cards,
        loop_id=row.loop_id,
        item_id=row.item_id,
        sku=row.sku,
        item_name=row.item_name,
        unit=row.unit,
        quantity=from_thousandths(row.quantity),
        location=row.location,
        location_id=row.location_id,
        supplier=row.supplier,
        supplier_id=row.supplier_id,
        order_id=row.order_id,
        order_number=row.order_number,
        order_state=row.order_state,
        released_at=from_milliseconds(row.released_at) if row.released_at else None,
        signalled_at=from_milliseconds(row.signalled_at),
        signalled_by=row.signalled_by,
        due=date.fromisoformat(str(row.due)) if row.due else None,
        late=bool(row.late),
        risk=bool(row.risk),
        urgent=bool(row.urgent),
    )


def _pattern(search: str) -> str:
    plain = search.strip().casefold()
    for special in "!%_":
        plain = plain.replace(special, "!" + special)
    return f"%{plain}%" if plain else "%"
