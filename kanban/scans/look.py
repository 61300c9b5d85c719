"""What a scan needs to know of a card, read in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from kanban import orders
from kanban.db import Statement, from_milliseconds, from_thousandths
from kanban.suppliers import Terms


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a scan needs to know of a card, as it stands now. Quantities in units, times UTC."""

    card_id: int
    code: str
    number: int
    of: int
    life: str
    retired_because: str
    loop_id: int
    loop_closed: bool
    loop_kind: str
    minimum_cycle: timedelta
    card_quantity: Decimal
    item_id: int
    sku: str
    item_name: str
    unit: str
    photo_id: int | None
    counted: bool
    location: str
    supplier_id: int
    supplier: str
    internal: bool
    supplier_item_id: int
    terms: Terms
    ship_to_id: int
    supply: str
    turn_id: int | None
    order_id: int | None
    order_number: str | None
    order_state: str | None
    order_left_at: datetime | None
    due: str | None
    signalled_at: datetime | None
    signalled_by: str
    urgent: bool
    last_cycle: int
    last_signalled_at: datetime | None
    last_filled_at: datetime | None
    draft: tuple[int, int] | None
    label_code: str = ""
    label_ended: str = ""
    label_ended_at: datetime | None = None

    def expected_day(self, at: datetime, zone: ZoneInfo) -> date:
        """When the bin should be full again if it is signalled now, or as its order says."""
        return date.fromisoformat(self.due) if self.due else self.terms.expected_day(at, zone)


_LOOK = Statement(  # only our own constants are put into it
    f"""SELECT c.id AS card_id, c.code, c.number, c.life, c.retired_because,
 (SELECT count(*) FROM card k WHERE k.loop_id = c.loop_id AND k.life <> 'retired') AS of_cards,
 l.id AS loop_id, l.closed_at AS loop_closed_at, l.minimum_cycle, l.card_quantity,
 i.id AS item_id, i.sku, i.name AS item_name, i.unit, i.photo_id,
 EXISTS (SELECT 1 FROM counted_loop n WHERE n.loop_id = l.id AND n.ended_at IS NULL) AS counted,
 p.path AS location, p.site_id,
 s.id AS supplier_id, coalesce(os.name, s.name) AS supplier, l.supplier_item_id,
 coalesce(os.kind, s.kind) AS supplier_kind, l.kind AS loop_kind,
 s.order_days, s.order_until, s.country, s.region, s.time_zone,
 coalesce(si.lead_time, s.lead_time) AS lead_time,
 {orders.SUPPLY} AS supply,
 r.id AS turn_id, r.signalled_at, r.urgent, r.cycle,
 ol.due, ol.confirmed_due, o.id AS order_id, o.number AS order_number, o.state AS order_state,
 coalesce(r.shipped_at, o.shipped_at, o.released_at) AS left_at,
 coalesce(pe.name, de.name, '') AS signalled_by, d.id AS draft_id, dl.id AS draft_line_id,
 (SELECT max(x.cycle) FROM replenishment x WHERE x.card_id = c.id) AS last_cycle,
 (SELECT max(x.signalled_at) FROM replenishment x WHERE x.card_id = c.id
   AND coalesce(x.outcome, '') NOT IN ('withdrawn', 'cancelled')) AS last_signalled_at,
 (SELECT max(x.closed_at) FROM replenishment x WHERE x.card_id = c.id
   AND x.outcome IN ('received', 'short', 'elsewhere')) AS last_filled_at,
 z.ended AS label_ended, z.ended_at AS label_ended_at
 FROM card c
 JOIN loop l ON l.id = c.loop_id JOIN item i ON i.id = l.item_id JOIN location p ON p.id = l.location_id
 JOIN supplier_item si ON si.id = l.supplier_item_id JOIN supplier s ON s.id = si.supplier_id
 LEFT JOIN replenishment r ON r.card_id = c.id AND r.closed_at IS NULL
 LEFT JOIN order_line ol ON ol.id = r.order_line_id LEFT JOIN "order" o ON o.id = ol.order_id
 LEFT JOIN supplier os ON os.id = o.supplier_id
 LEFT JOIN event e ON e.id = r.signal_event_id
 LEFT JOIN person pe ON pe.id = e.person_id LEFT JOIN device de ON de.id = e.device_id
 LEFT JOIN "order" d ON d.supplier_id = s.id AND d.ship_to_id = p.site_id AND d.state = 'draft'
 LEFT JOIN order_line dl ON dl.order_id = d.id AND dl.supplier_item_id = l.supplier_item_id
 LEFT JOIN label_issue z ON z.code = :code
 WHERE c.id = coalesce((SELECT k.id FROM card k WHERE k.code = :code),
  (SELECT k.card_id FROM label_issue k WHERE k.code = :code))"""
)


def look(session: Session, code: str) -> Situation | None:
    """The situation of the card whose label has this canonical code, or none where none has it.

    ``code`` in it is that of the label that the card wears now; ``label_ended`` says what became of the one
    that was read, if it is not that one: *replaced*, or *void*.
    """
    row = _LOOK.first(session, code=code)
    return _situation(row, code) if row else None


def _situation(row: Any, code: str) -> Situation:
    told = row._asdict()
    plain = {name: told[name] for name in Situation.__dataclass_fields__ if name in told}
    return Situation(**plain | _card(row) | _source(row) | _turn(row) | _past(row) | _label(row, code))


def _card(row: Any) -> dict[str, Any]:
    return {
        "of": row.of_cards,
        "loop_closed": row.loop_closed_at is not None,
        "minimum_cycle": timedelta(minutes=row.minimum_cycle),
        "card_quantity": from_thousandths(row.card_quantity),
        "counted": bool(row.counted),
        "ship_to_id": row.site_id,
    }


def _source(row: Any) -> dict[str, Any]:
    terms = (
        row.lead_time,
        row.order_days,
        row.order_until,
        row.country,
        row.region or "",
        row.time_zone or "",
    )
    return {"internal": row.supplier_kind == "internal", "terms": Terms(*terms)}


def _turn(row: Any) -> dict[str, Any]:
    due = row.confirmed_due or row.due
    return {
        "order_left_at": _moment(row.left_at),
        "due": str(due) if due else None,
        "signalled_at": _moment(row.signalled_at),
        "urgent": bool(row.urgent),
        "draft": (row.draft_id, row.draft_line_id) if row.draft_id and row.draft_line_id else None,
    }


def _past(row: Any) -> dict[str, Any]:
    return {
        "last_cycle": row.last_cycle or 0,
        "last_signalled_at": _moment(row.last_signalled_at),
        "last_filled_at": _moment(row.last_filled_at),
    }


def _label(row: Any, code: str) -> dict[str, Any]:
    return {
        "label_code": code,
        "label_ended": row.label_ended or "",
        "label_ended_at": _moment(row.label_ended_at),
    }


def _moment(value: int | None) -> datetime | None:
    return None if value is None else from_milliseconds(value)
