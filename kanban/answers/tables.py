"""The tables of suppliers' answers: the link by which one answers, and what was said of which line."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kanban.db import Base, Moment, Money, Quantity, RowId
from kanban.orders import OrderLine

KINDS = ("confirmed", "shipped")
QUESTIONS = ("", "pending", "accepted", "refused")


class AnswerLink(Base):
    """The state of the link to one order. ``generation`` grows with each renewal, which ends the one before.

    An order without a row has its first link, which is good. No secret stands here: see
    :func:`kanban.answers.links.token`.
    """

    __tablename__ = "answer_link"
    __table_args__ = (CheckConstraint("generation BETWEEN 1 AND 1000", name="generation"),)

    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"), primary_key=True, autoincrement=False)
    generation: Mapped[int]
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)


class Answer(Base):
    """One answer of a supplier to one order, with what it says of the lines."""

    __tablename__ = "answer"
    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        Index("ix_answer_order_id", "order_id", "at"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"))
    kind: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime] = mapped_column(Moment)
    note: Mapped[str] = mapped_column(Text, default="")
    carrier: Mapped[str] = mapped_column(String(60), default="")
    tracking: Mapped[str] = mapped_column(String(200), default="")

    lines: Mapped[list[LineAnswer]] = relationship(back_populates="answer", order_by="LineAnswer.id")


class LineAnswer(Base):
    """What an answer says of one line: units it confirms (or ships), the day, and what asks the buyer.

    ``question`` is empty where nothing asks; else whether the buyer has accepted ``unit_price`` or
    ``substitute``.
    """

    __tablename__ = "line_answer"
    __table_args__ = (
        CheckConstraint("quantity >= 0", name="quantity"),
        CheckConstraint("unit_price >= 0", name="unit_price"),
        CheckConstraint(f"question IN {QUESTIONS}", name="question"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    answer_id: Mapped[int] = mapped_column(ForeignKey("answer.id"), index=True)
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"), index=True)
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    due: Mapped[date | None]
    unit_price: Mapped[Decimal | None] = mapped_column(Money)
    substitute: Mapped[str] = mapped_column(String(200), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    question: Mapped[str] = mapped_column(String(10), default="")
    decided_at: Mapped[datetime | None] = mapped_column(Moment)

    answer: Mapped[Answer] = relationship(back_populates="lines")
    order_line: Mapped[OrderLine] = relationship()
