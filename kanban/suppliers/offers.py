"""What suppliers offer: added one by one or many at once, changed, found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from kanban import bulk, journal
from kanban.items import Item
from kanban.languages import gettext as _
from kanban.suppliers.tables import PriceBreak, Supplier, SupplierItem


class OfferTaken(ValueError):
    """This supplier offers this item already."""


@dataclass(frozen=True)
class OfferFacts:
    """What is said of a supplier's offer. ``prices`` are (from quantity, unit price)."""

    sku: str = ""
    pack_size: Decimal = Decimal(1)
    minimum_order_quantity: Decimal = Decimal(0)
    order_multiple: Decimal = Decimal(0)
    lead_time: int | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    rank: int = 1
    prices: tuple[tuple[Decimal, Decimal], ...] = ()


class NewOffer(NamedTuple):
    """An offer to be made."""

    supplier_id: int
    item_id: int
    facts: OfferFacts


def add_offer(
    session: Session, deed: journal.Deed, supplier: Supplier, item: Item, facts: OfferFacts
) -> SupplierItem:
    """A supplier's new offer of an item. Raises :class:`OfferTaken`."""
    if offer_of(session, supplier, item):
        raise OfferTaken(_("%(name)s offers %(sku)s already", name=supplier.name, sku=item.sku))
    offer = SupplierItem(supplier=supplier, item=item, **_without_prices(facts))
    session.add(offer)
    _set_prices(offer, facts.prices)
    session.flush()
    whose = {"supplier_id": supplier.id, "item_id": item.id}
    journal.append(session, deed, "added", "supplier_item", offer.id, whose | vars(facts))
    return offer


def add_offers(session: Session, deed: journal.Deed, offers: Sequence[NewOffer]) -> list[int]:
    """Many new offers at once; returns their ids in the same order.

    The caller has made sure that no supplier offers the item already; otherwise the database refuses all.
    """
    rows = [
        {"supplier_id": each.supplier_id, "item_id": each.item_id, **_without_prices(each.facts)}
        for each in offers
    ]
    ids = bulk.add(session, SupplierItem, rows)
    prices = [
        {"supplier_item_id": id, "from_quantity": from_quantity, "unit_price": unit_price}
        for id, each in zip(ids, offers, strict=True)
        for from_quantity, unit_price in each.facts.prices
    ]
    if prices:
        session.execute(insert(PriceBreak), prices)
    told = ({"supplier_id": each.supplier_id, "item_id": each.item_id} | vars(each.facts) for each in offers)
    entries = (
        journal.Entry("added", "supplier_item", id, facts) for id, facts in zip(ids, told, strict=True)
    )
    journal.append_all(session, deed, entries)
    return ids


def change_offer(session: Session, deed: journal.Deed, offer: SupplierItem, facts: OfferFacts) -> bool:
    """Give an offer other facts and prices; says whether anything changed."""
    changed = {name: value for name, value in _without_prices(facts).items() if getattr(offer, name) != value}
    if facts.prices != prices_of(offer):
        changed["prices"] = facts.prices
    if not changed:
        return False
    for name, value in changed.items():
        if name != "prices":
            setattr(offer, name, value)
    _set_prices(offer, facts.prices)
    journal.append(session, deed, "changed", "supplier_item", offer.id, changed)
    return True


def prices_of(offer: SupplierItem) -> tuple[tuple[Decimal, Decimal], ...]:
    """The offer's price breaks as (from quantity, unit price)."""
    return tuple((each.from_quantity, each.unit_price) for each in offer.price_breaks)


def offer_of(session: Session, supplier: Supplier, item: Item) -> SupplierItem | None:
    """This supplier's offer of this item."""
    return session.scalar(
        select(SupplierItem).where(SupplierItem.supplier_id == supplier.id, SupplierItem.item_id == item.id)
    )


def _set_prices(offer: SupplierItem, prices: tuple[tuple[Decimal, Decimal], ...]) -> None:
    kept = {each.from_quantity: each for each in offer.price_breaks}
    for from_quantity, unit_price in prices:
        if from_quantity in kept:
            kept.pop(from_quantity).unit_price = unit_price
        else:
            offer.price_breaks.append(PriceBreak(from_quantity=from_quantity, unit_price=unit_price))
    for gone in kept.values():
        offer.price_breaks.remove(gone)


def _without_prices(facts: OfferFacts) -> dict[str, object]:
    return {name: value for name, value in vars(facts).items() if name != "prices"}
