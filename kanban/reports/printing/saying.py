"""What stands on the label of each card."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kanban import languages, photos, shop
from kanban.items import Item, Location, inside_site
from kanban.labels import Label, words
from kanban.loops import Card, Loop
from kanban.prints import Wanted
from kanban.prints.issues import slices
from kanban.suppliers import Supplier, SupplierItem


def wanted_labels(session: Session, chosen: Sequence[Card], spoken: Sequence[str]) -> list[Wanted]:
    """What the next label of each card says, and its fingerprint."""
    of = numbers(session, {card.loop_id for card in chosen})
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
    seen = Photos(session)
    return [
        label(each.facts, card.code, each.version + 1, today, seen.of(each.photo_id))
        for card, each in zip(chosen, wanted, strict=True)
    ]


def texts(session: Session, card_ids: Sequence[int]) -> Iterator[tuple[str, ...]]:
    """What people typed that stands on the labels of these cards, loop by loop; the item's number first."""
    ours = shop.get(session)
    yield ours.name, ours.address
    columns = (Item.sku, Item.name, Item.unit, Supplier.name, SupplierItem.sku, Location.path)
    query = select(*columns).select_from(Loop).join(Loop.item).join(Loop.location).join(Loop.supplier_item)
    query = query.join(SupplierItem.supplier)
    loop_ids: set[int] = set()
    for some in slices(card_ids):
        loop_ids |= set(session.scalars(select(Card.loop_id).where(Card.id.in_(some))))
    for some in slices(sorted(loop_ids)):
        for *said, path in session.execute(query.where(Loop.id.in_(some))):
            yield *said, inside_site(path)


def numbers(session: Session, loop_ids: set[int]) -> dict[int, int]:
    """N of each loop."""
    found: dict[int, int] = {}
    ids = sorted(loop_ids)
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        query = select(Card.loop_id, func.count()).where(Card.life != "retired", Card.loop_id.in_(some))
        found |= {row[0]: row[1] for row in session.execute(query.group_by(Card.loop_id))}
    return found


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


def label(facts: Mapping[str, Any], code: str, version: int, day: date, photo: bytes | None) -> Label:
    return Label(code=code, print_version=version, printed_on=day.isoformat(), photo=photo, **facts)


class Photos:
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
