"""What is known of a loop for its sizing, and what was advised."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kanban.db import Base, Moment, Quantity, RowId
from kanban.loops import Loop

SCAN_RULES = ("empty", "first_piece", "mark")
SURENESS = ("guess", "estimate", "records")
WHEN_OUT = ("waits", "elsewhere")
STATES = ("open", "accepted", "refused", "snoozed", "overtaken")
DECISIONS = ("keep", "add", "take_out")


class LoopSizing(Base):
    """What people say of a loop: when they scan, what they use, what happens when it is out.

    ``use`` in units per working day; ``mark_at`` units left in the bin at its scan; ``put_away`` working
    days from the dock to the shelf; ``season`` twelve factors by month, empty where every month is alike.
    """

    __tablename__ = "loop_sizing"
    __table_args__ = (
        CheckConstraint(f"scan_rule IN {SCAN_RULES}", name="scan_rule"),
        CheckConstraint(f"sureness IN {SURENESS}", name="sureness"),
        CheckConstraint(f"when_out IN {WHEN_OUT}", name="when_out"),
        CheckConstraint("use_per_day > 0", name="use_per_day"),
        CheckConstraint("mark_at >= 0", name="mark_at"),
        CheckConstraint("put_away BETWEEN 0 AND 100000", name="put_away"),
    )

    loop_id: Mapped[int] = mapped_column(ForeignKey("loop.id"), primary_key=True, autoincrement=False)
    scan_rule: Mapped[str] = mapped_column(String(20), default="empty")
    mark_at: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0))
    use_per_day: Mapped[Decimal | None] = mapped_column(Quantity)
    sureness: Mapped[str] = mapped_column(String(20), default="guess")
    when_out: Mapped[str] = mapped_column(String(20), default="waits")
    overseas: Mapped[bool] = mapped_column(default=False)
    seasonal: Mapped[bool] = mapped_column(default=False)
    put_away: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0))
    season: Mapped[str] = mapped_column(String(200), default="")

    loop: Mapped[Loop] = relationship()


class Advice(Base):
    """What the engine said of a loop at one time, and what became of it.

    ``facts`` are the figures as JSON; ``inputs`` is a hash of all that they were made from, so that
    nothing is worked out twice and the same log gives the same advice.
    """

    __tablename__ = "advice"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint(f"decision IN {DECISIONS}", name="decision"),
        Index(
            "uq_advice_one_open",
            "loop_id",
            unique=True,
            sqlite_where=text("state IN ('open', 'snoozed')"),
            postgresql_where=text("state IN ('open', 'snoozed')"),
        ),
        Index("ix_advice_loop_id", "loop_id", "id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    loop_id: Mapped[int] = mapped_column(ForeignKey("loop.id"))
    at: Mapped[datetime] = mapped_column(Moment)
    inputs: Mapped[str] = mapped_column(String(64))
    cards_now: Mapped[int]
    cards: Mapped[int]
    decision: Mapped[str] = mapped_column(String(10))
    because: Mapped[str] = mapped_column(String(40))
    facts: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10), default="open")
    settled_at: Mapped[datetime | None] = mapped_column(Moment)
    snoozed_until: Mapped[datetime | None] = mapped_column(Moment)
    reason: Mapped[str] = mapped_column(String(200), default="")

    loop: Mapped[Loop] = relationship()

    @property
    def figures(self) -> dict[str, Any]:
        """``facts`` as a dictionary: see :func:`kanban.advice.review.figures_of`."""
        figures: dict[str, Any] = json.loads(self.facts)
        return figures
