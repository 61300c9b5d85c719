"""What our own stores and work centres have to bring: the pick list and the make list."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from kanban import suppliers
from kanban.db import Statement, from_milliseconds, from_thousandths
from kanban.items import PATH_SEPARATOR
from kanban.orders import SUPPLY

MOST_ROWS = 300

_INTERNAL = Statement(
    """SELECT s.id, s.name, p.path AS place,
 (SELECT count(*) FROM "order" o JOIN order_line ol ON ol.order_id = o.id
  JOIN replenishment r ON r.order_line_id = ol.id AND r.closed_at IS NULL
  JOIN card c ON c.id = r.card_id JOIN loop m ON m.id = c.loop_id
  WHERE o.supplier_id = s.id AND r.shipped_at IS NULL AND o.shipped_at IS NULL
  AND (m.kind = 'production') = :making) AS waiting
 FROM supplier s
 LEFT JOIN supplier_place sp ON sp.supplier_id = s.id LEFT JOIN location p ON p.id = sp.location_id
 WHERE s.kind = 'internal' AND EXISTS (SELECT l.id FROM loop l
  JOIN supplier_item si ON si.id = l.supplier_item_id
  WHERE si.supplier_id = s.id AND l.closed_at IS NULL AND (l.kind = 'production') = :making)
 ORDER BY s.name_key"""
)
_ROWS = Statement(
    """SELECT c.code, c.number, c.loop_id, i.id AS item_id, i.sku, i.name, i.unit, i.photo_id, r.quantity,
 r.signalled_at, r.urgent, r.shipped_at, o.shipped_at AS order_shipped_at, o.number AS order_number,
 o.id AS order_id,
 o.state AS order_state, coalesce(ol.confirmed_due, ol.due) AS due, p.path AS to_place,
 (SELECT count(*) FROM card k WHERE k.loop_id = c.loop_id AND k.life <> 'retired') AS of_cards,
 (SELECT count(*) FROM card k WHERE k.loop_id = c.loop_id AND k.life IN ('active', 'surplus')
  AND NOT EXISTS (SELECT x.id FROM replenishment x WHERE x.card_id = k.id AND x.closed_at IS NULL)
 ) AS full_cards
 FROM replenishment r JOIN card c ON c.id = r.card_id JOIN loop l ON l.id = c.loop_id
 JOIN item i ON i.id = l.item_id JOIN location p ON p.id = l.location_id
 JOIN order_line ol ON ol.id = r.order_line_id JOIN "order" o ON o.id = ol.order_id
 WHERE r.closed_at IS NULL AND o.supplier_id = :supplier_id AND (l.kind = 'production') = :making
 ORDER BY r.signalled_at, r.id LIMIT :most"""
)
_BINS = Statement(  # only our own constants are put into it
    f"""SELECT u.item_id, u.id AS loop_id, k.code, k.number, b.path AS place, u.card_quantity,
 {SUPPLY} AS supply,
 (SELECT count(*) FROM card n WHERE n.loop_id = u.id AND n.life <> 'retired') AS of_cards
 FROM supplier_place sp JOIN location a ON a.id = sp.location_id
 JOIN location b ON {suppliers.INSIDE} JOIN loop u ON u.location_id = b.id AND u.closed_at IS NULL
 JOIN card k ON k.loop_id = u.id AND k.life IN ('active', 'surplus')
 LEFT JOIN replenishment r ON r.card_id = k.id AND r.closed_at IS NULL
 LEFT JOIN order_line ol ON ol.id = r.order_line_id LEFT JOIN "order" o ON o.id = ol.order_id
 WHERE sp.supplier_id = :supplier_id
 AND EXISTS (SELECT d.id FROM loop d JOIN supplier_item si ON si.id = d.supplier_item_id
  WHERE si.supplier_id = sp.supplier_id AND d.item_id = u.item_id AND d.id <> u.id AND d.closed_at IS NULL)
 ORDER BY b.path_key, k.number"""
)


@dataclass(frozen=True, slots=True)
class Source:
    """An internal supplier with loops of this kind, where it stands, and how many cards wait at it."""

    id: int
    name: str
    place: str
    waiting: int


@dataclass(frozen=True, slots=True)
class Bin:
    """A bin of the supermarket: the card of an upstream loop."""

    code: str
    number: int
    of: int
    place: str
    quantity: Decimal
    supply: str


@dataclass(frozen=True, slots=True)
class ToPick:
    """One card's goods to pick or to make. ``risk``: no full bin of it is left where it is used."""

    code: str
    number: int
    of: int
    sku: str
    name: str
    unit: str
    photo_id: int | None
    quantity: Decimal
    to_place: str
    order_id: int
    order_number: str
    drafted: bool
    signalled_at: datetime
    due: date | None
    urgent: bool
    risk: bool
    late: bool
    gone: bool
    left_at: datetime | None
    bins: tuple[Bin, ...]

    @property
    def from_place(self) -> str:
        """Where it is picked: the place of the first bin that is full."""
        full = [each.place for each in self.bins if each.supply == "full"]
        return full[0] if full else (self.bins[0].place if self.bins else "")


def sources(session: Session, *, making: bool) -> list[Source]:
    """The stores (or, ``making``, the work centres) that have something to bring, by name."""
    rows = _INTERNAL.rows(session, making=making)
    return [Source(row.id, row.name, row.place or "", row.waiting) for row in rows]


def to_pick(session: Session, supplier_id: int, today: date, *, making: bool) -> list[ToPick]:
    """What a store has to bring, the most pressing first, then along the way through its places.

    Two statements. What has left already, and is not received yet, stands last.
    """
    bins: dict[int, list[Bin]] = defaultdict(list)
    for row in _BINS.rows(session, supplier_id=supplier_id, separator=PATH_SEPARATOR):
        quantity = from_thousandths(row.card_quantity)
        bins[row.item_id].append(Bin(row.code, row.number, row.of_cards, row.place, quantity, row.supply))
    rows = _ROWS.rows(session, supplier_id=supplier_id, making=making, most=MOST_ROWS)
    return sorted((_to_pick(row, today, tuple(bins.get(row.item_id, ()))) for row in rows), key=_pressing)


def _pressing(row: ToPick) -> tuple[bool, bool, bool, bool, str, datetime]:
    return row.gone, not row.urgent, not row.risk, not row.late, row.from_place, row.signalled_at


def _to_pick(row: Any, today: date, bins: tuple[Bin, ...]) -> ToPick:
    due = date.fromisoformat(str(row.due)) if row.due else None
    return ToPick(
        code=row.code,
        number=row.number,
        of=row.of_cards,
        sku=row.sku,
        name=row.name,
        unit=row.unit,
        photo_id=row.photo_id,
        quantity=from_thousandths(row.quantity),
        to_place=row.to_place,
        order_id=row.order_id,
        order_number=row.order_number or "",
        drafted=row.order_state == "draft",
        signalled_at=from_milliseconds(row.signalled_at),
        due=due,
        urgent=bool(row.urgent),
        risk=row.full_cards == 0,
        late=due is not None and due < today,
        gone=row.shipped_at is not None or row.order_shipped_at is not None,
        left_at=from_milliseconds(row.shipped_at) if row.shipped_at else None,
        bins=bins,
    )
