"""The floor watch: what goes wrong at the shelves now, read from cards, turns and what sizing believes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kanban.advice import Advice, Calendars, History, Turn, collect
from kanban.items import Item
from kanban.journal import Event
from kanban.loops import Card, Loop
from kanban.orders import OrderLine, Replenishment
from kanban.sizing import alarms, lead_times
from kanban.sizing.lead_times import Node
from kanban.sizing.working_time import WorkingTime

KINDS = ("out", "last_bin", "overdue", "overtaken", "silent", "faster", "slower", "worn")
"""What may be found, the most pressing first."""
RARE = 0.05
"""An open turn is overdue when so few deliveries take that long."""
SETTLED_SCANS = 2.0
"""Effective scans before silence means anything."""


class Find(NamedTuple):
    """One thing to look at.

    ``days`` are working days: until the stock ends (*last_bin*), since when (*out*, *overdue*, *silent*);
    ``due`` is when goods are expected; ``times`` how often a card was passed, or scans in a row.
    """

    kind: str
    loop: Loop
    item: Item
    place: str
    card: Card | None = None
    days: float | None = None
    due: date | None = None
    times: int | None = None


@dataclass
class _Floor:
    """A loop as the watch sees it."""

    told: History
    figures: dict[str, Any]
    cards: Sequence[Card]
    plain: WorkingTime
    due: dict[int, date]
    at: datetime

    def find(self, kind: str, **more: Any) -> Find:
        return Find(kind, self.told.loop, self.told.item, self.told.loop.location.path, **more)

    def days_until(self, day: date) -> float:
        """Working days until the end of a day."""
        return self.plain.between(self.at, datetime.combine(day, time.max, self.plain.zone))

    def days_since(self, moment: datetime) -> float:
        return self.plain.between(moment, self.at)


def finds(
    session: Session, at: datetime, zone: ZoneInfo, loop_ids: Sequence[int] | None = None
) -> list[Find]:
    """Everything that was found, the most pressing kinds first, by place within a kind."""
    clocks = Calendars(session, zone)
    told = collect(session, at, zone, loop_ids)
    known = _figures(session)
    cards = _cards(session)
    due = _due(session)
    found: list[Find] = []
    for each in told:
        advised = known.get(each.loop.id)
        floor = _Floor(
            each,
            advised.figures if advised else {},
            cards.get(each.loop.id, []),
            clocks.clock(each.site_id),
            due,
            at,
        )
        found += _look(floor)
    return sorted(found, key=lambda find: (KINDS.index(find.kind), find.place, find.item.sku_key))


def counts(found: Sequence[Find]) -> dict[str, int]:
    """How many there are of each kind; all kinds stand in it."""
    counted = Counter(find.kind for find in found)
    return {kind: counted[kind] for kind in KINDS}


def checked(session: Session, since: datetime) -> set[tuple[int, str]]:
    """What somebody has looked at since then: (loop id, kind)."""
    query = select(Event).where(Event.noun == "loop", Event.kind == "checked", Event.recorded_at >= since)
    return {(event.noun_id or 0, str(event.facts.get("find", ""))) for event in session.scalars(query)}


def _look(floor: _Floor) -> list[Find]:
    open_turns = [turn for turn in floor.told.turns if turn.until is None]
    found = _stock(floor, open_turns) + _overdue(floor, open_turns)
    found += _overtaken(floor) + _rate(floor)
    return found + [
        floor.find("worn", card=card) for card in floor.cards if card.reprint_requested and card.print_version
    ]


def _stock(floor: _Floor, open_turns: Sequence[Turn]) -> list[Find]:
    """All bins empty, or the last one in use that will not last until goods are due, or none are coming."""
    working = [card for card in floor.cards if card.life in ("active", "surplus")]
    away = len(open_turns)
    if not working or not away:
        return []
    due = min((floor.due[turn.card_id] for turn in open_turns if turn.card_id in floor.due), default=None)
    if away >= len(working):
        since = max(turn.since for turn in open_turns)
        return [floor.find("out", days=floor.days_since(since), due=due)]
    lasts = _lasts(floor)
    is_last = away == len(working) - 1 and len(working) > 1
    if is_last and (due is None or (lasts is not None and lasts < floor.days_until(due))):
        return [floor.find("last_bin", days=lasts, due=due)]
    return []


def _lasts(floor: _Floor) -> float | None:
    """Working days until the bin in use is empty: half of it, at the use that is believed."""
    use = floor.figures.get("use")
    return float(floor.told.loop.card_quantity) / 2 / use if isinstance(use, float) and use > 0 else None


def _overdue(floor: _Floor, open_turns: Sequence[Turn]) -> list[Find]:
    nodes = [Node(*each) for each in floor.figures.get("lead_times", ())]
    if not nodes:
        return []
    ages = [(floor.days_since(turn.since), turn) for turn in open_turns]
    late = [(age, turn) for age, turn in ages if lead_times.share_beyond(nodes, age) < RARE]
    by_id = {card.id: card for card in floor.cards}
    return [
        floor.find("overdue", card=by_id.get(turn.card_id), days=age, due=floor.due.get(turn.card_id))
        for age, turn in late
    ]


def _overtaken(floor: _Floor) -> list[Find]:
    """Full cards that the others have passed so often that they are lost, or their scan was forgotten."""
    turns = floor.told.turns
    away = {turn.card_id for turn in turns if turn.until is None}
    last = {turn.card_id: turn.since for turn in turns}
    number = len([card for card in floor.cards if card.life == "active"])
    found = []
    for card in floor.cards:
        if card.life != "active" or card.id in away:
            continue
        since = last.get(card.id)
        passed = sum(1 for turn in turns if turn.card_id != card.id and (since is None or turn.since > since))
        if alarms.is_frozen(passed, number):
            found.append(floor.find("overtaken", card=card, times=passed))
    return found


def _rate(floor: _Floor) -> list[Find]:
    """A loop that has fallen silent, or whose scans come faster or slower than they did."""
    turns, figures = floor.told.turns, floor.figures
    change, limit = figures.get("change"), figures.get("silence")
    if turns and isinstance(limit, float) and float(figures.get("effective", 0)) >= SETTLED_SCANS:
        quiet = floor.days_since(turns[-1].since)
        if quiet > limit and all(turn.until for turn in turns):
            return [floor.find("silent", days=quiet)]
    if isinstance(change, dict):
        kind = "faster" if change["factor"] > 1 else "slower"
        return [floor.find(kind, times=change["scans"])]
    return []


def _figures(session: Session) -> dict[int, Advice]:
    newest = select(func.max(Advice.id)).group_by(Advice.loop_id)
    return {each.loop_id: each for each in session.scalars(select(Advice).where(Advice.id.in_(newest)))}


def _cards(session: Session) -> dict[int, list[Card]]:
    found: dict[int, list[Card]] = {}
    for card in session.scalars(select(Card).where(Card.life != "retired").order_by(Card.number)):
        found.setdefault(card.loop_id, []).append(card)
    return found


def _due(session: Session) -> dict[int, date]:
    """When the goods of each card that is away are expected."""
    due = func.coalesce(OrderLine.confirmed_due, OrderLine.due)
    query = (
        select(Replenishment.card_id, due)
        .join(OrderLine, OrderLine.id == Replenishment.order_line_id)
        .where(Replenishment.closed_at.is_(None), due.is_not(None))
    )
    return dict(iter(session.execute(query)))
