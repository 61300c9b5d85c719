"""Counted loops: a recorded quantity, a reorder point and a target level beside the card.

What is taken is booked; what arrives on the loop's cards is read from their turns; a count corrects the
record with a reason. The moment recorded + on order is *at or below* the reorder point, the difference to
the target level is signalled: the same replenishment, the same order, the same board.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from kanban import journal, loops, orders
from kanban.db import Base, Moment, Quantity, RowId
from kanban.languages import gettext as _
from kanban.loops import Card, Loop
from kanban.orders import Replenishment
from kanban.orders.queue import source_of

MOVED_BY = ("take", "return", "count")
COUNT_EVERY = {"A": timedelta(days=30), "B": timedelta(days=91), "C": timedelta(days=182)}
"""How often a counted loop is counted by the class of its yearly value."""
TOLERANCES = {"A": Decimal("0.01"), "B": Decimal("0.03"), "C": Decimal("0.05")}
"""How far a count may lie from the record for it to be right, as a share of the record."""


class NotCounted(ValueError):
    """The loop is run by its cards alone."""


class BadLevels(ValueError):
    """A reorder point that is not below the target level."""


class TooMuch(ValueError):
    """More was taken than the record knows of: count first."""


class CountedLoop(Base):
    """How a loop is counted; ``since`` is when its record began."""

    __tablename__ = "counted_loop"
    __table_args__ = (
        CheckConstraint("reorder_point >= 0", name="reorder_point"),
        CheckConstraint("target_level > reorder_point", name="target_level"),
    )

    loop_id: Mapped[int] = mapped_column(ForeignKey("loop.id"), primary_key=True, autoincrement=False)
    reorder_point: Mapped[Decimal] = mapped_column(Quantity)
    target_level: Mapped[Decimal] = mapped_column(Quantity)
    since: Mapped[datetime] = mapped_column(Moment)
    counted_at: Mapped[datetime] = mapped_column(Moment)
    ended_at: Mapped[datetime | None] = mapped_column(Moment)

    loop: Mapped[Loop] = relationship()


class Movement(Base):
    """One line of the ledger: units taken (negative), brought back, or set right by a count.

    A count keeps what was ``recorded`` before it and its ``reason``; the change is the difference.
    """

    __tablename__ = "movement"
    __table_args__ = (
        CheckConstraint(f"kind IN {MOVED_BY}", name="kind"),
        Index("ix_movement_loop_id", "loop_id", "id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    loop_id: Mapped[int] = mapped_column(ForeignKey("loop.id"))
    kind: Mapped[str] = mapped_column(String(10))
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    recorded: Mapped[Decimal] = mapped_column(Quantity)
    reason: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(Moment)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"))


class Level(NamedTuple):
    """Where a counted loop stands: units recorded and on order, its reorder point and target level."""

    recorded: Decimal
    on_order: Decimal
    reorder_point: Decimal
    target_level: Decimal

    @property
    def missing(self) -> Decimal:
        """Units to order now: up to the target at or below the reorder point, else none."""
        position = self.recorded + self.on_order
        return self.target_level - position if position <= self.reorder_point else Decimal(0)


def begin(
    session: Session,
    deed: journal.Deed,
    loop: Loop,
    *,
    counted: Decimal,
    reorder_point: Decimal,
    target_level: Decimal,
) -> CountedLoop:
    """Count a loop from now on, with ``counted`` units on the shelf; orders at once what is missing.

    A loop that is counted already gets other levels, and the count. Raises :class:`BadLevels`.
    """
    if reorder_point >= target_level:
        raise BadLevels(_("the reorder point lies below the target level"))
    settings = session.get(CountedLoop, loop.id)
    if settings is None or settings.ended_at is not None:
        session.merge(
            CountedLoop(
                loop_id=loop.id, reorder_point=reorder_point, target_level=target_level, since=deed.at,
                counted_at=deed.at, ended_at=None,
            )
        )  # fmt: skip
        session.flush()
    else:
        settings.reorder_point, settings.target_level = reorder_point, target_level
    told = {"reorder_point": reorder_point, "target_level": target_level}
    journal.append(session, deed, "counted_from_now", "loop", loop.id, told)
    count(session, deed, loop, counted, reason=_("first count"))
    return session.get_one(CountedLoop, loop.id)


def end(session: Session, deed: journal.Deed, loop: Loop) -> None:
    """Run the loop by its cards alone again. Raises :class:`NotCounted`."""
    _settings(session, loop).ended_at = deed.at
    journal.append(session, deed, "counted_no_more", "loop", loop.id)


def take(session: Session, deed: journal.Deed, loop: Loop, quantity: Decimal) -> Level:
    """``quantity`` units were taken; what is missing now is signalled.

    Raises :class:`NotCounted`, :class:`TooMuch`.
    """
    _settings(session, loop)
    recorded = level(session, loop).recorded
    if quantity > recorded:
        raise TooMuch(
            _("the record knows of %(recorded)s only: count what is there", recorded=_plain(recorded))
        )
    _move(session, deed, loop, "take", -quantity, recorded)
    return replenish(session, deed, loop)


def bring_back(session: Session, deed: journal.Deed, loop: Loop, quantity: Decimal) -> Level:
    """``quantity`` units came back unused. Raises :class:`NotCounted`."""
    _settings(session, loop)
    _move(session, deed, loop, "return", quantity, level(session, loop).recorded)
    return level(session, loop)


def count(session: Session, deed: journal.Deed, loop: Loop, counted: Decimal, *, reason: str = "") -> Level:
    """``counted`` units stand there; the record follows, with the reason. Raises :class:`NotCounted`."""
    settings = _settings(session, loop)
    recorded = level(session, loop).recorded
    _move(session, deed, loop, "count", counted - recorded, recorded, reason)
    settings.counted_at = deed.at
    return replenish(session, deed, loop)


def level(session: Session, loop: Loop) -> Level:
    """Where the loop stands. Raises :class:`NotCounted`."""
    settings = _settings(session, loop)
    own = select(func.sum(Movement.quantity)).where(
        Movement.loop_id == loop.id, Movement.at >= settings.since
    )
    moved = session.scalar(own) or Decimal(0)
    turns = session.execute(
        select(Replenishment.quantity, Replenishment.received, Replenishment.closed_at)
        .join(Card, Card.id == Replenishment.card_id)
        .where(
            Card.loop_id == loop.id,
            or_(Replenishment.closed_at.is_(None), Replenishment.closed_at >= settings.since),
        )
    ).all()
    arrived = sum((received for _quantity, received, _closed in turns), Decimal(0))
    coming = sum((quantity - received for quantity, received, closed in turns if closed is None), Decimal(0))
    return Level(moved + arrived, coming, settings.reorder_point, settings.target_level)


def replenish(session: Session, deed: journal.Deed, loop: Loop) -> Level:
    """Signal what is missing to the target level, if the reorder point is reached."""
    session.flush()
    now = level(session, loop)
    if now.missing <= 0:
        return now
    carrier = _carrier(session, deed, loop)
    last = select(func.max(Replenishment.cycle)).where(Replenishment.card_id == carrier.id)
    orders.open_turn(
        session, deed, card_id=carrier.id, cycle=(session.scalar(last) or 0) + 1, quantity=now.missing,
        line=orders.draft_line(session, deed, source_of(loop)),
    )  # fmt: skip
    return level(session, loop)


def is_counted(session: Session, loop_id: int) -> bool:
    """Whether the loop holds a recorded quantity."""
    settings = session.get(CountedLoop, loop_id)
    return settings is not None and settings.ended_at is None


def movements(session: Session, loop_id: int, limit: int = 100) -> Sequence[Movement]:
    """The loop's ledger, newest first."""
    query = select(Movement).where(Movement.loop_id == loop_id).order_by(Movement.id.desc())
    return session.scalars(query.limit(limit)).all()


