"""The doors: sign-ins of people, and the one for the first administrator."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, String, delete
from sqlalchemy.orm import Mapped, Session, mapped_column

from kanban import journal
from kanban.db import Base, Database, Moment, RowId, Statement, to_milliseconds
from kanban.people import tokens
from kanban.people.persons import Person, SignIn, add
from kanban.people.roles import NOBODY, Who

SIGN_IN_LASTS = {"viewer": 7, "signaller": 7, "operator": 7, "buyer": 7, "admin": 1}  # days
SET_UP_LASTS = timedelta(hours=24)


class WrongSignIn(Exception):
    """Name and password do not fit, or the person may not sign in any more."""


class SetUpClosed(Exception):
    """The set-up link was used, is too old, or is not the one printed last."""


class SetUp(Base):
    """The one door for the first administrator; closed for ever once used."""

    __tablename__ = "set_up"
    __table_args__ = (CheckConstraint("id = 1", name="once"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime] = mapped_column(Moment)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)


_SIGNED_IN = Statement(
    "SELECT p.id, p.name, p.role FROM sign_in s JOIN person p ON p.id = s.person_id"
    " WHERE s.token_hash = :token AND s.expires_at > :at AND p.active"
)


def sign_in(session: Session, deed: journal.Deed, person: Person) -> str:
    """Open a sign-in for a person whose password fitted; returns the secret for the cookie."""
    token = tokens.make()
    session.execute(delete(SignIn).where(SignIn.expires_at < deed.at))
    session.add(
        SignIn(
            token_hash=tokens.hashed(token),
            person_id=person.id,
            created_at=deed.at,
            expires_at=deed.at + timedelta(days=SIGN_IN_LASTS[person.role]),
        )
    )
    journal.append(session, deed, "signed_in", "person", person.id)
    return token


def sign_out(session: Session, deed: journal.Deed, token: str) -> None:
    """End the sign-in with this secret."""
    session.execute(delete(SignIn).where(SignIn.token_hash == tokens.hashed(token)))
    journal.append(session, deed, "signed_out", "person", deed.by.person_id)


def signed_in(database: Database, token: str, at: datetime) -> Who:
    """The person behind a sign-in's secret, or :data:`NOBODY`."""
    row = database.glance(_SIGNED_IN, token=tokens.hashed(token), at=to_milliseconds(at))
    return Who(row.name, row.role, person_id=row.id) if row else NOBODY


def open_set_up(session: Session, at: datetime) -> str | None:
    """A fresh secret for the set-up link, or none once somebody has come in."""
    set_up = session.get(SetUp, 1)
    if set_up is not None and set_up.closed_at is not None:
        return None
    token = secrets.token_urlsafe(24)
    if set_up is None:
        set_up = SetUp(id=1)
        session.add(set_up)
    set_up.token_hash, set_up.expires_at = tokens.hashed(token), at + SET_UP_LASTS
    return token


def may_set_up(session: Session, token: str, at: datetime) -> bool:
    """Whether this is the secret of the set-up link that is open now."""
    set_up = session.get(SetUp, 1)
    return (
        set_up is not None
        and set_up.closed_at is None
        and set_up.expires_at > at
        and secrets.compare_digest(set_up.token_hash, tokens.hashed(token))
    )


def close_set_up(session: Session, at: datetime) -> None:
    """Shut the set-up door for ever."""
    set_up = session.get(SetUp, 1) or SetUp(
        id=1, token_hash=tokens.hashed(secrets.token_hex()), expires_at=at
    )
    set_up.closed_at = at
    session.add(set_up)


def set_up(
    session: Session, deed: journal.Deed, token: str, *, login: str, name: str, password_hash: str
) -> Person:
    """Make the first administrator and close the door. Raises :class:`SetUpClosed`."""
    if not may_set_up(session, token, deed.at):
        raise SetUpClosed
    close_set_up(session, deed.at)
    return add(session, deed, login=login, name=name, role="admin", password_hash=password_hash)
