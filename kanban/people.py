"""People, their sign-ins, devices with a token, and the brake on guessing.

Every secret that opens a door is 256 random bits; the database holds only its SHA-256.
Passwords are kept as Argon2id.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import CheckConstraint, ForeignKey, Index, String, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from kanban import journal
from kanban.db import Base, Database, Moment, RowId, Statement, to_milliseconds
from kanban.languages import gettext as _

ROLES = ("viewer", "operator", "buyer", "admin")
"""Each may do what those before it may."""

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1_000
SIGN_IN_LASTS = {"viewer": 7, "operator": 7, "buyer": 7, "admin": 1}  # days
SET_UP_LASTS = timedelta(hours=24)
TRIES_WINDOW = timedelta(minutes=5)
TRIES_PER_LOGIN_AND_ADDRESS = 10
TRIES_PER_ADDRESS = 100

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_NOBODYS_HASH = (  # compared where the name is unknown, so that both answers take alike long
    "$argon2id$v=19$m=19456,t=2,p=1$uzv0PrUKkM29Qi1Ze5gOJg$8K9chKOVhP5OajXrA4OgACdPfjfzR2DvtawWzyaceeI"
)


class BadPassword(ValueError):
    """The new password is too short, too long, or one that everybody tries first."""


class LoginTaken(ValueError):
    """Another person signs in with this name."""


class WrongSignIn(Exception):
    """Name and password do not fit, or the person may not sign in any more."""


class TooManyTries(Exception):
    """Too many wrong sign-ins just now."""


class SetUpClosed(Exception):
    """The set-up link was used, is too old, or is not the one printed last."""


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


class SignIn(Base):
    """One browser in which a person is signed in."""

    __tablename__ = "sign_in"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)

    person: Mapped[Person] = relationship()


class Device(Base):
    """A machine that acts by itself: a scanner, a button, a program with an API token."""

    __tablename__ = "device"
    __table_args__ = (CheckConstraint(f"role IN {ROLES}", name="role"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(20))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)


class SetUp(Base):
    """The one door for the first administrator; closed for ever once used."""

    __tablename__ = "set_up"
    __table_args__ = (CheckConstraint("id = 1", name="once"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[datetime] = mapped_column(Moment)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)


class WrongTry(Base):
    """One wrong sign-in, kept for the brake."""

    __tablename__ = "wrong_try"
    __table_args__ = (Index("ix_wrong_try_address", "address", "at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    login: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Moment)


@dataclass(frozen=True, slots=True)
class Who:
    """The one who sends a request: a person, a device, or nobody known (role empty)."""

    name: str = ""
    role: str = ""
    person_id: int | None = None
    device_id: int | None = None

    def may(self, role: str) -> bool:
        """Whether this one has at least ``role``."""
        return bool(self.role) and ROLES.index(self.role) >= ROLES.index(role)


NOBODY = Who()

_SIGNED_IN = Statement(
    "SELECT p.id, p.name, p.role FROM sign_in s JOIN person p ON p.id = s.person_id"
    " WHERE s.token_hash = :token AND s.expires_at > :at AND p.active"
)
_DEVICE = Statement("SELECT id, name, role FROM device WHERE token_hash = :token AND revoked_at IS NULL")


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


def devices(session: Session) -> list[Device]:
    """All devices, those with access first, by name."""
    return list(
        session.scalars(select(Device).order_by(Device.revoked_at.isnot(None), func.lower(Device.name)))
    )


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


def sign_in(session: Session, deed: journal.Deed, person: Person) -> str:
    """Open a sign-in for a person whose password fitted; returns the secret for the cookie."""
    token = secrets.token_urlsafe(32)
    session.execute(delete(SignIn).where(SignIn.expires_at < deed.at))
    session.add(
        SignIn(
            token_hash=_hashed(token),
            person_id=person.id,
            created_at=deed.at,
            expires_at=deed.at + timedelta(days=SIGN_IN_LASTS[person.role]),
        )
    )
    journal.append(session, deed, "signed_in", "person", person.id)
    return token


def sign_out(session: Session, deed: journal.Deed, token: str) -> None:
    """End the sign-in with this secret."""
    session.execute(delete(SignIn).where(SignIn.token_hash == _hashed(token)))
    journal.append(session, deed, "signed_out", "person", deed.by.person_id)


def signed_in(database: Database, token: str, at: datetime) -> Who:
    """The person behind a sign-in's secret, or :data:`NOBODY`."""
    row = database.glance(_SIGNED_IN, token=_hashed(token), at=to_milliseconds(at))
    return Who(row.name, row.role, person_id=row.id) if row else NOBODY


def add_device(session: Session, deed: journal.Deed, name: str, role: str) -> tuple[Device, str]:
    """A new device, and the token that is shown once."""
    token = secrets.token_urlsafe(32)
    device = Device(name=name, role=role, token_hash=_hashed(token), created_at=deed.at)
    session.add(device)
    session.flush()
    journal.append(session, deed, "added", "device", device.id, {"role": role})
    return device, token


def revoke_device(session: Session, deed: journal.Deed, device: Device) -> None:
    """End a device's access; its next request is refused."""
    if device.revoked_at is None:
        device.revoked_at = deed.at
        journal.append(session, deed, "revoked", "device", device.id)


def device_of(database: Database, token: str) -> Who:
    """The device behind an API token, or :data:`NOBODY`."""
    row = database.glance(_DEVICE, token=_hashed(token))
    return Who(row.name, row.role, device_id=row.id) if row else NOBODY


def open_set_up(session: Session, at: datetime) -> str | None:
    """A fresh secret for the set-up link, or none once somebody has come in."""
    set_up = session.get(SetUp, 1)
    if set_up is not None and set_up.closed_at is not None:
        return None
    token = secrets.token_urlsafe(24)
    if set_up is None:
        set_up = SetUp(id=1)
        session.add(set_up)
    set_up.token_hash, set_up.expires_at = _hashed(token), at + SET_UP_LASTS
    return token


def may_set_up(session: Session, token: str, at: datetime) -> bool:
    """Whether this is the secret of the set-up link that is open now."""
    set_up = session.get(SetUp, 1)
    return (
        set_up is not None
        and set_up.closed_at is None
        and set_up.expires_at > at
        and secrets.compare_digest(set_up.token_hash, _hashed(token))
    )


def close_set_up(session: Session, at: datetime) -> None:
    """Shut the set-up door for ever."""
    set_up = session.get(SetUp, 1) or SetUp(id=1, token_hash=_hashed(secrets.token_hex()), expires_at=at)
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


def _refuse_last_admin(session: Session, person: Person) -> None:
    others = select(func.count()).where(Person.role == "admin", Person.active, Person.id != person.id)
    if not session.scalar(others):
        raise LastAdmin(_("this is the last administrator"))


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
