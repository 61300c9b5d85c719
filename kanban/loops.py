"""Loops and their cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    func,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from kanban import bulk, codes, journal, suppliers
from kanban.db import Base, Moment, Quantity, RowId
from kanban.items import Item, Location
from kanban.languages import gettext as _
from kanban.languages import mark
from kanban.suppliers import SupplierItem

KINDS = ("purchase", "production", "transfer")
LIVES = ("new", "active", "on_hold", "surplus", "retired")
RETIRED_BECAUSE = ("lost", "replaced", "loop_closed", "surplus")
MOST_CARDS = 999

LIFE_WORDS = {
    "new": mark("new"),
    "active": mark("in service"),
    "on_hold": mark("on hold"),
    "surplus": mark("surplus"),
    "retired": mark("retired"),
}
NEXT_LIVES = {
    "new": {"active", "retired"},
    "active": {"on_hold", "surplus", "retired"},
    "on_hold": {"active", "retired"},
    "surplus": {"active", "retired"},
    "retired": set[str](),
}


class LoopClosed(ValueError):
    """The loop is closed: nothing is replenished through it any more."""


class LifeRefused(ValueError):
    """A card cannot go from its life to that one."""


class TooManyCards(ValueError):
    """More cards than a loop can hold."""


class Loop(Base):
    """The replenishment of one item at one location from one source."""

    __tablename__ = "loop"
    __table_args__ = (
        ForeignKeyConstraint(["supplier_item_id", "item_id"], ["supplier_item.id", "supplier_item.item_id"]),
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint("card_quantity > 0 AND card_quantity <= 1000000000", name="card_quantity"),
        CheckConstraint("minimum_cycle >= 0", name="minimum_cycle"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"), index=True)
    supplier_item_id: Mapped[int] = mapped_column(BigInteger, index=True)
    kind: Mapped[str] = mapped_column(String(10), default="purchase")
    card_quantity: Mapped[Decimal] = mapped_column(Quantity)
    minimum_cycle: Mapped[int] = mapped_column(default=0)
    safety_factor: Mapped[Decimal] = mapped_column(Quantity, default=Decimal("0.2"))
    review_period: Mapped[int] = mapped_column(default=0)
    owner: Mapped[str] = mapped_column(String(200), default="")
    colour: Mapped[str] = mapped_column(String(7), default="")
    closed_at: Mapped[datetime | None] = mapped_column(Moment)

    item: Mapped[Item] = relationship(foreign_keys=[item_id], overlaps="supplier_item")
    location: Mapped[Location] = relationship()
    supplier_item: Mapped[SupplierItem] = relationship(
        foreign_keys=[supplier_item_id, item_id], overlaps="item"
    )
    cards: Mapped[list[Card]] = relationship(back_populates="loop", order_by="Card.number, Card.id")


class Card(Base):
    """One circulating kanban of a loop. Its code opens its page."""

    __tablename__ = "card"
    __table_args__ = (
        CheckConstraint(f"life IN {LIVES}", name="life"),
        CheckConstraint("number BETWEEN 1 AND 999", name="number"),
        Index(
            "uq_card_position",
            "loop_id",
            "number",
            unique=True,
            sqlite_where=text("life <> 'retired'"),
            postgresql_where=text("life <> 'retired'"),
        ),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    loop_id: Mapped[int] = mapped_column(ForeignKey("loop.id"), index=True)
    number: Mapped[int]
    code: Mapped[str] = mapped_column(String(12), unique=True)
    life: Mapped[str] = mapped_column(String(10), default="new")
    retired_because: Mapped[str] = mapped_column(String(20), default="")
    print_version: Mapped[int] = mapped_column(default=0)
    printed_at: Mapped[datetime | None] = mapped_column(Moment)
    reprint_requested: Mapped[bool] = mapped_column(default=False)
    leaves_on: Mapped[date | None]
    reprint_because: Mapped[str] = mapped_column(String(10), default="", server_default=text("''"))

    loop: Mapped[Loop] = relationship(back_populates="cards")


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
    _refuse_closed(loop)
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


def add_cards(
    session: Session,
    deed: journal.Deed,
    loop: Loop,
    count: int,
    life: str = "new",
    leaves_on: date | None = None,
) -> list[Card]:
    """``count`` more cards on the lowest free positions; temporary ones leave after ``leaves_on``.

    Raises :class:`LoopClosed` or :class:`TooManyCards`.
    """
    _refuse_closed(loop)
    taken = {card.number for card in cards_in_service(session, loop)}
    free = [number for number in range(1, MOST_CARDS + 1) if number not in taken][:count]
    if len(free) < count:
        raise TooManyCards(_("a loop holds at most %(most)s cards", most=MOST_CARDS))
    cards = [
        Card(loop_id=loop.id, number=number, code=codes.make(), life=life, leaves_on=leaves_on)
        for number in free
    ]
    session.add_all(cards)
    session.flush()
    for card in cards:
        told = {"life": life} | ({"leaves_on": leaves_on} if leaves_on else {})
        journal.append(session, deed, "added", "card", card.id, told, card_id=card.id)
    return cards


def add_first_cards(
    session: Session, deed: journal.Deed, counts: Sequence[tuple[int, int]], life: str = "new"
) -> None:
    """The cards 1 to N of many loops that have none yet, each given as (loop id, N)."""
    rows = [
        {"loop_id": loop_id, "number": number, "code": codes.make(), "life": life}
        for loop_id, count in counts
        for number in range(1, count + 1)
    ]
    ids = bulk.add(session, Card, rows)
    entries = (journal.Entry("added", "card", id, {"life": life}, card_id=id) for id in ids)
    journal.append_all(session, deed, entries)


def set_life(session: Session, deed: journal.Deed, card: Card, life: str, because: str = "") -> None:
    """Bring a card to another life. Raises :class:`LifeRefused` for an impossible step."""
    if life not in NEXT_LIVES[card.life]:
        raise LifeRefused(
            _(
                "a card cannot go from “%(life)s” to “%(wanted)s”",
                life=_(LIFE_WORDS[card.life]),
                wanted=_(LIFE_WORDS[life]),
            )
        )
    card.life, card.retired_because = life, because
    journal.append(session, deed, life, "card", card.id, {"because": because}, card_id=card.id)


def replace(session: Session, deed: journal.Deed, card: Card, because: str) -> Card:
    """Retire a lost or worn card and make a new one, with a new code, at the same position."""
    _refuse_closed(card.loop)
    set_life(session, deed, card, "retired", because)
    session.flush()
    successor = Card(loop_id=card.loop_id, number=card.number, code=codes.make(), life="new")
    session.add(successor)
    session.flush()
    journal.append(session, deed, "added", "card", successor.id, {"replaces": card.id}, card_id=successor.id)
    return successor


def close(session: Session, deed: journal.Deed, loop: Loop) -> None:
    """End a loop: its cards retire; what is on order still arrives."""
    _refuse_closed(loop)
    for card in cards_in_service(session, loop):
        set_life(session, deed, card, "retired", "loop_closed")
    loop.closed_at = deed.at
    journal.append(session, deed, "closed", "loop", loop.id)


def note_printed(session: Session, deed: journal.Deed, cards: list[Card]) -> None:
    """Count a print of each card."""
    for card in cards:
        card.print_version += 1
        card.printed_at = deed.at
        card.reprint_requested, card.reprint_because = False, ""
        version = {"version": card.print_version}
        journal.append(session, deed, "printed", "card", card.id, version, card_id=card.id)


def request_reprint(session: Session, deed: journal.Deed, card: Card) -> None:
    """Put a card on the list of those to print again."""
    card.reprint_requested, card.reprint_because = True, "worn"
    journal.append(session, deed, "reprint_requested", "card", card.id, card_id=card.id)


def cards_in_service(session: Session, loop: Loop) -> list[Card]:
    """The loop's cards that are not retired, by number."""
    query = select(Card).where(Card.loop_id == loop.id, Card.life != "retired").order_by(Card.number)
    return list(session.scalars(query))


def by_code(session: Session, code: str) -> Card | None:
    """The card that wears this canonical code now; see ``prints.card_of`` for older labels."""
    return session.scalar(select(Card).where(Card.code == code))


def count_cards(session: Session, loop_id: int) -> int:
    """N: how many cards of a loop are not retired."""
    query = select(func.count()).where(Card.loop_id == loop_id, Card.life != "retired")
    return session.scalar(query) or 0


def _refuse_closed(loop: Loop) -> None:
    if loop.closed_at is not None:
        raise LoopClosed(_("this loop is closed"))
