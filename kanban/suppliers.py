"""Suppliers, what they offer, and the days on which they take orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import ROUND_CEILING, Decimal
from functools import lru_cache
from math import lcm
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from kanban import bulk, clock, journal
from kanban.db import Base, Money, Quantity, RowId
from kanban.items import Item, fold

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
KINDS = ("external", "internal")


class SupplierTaken(ValueError):
    """Another supplier has this name."""


class OfferTaken(ValueError):
    """This supplier offers this item already."""


@dataclass(frozen=True, slots=True)
class Terms:
    """When a supplier takes orders and delivers.

    ``lead_time`` in working days; ``order_days`` weekdays such as ``mon,thu``, empty for all of them;
    ``order_until`` a time of day such as ``15:00``, empty for midnight; ``country`` for its holidays.
    """

    lead_time: int
    order_days: str
    order_until: str
    country: str

    def next_order_day(self, at: datetime, zone: ZoneInfo) -> date:
        """The day on which an order made now goes out: today, or the next order day."""
        return _order_day(self, self._first_day(at, zone))

    def expected_day(self, at: datetime, zone: ZoneInfo) -> date:
        """When goods signalled now should be here: order day plus lead time in working days."""
        return _expected_day(self, self._first_day(at, zone))

    def _first_day(self, at: datetime, zone: ZoneInfo) -> date:
        """Today in the shop, or tomorrow when the supplier's day is over."""
        local = at.astimezone(zone)
        over = self.order_until and local.time() > time.fromisoformat(self.order_until)
        return local.date() + clock.ONE_DAY if over else local.date()


@lru_cache(maxsize=1024)  # every scan of a day asks the same of its supplier
def _order_day(terms: Terms, first: date) -> date:
    day = clock.next_working_day(first, terms.country)
    wanted = terms.order_days.split(",") if terms.order_days else WEEKDAYS
    for _ in range(60):  # two months of one weekday falling on holidays: take the day as it is
        if WEEKDAYS[day.weekday()] in wanted:
            break
        day = clock.next_working_day(day + clock.ONE_DAY, terms.country)
    return day


@lru_cache(maxsize=1024)
def _expected_day(terms: Terms, first: date) -> date:
    return clock.add_working_days(_order_day(terms, first), terms.lead_time, terms.country)


