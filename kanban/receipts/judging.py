"""How order lines came: each judged against the day first promised and the day confirmed, in one way for all.

Two statements read the lines and the receipts of a period; the rest is arithmetic
(:mod:`kanban.sizing.reliability`). Days are working days of the supplier's country.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from kanban import clock
from kanban.calendars import USUAL_WEEK
from kanban.db import Statement, from_milliseconds, from_thousandths, to_milliseconds
from kanban.sizing import reliability
from kanban.sizing.reliability import Arrived, Score
from kanban.sizing.working_time import WorkingTime

NOON = time(12)
A_THOUSANDTH = 1000.0

_LINES = Statement(
    """SELECT l.id, l.order_id, o.supplier_id, l.supplier_item_id, l.quantity, l.received, l.due,
 l.confirmed_due, l.closed_at, o.released_at, o.confirmed_at, o.state AS order_state, s.country,
 coalesce(l.sku, '') AS sku, coalesce(l.name, '') AS name
 FROM order_line l JOIN "order" o ON o.id = l.order_id JOIN supplier s ON s.id = o.supplier_id
 WHERE o.released_at >= :since AND l.quantity > 0
 AND (coalesce(l.outcome, '') <> 'cancelled' OR l.received > 0)
 AND (:supplier_id = 0 OR o.supplier_id = :supplier_id) ORDER BY l.id"""
)
"""A line cancelled before anything came says nothing of its supplier; one cancelled after a part did."""
_RECEIPTS = Statement(
    """SELECT r.order_line_id, coalesce(f.at, r.at) AS at, r.quantity
 FROM receipt r JOIN order_line l ON l.id = r.order_line_id JOIN "order" o ON o.id = l.order_id
 LEFT JOIN receipt f ON f.id = r.counters_id
 WHERE o.released_at >= :since AND (:supplier_id = 0 OR o.supplier_id = :supplier_id)"""
)


@dataclass(frozen=True, slots=True)
class LineCame:
    """One order line as it came. ``promised`` and ``confirmed`` are judgements, none where the day is ahead
    or where there is no such day. ``lead`` and ``answer`` are working days from the order's release, with
    whether that has happened; ``answer`` is none where the order left without one. ``missing`` units will
    not come: none where the line is open or complete.
    """

    supplier_id: int
    supplier_item_id: int
    order_id: int
    sku: str
    name: str
    ordered: Decimal
    missing: Decimal | None
    promised: str | None
    confirmed: str | None
    lead: tuple[float, bool]
    answer: tuple[float, bool] | None


def working_time(country: str, zone: ZoneInfo) -> WorkingTime:
    """The clock of a supplier: whole days from Monday to Friday, without its country's holidays."""
    closed = clock.public_holidays(country)
    return WorkingTime(zone, USUAL_WEEK, lambda day: day in closed)


def lines(session: Session, clocks: Clocks, since: datetime, supplier_id: int = 0) -> Iterator[LineCame]:
    """The lines of orders sent since ``since``, of one supplier or (0) of all."""
    asked = {"since": to_milliseconds(since), "supplier_id": supplier_id}
    receipts: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in _RECEIPTS.rows(session, **asked):
        receipts[row.order_line_id].append((row.at, row.quantity))
    for row in _LINES.rows(session, **asked):
        yield _judged(row, receipts.get(row.id, ()), clocks.of(row.country))


def scores(
    session: Session,
    at: datetime,
    zone: ZoneInfo,
    since: datetime,
    supplier_ids: Collection[int] | None = None,
) -> dict[int, Score]:
    """Per supplier, all or those given: how what was ordered since ``since`` came, against the days first
    promised. One without such lines is left out."""
    clocks = Clocks(at, zone)
    judgements: dict[int, list[str | None]] = defaultdict(list)
    for asked in (0,) if supplier_ids is None else supplier_ids:
        for line in lines(session, clocks, since, asked):
            judgements[line.supplier_id].append(line.promised)
    return {supplier_id: reliability.score(each) for supplier_id, each in judgements.items()}


class Clocks:
    """The working time of each country, made once."""

    def __init__(self, at: datetime, zone: ZoneInfo) -> None:
        self._at, self._zone = at, zone
        self._made: dict[str, Clock] = {}

    def of(self, country: str) -> Clock:
        """The clock of a country."""
        made = self._made.get(country)
        if made is None:
            made = self._made[country] = Clock(working_time(country, self._zone), self._at)
        return made


class Clock:
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


def _judged(row: Any, receipts: Iterable[tuple[int, int]], its: Clock) -> LineCame:
    ordered, closed = row.quantity / A_THOUSANDTH, row.closed_at is not None
    sent = its.place(row.released_at)
    complete = reliability.completed(ordered, _arrived(receipts, its.place))
    until = complete if complete is not None else its.place(row.closed_at) if closed else its.now
    days = _arrived(receipts, its.day_of)

    def against(day: Any) -> str | None:
        return reliability.judge(its.day(str(day)), ordered, days, today=its.today, closed=closed)

    confirmed = row.confirmed_due or (row.due if row.confirmed_at else None)
    short = closed and complete is None
    return LineCame(
        supplier_id=row.supplier_id,
        supplier_item_id=row.supplier_item_id,
        order_id=row.order_id,
        sku=row.sku,
        name=row.name,
        ordered=from_thousandths(row.quantity),
        missing=from_thousandths(max(0, row.quantity - row.received)) if short else None,
        promised=against(row.due) if row.due else None,
        confirmed=against(confirmed) if confirmed else None,
        lead=(max(0.0, until - sent), complete is not None),
        answer=_answer(row, sent, its),
    )


def _arrived(receipts: Iterable[tuple[int, int]], place: Callable[[int], float]) -> list[Arrived]:
    return [Arrived(place(moment), units / A_THOUSANDTH) for moment, units in receipts]


def _answer(row: Any, sent: float, its: Clock) -> tuple[float, bool] | None:
    if row.confirmed_at:
        return max(0.0, its.place(row.confirmed_at) - sent), True
    return (max(0.0, its.now - sent), False) if row.order_state == "released" else None
