"""The tables: Supplier, SupplierItem (what it offers), PriceBreak."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_CEILING, Decimal
from math import lcm

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kanban.db import Base, Money, Quantity, RowId
from kanban.items import Item
from kanban.suppliers.terms import Terms

KINDS = ("external", "internal")


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
    region: Mapped[str | None] = mapped_column(String(20))
    time_zone: Mapped[str | None] = mapped_column(String(60))

    def terms(self, lead_time: int | None = None) -> Terms:
        """When this supplier takes orders and delivers; ``lead_time`` of an offer goes before its own."""
        days = self.lead_time if lead_time is None else lead_time
        region, zone = self.region or "", self.time_zone or ""
        return Terms(days, self.order_days, self.order_until, self.country, region, zone)


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


def _common_multiple(one: Decimal, other: Decimal) -> Decimal:
    """The least common multiple of two quantities of at most three decimals."""
    return Decimal(lcm(int(one.scaleb(3)), int(other.scaleb(3)))).scaleb(-3)
