"""Loops and their cards, as they are kept."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kanban.db import Base, Moment, Quantity, RowId
from kanban.items import Item, Location
from kanban.languages import mark
from kanban.suppliers import SupplierItem

KINDS = ("purchase", "production", "transfer")
LIVES = ("new", "active", "on_hold", "surplus", "retired")
RETIRED_BECAUSE = ("lost", "replaced", "loop_closed", "surplus")
MOST_CARDS = 999
LIFE_WORDS = {
    "new": mark("new"),
    "active": mark("in service"),
    "on_hold": mark("on hold"),
    "surplus": mark("surplus"),
    "retired": mark("retired"),
}

NEXT_LIVES = {
    "new": {"active", "retired"},
    "active": {"on_hold", "surplus", "retired"},
    "on_hold": {"active", "retired"},
    "surplus": {"active", "retired"},
    "retired": set[str](),
}


class Loop(Base):
    """The replenishment of one item at one location from one source."""

    __tablename__ = "loop"
    __table_args__ = (
        ForeignKeyConstraint(["supplier_item_id", "item_id"], ["supplier_item.id", "supplier_item.item_id"]),
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint("card_quantity > 0 AND card_quantity <= 1000000000", name="card_quantity"),
        CheckConstraint("minimum_cycle >= 0", name="minimum_cycle"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), index=True)
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"), index=True)
    supplier_item_id: Mapped[int] = mapped_column(BigInteger, index=True)
    kind: Mapped[str] = mapped_column(String(10), default="purchase")
    card_quantity: Mapped[Decimal] = mapped_column(Quantity)
    minimum_cycle: Mapped[int] = mapped_column(default=0)
    safety_factor: Mapped[Decimal] = mapped_column(Quantity, default=Decimal("0.2"))
    review_period: Mapped[int] = mapped_column(default=0)
    owner: Mapped[str] = mapped_column(String(200), default="")
    colour: Mapped[str] = mapped_column(String(7), default="")
    closed_at: Mapped[datetime | None] = mapped_column(Moment)

    item: Mapped[Item] = relationship(foreign_keys=[item_id], overlaps="supplier_item")
    location: Mapped[Location] = relationship()
    supplier_item: Mapped[SupplierItem] = relationship(
        foreign_keys=[supplier_item_id, item_id], overlaps="item"
    )
    cards: Mapped[list[Card]] = relationship(back_populates="loop", order_by="Card.number, Card.id")


class Card(Base):
    """One circulating kanban of a loop. Its code opens its page."""

    __tablename__ = "card"
    __table_args__ = (
        CheckConstraint(f"life IN {LIVES}", name="life"),
        CheckConstraint("number BETWEEN 1 AND 999", name="number"),
        Index(
            "uq_card_position",
            "loop_id",
            "number",
            unique=True,
            sqlite_where=text("life <> 'retired'"),
            postgresql_where=text("life <> 'retired'"),
        ),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    loop_id: Mapped[int] = mapped_column(ForeignKey("loop.id"), index=True)
    number: Mapped[int]
    code: Mapped[str] = mapped_column(String(12), unique=True)
    life: Mapped[str] = mapped_column(String(10), default="new")
    retired_because: Mapped[str] = mapped_column(String(20), default="")
    print_version: Mapped[int] = mapped_column(default=0)
    printed_at: Mapped[datetime | None] = mapped_column(Moment)
    reprint_requested: Mapped[bool] = mapped_column(default=False)
    leaves_on: Mapped[date | None]
    reprint_because: Mapped[str] = mapped_column(String(10), default="", server_default=text("''"))

    loop: Mapped[Loop] = relationship(back_populates="cards")