def counts_since(session: Session, since: datetime) -> list[tuple[int, Decimal, Decimal]]:
    """Every cycle count since a moment: (loop id, recorded, counted); a record's first count is none."""
    query = (
        select(Movement.loop_id, Movement.recorded, Movement.quantity)
        .join(CountedLoop, CountedLoop.loop_id == Movement.loop_id)
        .where(Movement.kind == "count", Movement.at >= since, Movement.at > CountedLoop.since)
    )
    return [(loop_id, recorded, recorded + change) for loop_id, recorded, change in session.execute(query)]


def counted_loops(session: Session) -> list[CountedLoop]:
    """All loops that are counted, the longest uncounted first."""
    query = (
        select(CountedLoop)
        .join(Loop, Loop.id == CountedLoop.loop_id)
        .where(CountedLoop.ended_at.is_(None), Loop.closed_at.is_(None))
        .order_by(CountedLoop.counted_at)
    )
    return list(session.scalars(query))


def _carrier(session: Session, deed: journal.Deed, loop: Loop) -> Card:
    """A card that carries the order: one without an open turn, or one more."""
    busy = select(Replenishment.card_id).where(Replenishment.closed_at.is_(None))
    free = session.scalar(
        select(Card)
        .where(Card.loop_id == loop.id, Card.life == "active", Card.id.not_in(busy))
        .order_by(Card.number)
        .limit(1)
    )
    return free or loops.add_cards(session, deed, loop, 1, "active")[0]


def _move(
    session: Session,
    deed: journal.Deed,
    loop: Loop,
    kind: str,
    quantity: Decimal,
    recorded: Decimal,
    reason: str = "",
) -> None:
    told: dict[str, Any] = {"quantity": quantity} | ({"reason": reason} if reason else {})
    event_id = journal.append(session, deed, f"stock_{kind}", "loop", loop.id, told)
    session.add(
        Movement(
            loop_id=loop.id, kind=kind, quantity=quantity, recorded=recorded, reason=reason, at=deed.at,
            event_id=event_id,
        )
    )  # fmt: skip
    session.flush()


def _settings(session: Session, loop: Loop) -> CountedLoop:
    settings = session.get(CountedLoop, loop.id)
    if settings is None or settings.ended_at is not None:
        raise NotCounted(_("this loop is run by its cards alone"))
    return settings


def _plain(value: Decimal) -> str:
    return format(value.normalize(), "f")
