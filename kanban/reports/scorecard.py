"""How suppliers keep their word: on time in full, lead times, shortages, answers; per supplier and item.

The lines are judged by :mod:`kanban.receipts.judging`; a statement of our own reads the turns of cards.
The time until a card is full again runs on the same clock, in working days of the supplier's country.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from kanban.db import Statement, to_milliseconds
from kanban.receipts import judging
from kanban.receipts.judging import LineCame
from kanban.sizing import reliability
from kanban.sizing.reliability import Score, Spread

_TURNS = Statement(
    """SELECT o.supplier_id, l.supplier_item_id, r.signalled_at, r.closed_at, s.country
 FROM replenishment r JOIN order_line l ON l.id = r.order_line_id JOIN "order" o ON o.id = l.order_id
 JOIN supplier s ON s.id = o.supplier_id
 WHERE r.signalled_at >= :since AND (r.closed_at IS NULL OR r.outcome = 'received')
 AND (:supplier_id = 0 OR o.supplier_id = :supplier_id)"""
)
_NAMES = Statement("SELECT id, name, kind FROM supplier ORDER BY name_key")


@dataclass(frozen=True, slots=True)
class Card:
    """One scorecard. ``against_confirmed`` judges the day that the supplier itself confirmed,
    ``against_promised`` the day that its lead time promised when the order was sent.

    ``lead`` runs from order sent to all here, ``replenishment`` from signal to full, ``answer`` from order
    sent to its confirmation; all in working days. ``missing`` is the share of units that never came.
    """

    lines: int
    against_confirmed: Score
    against_promised: Score
    lead: Spread
    replenishment: Spread
    answer: Spread
    short_lines: int
    missing: float


@dataclass(frozen=True, slots=True)
class SupplierCard:
    """A supplier's scorecard."""

    supplier_id: int
    name: str
    internal: bool
    card: Card


@dataclass(frozen=True, slots=True)
class ItemCard:
    """The scorecard of one item from one supplier."""

    sku: str
    name: str
    card: Card


@dataclass(slots=True)
class _Gathered:
    """What the lines of one group say, on their way to a card."""

    lines: int = 0
    confirmed: list[str | None] = field(default_factory=list)
    promised: list[str | None] = field(default_factory=list)
    lead_done: list[float] = field(default_factory=list)
    lead_open: list[float] = field(default_factory=list)
    turn_done: list[float] = field(default_factory=list)
    turn_open: list[float] = field(default_factory=list)
    answers: dict[int, tuple[float, bool]] = field(default_factory=dict)
    short_lines: int = 0
    ordered: Decimal = Decimal(0)
    missing: Decimal = Decimal(0)
    sku: str = ""
    name: str = ""

    def card(self) -> Card:
        waited = self.answers.values()
        return Card(
            self.lines,
            reliability.score(self.confirmed),
            reliability.score(self.promised),
            reliability.spread(self.lead_done, self.lead_open),
            reliability.spread(self.turn_done, self.turn_open),
            reliability.spread(
                [days for days, came in waited if came], [days for days, came in waited if not came]
            ),
            self.short_lines,
            float(self.missing / self.ordered) if self.ordered else 0.0,
        )


def suppliers(session: Session, at: datetime, zone: ZoneInfo, since: datetime) -> list[SupplierCard]:
    """The scorecards of all suppliers that were sent something since ``since``, by name."""
    found = _gather(session, at, zone, since, 0, lambda row: row.supplier_id)
    return [
        SupplierCard(row.id, row.name, row.kind == "internal", found[row.id].card())
        for row in _NAMES.rows(session)
        if row.id in found and found[row.id].lines
    ]


def supplier(session: Session, at: datetime, zone: ZoneInfo, since: datetime, supplier_id: int) -> Card:
    """One supplier's scorecard."""
    found = _gather(session, at, zone, since, supplier_id, lambda row: row.supplier_id)
    return found.get(supplier_id, _Gathered()).card()


def items(
    session: Session, at: datetime, zone: ZoneInfo, since: datetime, supplier_id: int
) -> list[ItemCard]:
    """The scorecards of what a supplier delivers, item by item."""
    found = _gather(session, at, zone, since, supplier_id, lambda row: row.supplier_item_id)
    cards = [ItemCard(each.sku, each.name, each.card()) for each in found.values() if each.lines]
    return sorted(cards, key=lambda each: each.sku)


def _gather(
    session: Session, at: datetime, zone: ZoneInfo, since: datetime, supplier_id: int,
    group: Callable[[Any], int],
) -> dict[int, _Gathered]:  # fmt: skip
    clocks = judging.Clocks(at, zone)
    found: dict[int, _Gathered] = defaultdict(_Gathered)
    for line in judging.lines(session, clocks, since, supplier_id):
        _add_line(found[group(line)], line)
    for row in _TURNS.rows(session, since=to_milliseconds(since), supplier_id=supplier_id):
        its = clocks.of(row.country)
        gathered = found[group(row)]
        begun = its.place(row.signalled_at)
        if row.closed_at is None:
            gathered.turn_open.append(max(0.0, its.now - begun))
        else:
            gathered.turn_done.append(max(0.0, its.place(row.closed_at) - begun))
    return found


def _add_line(gathered: _Gathered, line: LineCame) -> None:
    gathered.lines += 1
    gathered.sku, gathered.name = line.sku, line.name
    gathered.promised.append(line.promised)
    gathered.confirmed.append(line.confirmed)
    days, is_complete = line.lead
    (gathered.lead_done if is_complete else gathered.lead_open).append(days)
    gathered.ordered += line.ordered
    if line.missing is not None:
        gathered.short_lines += 1
        gathered.missing += line.missing
    if line.answer is not None:
        gathered.answers[line.order_id] = line.answer


def sorted_by(cards: list[SupplierCard], sort: str) -> list[SupplierCard]:
    """Scorecards in the order of a column; what is not known stands last either way."""
    key = SORTS[sort.removeprefix("-")]
    known = [each for each in cards if key(each) is not None]
    unknown = [each for each in cards if key(each) is None]
    return [*sorted(known, key=key, reverse=sort.startswith("-")), *unknown]


SORTS: Mapping[str, Callable[[SupplierCard], Any]] = {
    "confirmed": lambda each: _lower(each.card.against_confirmed),
    "promised": lambda each: _lower(each.card.against_promised),
    "p50": lambda each: each.card.lead.p50,
    "p90": lambda each: each.card.lead.p90,
    "short": lambda each: each.card.short_lines,
    "answer": lambda each: each.card.answer.p50,
    "name": lambda each: each.name.casefold(),
}
"""Columns by which the list is sorted: shares by the lower end of what they may be."""


def _lower(score: Score) -> float | None:
    return score.interval.low if score.judged else None
