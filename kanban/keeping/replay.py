"""The journal read again from its beginning: what it says must be what the tables hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from kanban import journal
from kanban.journal import Event
from kanban.loops import LIVES, Card
from kanban.orders import OUTCOMES, Order, Replenishment
from kanban.receipts import Receipt


@dataclass(slots=True)
class State:
    """Facts that the journal and the tables both know, by the id of what they are about."""

    open_turns: dict[int, tuple[int, int, Decimal]] = field(default_factory=dict)
    """Cycle, signal event and quantity, by card."""
    receipts: dict[int, Decimal] = field(default_factory=dict)
    order_numbers: dict[int, str] = field(default_factory=dict)
    lives: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing of which the journal says one fact and the table another; none where one is silent."""

    what: str
    noun: str
    id: int
    journal: object | None
    table: object | None


NOUNS = {"open_turns": "card", "receipts": "receipt", "order_numbers": "order", "lives": "card"}


def differences(session: Session) -> Iterator[Difference]:
    """Where the tables differ from what the journal says, which should itself be verified before."""
    told, held = told_by_journal(session), held_by_tables(session)
    for what, noun in NOUNS.items():
        said: Mapping[int, object] = getattr(told, what)
        stands: Mapping[int, object] = getattr(held, what)
        for each in sorted(said.keys() | stands.keys()):
            if said.get(each) != stands.get(each):
                yield Difference(what, noun, each, said.get(each), stands.get(each))


def told_by_journal(session: Session) -> State:
    """The state that the events add up to."""
    told = State()
    speaking = or_(
        Event.noun.in_(("card", "replenishment")),
        and_(Event.kind == "signalled", Event.noun == "scan"),
        and_(Event.kind.in_(("received", "corrected")), Event.noun.in_(("scan", "receipt"))),
        and_(Event.kind == "released", Event.noun == "order"),
    )
    columns = (Event.id, Event.kind, Event.noun, Event.noun_id, Event.card_id, Event.order_id, Event.data)
    events = select(*columns).where(speaking).order_by(Event.id)
    for event in session.execute(events.execution_options(yield_per=2000)):
        _tell(told, event)
    return told


def held_by_tables(session: Session) -> State:
    """The same facts as they stand in the tables."""
    turns = select(
        Replenishment.card_id, Replenishment.cycle, Replenishment.signal_event_id, Replenishment.quantity
    )
    still_open = session.execute(turns.where(Replenishment.closed_at.is_(None)))
    receipts = session.execute(select(Receipt.id, Receipt.quantity))
    numbers = session.execute(select(Order.id, Order.number).where(Order.number.is_not(None)))
    return State(
        {card_id: (cycle, event_id, quantity) for card_id, cycle, event_id, quantity in still_open},
        {row.id: row.quantity for row in receipts},
        {order_id: str(number) for order_id, number in numbers},
        {row.id: row.life for row in session.execute(select(Card.id, Card.life))},
    )


def _tell(told: State, event: Any) -> None:
    facts = journal.facts_of(event.data)
    match event.noun, event.kind:
        case "scan", "signalled":
            told.open_turns[event.card_id] = facts["cycle"], event.id, Decimal(facts["quantity"])
        case "replenishment", "moved":
            told.open_turns[event.card_id] = told.open_turns.pop(facts["from"])
        case "replenishment", "reopened":
            quantity = Decimal(facts["quantity"])
            told.open_turns[event.card_id] = facts["cycle"], facts["signal"], quantity
        case "replenishment", kind if kind in OUTCOMES:
            told.open_turns.pop(event.card_id, None)
        case (("scan" | "receipt"), ("received" | "corrected")):
            told.receipts[event.noun_id] = Decimal(facts["quantity"])
        case "order", "released":
            told.order_numbers[event.order_id] = facts["number"]
        case "card", "added":
            told.lives[event.noun_id] = facts.get("life", "new")
        case "card", life if life in LIVES:
            told.lives[event.noun_id] = life