class Supplier(Base):
    """Who replenishes: a firm (external), or a store or work centre of our own (internal)."""

    __tablename__ = "supplier"
    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint("length(name) BETWEEN 1 AND 200", name="name"),
        CheckConstraint("lead_time BETWEEN 0 AND 1000", name="lead_time"),
        CheckConstraint("minimum_order_value >= 0", name="minimum_order_value"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(String(400), unique=True)
    kind: Mapped[str] = mapped_column(String(10), default="external")
    email: Mapped[str] = mapped_column(String(200), default="")
    phone: Mapped[str] = mapped_column(String(60), default="")
    address: Mapped[str] = mapped_column(Text, default="")
    country: Mapped[str] = mapped_column(String(2), default="")
    customer_number: Mapped[str] = mapped_column(String(60), default="")
    lead_time: Mapped[int] = mapped_column(default=5)
    order_days: Mapped[str] = mapped_column(String(40), default="")
    order_until: Mapped[str] = mapped_column(String(5), default="")
    minimum_order_value: Mapped[Decimal | None] = mapped_column(Money)
    note: Mapped[str] = mapped_column(Text, default="")

    def terms(self, lead_time: int | None = None) -> Terms:
        """When this supplier takes orders and delivers; ``lead_time`` of an offer goes before its own."""
        days = self.lead_time if lead_time is None else lead_time
        return Terms(days, self.order_days, self.order_until, self.country)


class SupplierItem(Base):
    """A supplier's offer of an item; rank 1 is preferred."""

    __tablename__ = "supplier_item"
    __table_args__ = (
        UniqueConstraint("supplier_id", "item_id"),
        UniqueConstraint("id", "item_id", name="uq_supplier_item_id_item"),
        CheckConstraint("pack_size > 0 AND pack_size <= 1000000000", name="pack_size"),
        CheckConstraint("minimum_order_quantity >= 0", name="minimum_order_quantity"),
        CheckConstraint("order_multiple >= 0", name="order_multiple"),
        CheckConstraint("lead_time BETWEEN 0 AND 1000", name="lead_time"),
        CheckConstraint("rank BETWEEN 1 AND 99", name="rank"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("supplier.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    sku: Mapped[str] = mapped_column(String(200), default="")
    pack_size: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(1))
    minimum_order_quantity: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0))
    order_multiple: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0))
    lead_time: Mapped[int | None]
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    rank: Mapped[int] = mapped_column(default=1)

    supplier: Mapped[Supplier] = relationship()
    item: Mapped[Item] = relationship()
    price_breaks: Mapped[list[PriceBreak]] = relationship(
        order_by="PriceBreak.from_quantity", cascade="all, delete-orphan"
    )

    def rounded(self, need: Decimal) -> Decimal:
        """Units to order for ``need`` units: at least the minimum, up to the multiple, whole packs.

        Both last steps hold at once: the result is the smallest common number of packs and multiples
        that covers the need. Zero stays zero.
        """
        if need <= 0:
            return Decimal(0)
        units = max(need, self.minimum_order_quantity)
        if self.order_multiple > 0:
            step = _common_multiple(self.order_multiple, self.pack_size)
        else:
            step = self.pack_size
        return (units / step).to_integral_value(ROUND_CEILING) * step

    def price_at(self, quantity: Decimal) -> Decimal | None:
        """The unit price of the price break that ``quantity`` units reach; none where no price is known."""
        reached = [each.unit_price for each in self.price_breaks if each.from_quantity <= quantity]
        if reached:
            return reached[-1]
        return self.price_breaks[0].unit_price if self.price_breaks else None

    def is_valid_on(self, day: date) -> bool:
        """Whether the offer holds on this day."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )


class PriceBreak(Base):
    """The unit price from a quantity on."""

    __tablename__ = "price_break"
    __table_args__ = (
        CheckConstraint("from_quantity >= 0", name="from_quantity"),
        CheckConstraint("unit_price >= 0", name="unit_price"),
    )

    supplier_item_id: Mapped[int] = mapped_column(ForeignKey("supplier_item.id"), primary_key=True)
    from_quantity: Mapped[Decimal] = mapped_column(Quantity, primary_key=True)
    unit_price: Mapped[Decimal] = mapped_column(Money)


@dataclass(frozen=True)
class SupplierFacts:
    """What a form, a sheet or the API says of a supplier; texts are clean already."""

    name: str
    kind: str = "external"
    email: str = ""
    phone: str = ""
    address: str = ""
    country: str = ""
    customer_number: str = ""
    lead_time: int = 5
    order_days: str = ""
    order_until: str = ""
    minimum_order_value: Decimal | None = None
    note: str = ""


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


def add(session: Session, deed: journal.Deed, facts: SupplierFacts) -> Supplier:
    """A new supplier. Raises :class:`SupplierTaken`."""
    _refuse_taken_name(session, facts.name, None)
    supplier = Supplier(name_key=fold(facts.name), **vars(facts))
    session.add(supplier)
    session.flush()
    journal.append(session, deed, "added", "supplier", supplier.id, _impersonal(vars(facts)))
    return supplier


def change(session: Session, deed: journal.Deed, supplier: Supplier, facts: SupplierFacts) -> bool:
    """Give a supplier other facts; says whether anything changed. Raises :class:`SupplierTaken`."""
    if fold(facts.name) != supplier.name_key:
        _refuse_taken_name(session, facts.name, supplier.id)
    changed = {name: value for name, value in vars(facts).items() if getattr(supplier, name) != value}
    if not changed:
        return False
    for name, value in changed.items():
        setattr(supplier, name, value)
    supplier.name_key = fold(facts.name)
    journal.append(session, deed, "changed", "supplier", supplier.id, _impersonal(changed))
    return True


def by_name(session: Session, name: str) -> Supplier | None:
    """The supplier with this name, whatever the case."""
    return session.scalar(select(Supplier).where(Supplier.name_key == fold(name)))


def add_offer(
    session: Session, deed: journal.Deed, supplier: Supplier, item: Item, facts: OfferFacts
) -> SupplierItem:
    """A supplier's new offer of an item. Raises :class:`OfferTaken`."""
    if offer_of(session, supplier, item):
        raise OfferTaken(f"{supplier.name} offers {item.sku} already")
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


def _impersonal(facts: dict[str, object]) -> dict[str, object]:
    """The journal keeps no contact details: they may be a person's and must be erasable."""
    return {name: value for name, value in facts.items() if name not in ("email", "phone", "address", "note")}


def _common_multiple(one: Decimal, other: Decimal) -> Decimal:
    """The least common multiple of two quantities of at most three decimals."""
    return Decimal(lcm(int(one.scaleb(3)), int(other.scaleb(3)))).scaleb(-3)


def _refuse_taken_name(session: Session, name: str, own_id: int | None) -> None:
    other = by_name(session, name)
    if other is not None and other.id != own_id:
        raise SupplierTaken(f"there is a supplier {other.name} already")
