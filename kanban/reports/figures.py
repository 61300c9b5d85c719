"""The figures that a shop is steered by: in stock, money in stock, turns, order effort, on time in full.

Each is worked out from cards, turns and orders, over time and by supplier, area and class.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kanban.advice import Advice, Calendars, History, collect, outs_of
from kanban.items import PATH_SEPARATOR
from kanban.orders import Order, OrderLine
from kanban.sizing import classes, intervals
from kanban.sizing.intervals import Interval
from kanban.sizing.working_time import WorkingTime

WEEK = timedelta(days=7)
WORKING_DAYS_A_YEAR = 250
DEAD_AFTER = timedelta(days=365)
GROUPS = ("supplier", "area", "class", "word")


@dataclass
class Standing:
    """How one loop stands now and stood over the window; money in the shop's currency, days working days."""

    told: History
    word: str
    advised: int | None
    use: float
    full: int
    days: float
    days_out: float
    last_scan: datetime | None
    abc: str = "C"

    @property
    def cost(self) -> float:
        """Money per unit."""
        return float(self.told.unit_cost)

    @property
    def on_hand(self) -> float:
        """Units on the shelf: the full bins, and half of the one in use while not all are away."""
        quantity = float(self.told.loop.card_quantity)
        spare = max(self.full - 1, 0)
        return quantity * (spare + 0.5) if self.full else 0.0

    @property
    def cash(self) -> float:
        """Money on the shelf."""
        return self.on_hand * self.cost

    @property
    def ceiling(self) -> float:
        """The most money that the cards can hold."""
        return self.told.cards * float(self.told.loop.card_quantity) * self.cost

    @property
    def yearly(self) -> float:
        """Money used up in a year."""
        return self.use * WORKING_DAYS_A_YEAR * self.cost


@dataclass
class Sum:
    """Standings added up."""

    loops: int = 0
    days: float = 0.0
    days_out: float = 0.0
    cash: float = 0.0
    ceiling: float = 0.0
    yearly: float = 0.0
    dead: int = 0
    dead_cash: float = 0.0

    @property
    def in_stock(self) -> float | None:
        """Share of working time in which not all bins were empty; none where nothing was watched."""
        return 1 - self.days_out / self.days if self.days > 0 else None

    @property
    def turns(self) -> float | None:
        """How often a year the stock turns over: yearly use over stock, at cost."""
        return self.yearly / self.cash if self.cash > 0 else None

    @property
    def days_on_hand(self) -> float | None:
        """Working days that the stock lasts."""
        return self.cash / self.yearly * WORKING_DAYS_A_YEAR if self.yearly > 0 else None


@dataclass
class Effort:
    """What ordering takes: orders sent and their lines."""

    orders: int = 0
    lines: int = 0


@dataclass
class Shop:
    """The whole shop at a moment."""

    standings: list[Standing] = field(default_factory=list)
    effort: Effort = field(default_factory=Effort)
    on_time: tuple[int, int] = (0, 0)

    @property
    def on_time_band(self) -> Interval:
        """Between which shares the truth about on time in full lies (Wilson)."""
        return intervals.wilson(*self.on_time)


def shop(session: Session, at: datetime, zone: ZoneInfo, window: timedelta = timedelta(days=91)) -> Shop:
    """How the shop stands at ``at``, with times in stock over the ``window`` before it."""
    clocks = Calendars(session, zone)
    told = collect(session, at, zone)
    known = _advised(session)
    standings = [
        _standing(each, known.get(each.loop.id), clocks.clock(each.site_id), at, window) for each in told
    ]
    kinds = classes.abc([(str(each.told.loop.id), each.yearly) for each in standings])
    for each in standings:
        each.abc = kinds[str(each.told.loop.id)]
    came = {each.supplier.id: each.delivered for each in told}.values()
    on_time = sum(each.on_time for each in came), sum(each.judged for each in came)
    return Shop(standings, _effort(session, at - window, at), on_time)


def added(standings: Iterable[Standing], at: datetime) -> Sum:
    """Standings as one sum."""
    total = Sum()
    for each in standings:
        dead = is_dead(each, at)
        total.loops += 1
        total.days += each.days
        total.days_out += each.days_out
        total.cash += each.cash
        total.ceiling += each.ceiling
        total.yearly += each.yearly
        total.dead += dead
        total.dead_cash += each.cash if dead else 0.0
    return total


def is_dead(each: Standing, at: datetime) -> bool:
    """Whether nothing was scanned for a year, though the loop is that old."""
    last = each.last_scan or each.told.made_at
    return at - last > DEAD_AFTER


def grouped(standings: Sequence[Standing], by: str, at: datetime) -> list[tuple[str, Sum]]:
    """Sums by *supplier*, *area* (the place below the site), *class* (ABC) or *word*, by its name."""
    name: Callable[[Standing], str] = {
        "supplier": lambda each: each.told.supplier.name,
        "area": lambda each: _area(each.told.loop.location.path),
        "class": lambda each: each.abc,
        "word": lambda each: each.word,
    }[by]
    groups: dict[str, list[Standing]] = defaultdict(list)
    for each in standings:
        groups[name(each)].append(each)
    return [(key, added(group, at)) for key, group in sorted(groups.items())]


