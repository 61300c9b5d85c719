"""How suppliers keep their word: on time in full, lead times, shortages, answers; per supplier and item.

Two statements read the lines and the receipts of a period, a third the turns of cards; the rest is
arithmetic (:mod:`kanban.sizing.reliability`). Days are working days of the supplier's country; the time
until a card is full again runs on the same clock.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from kanban import clock
from kanban.calendars import USUAL_WEEK
from kanban.db import Statement, from_milliseconds, from_thousandths, to_milliseconds
from kanban.sizing import reliability
from kanban.sizing.reliability import Arrived, Score, Spread
from kanban.sizing.working_time import WorkingTime

NOON = time(12)
A_THOUSANDTH = 1000.0

_LINES = Statement(
    """SELECT l.id, l.order_id, o.supplier_id, l.supplier_item_id, l.quantity, l.received, l.due,
 l.confirmed_due, l.closed_at, l.outcome, o.released_at, o.confirmed_at, o.state AS order_state, s.country,
 coalesce(l.sku, '') AS sku, coalesce(l.name, '') AS name, coalesce(l.unit, '') AS unit
 FROM order_line l JOIN "order" o ON o.id = l.order_id JOIN supplier s ON s.id = o.supplier_id
 WHERE o.released_at >= :since AND l.quantity > 0 AND coalesce(l.outcome, '') <> 'cancelled'
 AND (:supplier_id = 0 OR o.supplier_id = :supplier_id) ORDER BY l.id"""
)
_RECEIPTS = Statement(
    """SELECT r.order_line_id, coalesce(f.at, r.at) AS at, r.quantity
 FROM receipt r JOIN order_line l ON l.id = r.order_line_id JOIN "order" o ON o.id = l.order_id
 LEFT JOIN receipt f ON f.id = r.counters_id
 WHERE o.released_at >= :since AND (:supplier_id = 0 OR o.supplier_id = :supplier_id)"""
)
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


def working_time(country: str, zone: ZoneInfo) -> WorkingTime:
    """The clock of a supplier: whole days from Monday to Friday, without its country's holidays."""
    closed = clock.public_holidays(country)
    return WorkingTime(zone, USUAL_WEEK, lambda day: day in closed)


def _gather(
    session: Session, at: datetime, zone: ZoneInfo, since: datetime, supplier_id: int,
    group: Callable[[Any], int],
) -> dict[int, _Gathered]:  # fmt: skip
    asked = {"since": to_milliseconds(since), "supplier_id": supplier_id}
    receipts: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in _RECEIPTS.rows(session, **asked):
        receipts[row.order_line_id].append((row.at, row.quantity))
    clocks = _Clocks(at, zone)
    found: dict[int, _Gathered] = defaultdict(_Gathered)
    for row in _LINES.rows(session, **asked):
        _add_line(found[group(row)], row, receipts.get(row.id, ()), clocks.of(row.country))
    for row in _TURNS.rows(session, **asked):
        its = clocks.of(row.country)
        gathered = found[group(row)]
        begun = its.place(row.signalled_at)
        if row.closed_at is None:
            gathered.turn_open.append(max(0.0, its.now - begun))
        else:
            gathered.turn_done.append(max(0.0, its.place(row.closed_at) - begun))
    return found


def _add_line(gathered: _Gathered, row: Any, receipts: Iterable[tuple[int, int]], its: _Clock) -> None:
    gathered.lines += 1
    gathered.sku, gathered.name = row.sku, row.name
    ordered = row.quantity / A_THOUSANDTH
    closed = row.closed_at is not None
    moments = [Arrived(its.place(moment), units / A_THOUSANDTH) for moment, units in receipts]
    days = [Arrived(its.day_of(moment), units / A_THOUSANDTH) for moment, units in receipts]
    if row.due:
        gathered.promised.append(_judged(its, row.due, ordered, days, closed))
    if row.confirmed_due or (row.confirmed_at and row.due):
        gathered.confirmed.append(_judged(its, row.confirmed_due or row.due, ordered, days, closed))
    sent = its.place(row.released_at)
    complete = reliability.completed(ordered, moments)
    if complete is not None:
        gathered.lead_done.append(max(0.0, complete - sent))
    else:
        until = its.place(row.closed_at) if closed else its.now
        gathered.lead_open.append(max(0.0, until - sent))
        if closed:
            gathered.short_lines += 1
            gathered.missing += from_thousandths(max(0, row.quantity - row.received))
    gathered.ordered += from_thousandths(row.quantity)
    if row.confirmed_at:
        gathered.answers[row.order_id] = (max(0.0, its.place(row.confirmed_at) - sent), True)
    elif row.order_state == "released":
        gathered.answers[row.order_id] = (max(0.0, its.now - sent), False)


def _judged(its: _Clock, promised: Any, ordered: float, days: list[Arrived], closed: bool) -> str | None:
    return reliability.judge(its.day(str(promised)), ordered, days, today=its.today, closed=closed)


class _Clocks:
    """The working time of each country, made once."""

    def __init__(self, at: datetime, zone: ZoneInfo) -> None:
        self._at, self._zone = at, zone
        self._made: dict[str, _Clock] = {}

    def of(self, country: str) -> _Clock:
        made = self._made.get(country)
        if made is None:
            made = self._made[country] = _Clock(working_time(country, self._zone), self._at)
        return made


class _Clock:
    """Moments and days of one country's working time; each day is worked out once."""

    def __init__(self, working: WorkingTime, at: datetime) -> None:
        self._working = working
        self._days: dict[date, float] = {}
        self._places: dict[int, float] = {}
        self.now = working.place(at)
        self.today = self._of(at.astimezone(working.zone).date())

    def place(self, milliseconds: int) -> float:
        """The place of a moment."""
        known = self._places.get(milliseconds)
        if known is None:
            known = self._places[milliseconds] = self._working.place(from_milliseconds(milliseconds))
        return known

    def day_of(self, milliseconds: int) -> float:
        """The place of the local day of a moment."""
        return self._of(from_milliseconds(milliseconds).astimezone(self._working.zone).date())

    def day(self, text: str) -> float:
        """The place of a day such as ``2026-11-26``."""
        return self._of(date.fromisoformat(text))

    def _of(self, day: date) -> float:
        known = self._days.get(day)
        if known is None:
            noon = datetime.combine(day, NOON, self._working.zone)
            known = self._days[day] = float(round(self._working.place(noon) * 2)) / 2
        return known


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
