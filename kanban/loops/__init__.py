"""Loops and their cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy.orm import Session

from kanban import bulk, journal, suppliers
from kanban.items import Location
from kanban.loops.cards import (
    LifeRefused,
    LoopClosed,
    TooManyCards,
    add_cards,
    add_first_cards,
    by_code,
    cards_in_service,
    count_cards,
    note_printed,
    refuse_closed,
    replace,
    request_reprint,
    set_life,
)
from kanban.loops.tables import KINDS, LIFE_WORDS, LIVES, MOST_CARDS, NEXT_LIVES, RETIRED_BECAUSE, Card, Loop
from kanban.suppliers import SupplierItem

__all__ = [
    "KINDS",
    "LIFE_WORDS",
    "LIVES",
    "MOST_CARDS",
    "NEXT_LIVES",
    "RETIRED_BECAUSE",
    "Card",
    "LifeRefused",
    "Loop",
    "LoopClosed",
    "LoopFacts",
    "NewLoop",
    "TooManyCards",
    "add",
    "add_all",
    "add_cards",
    "add_first_cards",
    "by_code",
    "cards_in_service",
    "change",
    "close",
    "count_cards",
    "note_printed",
    "replace",
    "request_reprint",
    "set_life",
]


@dataclass(frozen=True)
class LoopFacts:
    """What a form, a sheet or the API says of a loop. ``minimum_cycle`` in minutes, ``review_period`` in
    working days."""

    card_quantity: Decimal
    kind: str = "purchase"
    minimum_cycle: int = 0
    safety_factor: Decimal = Decimal("0.2")
    review_period: int = 0
    owner: str = ""
    colour: str = ""


class NewLoop(NamedTuple):
    """A loop to be made; the supplier item is of this item."""

    item_id: int
    location_id: int
    supplier_item_id: int
    facts: LoopFacts

    def between(self) -> dict[str, object]:
        """What the loop connects, by column."""
        return {name: getattr(self, name) for name in self._fields if name != "facts"}


def add(
    session: Session, deed: journal.Deed, location: Location, offer: SupplierItem, facts: LoopFacts
) -> Loop:
    """A new loop, without cards yet. Raises :class:`suppliers.SupplyCircle`."""
    loop = Loop(item_id=offer.item_id, supplier_item_id=offer.id, location_id=location.id, **vars(facts))
    session.add(loop)
    session.flush()
    suppliers.refuse_circle(session)
    between = {"item_id": offer.item_id, "location_id": location.id, "supplier_item_id": offer.id}
    journal.append(session, deed, "added", "loop", loop.id, between | vars(facts))
    return loop


def add_all(session: Session, deed: journal.Deed, new: Sequence[NewLoop]) -> list[int]:
    """Many new loops at once, without cards yet; returns their ids in the same order.

    Raises :class:`suppliers.SupplyCircle`.
    """
    rows = [each.between() | vars(each.facts) for each in new]
    ids = bulk.add(session, Loop, rows)
    suppliers.refuse_circle(session)
    entries = (journal.Entry("added", "loop", id, row) for id, row in zip(ids, rows, strict=True))
    journal.append_all(session, deed, entries)
    return ids


def change(
    session: Session,
    deed: journal.Deed,
    loop: Loop,
    location: Location,
    offer: SupplierItem,
    facts: LoopFacts,
) -> bool:
    """Give a loop other facts, another place or another source; says whether anything changed.

    Turns that are open keep the quantity and the source that they were signalled with. Raises
    :class:`suppliers.SupplyCircle`.
    """
    refuse_closed(loop)
    wanted = {
        **vars(facts),
        "location_id": location.id,
        "supplier_item_id": offer.id,
        "item_id": offer.item_id,
    }
    changed = {name: value for name, value in wanted.items() if getattr(loop, name) != value}
    if not changed:
        return False
    for name, value in changed.items():
        setattr(loop, name, value)
    if changed.keys() & {"item_id", "location_id", "supplier_item_id"}:
        session.flush()
        suppliers.refuse_circle(session)
        session.expire(loop, ["item", "location", "supplier_item"])  # they follow their ids when read anew
    if changed.keys() & {"card_quantity", "location_id", "supplier_item_id"}:
        for card in cards_in_service(session, loop):
            card.reprint_requested = card.print_version > 0
            card.reprint_because = "changed" if card.reprint_requested else ""
    journal.append(session, deed, "changed", "loop", loop.id, changed)
    return True


def close(session: Session, deed: journal.Deed, loop: Loop) -> None:
    """End a loop: its cards retire; what is on order still arrives."""
    refuse_closed(loop)
    for card in cards_in_service(session, loop):
        set_life(session, deed, card, "retired", "loop_closed")
    loop.closed_at = deed.at
    journal.append(session, deed, "closed", "loop", loop.id)
