"""How every loop stands now, and stood over a window; added up by supplier, area, class and buffer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kanban.advice import Advice, Calendars, History, collect, outs_of
from kanban.items import PATH_SEPARATOR
from kanban.orders import Order, OrderLine
from kanban.sizing import classes, intervals
from kanban.sizing.intervals import Interval
from kanban.sizing.working_time import WorkingTime

WORKING_DAYS_A_YEAR = 250
DEAD_AFTER = timedelta(days=365)
GAPS_BEFORE_DEAD = 6
DAYS_A_WORKING_DAY = 7 / 5
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
    """Whether nothing was scanned for a year and for six expected gaps, though the loop is that old."""
    last = each.last_scan or each.told.made_at
    gap = float(each.told.loop.card_quantity) / each.use * DAYS_A_WORKING_DAY if each.use > 0 else 0.0
    return (at - last).days > max(DEAD_AFTER.days, GAPS_BEFORE_DEAD * gap)


def grouped(standings: Sequence[Standing], by: str) -> list[tuple[str, list[Standing]]]:
    """The standings of each *supplier*, *area* (the place below the site), *class* (ABC) or *word*."""
    name: Callable[[Standing], str] = {
        "supplier": lambda each: each.told.supplier.name,
        "area": lambda each: _area(each.told.loop.location.path),
        "class": lambda each: each.abc,
        "word": lambda each: each.word,
    }[by]
    groups: dict[str, list[Standing]] = defaultdict(list)
    for each in standings:
        groups[name(each)].append(each)
    return sorted(groups.items())


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
        days_out=within(outs_of(told.turns, told.cards, at), clock, since, at),
        last_scan=told.turns[-1].since if told.turns else None,
    )


def within(
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
