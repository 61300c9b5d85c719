"""What is advised, for lists and pictures: read-only questions about advice and about scans."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime
from typing import Any, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import Session

from kanban.advice import Advice
from kanban.items import PATH_SEPARATOR, Item, Location
from kanban.journal import Event
from kanban.loops import Card, Loop
from kanban.orders import Replenishment
from kanban.reports import search
from kanban.reports.figures.weekly import mondays

Found: TypeAlias = Select[*tuple[Any, ...]]


class Row(NamedTuple):
    """One loop's advice with what it is about."""

    advice: Advice
    item: Item
    place: str


class Summary(NamedTuple):
    """How the shop stands: loops sized, those to change, and the most money that cards may hold."""

    loops: int
    to_change: int
    add: int
    take_out: int
    ceiling: float
    change_of_ceiling: float


def rows(session: Session, which: str, q: str, skip: int, limit: int) -> tuple[list[Row], int]:
    """Advice to *change*, of *all* loops, *snoozed*, or *history*: what is settled, newest first."""
    query = _of(which)
    for word in search.words(q):
        columns = (word.in_key(Item.sku_key), word.in_text(Item.name), word.in_key(Location.path_key))
        query = query.where(or_(*columns))
    count = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    urgent_first = (case((Advice.decision == "add", 0), (Advice.decision == "take_out", 1), else_=2),)
    order = (Advice.id.desc(),) if which == "history" else (*urgent_first, Item.consequence.desc(), Item.sku)
    found = session.execute(query.order_by(*order).offset(skip).limit(limit))
    return [Row(*row) for row in found], count


class Asked(NamedTuple):
    """The item that the question is about next, and how far the walk has come."""

    item: Item | None
    answered: int
    total: int


def next_question(session: Session, after: int = 0, only_open: bool = True) -> Asked:
    """The next item, by SKU, of which nobody has said what a stock-out means; after that of id ``after``.

    Only items with an open loop are asked about. With ``only_open`` false, answered ones come again.
    """
    with_loop = select(Item).where(Item.id.in_(select(Loop.item_id).where(Loop.closed_at.is_(None))))
    total = session.scalar(select(func.count()).select_from(with_loop.subquery())) or 0
    said = with_loop.where(Item.consequence.is_not(None)).subquery()
    answered = session.scalar(select(func.count()).select_from(said)) or 0
    query = with_loop.where(Item.consequence.is_(None)) if only_open else with_loop
    before = session.get(Item, after) if after else None
    if before is not None:
        query = query.where(Item.sku_key > before.sku_key)
    return Asked(session.scalar(query.order_by(Item.sku_key).limit(1)), answered, total)


class Placed(NamedTuple):
    """An item's loop on the map: its consequence (none: not said) and class of supply."""

    loop_id: int
    sku: str
    name: str
    place: str
    consequence: int | None
    supply: str
    word: str

    @property
    def position(self) -> str:
        """The last name of its place."""
        return self.place.rpartition(PATH_SEPARATOR)[2]


def placed(session: Session) -> list[Placed]:
    """Every loop that was sized, on the map of consequence and fragility of supply."""
    found = session.execute(_newest().order_by(Item.sku_key))
    rows = [(advice, item, path, advice.figures) for advice, item, path in found]
    return [
        Placed(
            advice.loop_id, item.sku, item.name, path, item.consequence, figures["supply"], figures["word"]
        )
        for advice, item, path, figures in rows
    ]


def summary(session: Session) -> Summary:
    """Sums over the newest advice of every open loop."""
    found = session.execute(_newest().with_only_columns(Advice.decision, Advice.state, Advice.cards_now,
                                                        Advice.cards, Advice.facts))  # fmt: skip
    counts: Counter[str] = Counter()
    ceiling = change = 0.0
    loops = 0
    for decision, state, now, cards, facts in found:
        loops += 1
        figures = json.loads(facts)
        each = figures["unit_cost"] * figures["quantity"]
        ceiling += now * each
        if state == "open" and decision != "keep":
            counts[decision] += 1
            change += (cards - now) * each
    return Summary(loops, counts.total(), counts["add"], counts["take_out"], ceiling, change)


def scans_per_week(
    session: Session, loop_id: int, at: datetime, zone: ZoneInfo, weeks: int
) -> list[tuple[date, int]]:
    """Bins emptied in each of the last weeks since the loop was made, by the week's Monday."""
    made = select(func.min(Event.recorded_at)).where(Event.noun == "loop", Event.noun_id == loop_id)
    starts = mondays(session.scalar(made) or at, at, zone, weeks)
    first = starts[0]
    since = datetime.combine(first, datetime.min.time(), zone)
    signals = (
        select(Replenishment.signalled_at)
        .join(Card, Card.id == Replenishment.card_id)
        .where(
            Card.loop_id == loop_id,
            Replenishment.signalled_at >= since,
            Replenishment.outcome.is_distinct_from("withdrawn"),
        )
    )
    counted: Counter[int] = Counter()
    for signalled_at in session.scalars(signals):
        counted[(signalled_at.astimezone(zone).date() - first).days // 7] += 1
    return [(start, counted[n]) for n, start in enumerate(starts)]


def _of(which: str) -> Found:
    if which == "history":
        query = _joined().where(Advice.state.in_(("accepted", "refused")))
    elif which == "all":
        query = _newest()
    else:
        state = "snoozed" if which == "snoozed" else "open"
        query = _joined().where(Advice.state == state, Advice.decision != "keep", Loop.closed_at.is_(None))
    return query


def _joined() -> Found:
    return (
        select(Advice, Item, Location.path)
        .join(Loop, Loop.id == Advice.loop_id)
        .join(Item, Item.id == Loop.item_id)
        .join(Location, Location.id == Loop.location_id)
    )


def _newest() -> Found:
    newest = select(func.max(Advice.id)).group_by(Advice.loop_id)
    return _joined().where(Advice.id.in_(newest), Loop.closed_at.is_(None))
