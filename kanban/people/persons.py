"""People who sign in with a name and a password; on a shared phone a PIN may say who holds it.

Passwords and PINs are kept as Argon2id.
"""

from __future__ import annotations

from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import CheckConstraint, ForeignKey, String, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from kanban import journal
from kanban.db import Base, Moment, RowId
from kanban.languages import gettext as _
from kanban.people.roles import ROLES

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1_000
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_NOBODYS_HASH = (  # compared where the name is unknown, so that both answers take alike long
    "$argon2id$v=19$m=19456,t=2,p=1$uzv0PrUKkM29Qi1Ze5gOJg$8K9chKOVhP5OajXrA4OgACdPfjfzR2DvtawWzyaceeI"
)


class BadPassword(ValueError):
    """The new password is too short, too long, or one that everybody tries first."""


class LoginTaken(ValueError):
    """Another person signs in with this name."""


class LastAdmin(ValueError):
    """Somebody must be left who may do everything."""


class Person(Base):
    """Somebody who signs in with a name and a password."""

    __tablename__ = "person"
    __table_args__ = (CheckConstraint(f"role IN {ROLES}", name="role"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    login: Mapped[str] = mapped_column(String(200), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str] = mapped_column(String(200))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    pin_hash: Mapped[str | None] = mapped_column(String(200))


class SignIn(Base):
    """One browser in which a person is signed in."""

    __tablename__ = "sign_in"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)

    person: Mapped[Person] = relationship()


def hash_password(password: str, *, login: str = "") -> str:
    """The Argon2id hash of a new password. Raises :class:`BadPassword`."""
    if len(password) < SHORTEST_PASSWORD:
        raise BadPassword(_("a password has at least %(least)s characters", least=SHORTEST_PASSWORD))
    if len(password) > LONGEST_PASSWORD:
        raise BadPassword(_("a password has at most %(most)s characters", most=LONGEST_PASSWORD))
    plain = password.casefold()
    if len(set(plain)) < 5 or (login and plain.replace(login.casefold(), "").strip("0123456789!") == ""):
        raise BadPassword(_("too easy to guess: use a few words that do not belong together"))
    return _HASHER.hash(password)


def add(
    session: Session, deed: journal.Deed, *, login: str, name: str, role: str, password_hash: str
) -> Person:
    """A new person. Raises :class:`LoginTaken`."""
    if session.scalar(select(Person).where(Person.login == login.casefold())):
        raise LoginTaken(_("somebody signs in as %(login)s already", login=login))
    person = Person(
        login=login.casefold(), name=name, role=role, password_hash=password_hash, created_at=deed.at
    )
    session.add(person)
    session.flush()
    journal.append(session, deed, "added", "person", person.id, {"role": role})
    return person


def change(
    session: Session, deed: journal.Deed, person: Person, *, name: str, role: str, active: bool
) -> None:
    """Rename somebody, give another role, or end or restore their access.

    A changed role or ended access bites on the next request. Raises :class:`LastAdmin`.
    """
    if person.role == "admin" and person.active and not (role == "admin" and active):
        _refuse_last_admin(session, person)
    if (role, active) != (person.role, person.active):
        journal.append(session, deed, "changed", "person", person.id, {"role": role, "active": active})
        session.execute(delete(SignIn).where(SignIn.person_id == person.id))
    elif name != person.name:
        journal.append(session, deed, "renamed", "person", person.id)
    person.name, person.role, person.active = name, role, active


def set_password(session: Session, deed: journal.Deed, person: Person, password_hash: str) -> None:
    """Give a new password and end all sign-ins made with the old one."""
    person.password_hash = password_hash
    session.execute(delete(SignIn).where(SignIn.person_id == person.id))
    journal.append(session, deed, "password_set", "person", person.id)


def password_fits(person: Person | None, password: str) -> bool:
    """Whether the password is this person's; takes alike long for a person who does not exist."""
    try:
        _HASHER.verify(person.password_hash if person else _NOBODYS_HASH, password)
    except (VerifyMismatchError, InvalidHashError):
        return False
    return person is not None and person.active


def by_login(session: Session, login: str) -> Person | None:
    """The person who signs in with this name, whatever the case."""
    return session.scalar(select(Person).where(Person.login == login.casefold()))


def everybody(session: Session) -> list[Person]:
    """All people, those with access first, by name."""
    return list(session.scalars(select(Person).order_by(Person.active.desc(), func.lower(Person.name))))


def _refuse_last_admin(session: Session, person: Person) -> None:
    others = select(func.count()).where(Person.role == "admin", Person.active, Person.id != person.id)
    if not session.scalar(others):
        raise LastAdmin(_("this is the last administrator"))
