"""What the engine needs to know of loops, read in a few statements however many loops there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from kanban.advice.tables import LoopSizing
from kanban.items import Item
from kanban.journal import Event
from kanban.loops import Card, Loop
from kanban.orders import Replenishment
from kanban.receipts import judging
from kanban.sizing.reliability import Score
from kanban.suppliers import Supplier, SupplierItem

IN_CIRCULATION = ("new", "active", "on_hold")
ARRIVED = ("received", "short")
DELIVERIES_COUNT_FOR = timedelta(days=365)
"""How long what a supplier was sent says something of it; a scorecard looks back as far."""
NO_SCORE = Score(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a card, from its signal to the shelf; ``until`` none: still open.

    ``arrived`` is false where it ended otherwise (cancelled, bought elsewhere): it took at least so long.
    """

    card_id: int
    since: datetime
    until: datetime | None
    arrived: bool


@dataclass(slots=True)
class History:
    """A loop with all that its sizing rests on; quantities in units of the item, days working days."""

    loop: Loop
    item: Item
    offer: SupplierItem
    supplier: Supplier
    site_id: int
    sizing: LoopSizing
    cards: int
    made_at: datetime
    second_source: bool
    delivered: Score
    turns: list[Turn] = field(default_factory=list)

    @property
    def quote(self) -> int:
        """The promised lead time in working days."""
        return self.supplier.lead_time if self.offer.lead_time is None else self.offer.lead_time

    @property
    def unit_cost(self) -> Decimal:
        """What a unit costs: the item's own figure, else the price at the card quantity, else zero."""
        if self.item.unit_cost is not None:
            return self.item.unit_cost
        return self.offer.price_at(self.loop.card_quantity) or Decimal(0)

    def inputs(self) -> list[Any]:
        """Everything that advice is made from, but for the calendar and the day, in plain values."""
        facts = self.sizing
        return [
            self.loop.card_quantity, self.cards, self.item.consequence, self.unit_cost, self.quote,
            self.supplier.order_days, self.offer.pack_size, self.second_source, self.delivered.judged,
            self.delivered.on_time, facts.scan_rule, facts.mark_at, facts.use_per_day, facts.sureness,
            facts.when_out, facts.overseas, facts.seasonal, facts.put_away, facts.season,
            [(turn.since, turn.until, turn.arrived) for turn in self.turns],
        ]  # fmt: skip


def collect(
    session: Session, at: datetime, zone: ZoneInfo, loop_ids: Collection[int] | None = None
) -> list[History]:
    """The histories of open loops at ``at``, all of them or those given, by id."""
    found = _loops(session, loop_ids)
    ids = [loop.id for loop in found]
    known = {each.loop_id: each for each in session.scalars(_of(LoopSizing, LoopSizing.loop_id, ids))}
    cards, made = _cards(session, ids), _in_service(session, ids)
    turns = _turns(session, ids)
    sources = _sources(session, {loop.item_id for loop in found})
    suppliers = None if loop_ids is None else {loop.supplier_item.supplier_id for loop in found}
    delivered = judging.scores(session, at, zone, at - DELIVERIES_COUNT_FOR, suppliers)
    return [
        History(
            loop=loop,
            item=loop.item,
            offer=loop.supplier_item,
            supplier=loop.supplier_item.supplier,
            site_id=loop.location.site_id or loop.location_id,
            sizing=known.get(loop.id) or untold(loop.id),
            cards=cards[loop.id],
            made_at=min([made[loop.id], *(turn.since for turn in turns[loop.id][:1])]),
            second_source=sources[loop.item_id] > 1,
            delivered=delivered.get(loop.supplier_item.supplier_id, NO_SCORE),
            turns=turns[loop.id],
        )
        for loop in found
    ]


def untold(loop_id: int) -> LoopSizing:
    """The facts of a loop of which nobody has said anything: what most shops do."""
    return LoopSizing(
        loop_id=loop_id, scan_rule="empty", mark_at=Decimal(0), use_per_day=None, sureness="guess",
        when_out="waits", overseas=False, seasonal=False, put_away=Decimal(0), season="",
    )  # fmt: skip


def _loops(session: Session, loop_ids: Collection[int] | None) -> Sequence[Loop]:
    query = (
        select(Loop)
        .where(Loop.closed_at.is_(None))
        .order_by(Loop.id)
        .options(
            joinedload(Loop.item),
            joinedload(Loop.location),
            joinedload(Loop.supplier_item).joinedload(SupplierItem.supplier),
            joinedload(Loop.supplier_item).selectinload(SupplierItem.price_breaks),
        )
    )
    if loop_ids is not None:
        query = query.where(Loop.id.in_(list(loop_ids)))
    return session.scalars(query).unique().all()


def _cards(session: Session, ids: Collection[int]) -> dict[int, int]:
    """How many cards of each loop circulate."""
    query = (
        select(Card.loop_id, func.count())
        .where(Card.loop_id.in_(ids), Card.life.in_(IN_CIRCULATION))
        .group_by(Card.loop_id)
    )
    return defaultdict(int, _pairs(session, query))


def _in_service(session: Session, ids: Collection[int]) -> dict[int, datetime]:
    """Since when each loop is watched: its first card's first scan, else the day on which it was made."""
    made = select(Event.noun_id, func.min(Event.recorded_at)).where(
        Event.noun == "loop", Event.kind == "added", Event.noun_id.in_(list(ids))
    )
    hung = (
        select(Card.loop_id, func.min(Event.recorded_at))
        .join(Event, Event.card_id == Card.id)
        .where(Card.loop_id.in_(list(ids)), Event.kind == "in_service")
    )
    since = {loop_id: at for loop_id, at in session.execute(made.group_by(Event.noun_id)) if loop_id}
    return since | _pairs(session, hung.group_by(Card.loop_id))


def _turns(session: Session, ids: Collection[int]) -> dict[int, list[Turn]]:
    query = (
        select(
            Card.loop_id,
            Card.id,
            Replenishment.signalled_at,
            Replenishment.closed_at,
            Replenishment.outcome,
        )
        .join(Card, Card.id == Replenishment.card_id)
        .where(Card.loop_id.in_(ids), Replenishment.outcome.is_distinct_from("withdrawn"))
        .order_by(Replenishment.signalled_at, Replenishment.id)
    )
    turns: dict[int, list[Turn]] = defaultdict(list)
    for loop_id, card_id, since, until, outcome in session.execute(query):
        turns[loop_id].append(Turn(card_id, since, until, outcome in ARRIVED))
    return turns


def _sources(session: Session, item_ids: Collection[int]) -> dict[int, int]:
    """How many suppliers offer each item."""
    query = (
        select(SupplierItem.item_id, func.count(SupplierItem.supplier_id.distinct()))
        .where(SupplierItem.item_id.in_(list(item_ids)))
        .group_by(SupplierItem.item_id)
    )
    return defaultdict(int, _pairs(session, query))


def _of(table: Any, column: Any, ids: Collection[int]) -> Any:
    return select(table).where(column.in_(list(ids)))


def _pairs(session: Session, query: Any) -> dict[int, Any]:
    return dict(iter(session.execute(query)))
