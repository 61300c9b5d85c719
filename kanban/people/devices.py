"""Devices: paired phones, and buttons, scanners and programs that show a token.

A phone is known by a cookie whose secret changes about once a day. The new secret is offered with an
answer; the old one stays good until the new one comes back, so a lost answer locks nobody out. Two tabs
that ask at once are offered the same one (see :func:`tokens.following`). A secret that was replaced and
comes back later is a copy: it opens nothing, and the device is marked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, String, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from kanban import journal
from kanban.db import Base, Database, Moment, RowId, Statement, from_milliseconds, to_milliseconds
from kanban.people import tokens
from kanban.people.roles import NOBODY, ROLES, Who

ASKS = ("nobody", "initials", "pin")
"""Whom a phone asks before it acts: nobody, for a tap on one's initials, or for a PIN too."""

COOKIE_LASTS = timedelta(days=400)
ROTATES_AFTER = timedelta(days=1)
COPY_GRACE = timedelta(minutes=2)
"""How long a replaced secret still works: requests of another tab may be under way with it."""
SEEN_AGAIN_AFTER = timedelta(minutes=5)
COOKIE_RENEWED_AFTER = timedelta(days=30)


class Device(Base):
    """A paired phone (it has ``paired_at``), or a machine or program with a token (``token_hash``)."""

    __tablename__ = "device"
    __table_args__ = (
        CheckConstraint(f"role IN {ROLES}", name="role"),
        CheckConstraint(f"asks IN {ASKS}", name="asks"),
        CheckConstraint("(paired_at IS NULL) <> (token_hash IS NULL)", name="one_way_in"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(20))
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)
    location_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"))
    asks: Mapped[str] = mapped_column(String(10), default="nobody")
    self_signal: Mapped[bool] = mapped_column(default=True)
    paired_at: Mapped[datetime | None] = mapped_column(Moment)
    seen_at: Mapped[datetime | None] = mapped_column(Moment)
    copied_at: Mapped[datetime | None] = mapped_column(Moment)
    held_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    held_until: Mapped[datetime | None] = mapped_column(Moment)


class PhoneToken(Base):
    """One secret of a phone's cookie. ``seen_at`` is when it first came back; ``salt`` makes the next one."""

    __tablename__ = "phone_token"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id"), index=True)
    made_at: Mapped[datetime] = mapped_column(Moment)
    seen_at: Mapped[datetime | None] = mapped_column(Moment)
    retired_at: Mapped[datetime | None] = mapped_column(Moment)
    salt: Mapped[str] = mapped_column(String(64))


@dataclass(frozen=True, slots=True)
class PhoneFacts:
    """What a phone is: where it lies (a location's id), what it may do, and whom it asks."""

    name: str
    role: str
    location_id: int | None = None
    asks: str = "nobody"
    self_signal: bool = True


@dataclass(frozen=True, slots=True)
class Phone:
    """The paired phone that sends a request; ``holder`` is the person who said that they hold it."""

    device_id: int
    name: str
    role: str
    asks: str
    self_signal: bool
    made_at: datetime
    is_new: bool
    is_copy: bool
    seen_at: datetime | None
    is_marked: bool
    holder_id: int | None
    holder: str

    @property
    def is_asking(self) -> bool:
        """Whether somebody has to say who holds the phone before it may do more than look."""
        return self.asks != "nobody" and self.holder_id is None

    def who(self) -> Who:
        """The phone as the one who asks: until its question is answered, it only looks."""
        role = "viewer" if self.is_asking else self.role
        return Who(self.holder or self.name, role, self.holder_id, self.device_id, self.holder_id is not None)

    def is_due(self, at: datetime) -> bool:
        """Whether there is something to note: seen again, a new secret that came back, or a day gone by."""
        seen = self.seen_at is not None and timedelta(0) <= at - self.seen_at < SEEN_AGAIN_AFTER
        return self.is_new or self.is_old(at) or not seen

    def is_old(self, at: datetime) -> bool:
        """Whether the secret is to be replaced."""
        return at - self.made_at > ROTATES_AFTER


_DEVICE = Statement("SELECT id, name, role FROM device WHERE token_hash = :token AND revoked_at IS NULL")
_PHONE = Statement(
    "SELECT d.id, d.name, d.role, d.asks, d.self_signal, d.seen_at AS device_seen_at, t.made_at, t.seen_at,"
    " t.retired_at, d.copied_at, p.id AS person_id, p.name AS person"
    " FROM phone_token t JOIN device d ON d.id = t.device_id"
    " LEFT JOIN person p ON p.id = d.held_by AND p.active AND d.held_until > :at"
    " WHERE t.token_hash = :token AND d.revoked_at IS NULL"
)


