"""What of the outbox needs a person: dead, held and overdue deliveries, and a pause that is on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, case, column, exists, func, or_, select, table
from sqlalchemy.orm import Session, aliased, defer

from kanban.db import Statement, from_milliseconds
from kanban.outbox import brakes
from kanban.outbox.tables import Delivery

OVERDUE = timedelta(minutes=15)
"""A delivery that nobody took for so long after it was due needs a look."""
SHOWN = 20

_ORDERS = table("order", column("id"), column("closed_at"))
_PAUSE = Statement(
    "SELECT b.paused_at, b.paused_because, coalesce(p.name, '') AS paused_by,"
    " (SELECT count(*) FROM delivery d WHERE d.state IN ('queued', 'leased')) AS waiting"
    " FROM brakes b LEFT JOIN person p ON p.id = b.paused_by WHERE b.paused_at IS NOT NULL"
)


@dataclass(frozen=True, slots=True)
class Pause:
    """Everything waits: since when, by whom and why, and how many deliveries that are."""

    at: datetime
    by: str
    because: str
    waiting: int


def pause(session: Session) -> Pause | None:
    """The pause that is on, or none."""
    row = _PAUSE.first(session)
    if row is None:
        return None
    return Pause(from_milliseconds(row.paused_at), row.paused_by, row.paused_because, row.waiting)


@dataclass(frozen=True, slots=True)
class Troubles:
    """Deliveries to suppliers that need a person: the first of them, how many there are in all, and how many
    more wait only for a channel that is not set up."""

    rows: list[Delivery]
    count: int
    unready: int


def overdue_since(session: Session, at: datetime, channels: Sequence[str]) -> datetime | None:
    """Since when the delivery that is due longest waits for a dispatcher; none where nothing waits."""
    if brakes.is_paused(session):
        return None
    when = case((Delivery.state == "leased", Delivery.lease_until), else_=Delivery.due_at)
    waits = Delivery.state.in_(("queued", "leased")), Delivery.channel.in_(channels), when <= at
    since: datetime | None = session.scalar(select(func.min(when)).where(*waits))
    return since


def needing(session: Session, at: datetime, channels: Sequence[str]) -> Troubles:
    """What needs a person, the dead first, then the oldest. ``channels`` are those that dispatchers serve."""
    waits = Delivery.state.in_(("queued", "leased"))
    unready = and_(waits, Delivery.channel.not_in(channels))
    late = and_(waits, Delivery.channel.in_(channels), Delivery.created_at < at - OVERDUE)
    wanted = and_(
        Delivery.kind.in_(("order", "cancellation")),
        or_(Delivery.state.in_(("dead", "held")), late, unready),
        ~_replaced(),
        ~_come_without(),
    )
    of_unready = func.count().filter(unready).over().label("of_unready")
    pressing = case((Delivery.state == "dead", 0), (unready, 2), else_=1)
    first = (
        select(Delivery, func.count().over().label("every"), of_unready)
        .options(defer(Delivery.payload))
        .where(wanted)
        .order_by(pressing, Delivery.created_at, Delivery.id)
        .limit(SHOWN)
    )
    found = session.execute(first).all()
    if not found:
        return Troubles([], 0, 0)
    rows = [row[0] for row in found if row[0].state in ("dead", "held") or row[0].channel in channels]
    return Troubles(rows, found[0].every - found[0].of_unready, found[0].of_unready)


def _come_without() -> ColumnElement[bool]:
    """The goods of the order have all come, or it was cancelled: nobody need be reached for it any more."""
    closed = exists().where(_ORDERS.c.id == Delivery.order_id, _ORDERS.c.closed_at.is_not(None))
    return and_(Delivery.kind == "order", closed)


def _replaced() -> ColumnElement[bool]:
    """Another delivery of the same order has taken the place of a dead one."""
    other = aliased(Delivery)
    return exists().where(
        Delivery.state == "dead", other.order_id == Delivery.order_id, other.kind == Delivery.kind,
        other.id > Delivery.id, other.state.not_in(("dead", "cancelled")),
    )  # fmt: skip


def page(
    session: Session, *, states: Sequence[str], search: str = "", skip: int = 0, limit: int = 50
) -> tuple[list[Delivery], int]:
    """Deliveries in these states, newest first, and how many; ``search`` looks at what they are about."""
    query = select(Delivery).options(defer(Delivery.payload)).where(Delivery.state.in_(states))
    if search:
        query = query.where(func.lower(Delivery.about).contains(search.strip().lower(), autoescape=True))
    count = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    rows = session.scalars(query.order_by(Delivery.id.desc()).offset(skip).limit(limit))
    return list(rows), count


def latest_tests(session: Session, limit: int) -> list[Delivery]:
    """The last test mails."""
    lately = select(Delivery).where(
        Delivery.kind == "test", Delivery.channel == "email", Delivery.supplier_id.is_(None)
    )
    return list(session.scalars(lately.order_by(Delivery.id.desc()).limit(limit)))


def tests_of(session: Session, supplier_id: int, limit: int) -> list[Delivery]:
    """The last tests of a supplier's channel."""
    lately = select(Delivery).where(Delivery.kind == "test", Delivery.supplier_id == supplier_id)
    return list(session.scalars(lately.order_by(Delivery.id.desc()).limit(limit)))