def in_stock_by_week(
    session: Session, at: datetime, zone: ZoneInfo, weeks: int = 26
) -> list[tuple[date, float | None]]:
    """The share of working time in stock in each of the last weeks, over all loops; none in a closed week."""
    clocks = Calendars(session, zone)
    monday = at.astimezone(zone).date() - timedelta(days=at.astimezone(zone).weekday())
    starts = [monday - WEEK * n for n in range(weeks - 1, -1, -1)]
    edges = [datetime.combine(start, datetime.min.time(), zone) for start in starts]
    worked, out = [0.0] * weeks, [0.0] * weeks
    for told in collect(session, at, zone):
        clock = clocks.clock(told.site_id)
        outs = outs_of(told.turns, told.cards, at)
        for n, (since, until) in enumerate(zip(edges, [*edges[1:], at], strict=True)):
            if until <= told.made_at:
                continue
            worked[n] += clock.between(max(since, told.made_at), until)
            out[n] += _within(outs, clock, since, until)
    shares = [1 - gone / days if days > 0 else None for days, gone in zip(worked, out, strict=True)]
    return list(zip(starts, shares, strict=True))


def money_by_week(
    session: Session, at: datetime, zone: ZoneInfo, weeks: int = 26
) -> list[tuple[date, float]]:
    """Money on the shelves at the end of each week: full bins then, at today's cards and costs."""
    monday = at.astimezone(zone).date() - timedelta(days=at.astimezone(zone).weekday())
    starts = [monday - WEEK * n for n in range(weeks - 1, -1, -1)]
    ends = [min(datetime.combine(start + WEEK, datetime.min.time(), zone), at) for start in starts]
    sums = [0.0] * weeks
    for told in collect(session, at, zone):
        bin_worth = float(told.loop.card_quantity) * float(told.unit_cost)
        gone = sorted(turn.since for turn in told.turns)
        back = sorted(turn.until for turn in told.turns if turn.until)
        for n, end in enumerate(ends):
            if end > told.made_at and bin_worth > 0:
                full = told.cards - (bisect_right(gone, end) - bisect_right(back, end))
                sums[n] += bin_worth * (max(full - 1, 0) + 0.5) if full > 0 else 0.0
    return list(zip(starts, sums, strict=True))


def orders_by_week(session: Session, at: datetime, zone: ZoneInfo, weeks: int = 26) -> list[tuple[date, int]]:
    """Orders sent in each of the last weeks, by the week's Monday."""
    monday = at.astimezone(zone).date() - timedelta(days=at.astimezone(zone).weekday())
    first = monday - WEEK * (weeks - 1)
    since = datetime.combine(first, datetime.min.time(), zone)
    counted: dict[int, int] = defaultdict(int)
    for released_at in session.scalars(select(Order.released_at).where(Order.released_at >= since)):
        assert released_at is not None, "it lies after a moment"
        counted[(released_at.astimezone(zone).date() - first).days // 7] += 1
    return [(first + WEEK * n, counted[n]) for n in range(weeks)]


def _standing(
    told: History, advised: Advice | None, clock: WorkingTime, at: datetime, window: timedelta
) -> Standing:
    figures = advised.figures if advised else {}
    since = max(at - window, told.made_at)
    away = sum(1 for turn in told.turns if turn.until is None)
    return Standing(
        told=told,
        word=figures.get("word", ""),
        advised=advised.cards if advised else None,
        use=float(figures.get("use", 0.0)),
        full=max(told.cards - away, 0),
        days=clock.between(since, at),
        days_out=_within(outs_of(told.turns, told.cards, at), clock, since, at),
        last_scan=told.turns[-1].since if told.turns else None,
    )


def _within(
    outs: Sequence[tuple[datetime, datetime | None]], clock: WorkingTime, since: datetime, until: datetime
) -> float:
    """Working days out of stock between two moments."""
    return sum(
        clock.between(max(start, since), min(end or until, until)) for start, end in outs if start < until
    )


def _area(path: str) -> str:
    parts = path.split(PATH_SEPARATOR)
    return parts[1] if len(parts) > 1 else parts[0]


def _advised(session: Session) -> dict[int, Advice]:
    newest = select(func.max(Advice.id)).group_by(Advice.loop_id)
    return {each.loop_id: each for each in session.scalars(select(Advice).where(Advice.id.in_(newest)))}


def _effort(session: Session, since: datetime, until: datetime) -> Effort:
    sent = select(Order.id).where(Order.released_at >= since, Order.released_at < until)
    orders = session.scalar(select(func.count()).select_from(sent.subquery())) or 0
    lines = select(func.count()).select_from(OrderLine).where(OrderLine.order_id.in_(sent))
    return Effort(orders, session.scalar(lines) or 0)