def devices(session: Session) -> list[Device]:
    """All devices, those with access first, by name."""
    return list(
        session.scalars(select(Device).order_by(Device.revoked_at.isnot(None), func.lower(Device.name)))
    )


def add_device(session: Session, deed: journal.Deed, name: str, role: str) -> tuple[Device, str]:
    """A new device with a token that is shown once."""
    token = tokens.make()
    device = Device(name=name, role=role, token_hash=tokens.hashed(token), created_at=deed.at)
    session.add(device)
    session.flush()
    journal.append(session, deed, "added", "device", device.id, {"role": role})
    return device, token


def change_device(session: Session, deed: journal.Deed, device: Device, facts: PhoneFacts) -> None:
    """Rename a device, or let it do more or less; bites on its next request."""
    told = {
        "role": facts.role, "location": facts.location_id,
        "asks": facts.asks, "self_signal": facts.self_signal,
    }  # fmt: skip
    journal.append(session, deed, "changed", "device", device.id, told)
    set_facts(device, facts)
    if facts.asks == "nobody":
        device.held_by = device.held_until = None


def set_facts(device: Device, facts: PhoneFacts) -> None:
    """What a device is and may do, by columns."""
    device.name, device.role, device.location_id = facts.name, facts.role, facts.location_id
    device.asks, device.self_signal = facts.asks, facts.self_signal


def revoke_device(session: Session, deed: journal.Deed, device: Device) -> None:
    """End a device's access; its next request is refused."""
    if device.revoked_at is None:
        device.revoked_at = deed.at
        device.held_by = device.held_until = None
        journal.append(session, deed, "revoked", "device", device.id)


def device_of(database: Database, token: str) -> Who:
    """The device behind an API token, or :data:`NOBODY`."""
    row = database.glance(_DEVICE, token=tokens.hashed(token))
    return Who(row.name, row.role, device_id=row.id) if row else NOBODY


def phone_of(database: Database, token: str, at: datetime) -> Phone | None:
    """The paired phone behind a cookie's secret, or none: unknown, or revoked."""
    row = database.glance(_PHONE, token=tokens.hashed(token), at=to_milliseconds(at))
    if row is None:
        return None
    retired = None if row.retired_at is None else from_milliseconds(row.retired_at)
    return Phone(
        device_id=row.id,
        name=row.name,
        role=row.role,
        asks=row.asks,
        self_signal=bool(row.self_signal),
        made_at=from_milliseconds(row.made_at),
        is_new=row.seen_at is None,
        is_copy=retired is not None and at - retired > COPY_GRACE,
        seen_at=None if row.device_seen_at is None else from_milliseconds(row.device_seen_at),
        is_marked=row.copied_at is not None,
        holder_id=row.person_id,
        holder=row.person or "",
    )


def keep_phone(session: Session, token: str, at: datetime) -> str | None:
    """Note that a phone was here with this secret; returns the next secret where this one is a day old.

    The first time that a new secret comes, those before it are retired.
    """
    shown = session.get(PhoneToken, tokens.hashed(token))
    if shown is None or shown.retired_at is not None:
        return None
    session.execute(update(Device).where(Device.id == shown.device_id).values(seen_at=at))
    if shown.seen_at is None:
        shown.seen_at = at
        _retire_older(session, shown, at)
    if at - shown.made_at <= ROTATES_AFTER:
        return None
    following = tokens.following(token, shown.salt)
    if session.get(PhoneToken, tokens.hashed(following)) is None:
        session.add(new_token(following, shown.device_id, at))
    return following


def new_token(token: str, device_id: int, at: datetime) -> PhoneToken:
    """The row of a secret that nobody has shown yet."""
    return PhoneToken(
        token_hash=tokens.hashed(token), device_id=device_id, made_at=at, salt=tokens.make()[:43]
    )


def mark_copied(session: Session, deed: journal.Deed, device_id: int) -> None:
    """Somebody showed a secret that was replaced: two browsers hold this pairing. Noted once per pairing."""
    device = session.get_one(Device, device_id)
    if device.copied_at is None:
        device.copied_at = deed.at
        journal.append(session, deed, "copied", "device", device.id)


def _retire_older(session: Session, shown: PhoneToken, at: datetime) -> None:
    older = (PhoneToken.device_id == shown.device_id, PhoneToken.token_hash != shown.token_hash)
    session.execute(delete(PhoneToken).where(*older, PhoneToken.retired_at < at - COOKIE_LASTS))
    session.execute(update(PhoneToken).where(*older, PhoneToken.retired_at.is_(None)).values(retired_at=at))
