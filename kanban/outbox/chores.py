"""When scheduled work is due: one row per chore, claimed with a lease like a delivery."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from kanban.outbox.tables import ChoreTime

LONGEST_ERROR = 1_000


class Turn(NamedTuple):
    """One claimed run of a chore; ``attempt`` fences it."""

    name: str
    attempt: int


def unknown(session: Session, names: Iterable[str]) -> set[str]:
    """Those of these chores that have no row yet."""
    return set(names) - set(session.scalars(select(ChoreTime.name)))


def know(session: Session, names: Iterable[str], at: datetime) -> None:
    """Make sure that each chore has its row; a new one is due at once."""
    session.add_all(
        ChoreTime(name=name, due_at=at, attempts=0, last_error="") for name in unknown(session, names)
    )


def claim(session: Session, at: datetime, names: list[str], lease: timedelta) -> Turn | None:
    """Take a chore that is due and that nobody is at."""
    free = or_(ChoreTime.lease_until.is_(None), ChoreTime.lease_until <= at)
    first = (
        select(ChoreTime.name)
        .where(ChoreTime.due_at <= at, free, ChoreTime.name.in_(names))
        .order_by(ChoreTime.due_at, ChoreTime.name)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    taken = (
        update(ChoreTime)
        .where(ChoreTime.name == first.scalar_subquery())
        .values(lease_until=at + lease, attempts=ChoreTime.attempts + 1)
        .returning(ChoreTime.name, ChoreTime.attempts)
        .execution_options(synchronize_session=False)
    )
    row = session.execute(taken).first()
    return Turn(row.name, row.attempts) if row else None


def done(session: Session, turn: Turn, at: datetime, due_at: datetime) -> bool:
    """The chore is done and due again; false where somebody else has it by now."""
    return _settle(session, turn, due_at=due_at, done_at=at, last_error="")


def failed(session: Session, turn: Turn, due_at: datetime, error: str) -> bool:
    """The chore failed; it is tried again when it is due."""
    return _settle(session, turn, due_at=due_at, last_error=error[:LONGEST_ERROR])


def hasten(session: Session, names: Iterable[str], at: datetime) -> None:
    """Something has happened that these chores should look at now."""
    later = ChoreTime.name.in_(list(names)), ChoreTime.due_at > at
    session.execute(update(ChoreTime).where(*later).values(due_at=at))


def next_due(session: Session, names: list[str]) -> datetime | None:
    """When the next chore is due, or its lease ends."""
    when = func.coalesce(ChoreTime.lease_until, ChoreTime.due_at)
    return session.scalar(select(func.min(when)).where(ChoreTime.name.in_(names)))


def last_done(session: Session) -> datetime | None:
    """When a dispatcher last did a chore, as it does every 20 seconds: its sign of life."""
    return session.scalar(select(func.max(ChoreTime.done_at)))


def _settle(session: Session, turn: Turn, **values: object) -> bool:
    mine = ChoreTime.name == turn.name, ChoreTime.attempts == turn.attempt
    changed = update(ChoreTime).where(*mine).values(lease_until=None, **values).returning(ChoreTime.name)
    return session.scalar(changed.execution_options(synchronize_session=False)) is not None
