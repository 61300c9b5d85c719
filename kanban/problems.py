"""Something is wrong: a short report by whoever holds the bin or the goods, settled by a buyer.

A problem is about a card, a line of an order, or a whole delivery. What was written and photographed
stands in its row; the journal says only that it was reported, and when it was settled.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from kanban import journal, orders
from kanban.db import Base, Moment, RowId
from kanban.languages import gettext as _
from kanban.loops import Card
from kanban.orders import OrderLine
from kanban.receipts import DeliveryNote

KINDS = ("damaged", "wrong_item", "short", "other")


class SaysNothing(ValueError):
    """A report of another kind than the usual ones, without a word or a photo of what it is."""


class ProblemSettled(ValueError):
    """Somebody has settled it already."""


class Problem(Base):
    """One report: what is wrong, and with what."""

    __tablename__ = "problem"
    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        Index("ix_problem_settled_at", "settled_at"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(Text, default="")
    photo_id: Mapped[int | None] = mapped_column(ForeignKey("photo.id"))
    card_id: Mapped[int | None] = mapped_column(ForeignKey("card.id"), index=True)
    order_line_id: Mapped[int | None] = mapped_column(ForeignKey("order_line.id"))
    delivery_note_id: Mapped[int | None] = mapped_column(ForeignKey("delivery_note.id"))
    at: Mapped[datetime] = mapped_column(Moment)
    settled_at: Mapped[datetime | None] = mapped_column(Moment)
    settlement: Mapped[str] = mapped_column(Text, default="")

    card: Mapped[Card | None] = relationship()
    order_line: Mapped[OrderLine | None] = relationship()
    delivery_note: Mapped[DeliveryNote | None] = relationship()


@dataclass(frozen=True, slots=True)
class About:
    """What a problem is with. A card brings the line on which it is on order, if it is."""

    card: Card | None = None
    delivery_note: DeliveryNote | None = None


def report(
    session: Session, deed: journal.Deed, about: About, kind: str, note: str = "", photo_id: int | None = None
) -> Problem:
    """Somebody says that something is wrong. Raises :class:`SaysNothing`."""
    if kind == "other" and not note and photo_id is None:
        raise SaysNothing(_("Say in a few words what is wrong, or take a photo of it"))
    turn = orders.open_turn_of(session, about.card) if about.card else None
    problem = Problem(
        kind=kind,
        note=note,
        photo_id=photo_id,
        card_id=about.card.id if about.card else None,
        order_line_id=turn.order_line_id if turn else None,
        delivery_note_id=about.delivery_note.id if about.delivery_note else None,
        at=deed.at,
    )
    session.add(problem)
    session.flush()
    journal.append(
        session, deed, "reported", "problem", problem.id, {"kind": kind},
        card_id=problem.card_id, order_id=turn.order_line.order_id if turn else None,
    )  # fmt: skip
    return problem


def settle(session: Session, deed: journal.Deed, problem: Problem, settlement: str = "") -> None:
    """What was wrong is dealt with. Raises :class:`ProblemSettled`."""
    if problem.settled_at is not None:
        raise ProblemSettled(_("this problem is settled already"))
    problem.settled_at, problem.settlement = deed.at, settlement
    journal.append(session, deed, "settled", "problem", problem.id, card_id=problem.card_id)


def count_open(session: Session) -> int:
    """How many problems wait for somebody."""
    query = select(func.count()).select_from(Problem).where(Problem.settled_at.is_(None))
    return session.scalar(query) or 0
