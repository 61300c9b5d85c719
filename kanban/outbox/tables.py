"""The tables of what leaves the house: Delivery, SupplierChannel, Brakes, and the due times of chores."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from kanban.db import Base, Moment, Money, RowId

KINDS = ("order", "cancellation", "notice", "test")
STATES = ("held", "queued", "leased", "delivered", "dead", "cancelled")
UNSETTLED = ("held", "queued", "leased")
BY_HAND = ("phone", "link")
"""Channels that a person serves: the delivery waits for their press."""
CHANNELS = ("email", "webhook", "csv", "ubl", "cxml", *BY_HAND)
"""How an order can reach a supplier. Notices to our own people know further ones (push)."""

_LIVE = text("order_id IS NOT NULL AND state NOT IN ('dead', 'cancelled')")


class Delivery(Base):
    """One attempt-able hand-over of something to somebody through a channel.

    ``payload`` is what leaves, made once before the first try and kept, so that every copy is the same.
    ``attempts`` counts the tries and fences them: only who made the last one may settle the row.
    ``message_id`` stays the same over all tries. ``possible_repeat`` says that an earlier try may have
    arrived although nobody could note it.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("(state = 'leased') = (lease_until IS NOT NULL)", name="lease"),
        CheckConstraint("(state = 'held') = (held_because <> '')", name="held"),
        CheckConstraint("attempts >= 0", name="attempts"),
        Index("ix_delivery_state_due_at", "state", "due_at"),
        Index("ix_delivery_order_id", "order_id"),
        Index("ix_delivery_settled_at", "settled_at"),
        Index(
            "uq_delivery_one_live", "order_id", "kind", "channel",
            unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE,
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("order.id"))
    supplier_id: Mapped[int | None] = mapped_column(ForeignKey("supplier.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    channel: Mapped[str] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(String(1000), default="")
    about: Mapped[str] = mapped_column(String(200), default="")
    payload: Mapped[bytes | None] = mapped_column(LargeBinary)
    message_id: Mapped[str] = mapped_column(String(40), unique=True)
    state: Mapped[str] = mapped_column(String(10))
    held_because: Mapped[str] = mapped_column(String(20), default="")
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(Moment)
    due_at: Mapped[datetime] = mapped_column(Moment)
    lease_until: Mapped[datetime | None] = mapped_column(Moment)
    settled_at: Mapped[datetime | None] = mapped_column(Moment)
    possible_repeat: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    answer: Mapped[str] = mapped_column(Text, default="")


class SupplierChannel(Base):
    """How one supplier gets its orders; one without a row gets mail, or a call where it has no address."""

    __tablename__ = "supplier_channel"
    __table_args__ = (CheckConstraint(f"channel IN {CHANNELS}", name="channel"),)

    supplier_id: Mapped[int] = mapped_column(ForeignKey("supplier.id"), primary_key=True)
    channel: Mapped[str] = mapped_column(String(20), default="email")
    address: Mapped[str] = mapped_column(String(1000), default="")
    language: Mapped[str] = mapped_column(String(5), default="en")
    paper: Mapped[str] = mapped_column(String(10), default="a4")
    greeting: Mapped[str] = mapped_column(Text, default="")
    template: Mapped[str] = mapped_column(Text, default="")
    secret: Mapped[str] = mapped_column(String(100), default="")
    old_secret: Mapped[str] = mapped_column(String(100), default="")
    old_secret_until: Mapped[datetime | None] = mapped_column(Moment)
    buyer_endpoint: Mapped[str] = mapped_column(String(100), default="")
    seller_endpoint: Mapped[str] = mapped_column(String(100), default="")


class Brakes(Base):
    """The one row with the limits for what leaves, and the switch that stops everything."""

    __tablename__ = "brakes"
    __table_args__ = (
        CheckConstraint("id = 1", name="once"),
        CheckConstraint("order_value >= 0", name="order_value"),
        CheckConstraint("orders_a_day BETWEEN 1 AND 1000", name="orders_a_day"),
        CheckConstraint("mails_an_hour BETWEEN 1 AND 100000", name="mails_an_hour"),
        CheckConstraint("rest_seconds BETWEEN 0 AND 3600", name="rest_seconds"),
        CheckConstraint("(paused_at IS NULL) = (paused_because = '')", name="paused"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    order_value: Mapped[Decimal | None] = mapped_column(Money)
    orders_a_day: Mapped[int | None]
    mails_an_hour: Mapped[int | None]
    new_suppliers_ask: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    rest_seconds: Mapped[int] = mapped_column(default=0, server_default="0")
    paused_at: Mapped[datetime | None] = mapped_column(Moment)
    paused_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    paused_because: Mapped[str] = mapped_column(String(200), default="")


class ChoreTime(Base):
    """When a chore is due next, and who is at it until when; one row per chore."""

    __tablename__ = "chore"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(Moment)
    lease_until: Mapped[datetime | None] = mapped_column(Moment)
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None] = mapped_column(Moment)
    last_error: Mapped[str] = mapped_column(Text, default="")
