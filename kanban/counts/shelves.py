"""Shelf audits: what stands on a place against what the records say of it.

Somebody sweeps along a shelf and reads every card on it. :func:`audit` compares: a card that belongs
there and was read, by any label that it wears, is *seen*; one whose bin should stand there full and was
not read is *missing*; one that was read and belongs elsewhere is *foreign*; two labels with one code are
*doubled*; an *old* label was replaced or is void, though its card may be there; and *retired*, *new* and
*unknown* ones should hang nowhere. A card that is on order and was not read is *away*: its bin may well be
gone, so nothing is said of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, ForeignKey, String, func, literal_column, or_, select
from sqlalchemy.orm import Mapped, Session, aliased, joinedload, mapped_column, relationship, selectinload

from kanban import codes, journal, orders
from kanban.db import Base, Moment, RowId
from kanban.items import PATH_SEPARATOR, Item, Location
from kanban.languages import gettext as _
from kanban.loops import Card, Loop
from kanban.orders import Order, OrderLine, Replenishment
from kanban.prints import LabelIssue

MOST_CARDS = 5_000
"""Cards that one sweep may read: more is no shelf."""
WRONG = ("missing", "foreign", "doubled", "old", "retired", "new", "unknown")

_TURN = aliased(Replenishment, name="r")  # the names that the words of orders.SUPPLY need
_ORDER = aliased(Order, name="o")
_SUPPLY: ColumnElement[str] = literal_column(orders.SUPPLY)


class NothingSwept(ValueError):
    """A sweep that says nothing: no card belongs to the place, and none was read."""


class ShelfAudit(Base):
    """One sweep along a place, compared with the records as they stood then."""

    __tablename__ = "shelf_audit"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"), index=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), unique=True)
    at: Mapped[datetime] = mapped_column(Moment)
    seen: Mapped[int]
    wrong: Mapped[int]

    location: Mapped[Location] = relationship()
    finds: Mapped[list[ShelfFind]] = relationship(order_by="ShelfFind.id")

    @property
    def accuracy(self) -> Decimal:
        """Record accuracy in per cent: cards that are where the records say, of all that could be judged."""
        judged = self.seen + self.wrong
        return Decimal(100 * self.seen) / judged if judged else Decimal(100)


class ShelfFind(Base):
    """What a sweep says of one code: seen, away, or one of :data:`WRONG`."""

    __tablename__ = "shelf_find"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    audit_id: Mapped[int] = mapped_column(ForeignKey("shelf_audit.id"), index=True)
    card_id: Mapped[int | None] = mapped_column(ForeignKey("card.id"))
    code: Mapped[str] = mapped_column(String(12))
    find: Mapped[str] = mapped_column(String(10))

    card: Mapped[Card | None] = relationship()


@dataclass(frozen=True, slots=True)
class ShelfCard:
    """A card that belongs to a place or below it, with where it stands."""

    card_id: int
    code: str
    number: int
    of: int
    sku: str
    item_name: str
    place: str
    supply: str


def shelf(session: Session, location: Location) -> list[ShelfCard]:
    """The cards in service whose bins stand at the place or below it, by place, SKU and number."""
    siblings = aliased(Card)
    of = select(func.count()).where(siblings.loop_id == Card.loop_id, siblings.life != "retired")
    query = (
        select(
            Card.id, Card.code, Card.number, of.scalar_subquery(), Item.sku, Item.name, Location.path, _SUPPLY
        )
        .join(Loop, Loop.id == Card.loop_id)
        .join(Item, Item.id == Loop.item_id)
        .join(Location, Location.id == Loop.location_id)
        .outerjoin(_TURN, (_TURN.card_id == Card.id) & _TURN.closed_at.is_(None))
        .outerjoin(OrderLine, OrderLine.id == _TURN.order_line_id)
        .outerjoin(_ORDER, _ORDER.id == OrderLine.order_id)
        .where(Card.life.in_(("active", "on_hold", "surplus")), _is_in(location))
        .order_by(Location.path_key, Item.sku_key, Card.number)
    )  # fmt: skip
    return [ShelfCard(*row) for row in session.execute(query)]


def places(session: Session) -> list[tuple[Location, int]]:
    """The places that cards in service belong to, each with how many, those below it included."""
    counted = dict(
        session.execute(
            select(Loop.location_id, func.count())
            .join(Card, Card.loop_id == Loop.id)
            .where(Card.life.in_(("active", "on_hold", "surplus")))
            .group_by(Loop.location_id)
        ).all()
    )
    found = session.scalars(select(Location).order_by(Location.path_key)).all()
    totals = {place.id: counted.get(place.id, 0) for place in found}
    parents = {place.id: place.parent_id for place in found}
    for place_id, own in counted.items():
        above = parents[place_id]
        while above is not None:
            totals[above] += own
            above = parents[above]
    return [(place, totals[place.id]) for place in found if totals[place.id]]


def audit(
    session: Session, deed: journal.Deed, location: Location, seen: Sequence[str], doubled: Iterable[str] = ()
) -> ShelfAudit:
    """Compare the codes that were read on a place with the records, and keep what was found.

    Raises :class:`codes.BadCode` for a text that no card can carry, and :class:`NothingSwept`.
    """
    read = dict.fromkeys(codes.read(each) for each in seen)
    twice = {codes.read(each) for each in doubled} & read.keys()
    found = _finds(session, shelf(session, location), read, twice)
    if not found:
        raise NothingSwept(_("no card belongs to %(place)s, and none was read", place=location.path))
    counted = {find: sum(each.find == find for each in found) for find in ("seen", *WRONG)}
    event_id = journal.append(session, deed, "audited", "location", location.id, counted)
    wrong = sum(counted[find] for find in WRONG)
    swept = ShelfAudit(
        location_id=location.id, event_id=event_id, at=deed.at, seen=counted["seen"], wrong=wrong, finds=found
    )
    session.add(swept)
    session.flush()
    return swept


def audits(session: Session, skip: int, limit: int) -> tuple[list[ShelfAudit], int]:
    """Past audits, the newest first, and how many there are."""
    count = session.scalar(select(func.count()).select_from(ShelfAudit)) or 0
    query = (
        select(ShelfAudit)
        .options(joinedload(ShelfAudit.location))
        .order_by(ShelfAudit.id.desc())
        .offset(skip)
        .limit(limit)
    )
    return list(session.scalars(query)), count


def get(session: Session, audit_id: int) -> ShelfAudit:
    """One audit with its finds and their cards. Raises :class:`sqlalchemy.exc.NoResultFound`."""
    cards = selectinload(ShelfAudit.finds).joinedload(ShelfFind.card).joinedload(Card.loop)
    told = (cards.joinedload(Loop.item), cards.joinedload(Loop.location))
    return session.get_one(ShelfAudit, audit_id, options=told)


def by_event(session: Session, event_id: int) -> ShelfAudit:
    """The audit that this event recorded."""
    return session.scalars(select(ShelfAudit).where(ShelfAudit.event_id == event_id)).one()


@dataclass(frozen=True, slots=True)
class _Read:
    """A code that was read: the card that it stands for, if any, and whether its label is out of use."""

    code: str
    card: Card | None
    is_old: bool


def _finds(
    session: Session, belonging: Sequence[ShelfCard], codes_read: Iterable[str], twice: set[str]
) -> list[ShelfFind]:
    read = _resolve(session, list(codes_read))
    here = {card.card_id for card in belonging}
    there = {each.card.id for each in read if each.card}
    finds = [_find(card.card_id, card.code, _find_of(card, card.card_id in there)) for card in belonging]
    for each in read:
        card_id = each.card.id if each.card else None
        if card_id not in here:
            finds.append(_find(card_id, each.code, _stranger(each.card)))
        if each.is_old:
            finds.append(_find(card_id, each.code, "old"))
        if each.code in twice:
            finds.append(_find(card_id, each.code, "doubled"))
    return finds


def _resolve(session: Session, wanted: Sequence[str]) -> list[_Read]:
    """The codes with their cards: a card's own code, or one of another label that was printed for it."""
    own = {card.code: card for card in session.scalars(select(Card).where(Card.code.in_(wanted)))}
    printed = select(LabelIssue).where(LabelIssue.code.in_(wanted))
    labels = {label.code: label for label in session.scalars(printed)}
    ids = {label.card_id for label in labels.values() if label.card_id and label.code not in own}
    others = {card.id: card for card in session.scalars(select(Card).where(Card.id.in_(ids)))}
    return [_read(code, own.get(code), labels.get(code), others) for code in wanted]


def _read(code: str, own: Card | None, label: LabelIssue | None, others: dict[int, Card]) -> _Read:
    card = own or (others.get(label.card_id or 0) if label else None)
    return _Read(code, card, is_old=label is not None and label.ended_at is not None)


def _find(card_id: int | None, code: str, find: str) -> ShelfFind:
    return ShelfFind(card_id=card_id, code=code, find=find)


def _find_of(card: ShelfCard, was_read: bool) -> str:
    if was_read:
        return "seen"
    return "missing" if card.supply == "full" else "away"


def _stranger(card: Card | None) -> str:
    return "unknown" if card is None else {"retired": "retired", "new": "new"}.get(card.life, "foreign")


def _is_in(location: Location) -> ColumnElement[bool]:
    """At the place itself, or anywhere below it."""
    below = Location.path.startswith(location.path + PATH_SEPARATOR, autoescape=True)
    return or_(Location.id == location.id, below)
