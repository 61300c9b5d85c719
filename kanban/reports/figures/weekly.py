"""The same figures week by week: for all loops, or for those of a supplier, an area, a class, a buffer.

They begin with the week of the journal's first entry: a week before that is not a zero.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from kanban.advice import Calendars, History, outs_of
from kanban.journal import Event
from kanban.loops import Card
from kanban.orders import Order, OrderLine
from kanban.receipts import judging
from kanban.reports.figures.standing import DEAD_AFTER, WORKING_DAYS_A_YEAR, within

WEEK = timedelta(days=7)
WEEKS = 26
USED_OVER = timedelta(days=91)
"""What is used a day is counted over so long before the end of a week."""
LEFT = ("surplus", "retired")


@dataclass
class Week:
    """One week of some loops: working days watched and out of stock in it; at its end money on the shelves,
    at most, used a working day and dead; orders sent in it, and how their lines came."""

    start: date
    worked: float = 0.0
    out: float = 0.0
    cash: float = 0.0
    ceiling: float = 0.0
    used: float = 0.0
    dead_cash: float = 0.0
    orders: int = 0
    on_time: int = 0
    judged: int = 0

    @property
    def in_stock(self) -> float | None:
        """Share of working time in which not all bins were empty; none in a week without work."""
        return 1 - self.out / self.worked if self.worked > 0 else None

    @property
    def days_on_hand(self) -> float | None:
        """Working days that the stock lasts."""
        return self.cash / self.used if self.used > 0 else None

    @property
    def turns(self) -> float | None:
        """How often a year the stock turns over."""
        return self.used * WORKING_DAYS_A_YEAR / self.cash if self.cash > 0 and self.used > 0 else None

    @property
    def in_full(self) -> float | None:
        """Share of the judged lines that came whole and on time; none where there were none."""
        return self.on_time / self.judged if self.judged else None


@dataclass
class _Sent:
    """An order's week, what it was for, and how its lines came."""

    week: int
    offers: set[int] = field(default_factory=set)
    lines: list[tuple[int, str]] = field(default_factory=list)


def monday_of(moment: datetime, zone: ZoneInfo) -> date:
    """The first day of a moment's week."""
    day = moment.astimezone(zone).date()
    return day - timedelta(days=day.weekday())


def mondays(began: datetime, at: datetime, zone: ZoneInfo, most: int) -> list[date]:
    """The weeks from that of ``began`` to that of ``at``, by their Mondays; the last ``most`` of them."""
    last = monday_of(at, zone)
    count = (last - min(monday_of(began, zone), last)).days // 7 + 1
    return [last - WEEK * n for n in range(min(count, most) - 1, -1, -1)]


class OverTime:
    """What the weeks are counted from, read once: cards that came and left, orders and their lines."""

    def __init__(self, session: Session, at: datetime, zone: ZoneInfo, weeks: int = WEEKS) -> None:
        self._at = at
        self._starts = mondays(_first_entry(session) or at, at, zone, weeks)
        edges = [datetime.combine(start, time(), zone) for start in (*self._starts, self._starts[-1] + WEEK)]
        self._spans = [(since, min(until, at)) for since, until in pairwise(edges)]
        self._clocks = Calendars(session, zone)
        self._came, self._left = _cards(session, edges[0])
        self._sent = self._orders(session, zone, edges[0])

    def of(self, histories: Iterable[History]) -> list[Week]:
        """The weeks of these loops, the oldest first."""
        weeks = [Week(start) for start in self._starts]
        offers = set()
        for told in histories:
            offers.add(told.offer.id)
            self._add(weeks, told)
        for sent in self._sent:
            if sent.offers & offers:
                weeks[sent.week].orders += 1
            came = [said for offer, said in sent.lines if offer in offers]
            weeks[sent.week].judged += len(came)
            weeks[sent.week].on_time += came.count("on_time")
        return weeks

    def _add(self, weeks: list[Week], told: History) -> None:
        clock, outs = self._clocks.clock(told.site_id), outs_of(told.turns, told.cards, self._at)
        gone = sorted(turn.since for turn in told.turns)
        back = sorted(turn.until for turn in told.turns if turn.until)
        bin_worth = float(told.loop.card_quantity) * float(told.unit_cost)
        for week, (since, until) in zip(weeks, self._spans, strict=True):
            if until <= told.made_at:
                continue
            signalled = bisect_right(gone, until)
            cards = self._cards_at(told, until)
            full = cards - (signalled - bisect_right(back, until))
            cash = bin_worth * (max(full - 1, 0) + 0.5) if full > 0 else 0.0
            began = max(until - USED_OVER, told.made_at)
            days = clock.between(began, until)
            last = gone[signalled - 1] if signalled else told.made_at
            week.worked += clock.between(max(since, told.made_at), until)
            week.out += within(outs, clock, since, until)
            week.cash += cash
            week.ceiling += bin_worth * cards
            week.used += bin_worth * (signalled - bisect_right(gone, began)) / days if days > 0 else 0.0
            week.dead_cash += cash if until - last > DEAD_AFTER else 0.0

    def _cards_at(self, told: History, moment: datetime) -> int:
        """Cards that circulated then: today's, less those that came since, and those that have left since."""
        came, left = self._came[told.loop.id], self._left[told.loop.id]
        since = [len(moments) - bisect_right(moments, moment) for moments in (came, left)]
        return max(told.cards - since[0] + since[1], 0)

    def _orders(self, session: Session, zone: ZoneInfo, since: datetime) -> list[_Sent]:
        query = (
            select(Order.id, Order.released_at, OrderLine.supplier_item_id)
            .join(OrderLine, OrderLine.order_id == Order.id)
            .where(Order.released_at >= since, Order.released_at <= self._at)
        )
        found: dict[int, _Sent] = {}
        for order_id, released_at, offer_id in session.execute(query):
            assert released_at is not None, "it lies between two moments"
            week = (released_at.astimezone(zone).date() - self._starts[0]).days // 7
            found.setdefault(order_id, _Sent(week)).offers.add(offer_id)
        for line in judging.lines(session, judging.Clocks(self._at, zone), since):
            if line.promised is not None and line.order_id in found:
                found[line.order_id].lines.append((line.supplier_item_id, line.promised))
        return list(found.values())


def _first_entry(session: Session) -> datetime | None:
    return session.scalar(select(Event.recorded_at).order_by(Event.id).limit(1))


def _cards(session: Session, since: datetime) -> tuple[dict[int, list[datetime]], dict[int, list[datetime]]]:
    """When cards of each loop came into circulation since then, and when cards left it."""
    query = (
        select(Card.loop_id, Card.id, Event.kind, Event.recorded_at)
        .join(Card, Card.id == Event.card_id)
        .where(Event.noun == "card", Event.kind.in_(("added", *LEFT)), Event.recorded_at > since)
        .order_by(Event.id)
    )
    came: dict[int, list[datetime]] = defaultdict(list)
    left: dict[int, list[datetime]] = defaultdict(list)
    gone: set[int] = set()
    for loop_id, card_id, kind, at in session.execute(query):
        if kind == "added":
            came[loop_id].append(at)
        elif card_id not in gone:
            gone.add(card_id)
            left[loop_id].append(at)
    return came, left
