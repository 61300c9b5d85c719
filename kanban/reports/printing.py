"""Which cards go on paper, what stands on each, and on which papers they fit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from ipaddress import ip_address
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, contains_eager

from kanban import labels, languages, photos, prints, shop
from kanban.items import PATH_SEPARATOR, Item, Location, fold, inside_site
from kanban.labels import Label, Plan, Shift, stocks, words
from kanban.languages import gettext as _
from kanban.loops import Card, Loop
from kanban.prints import Batch, LabelIssue, Paper, Printer, Wanted
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


def wanted_labels(session: Session, chosen: Sequence[Card], spoken: Sequence[str]) -> list[Wanted]:
    """What the next label of each card says, and its fingerprint."""
    of = _numbers(session, {card.loop_id for card in chosen})
    ours = shop.get(session)
    home = ", ".join([ours.name, *ours.address.splitlines()]) if ours.address else ours.name
    return [
        Wanted(
            card.id,
            card.print_version,
            _facts(card, of[card.loop_id], spoken) | {"shop": ours.name, "home": home},
            fingerprint(card, of[card.loop_id]),
            card.loop.item.photo_id,
        )
        for card in chosen
    ]


def fingerprint(card: Card, of: int) -> str:
    """A hash of all that a label says of its card, in whatever language: another one needs another label."""
    loop, offer = card.loop, card.loop.supplier_item
    told = [
        loop.item.sku, loop.item.name, format(loop.card_quantity.normalize(), "f"), loop.item.unit,
        card.number, of, offer.supplier.name, offer.sku, inside_site(loop.location.path), _days(card),
        loop.kind, loop.colour, loop.item.photo_id,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(told, ensure_ascii=True).encode()).hexdigest()[:32]


def previewed(session: Session, chosen: Sequence[Card], spoken: Sequence[str], today: date) -> list[Label]:
    """The labels that a print of these cards would give, with the codes that the cards have now."""
    wanted = wanted_labels(session, chosen, spoken)
    seen = _Photos(session)
    return [
        _label(each.facts, card.code, each.version + 1, today, seen.of(each.photo_id))
        for card, each in zip(chosen, wanted, strict=True)
    ]


def batch_labels(session: Session, batch: Batch, zone: tzinfo) -> Iterator[Label]:
    """The labels of a batch as they were issued, one after the other."""
    day = batch.made_at.astimezone(zone).date()
    query = select(LabelIssue).where(LabelIssue.batch_id == batch.id).order_by(LabelIssue.id)
    seen, ours = _Photos(session), shop.name(session)
    for issue in session.scalars(query.execution_options(yield_per=500)):
        facts = issue.values if batch.kind == "cards" else {"shop": ours}
        yield _label(facts, issue.code, issue.version, day, seen.of(issue.photo_id))


def plan_of(batch: Batch, assets: Path) -> Plan:
    """How a batch was printed; the same now as then. Raises a LabelError."""
    return labels.plan(
        assets,
        batch.base_url,
        batch.face,
        stock_of(batch),
        batch.start,
        languages=tuple(batch.languages.split()),
        shift=Shift(**json.loads(batch.shift)),
    )


def stock_of(batch: Batch) -> labels.Stock:
    """The stock of a batch, as it was then."""
    return stocks.made(batch.stock, json.loads(batch.stock_facts))


def paper_of(how: Plan, printer: Printer | None) -> Paper:
    """A plan in the words of the batch's table."""
    stock = stocks.facts(how.stock)
    shift = {name: getattr(how.shift, name) for name in ("x", "y", "scale_x", "scale_y")}
    return Paper(
        face=how.face.name,
        stock=how.stock.name,
        stock_facts=json.dumps(stock, ensure_ascii=False),
        languages=" ".join(how.languages),
        base_url=how.base_url,
        start=how.start,
        printer_id=printer.id if printer else None,
        shift=json.dumps(shift),
    )


def shift_of(printer: Printer | None) -> Shift:
    """What a printer misses by, taken back."""
    if printer is None:
        return Shift()
    million = 1_000_000
    return Shift(
        printer.offset_x / 1000, printer.offset_y / 1000, printer.scale_x / million, printer.scale_y / million
    )


def all_stocks(session: Session, assets: Path, folder: Path) -> dict[str, labels.Stock]:
    """Ours, those in the data folder, and those that were added on the screen. Raises BadStock."""
    from kanban.prints.printers import own_stocks

    added = {name: stocks.made(name, facts) for name, facts in own_stocks(session).items()}
    return stocks.every(assets, folder) | added


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
    of = _numbers(session, {card.loop_id for card in found})
    return [
        card.id
        for card in found
        if (was.get(card.id) and was[card.id] != fingerprint(card, of[card.loop_id]))
        or card.reprint_because == "changed"
    ]


def _numbers(session: Session, loop_ids: set[int]) -> dict[int, int]:
    """N of each loop."""
    found: dict[int, int] = {}
    ids = sorted(loop_ids)
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        query = select(Card.loop_id, func.count()).where(Card.life != "retired", Card.loop_id.in_(some))
        found |= {row[0]: row[1] for row in session.execute(query.group_by(Card.loop_id))}
    return found


def _stands_in(location_id: int) -> ColumnElement[bool]:
    """At the place itself, or at one below it."""
    place = select(Location.path_key).where(Location.id == location_id).scalar_subquery()
    below = place + PATH_SEPARATOR
    return (Location.id == location_id) | (func.substr(Location.path_key, 1, func.length(below)) == below)


def _days(card: Card) -> int:
    offer = card.loop.supplier_item
    return offer.supplier.lead_time if offer.lead_time is None else offer.lead_time


def _facts(card: Card, of: int, spoken: Sequence[str]) -> dict[str, Any]:
    loop, offer = card.loop, card.loop.supplier_item
    with languages.speaking(spoken[0]):
        quantity = f"{languages.number(loop.card_quantity)} {loop.item.unit}"
    return {
        "sku": loop.item.sku,
        "name": loop.item.name,
        "quantity": quantity,
        "number": card.number,
        "of": of,
        "supplier": offer.supplier.name,
        "supplier_sku": offer.sku,
        "location": inside_site(loop.location.path),
        "lead_time": words.days(_days(card), spoken),
        "kind": loop.kind,
        "colour": loop.colour,
    }


def _label(facts: Mapping[str, Any], code: str, version: int, day: date, photo: bytes | None) -> Label:
    return Label(code=code, print_version=version, printed_on=day.isoformat(), photo=photo, **facts)


class _Photos:
    """Photos by their ids, small; the last few stay at hand, since cards of one item follow each other."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._kept: dict[int, bytes | None] = {}

    def of(self, photo_id: int | None) -> bytes | None:
        if photo_id is None:
            return None
        if photo_id not in self._kept:
            if len(self._kept) > 50:
                self._kept.clear()
            found = photos.content(self._session, photo_id, small=True)
            self._kept[photo_id] = found[1] if found else None
        return self._kept[photo_id]
