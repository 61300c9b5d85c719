"""A big withdrawal that is known beforehand: ordered once, beside the loop, in time for its day.

No number of cards cures a request that is larger than the loop. Its quantity joins the supplier's draft
when it must go out; the cards go on as ever.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from kanban import clock, journal, loops, orders
from kanban.db import Base, Moment, Quantity, RowId
from kanban.languages import gettext as _
from kanban.loops import Card, Loop

STATES = ("planned", "ordered", "called_off")
FARTHEST = timedelta(days=730)


class BadPlan(ValueError):
    """A day that is over or too far away."""


class PlanSettled(ValueError):
    """The withdrawal was ordered or called off already."""


class PlannedWithdrawal(Base):
    """So many units are needed of a loop's item on a day, beside what its cards bring."""

    __tablename__ = "planned_withdrawal"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint(f"state IN {STATES}", name="state"),
        Index("ix_planned_withdrawal_state", "state", "order_by"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    loop_id: Mapped[int] = mapped_column(ForeignKey("loop.id"), index=True)
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    day: Mapped[date]
    order_by: Mapped[date]
    note: Mapped[str] = mapped_column(String(200), default="")
    state: Mapped[str] = mapped_column(String(20), default="planned")
    order_id: Mapped[int | None] = mapped_column(ForeignKey("order.id"))
    made_at: Mapped[datetime] = mapped_column(Moment)

    loop: Mapped[Loop] = relationship()


def plan(
    session: Session,
    deed: journal.Deed,
    loop: Loop,
    quantity: Decimal,
    day: date,
    *,
    zone: ZoneInfo,
    note: str = "",
) -> PlannedWithdrawal:
    """Plan a withdrawal of ``quantity`` units on ``day``; one that is due already is ordered at once.

    Raises :class:`BadPlan`, or :class:`loops.LoopClosed`.
    """
    today = deed.at.astimezone(zone).date()
    if loop.closed_at is not None:
        raise loops.LoopClosed(_("this loop is closed"))
    if day < today:
        raise BadPlan(_("this day is over"))
    if day - today > FARTHEST:
        raise BadPlan(_("a withdrawal can be planned two years ahead"))
    planned = PlannedWithdrawal(
        loop_id=loop.id, quantity=quantity, day=day, order_by=order_by(loop, day, today, zone), note=note,
        made_at=deed.at,
    )  # fmt: skip
    session.add(planned)
    session.flush()
    told = {"loop_id": loop.id, "quantity": quantity, "day": day}
    journal.append(session, deed, "planned", "planned_withdrawal", planned.id, told)
    if planned.order_by <= today:
        order(session, deed, planned)
    return planned


def order_by(loop: Loop, day: date, today: date, zone: ZoneInfo) -> date:
    """The last day on which an order still arrives by the day before ``day``; today where none does."""
    offer = loop.supplier_item
    terms = offer.supplier.terms(offer.lead_time)
    last = day - clock.ONE_DAY
    while last > today:
        noon = datetime.combine(last, datetime.min.time(), zone) + timedelta(hours=8)
        if terms.expected_day(noon, zone) < day:
            return last
        last -= clock.ONE_DAY
    return today


def order(session: Session, deed: journal.Deed, planned: PlannedWithdrawal) -> None:
    """Let the quantity join the supplier's draft now. Raises :class:`PlanSettled`."""
    _refuse_settled(planned)
    line = orders.add_more(session, deed, planned.loop, planned.quantity, because="planned")
    planned.state, planned.order_id = "ordered", line.order_id
    told = {"quantity": planned.quantity}
    journal.append(session, deed, "ordered", "planned_withdrawal", planned.id, told, order_id=line.order_id)


def call_off(session: Session, deed: journal.Deed, planned: PlannedWithdrawal) -> None:
    """It is not needed after all. Raises :class:`PlanSettled`."""
    _refuse_settled(planned)
    planned.state = "called_off"
    journal.append(
        session, deed, "called_off", "planned_withdrawal", planned.id, {"loop_id": planned.loop_id}
    )


def of_loop(session: Session, loop_id: int) -> list[PlannedWithdrawal]:
    """The withdrawals planned for a loop, those to come first."""
    of = select(PlannedWithdrawal).where(PlannedWithdrawal.loop_id == loop_id)
    query = of.order_by(PlannedWithdrawal.state != "planned", PlannedWithdrawal.day).limit(50)
    return list(session.scalars(query))


def do_due(session: Session, deed: journal.Deed, zone: ZoneInfo) -> int:
    """Order what must go out today, and let cards leave whose last day is over; returns how many."""
    today = deed.at.astimezone(zone).date()
    due = select(PlannedWithdrawal).where(
        PlannedWithdrawal.state == "planned", PlannedWithdrawal.order_by <= today
    )
    done = 0
    for planned in session.scalars(due).all():
        if planned.loop.closed_at is None:
            order(session, deed, planned)
        else:
            call_off(session, deed, planned)
        done += 1
    over = select(Card).where(Card.leaves_on < today, Card.life.in_(("new", "active")))
    for card in session.scalars(over).all():
        life = "surplus" if card.life == "active" else "retired"
        loops.set_life(session, deed, card, life, "surplus" if life == "retired" else "")
        done += 1
    return done


def _refuse_settled(planned: PlannedWithdrawal) -> None:
    if planned.state != "planned":
        raise PlanSettled(_("this withdrawal was ordered or called off already"))
