"""Printers, stocks of our own, print batches, and the labels that each batch issued."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kanban.db import Base, Moment, RowId
from kanban.loops import Card

KINDS = ("cards", "blank")
STATES = ("made", "printed", "failed", "cancelled")
ENDS = ("replaced", "void")
MICRO = 1_000_000


class Printer(Base):
    """A printer that somebody set up: how it misses, and, if it takes ZPL itself, where it stands.

    Only an administrator adds one; nothing is ever sent to an address that is not in this table.
    ``offset`` in µm, ``scale`` in millionths.
    """

    __tablename__ = "printer"
    __table_args__ = (
        CheckConstraint("length(name) BETWEEN 1 AND 200", name="name"),
        CheckConstraint("port BETWEEN 0 AND 65535", name="port"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    name_key: Mapped[str] = mapped_column(String(400), unique=True)
    host: Mapped[str] = mapped_column(String(200), default="")
    port: Mapped[int] = mapped_column(default=0)
    dpi: Mapped[int] = mapped_column(default=0)
    own_symbol: Mapped[bool] = mapped_column(default=False)
    offset_x: Mapped[int] = mapped_column(default=0)
    offset_y: Mapped[int] = mapped_column(default=0)
    scale_x: Mapped[int] = mapped_column(default=MICRO)
    scale_y: Mapped[int] = mapped_column(default=MICRO)
    retired_at: Mapped[datetime | None] = mapped_column(Moment)

    @property
    def is_network(self) -> bool:
        """Whether labels go straight to it."""
        return self.host != ""


class OwnStock(Base):
    """A stock that somebody added on the screen; ``facts`` as in a stock's file."""

    __tablename__ = "own_stock"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    facts: Mapped[str] = mapped_column(Text)
    added_at: Mapped[datetime] = mapped_column(Moment)

    @property
    def values(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.facts)
        return found


class Batch(Base):
    """One print: which face on which stock, for how many labels, when and by whom.

    It holds all that its paper depends on, so that the same bytes can be made again at any time.
    """

    __tablename__ = "print_batch"
    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint("count > 0", name="count"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), default="cards")
    state: Mapped[str] = mapped_column(String(10), default="made")
    trouble: Mapped[str] = mapped_column(Text, default="")
    made_at: Mapped[datetime] = mapped_column(Moment)
    printed_at: Mapped[datetime | None] = mapped_column(Moment)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"))
    printer_id: Mapped[int | None] = mapped_column(ForeignKey("printer.id"))
    face: Mapped[str] = mapped_column(String(60))
    stock: Mapped[str] = mapped_column(String(60))
    stock_facts: Mapped[str] = mapped_column(Text)
    start: Mapped[int] = mapped_column(default=1)
    languages: Mapped[str] = mapped_column(String(20))
    base_url: Mapped[str] = mapped_column(String(300))
    shift: Mapped[str] = mapped_column(Text, default="{}")
    count: Mapped[int]

    printer: Mapped[Printer | None] = relationship()

    @property
    def is_over(self) -> bool:
        """Whether nothing more becomes of it: it counts as printed, or was cancelled."""
        return self.state in ("printed", "cancelled")

    @property
    def by_network(self) -> bool:
        """Whether its labels go straight to their printer."""
        return self.printer is not None and self.printer.is_network


class LabelIssue(Base):
    """One printed label: its own code, of a card or, until it is claimed, of none.

    While ``ended_at`` is empty it is the label that the card wears. A *replaced* one still counts when
    it is scanned, and the answer says that it should be thrown away; a *void* one never orders.
    """

    __tablename__ = "label_issue"
    __table_args__ = (
        CheckConstraint(f"ended IN {('', *ENDS)}", name="ended"),
        Index("ix_label_issue_card_id", "card_id"),
        Index("ix_label_issue_batch_id", "batch_id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    code: Mapped[str] = mapped_column(String(12), unique=True)
    card_id: Mapped[int | None] = mapped_column(ForeignKey("card.id"))
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("print_batch.id"))
    version: Mapped[int]
    facts: Mapped[str] = mapped_column(Text, default="{}")
    photo_id: Mapped[int | None] = mapped_column(ForeignKey("photo.id"))
    fingerprint: Mapped[str] = mapped_column(String(32), default="")
    printed_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    ended: Mapped[str] = mapped_column(String(10), default="")

    card: Mapped[Card | None] = relationship()

    @property
    def values(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.facts)
        return found
