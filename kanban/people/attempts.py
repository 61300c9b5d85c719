"""The brakes on guessing and flooding. Counters are rows: they survive a restart and hold for all servers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import CheckConstraint, Index, String, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from kanban.db import Base, Moment, RowId

TRIES_WINDOW = timedelta(minutes=5)
TRIES_PER_LOGIN_AND_ADDRESS = 10
TRIES_PER_ADDRESS = 100
KEPT = timedelta(days=2)


class TooManyTries(Exception):
    """Too many wrong tries, or too many requests, just now."""

    def __init__(self, wait: timedelta = TRIES_WINDOW) -> None:
        super().__init__()
        self.wait = wait


class WrongTry(Base):
    """One wrong sign-in, kept for the brake."""

    __tablename__ = "wrong_try"
    __table_args__ = (Index("ix_wrong_try_address", "address", "at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    login: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Moment)


class Attempt(Base):
    """How often something was tried lately: ``what`` and by whom, since when, and when last."""

    __tablename__ = "attempt"
    __table_args__ = (CheckConstraint("tries > 0", name="tries"), Index("ix_attempt_last_at", "last_at"))

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    tries: Mapped[int]
    since: Mapped[datetime] = mapped_column(Moment)
    last_at: Mapped[datetime] = mapped_column(Moment)


class Limit(NamedTuple):
    """So many tries in a window. Where ``grows``, each further one waits twice as long, up to an hour."""

    tries: int
    window: timedelta
    grows: bool = False


LONGEST_WAIT = timedelta(hours=1)


def refuse_too_many(session: Session, name: str, limit: Limit, at: datetime) -> None:
    """Raise :class:`TooManyTries`, which says how long to wait, where ``name`` has used up its tries."""
    wait = _wait(session.get(Attempt, name), limit, at)
    if wait > timedelta(0):
        raise TooManyTries(wait)


def count(session: Session, name: str, limit: Limit, at: datetime) -> None:
    """Count one try of ``name``; one too many counts nothing. Raises :class:`TooManyTries`."""
    refuse_too_many(session, name, limit, at)
    known = session.get(Attempt, name)
    if known is None:
        session.execute(delete(Attempt).where(Attempt.last_at < at - KEPT))
        session.add(Attempt(name=name, tries=1, since=at, last_at=at))
    elif not limit.grows and _is_over(known, limit, at):
        known.tries, known.since, known.last_at = 1, at, at
    else:
        known.tries, known.last_at = known.tries + 1, at


def forget(session: Session, name: str) -> None:
    """Count from nought again: the right one came."""
    session.execute(delete(Attempt).where(Attempt.name == name))


def _wait(known: Attempt | None, limit: Limit, at: datetime) -> timedelta:
    if known is None or known.tries < limit.tries:
        return timedelta(0)
    if not limit.grows:
        return timedelta(0) if _is_over(known, limit, at) else known.since + limit.window - at
    doublings = min(known.tries - limit.tries, 10)
    delay: timedelta = min(limit.window * 2**doublings, LONGEST_WAIT)
    return known.last_at + delay - at


def _is_over(known: Attempt, limit: Limit, at: datetime) -> bool:
    return not known.since <= at < known.since + limit.window


def refuse_guessing(session: Session, login: str, address: str, at: datetime) -> None:
    """Raise :class:`TooManyTries` where too many wrong sign-ins came lately.

    Counted per name *and* address, so that nobody can lock somebody else out from another machine.
    """
    lately = select(func.count()).where(WrongTry.at > at - TRIES_WINDOW, WrongTry.address == address)
    if (session.scalar(lately) or 0) >= TRIES_PER_ADDRESS:
        raise TooManyTries
    if (session.scalar(lately.where(WrongTry.login == login.casefold())) or 0) >= TRIES_PER_LOGIN_AND_ADDRESS:
        raise TooManyTries


def note_wrong_try(session: Session, login: str, address: str, at: datetime) -> None:
    """Remember a wrong sign-in, and forget those that no longer count."""
    session.execute(delete(WrongTry).where(WrongTry.at < at - TRIES_WINDOW))
    session.add(WrongTry(login=login.casefold()[:200], address=address, at=at))
