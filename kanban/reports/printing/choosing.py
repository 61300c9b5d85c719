"""Which cards go on paper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, contains_eager

from kanban import languages, prints
from kanban.items import PATH_SEPARATOR, Item, Location, fold
from kanban.journal import Event
from kanban.languages import gettext as _
from kanban.loops import Card, Loop
from kanban.people import Device, Person
from kanban.reports.printing.saying import fingerprint, numbers
from kanban.suppliers import Supplier, SupplierItem

MOST_SHOWN = 1_000
"""How many cards the screen lists, each with its box; all that match can be printed at once."""


WAITING = ("waiting", "new", "worn", "changed", "all")
"""Not printed or to be printed again; never printed; its label is worn, void or asked for again; its
label says what is not true any more; every card."""


class TooManyLabels(ValueError):
    """More cards than one print job takes."""


@dataclass(frozen=True)
class Choice:
    """Which cards to show; empty fields restrict nothing. ``which`` is one of :data:`WAITING`."""

    which: str = "waiting"
    q: str = ""
    loop_id: int = 0
    supplier_id: int = 0
    location_id: int = 0
    item_id: int = 0
    order_id: int = 0
    note_id: int = 0
    code: str = ""


@dataclass(frozen=True)
class LoopCards:
    """The chosen cards of one loop."""

    loop: Loop
    cards: list[Card]


def choose(session: Session, choice: Choice, most: int = MOST_SHOWN) -> tuple[list[LoopCards], int]:
    """The chosen cards by place and loop, at most ``most``, and how many there are in all."""
    if choice.which == "changed":
        ids = _changed(session, choice)
        found: Iterable[Card] = _cards(session, Card.id.in_(ids[:most])) if ids else ()
        count = len(ids)
    else:
        query = _chosen(choice)
        count = session.scalar(select(func.count()).select_from(query.subquery())) or 0
        wanted = query.with_only_columns(Card).options(*_EAGER)
        found = session.scalars(wanted.order_by(*_ROUND).limit(most))
    grouped = groupby(found, key=lambda card: card.loop)
    return [LoopCards(loop, list(cards)) for loop, cards in grouped], count


def card_ids(session: Session, choice: Choice) -> list[int]:
    """All chosen cards, in the order in which a round through the shop meets them."""
    if choice.which == "changed":
        return _changed(session, choice)
    return list(session.scalars(_chosen(choice).order_by(*_ROUND)))


def cards(session: Session, ids: Sequence[int]) -> list[Card]:
    """Cards that are not retired, in the order in which a round through the shop meets them.

    Raises :class:`TooManyLabels`, and :class:`prints.CardsChanged` where one is not there any more.
    """
    wanted = list(dict.fromkeys(ids))
    if len(wanted) > prints.MOST_LABELS:
        raise TooManyLabels(
            languages.ngettext(
                "one print takes at most %(most)s cards, and this is %(num)s",
                "one print takes at most %(most)s cards, and these are %(num)s",
                len(wanted),
                most=prints.MOST_LABELS,
            )
        )
    found: list[Card] = []
    for start in range(0, len(wanted), 500):
        found += _cards(session, Card.id.in_(wanted[start : start + 500]))
    if len(found) < len(wanted):
        raise prints.CardsChanged(
            _("somebody printed or retired one of these cards just now: look again, then print")
        )
    return sorted(found, key=_round_key)


@dataclass(frozen=True)
class Asked:
    """Who asked for a new label of a card, and when."""

    who: str
    at: datetime


def asked(session: Session, chosen: Sequence[LoopCards]) -> dict[int, Asked]:
    """By card, who said last that its label is worn."""
    ids = [card.id for each in chosen for card in each.cards if card.reprint_because == "worn"]
    query = (
        select(Event.card_id, func.coalesce(Person.name, Device.name, ""), Event.occurred_at)
        .outerjoin(Person, Person.id == Event.person_id)
        .outerjoin(Device, Device.id == Event.device_id)
        .where(Event.kind == "reprint_requested", Event.card_id.in_(ids))
        .order_by(Event.id)
    )
    return {row[0]: Asked(row[1], row[2]) for row in session.execute(query) if row[0] is not None}


_EAGER = (
    contains_eager(Card.loop).contains_eager(Loop.item),
    contains_eager(Card.loop).contains_eager(Loop.location),
    contains_eager(Card.loop).contains_eager(Loop.supplier_item).contains_eager(SupplierItem.supplier),
)


_ROUND = (Location.path_key, Loop.id, Card.number)


def _round_key(card: Card) -> tuple[str, int, int]:
    return card.loop.location.path_key, card.loop_id, card.number


def _cards(session: Session, which: ColumnElement[bool]) -> list[Card]:
    query = _in_service().with_only_columns(Card).where(which).options(*_EAGER)
    return list(session.scalars(query.order_by(*_ROUND)))


def _in_service() -> Select[Any]:
    return (
        select(Card.id)
        .join(Card.loop)
        .join(Loop.item)
        .join(Loop.location)
        .join(Loop.supplier_item)
        .join(SupplierItem.supplier)
        .where(Card.life != "retired")
    )


def _chosen(choice: Choice) -> Select[Any]:
    query = _in_service()
    new, again = Card.print_version == 0, Card.reprint_requested
    states = {"new": new, "worn": again, "waiting": or_(new, again), "changed": Card.print_version > 0}
    if choice.which in states:
        query = query.where(states[choice.which])
    if choice.loop_id:
        query = query.where(Loop.id == choice.loop_id)
    if choice.item_id:
        query = query.where(Item.id == choice.item_id)
    if choice.supplier_id:
        query = query.where(Supplier.id == choice.supplier_id)
    if choice.location_id:
        query = query.where(_stands_in(choice.location_id))
    if choice.order_id:
        query = query.where(Card.id.in_(_of_order(choice.order_id)))
    if choice.note_id:
        query = query.where(Card.id.in_(_of_note(choice.note_id)))
    if choice.code:
        query = query.where(Card.code == choice.code)
    if choice.q:
        wanted = fold(choice.q)
        texts = (Item.sku_key, func.lower(Item.name), Supplier.name_key, Location.path_key)
        query = query.where(or_(*(text.contains(wanted, autoescape=True) for text in texts)))
    return query


def _of_order(order_id: int) -> Select[Any]:
    from kanban.orders import OrderLine, Replenishment

    return (
        select(Replenishment.card_id)
        .join(OrderLine, OrderLine.id == Replenishment.order_line_id)
        .where(OrderLine.order_id == order_id)
    )


def _of_note(note_id: int) -> Select[Any]:
    """The cards of the lines that goods arrived for with this delivery note."""
    from kanban.orders import Replenishment
    from kanban.receipts import Receipt

    lines = select(Receipt.order_line_id).where(Receipt.delivery_note_id == note_id)
    return select(Replenishment.card_id).where(Replenishment.order_line_id.in_(lines))


def _changed(session: Session, choice: Choice) -> list[int]:
    """Printed cards whose label says something that is not true any more, in the order of a round.

    A card whose print we have no record of counts as changed only if it was asked for again.
    """
    wanted = _chosen(choice).with_only_columns(Card).options(*_EAGER).order_by(*_ROUND)
    found = list(session.scalars(wanted.limit(prints.MOST_LABELS)))
    was = prints.last_fingerprints(session, [card.id for card in found])
    of = numbers(session, {card.loop_id for card in found})
    return [
        card.id
        for card in found
        if (was.get(card.id) and was[card.id] != fingerprint(card, of[card.loop_id]))
        or card.reprint_because == "changed"
    ]


def _stands_in(location_id: int) -> ColumnElement[bool]:
    """At the place itself, or at one below it."""
    place = select(Location.path_key).where(Location.id == location_id).scalar_subquery()
    below = place + PATH_SEPARATOR
    return (Location.id == location_id) | (func.substr(Location.path_key, 1, func.length(below)) == below)
