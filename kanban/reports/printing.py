"""Which cards go on paper, what stands on each, and on which papers they fit."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from ipaddress import ip_address
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, contains_eager

from kanban import journal, labels, languages, loops, shop
from kanban.items import PATH_SEPARATOR, Item, Location, fold, inside_site
from kanban.languages import gettext as _
from kanban.languages import mark, ngettext
from kanban.loops import Card, Loop
from kanban.suppliers import Supplier, SupplierItem

MOST_CARDS = 1_000
"""How many cards one print job takes: some seconds of typesetting."""

WAITING = ("waiting", "new", "reprint", "all")
"""Not printed or to be printed again; never printed; to be printed again; every card of a loop."""

MEANWHILE = mark("somebody printed or retired one of these cards just now: look again, then print")


class CardsChanged(Exception):
    """Some of the cards were printed or retired by somebody else while their labels were made."""


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
    code: str = ""


@dataclass(frozen=True)
class LoopCards:
    """The chosen cards of one loop."""

    loop: Loop
    cards: list[Card]


@dataclass(frozen=True)
class Paper:
    """A face that fits on a stock. ``module`` is the side of one module of the symbol, in mm."""

    face: labels.Face
    stock: labels.Stock
    module: float

    @property
    def key(self) -> str:
        """The word that a form sends for it."""
        return f"{self.face.name}.{self.stock.name}"

    @property
    def is_small(self) -> bool:
        """Whether phones must come close to read it."""
        return self.module < labels.GOOD_MODULE_MM


def choose(session: Session, choice: Choice) -> tuple[list[LoopCards], int]:
    """The chosen cards by place and loop, at most :data:`MOST_CARDS`, and how many there are in all."""
    query = _chosen(choice)
    count = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    wanted = query.with_only_columns(Card).options(*_EAGER)
    found = session.scalars(wanted.order_by(Location.path_key, Loop.id, Card.number).limit(MOST_CARDS))
    grouped = groupby(found, key=lambda card: card.loop)
    return [LoopCards(loop, list(cards)) for loop, cards in grouped], count


def cards(session: Session, ids: Iterable[int]) -> list[Card]:
    """Cards that are not retired, in the order in which a round through the shop meets them.

    Raises :class:`TooManyLabels`, and :class:`CardsChanged` where one is not there any more.
    """
    wanted = set(ids)
    if len(wanted) > MOST_CARDS:
        raise TooManyLabels(
            _(
                "one print takes at most %(most)s cards, and these are %(wanted)s",
                most=MOST_CARDS,
                wanted=len(wanted),
            )
        )
    query = _in_service().with_only_columns(Card).where(Card.id.in_(wanted)).options(*_EAGER)
    found = list(session.scalars(query.order_by(Location.path_key, Loop.id, Card.number)))
    if len(found) < len(wanted):
        raise CardsChanged(_(MEANWHILE))
    return found


def label_values(
    session: Session, chosen: Sequence[Card], printed_on: date, *, ahead: int
) -> list[labels.Label]:
    """What stands on each card's label; ``ahead`` 1 counts the coming print, 0 repeats the last one."""
    its_loops = {card.loop_id for card in chosen}
    numbers = select(Card.loop_id, func.count()).where(Card.life != "retired", Card.loop_id.in_(its_loops))
    of = {row[0]: row[1] for row in session.execute(numbers.group_by(Card.loop_id))}
    ours = shop.name(session)
    return [_label(card, of[card.loop_id], card.print_version + ahead, printed_on, ours) for card in chosen]


def note_printed(session: Session, deed: journal.Deed, versions: dict[int, int]) -> None:
    """Count a print of the cards, whose versions were these when their labels were made.

    Raises :class:`CardsChanged` where somebody printed or retired one meanwhile.
    """
    found = cards(session, versions)
    if {card.id: card.print_version for card in found} != versions:
        raise CardsChanged(_(MEANWHILE))
    loops.note_printed(session, deed, found)


@lru_cache(maxsize=4)
def papers(assets: Path, base_url: str) -> tuple[Paper, ...]:
    """Every face on every stock that it fits on with modules large enough, for cards of this address."""
    return tuple(
        Paper(face, stock, module)
        for face in sorted(labels.faces(assets), key=lambda face: face.name != "card")
        for stock in labels.stocks(assets)
        if (module := _module(assets, base_url, face, stock)) >= labels.LEAST_MODULE_MM
    )


def is_provisional(base_url: str) -> bool:
    """Whether an address may soon mean another machine or means this one alone: bare number, loopback."""
    host = urlsplit(base_url).hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return True


_EAGER = (
    contains_eager(Card.loop).contains_eager(Loop.item),
    contains_eager(Card.loop).contains_eager(Loop.location),
    contains_eager(Card.loop).contains_eager(Loop.supplier_item).contains_eager(SupplierItem.supplier),
)


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
    if choice.which != "all":
        states = {"new": Card.print_version == 0, "reprint": Card.reprint_requested}
        query = query.where(states.get(choice.which, or_(*states.values())))
    if choice.loop_id:
        query = query.where(Loop.id == choice.loop_id)
    if choice.supplier_id:
        query = query.where(Supplier.id == choice.supplier_id)
    if choice.location_id:
        query = query.where(_stands_in(choice.location_id))
    if choice.code:
        query = query.where(Card.code == choice.code)
    if choice.q:
        wanted = fold(choice.q)
        texts = (Item.sku_key, func.lower(Item.name), Supplier.name_key, Location.path_key)
        query = query.where(or_(*(text.contains(wanted, autoescape=True) for text in texts)))
    return query


def _stands_in(location_id: int) -> ColumnElement[bool]:
    """At the place itself, or at one below it."""
    place = select(Location.path_key).where(Location.id == location_id).scalar_subquery()
    below = place + PATH_SEPARATOR
    return (Location.id == location_id) | (func.substr(Location.path_key, 1, func.length(below)) == below)


def _label(card: Card, of: int, version: int, printed_on: date, ours: str) -> labels.Label:
    loop, offer = card.loop, card.loop.supplier_item
    days = offer.supplier.lead_time if offer.lead_time is None else offer.lead_time
    return labels.Label(
        code=card.code,
        sku=loop.item.sku,
        name=loop.item.name,
        quantity=f"{languages.number(loop.card_quantity)} {loop.item.unit}",
        number=card.number,
        of=of,
        supplier=offer.supplier.name,
        supplier_sku=offer.sku,
        location=inside_site(loop.location.path),
        lead_time=ngettext("%(num)s working day", "%(num)s working days", days),
        kind=loop.kind,
        colour=loop.colour,
        print_version=version,
        printed_on=printed_on.isoformat(),
        shop=ours,
    )


def _module(assets: Path, base_url: str, face: labels.Face, stock: labels.Stock) -> float:
    try:
        return labels.module_mm(base_url=base_url, face=face.name, stock=stock.name, assets=assets)
    except labels.FaceDoesNotFit:
        return 0
