"""The tables of orders: Order, OrderLine, Replenishment, and the counter of order numbers."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kanban.db import Base, Moment, Money, Quantity, RowId
from kanban.items import Location
from kanban.loops import Card
from kanban.suppliers import Supplier, SupplierItem

STATES = ("draft", "released", "confirmed", "shipped", "partly_received", "received", "cancelled")
OPEN_STATES = ("released", "confirmed", "shipped", "partly_received")
"""Released, and goods may still come."""

OUTCOMES = ("received", "short", "withdrawn", "cancelled", "elsewhere")
NUMBER_FORMAT = "PO-{:06d}"

SUPPLY = """CASE WHEN r.id IS NULL THEN 'full' WHEN o.state = 'draft' THEN 'empty'
 WHEN o.shipped_at IS NULL AND r.shipped_at IS NULL THEN 'ordered' ELSE 'in_transit' END"""
"""The supply of a card, read from its open replenishment ``r`` and that one's order ``o``."""


class Order(Base):
    """What is sent to one supplier for one site."""

    __tablename__ = "order"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("(state = 'draft') = (number IS NULL)", name="number"),
        Index(
            "uq_order_one_draft",
            "supplier_id",
            "ship_to_id",
            unique=True,
            sqlite_where=text("state = 'draft'"),
            postgresql_where=text("state = 'draft'"),
        ),
        Index("ix_order_state", "state"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("supplier.id"))
    ship_to_id: Mapped[int] = mapped_column(ForeignKey("location.id"))
    state: Mapped[str] = mapped_column(String(20), default="draft")
    number: Mapped[str | None] = mapped_column(String(20), unique=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    released_at: Mapped[datetime | None] = mapped_column(Moment)
    released_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    shipped_at: Mapped[datetime | None] = mapped_column(Moment)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)

    supplier: Mapped[Supplier] = relationship()
    ship_to: Mapped[Location] = relationship()
    lines: Mapped[list[OrderLine]] = relationship(back_populates="order", order_by="OrderLine.id")


class OrderLine(Base):
    """One supplier item on an order; serves one or more replenishments.

    ``quantity`` and what follows it are empty in a draft and frozen at release. ``returned`` are units
    that came, were of no use, and went back without a replacement: they will not come any more. What
    ``confirmed_due`` and following say came later, from the supplier: ``shipped`` units have left it;
    ``passed_on`` units it cannot bring, so that another one was asked; ``beside`` units still come for
    cards that wait at another supplier for the rest.
    """

    __tablename__ = "order_line"
    __table_args__ = (
        UniqueConstraint("order_id", "supplier_item_id"),
        CheckConstraint("extra >= 0", name="extra"),
        CheckConstraint("received >= 0", name="received"),
        CheckConstraint("returned >= 0", name="returned"),
        CheckConstraint("quantity >= 0", name="quantity"),
        CheckConstraint("confirmed_quantity >= 0", name="confirmed_quantity"),
        CheckConstraint("shipped >= 0", name="shipped"),
        CheckConstraint("passed_on >= 0", name="passed_on"),
        CheckConstraint("beside >= 0", name="beside"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"))
    supplier_item_id: Mapped[int] = mapped_column(ForeignKey("supplier_item.id"), index=True)
    extra: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0), server_default="0")
    received: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0), server_default="0")
    returned: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0), server_default="0")
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    outcome: Mapped[str | None] = mapped_column(String(20))

    quantity: Mapped[Decimal | None] = mapped_column(Quantity)
    unit_price: Mapped[Decimal | None] = mapped_column(Money)
    pack_size: Mapped[Decimal | None] = mapped_column(Quantity)
    sku: Mapped[str | None] = mapped_column(String(200))
    supplier_sku: Mapped[str | None] = mapped_column(String(200))
    name: Mapped[str | None] = mapped_column(String(200))
    unit: Mapped[str | None] = mapped_column(String(20))
    due: Mapped[date | None]
    confirmed_due: Mapped[date | None]
    confirmed_quantity: Mapped[Decimal | None] = mapped_column(Quantity)
    confirmed_price: Mapped[Decimal | None] = mapped_column(Money)
    answered_at: Mapped[datetime | None] = mapped_column(Moment)
    shipped: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0), server_default="0")
    passed_on: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0), server_default="0")
    beside: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0), server_default="0")

    order: Mapped[Order] = relationship(back_populates="lines")
    supplier_item: Mapped[SupplierItem] = relationship()
    replenishments: Mapped[list[Replenishment]] = relationship(
        back_populates="order_line", order_by="Replenishment.signalled_at, Replenishment.id"
    )

    @property
    def pending(self) -> Decimal:
        """Units still to come: max(0, ordered − passed on − received − returned); zero once it is closed."""
        if self.closed_at is not None or self.quantity is None:
            return Decimal(0)
        return max(Decimal(0), self.quantity - self.passed_on - self.received - self.returned)

    @property
    def loose(self) -> Decimal:
        """Units for which no card of this line waits, ordered beside the cards, that have not come yet."""
        for_cards = sum((turn.received for turn in self.replenishments), Decimal(0))
        return max(Decimal(0), self.extra + self.beside - max(Decimal(0), self.received - for_cards))


class Replenishment(Base):
    """One turn of one card: from its signal until it is full again.

    ``shipped_at``: the card's own goods have left their source, whatever the rest of the order does.
    """

    __tablename__ = "replenishment"
    __table_args__ = (
        UniqueConstraint("card_id", "cycle"),
        CheckConstraint(f"outcome IN {OUTCOMES}", name="outcome"),
        CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name="closed"),
        CheckConstraint("quantity > 0", name="quantity"),
        Index(
            "uq_replenishment_one_open",
            "card_id",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    card_id: Mapped[int] = mapped_column(ForeignKey("card.id"))
    cycle: Mapped[int]
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"), index=True)
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    signalled_at: Mapped[datetime] = mapped_column(Moment)
    signal_event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), unique=True)
    urgent: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    shipped_at: Mapped[datetime | None] = mapped_column(Moment)
    received: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0), server_default="0")
    closed_at: Mapped[datetime | None] = mapped_column(Moment)
    outcome: Mapped[str | None] = mapped_column(String(20))

    card: Mapped[Card] = relationship()
    order_line: Mapped[OrderLine] = relationship(back_populates="replenishments")


class Counter(Base):
    """A number that only grows: the order numbers come from one (a restore moves it ahead)."""

    __tablename__ = "counter"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[int]
