"""The tables of receiving: DeliveryNote, Receipt, Quarantine, Return."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kanban.db import Base, Moment, Quantity, RowId
from kanban.orders import OrderLine
from kanban.suppliers import Supplier

LARGEST_RECEIPT = Decimal(1_000_000)
QUARANTINE_REASONS = ("damaged", "wrong_item")
RETURN_REASONS = ("damaged", "wrong_item", "not_needed", "other")
EXPECTED = ("credit", "replacement", "nothing")
"""What a supplier owes for goods that went back."""


class DeliveryNote(Base):
    """The paper that came with goods of one supplier; it may list several orders.

    ``number_key`` is empty where the paper has no number; a supplier uses a number once.
    """

    __tablename__ = "delivery_note"
    __table_args__ = (UniqueConstraint("supplier_id", "number_key"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("supplier.id"))
    number: Mapped[str] = mapped_column(String(200), default="")
    number_key: Mapped[str | None] = mapped_column(String(400))
    photo_id: Mapped[int | None] = mapped_column(ForeignKey("photo.id"))
    at: Mapped[datetime] = mapped_column(Moment)

    supplier: Mapped[Supplier] = relationship()


class Receipt(Base):
    """Usable units that arrived against an order line; or an entry that corrects one, up or down.

    ``counters_id`` names the receipt that a correction belongs to; ``note`` is its reason.
    """

    __tablename__ = "receipt"
    __table_args__ = (
        CheckConstraint("quantity > 0 OR (quantity < 0 AND counters_id IS NOT NULL)", name="quantity"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"), index=True)
    replenishment_id: Mapped[int | None] = mapped_column(ForeignKey("replenishment.id"))
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    over: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0))
    delivery_note_id: Mapped[int | None] = mapped_column(ForeignKey("delivery_note.id"), index=True)
    counters_id: Mapped[int | None] = mapped_column(ForeignKey("receipt.id"), index=True)
    note: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(Moment)

    order_line: Mapped[OrderLine] = relationship()
    delivery_note: Mapped[DeliveryNote | None] = relationship()


class Quarantine(Base):
    """Units that arrived and must not be used: damaged, or the wrong item.

    They count neither as received nor as stock. ``accepted`` of them turned out usable, ``returned``
    went back; what is left waits for a decision.
    """

    __tablename__ = "quarantine"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("accepted >= 0 AND returned >= 0", name="decided"),
        CheckConstraint("accepted + returned <= quantity", name="left"),
        CheckConstraint(f"reason IN {QUARANTINE_REASONS}", name="reason"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"), index=True)
    delivery_note_id: Mapped[int | None] = mapped_column(ForeignKey("delivery_note.id"), index=True)
    reason: Mapped[str] = mapped_column(String(20))
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    accepted: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0))
    returned: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0))
    note: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(Moment)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)

    order_line: Mapped[OrderLine] = relationship()
    delivery_note: Mapped[DeliveryNote | None] = relationship()

    @property
    def left(self) -> Decimal:
        """Units about which nothing is decided yet."""
        return self.quantity - self.accepted - self.returned


class Return(Base):
    """Goods that went back to their supplier; open until what was ``expected`` for them is here.

    ``reference`` is the supplier's number for it. ``give_back``: the cards were signalled again.
    """

    __tablename__ = "supplier_return"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint(f"reason IN {RETURN_REASONS}", name="reason"),
        CheckConstraint(f"expected IN {EXPECTED}", name="expected"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"), index=True)
    quarantine_id: Mapped[int | None] = mapped_column(ForeignKey("quarantine.id"), index=True)
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    reason: Mapped[str] = mapped_column(String(20))
    expected: Mapped[str] = mapped_column(String(20))
    give_back: Mapped[bool] = mapped_column(default=False)
    reference: Mapped[str] = mapped_column(String(200), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime] = mapped_column(Moment)
    settled_at: Mapped[datetime | None] = mapped_column(Moment)
    settlement: Mapped[str] = mapped_column(String(200), default="")

    order_line: Mapped[OrderLine] = relationship()
