"""Pairing a phone: a code that is shown on a desk screen, opened once, and makes the phone a device.

The code in the link has 130 random bits; the short one, to be typed where the link cannot be opened, has 40
and is held by the brake. Both open the same pairing, once, for ten minutes (a printed one for a day).
"""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, String, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from kanban import journal
from kanban.db import Base, Moment, RowId
from kanban.languages import gettext as _
from kanban.people import attempts, tokens
from kanban.people.attempts import Limit
from kanban.people.devices import ASKS, Device, PhoneFacts, PhoneToken, new_token, set_facts
from kanban.people.roles import ROLES

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SHORT_LENGTH = 8
LONGEST_CODE = 60
LASTS = timedelta(minutes=10)
LASTS_ON_PAPER = timedelta(hours=24)
KEPT = timedelta(days=30)

WRONG_CODES = Limit(5, timedelta(minutes=10))
"""Wrong codes that one address may try."""
ALL_WRONG_CODES = Limit(100, timedelta(minutes=10))
"""Wrong short codes that all together may try; the long code of the link is never held by it."""


class PairingClosed(ValueError):
    """This code was used, is too old, or was never given out."""


class Pairing(Base):
    """A phone that is expected: what it will be, and the hashes of the two codes that it may show."""

    __tablename__ = "pairing"
    __table_args__ = (
        CheckConstraint(f"role IN {ROLES}", name="role"),
        CheckConstraint(f"asks IN {ASKS}", name="asks"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    short_hash: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(20))
    location_id: Mapped[int | None] = mapped_column(ForeignKey("location.id"))
    asks: Mapped[str] = mapped_column(String(10))
    self_signal: Mapped[bool]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"))

    @property
    def facts(self) -> PhoneFacts:
        """What the phone will be."""
        return PhoneFacts(self.name, self.role, self.location_id, self.asks, self.self_signal)


@dataclass(frozen=True, slots=True)
class PairingCode:
    """The two codes of a pairing, shown once: ``secret`` for the link, ``short`` for typing."""

    pairing_id: int
    secret: str
    short: str
    expires_at: datetime


def open_pairing(
    session: Session, deed: journal.Deed, facts: PhoneFacts, *, lasts: timedelta = LASTS,
    again: Device | None = None,
) -> PairingCode:  # fmt: skip
    """Expect a phone. ``again`` gives a device that is known a new phone: the old one ends when it comes."""
    secret = secrets.token_urlsafe(18)
    short = "".join(secrets.choice(LETTERS) for _each in range(SHORT_LENGTH))
    session.execute(delete(Pairing).where(Pairing.expires_at < deed.at - KEPT))
    pairing = Pairing(
        secret_hash=tokens.hashed(secret),
        short_hash=tokens.hashed(short),
        name=facts.name,
        role=facts.role,
        location_id=facts.location_id,
        asks=facts.asks,
        self_signal=facts.self_signal,
        made_by=deed.by.person_id,
        made_at=deed.at,
        expires_at=deed.at + lasts,
        device_id=again.id if again else None,
    )
    session.add(pairing)
    session.flush()
    journal.append(session, deed, "opened", "pairing", pairing.id, {"role": facts.role})
    return PairingCode(pairing.id, secret, short, pairing.expires_at)


def end_pairing(session: Session, deed: journal.Deed, pairing: Pairing) -> None:
    """Expect the phone no longer."""
    if pairing.used_at is None and pairing.expires_at > deed.at:
        pairing.expires_at = deed.at
        journal.append(session, deed, "closed", "pairing", pairing.id)


def refuse_guessing_codes(session: Session, address: str, at: datetime) -> None:
    """Raise :class:`attempts.TooManyTries` where an address has tried too many wrong codes lately."""
    attempts.refuse_too_many(session, f"pair {address}", WRONG_CODES, at)


def note_wrong_code(session: Session, address: str, code: str, at: datetime) -> None:
    """Count a wrong code. Raises :class:`attempts.TooManyTries`."""
    attempts.count(session, f"pair {address}", WRONG_CODES, at)
    if _is_short(code):
        attempts.count(session, "pair all", ALL_WRONG_CODES, at)


def pair(session: Session, deed: journal.Deed, code: str) -> tuple[Device, str]:
    """Make the phone that shows ``code`` a device; returns it, and the secret for its cookie.

    Of two phones that show one code at once, one is paired. Raises :class:`PairingClosed`, and
    :class:`attempts.TooManyTries` for a short code while too many wrong ones are tried.
    """
    pairing = _open_one(session, code, deed.at)
    device = _device(session, deed, pairing)
    session.flush()
    pairing.used_at, pairing.device_id = deed.at, device.id
    token = tokens.make()
    session.add(new_token(token, device.id, deed.at))
    journal.append(session, deed, "paired", "device", device.id, {"role": device.role})
    return device, token


def is_code_of(pairing: Pairing, secret: str, short: str, at: datetime) -> bool:
    """Whether both codes are those of this pairing, and it is still open."""
    hashes = (tokens.hashed(secret), tokens.hashed(_typed(short)))
    is_open = pairing.used_at is None and pairing.expires_at > at
    return is_open and hashes == (pairing.secret_hash, pairing.short_hash)


def _device(session: Session, deed: journal.Deed, pairing: Pairing) -> Device:
    """The device that a pairing makes; or the one that gets another phone, whose old secrets end."""
    device = session.get(Device, pairing.device_id) if pairing.device_id else None
    if device is None:
        device = Device(created_at=deed.at)
        session.add(device)
    else:
        session.execute(delete(PhoneToken).where(PhoneToken.device_id == device.id))
    set_facts(device, pairing.facts)
    device.paired_at = device.seen_at = deed.at
    device.revoked_at = device.copied_at = device.held_by = device.held_until = None
    return device


def _open_one(session: Session, code: str, at: datetime) -> Pairing:
    short = _typed(code)
    if _is_short(code):
        attempts.refuse_too_many(session, "pair all", ALL_WRONG_CODES, at)
        shown = Pairing.short_hash == tokens.hashed(short)
    else:
        shown = Pairing.secret_hash == tokens.hashed(code.strip())
    usable = (shown, Pairing.used_at.is_(None), Pairing.expires_at > at)
    claimed = session.execute(update(Pairing).where(*usable).values(used_at=at).returning(Pairing.id)).first()
    if claimed is None:
        raise PairingClosed(_("this code was used already, is too old, or is mistyped"))
    return session.scalars(select(Pairing).where(Pairing.id == claimed.id)).one()


def _is_short(code: str) -> bool:
    return len(_typed(code)) == SHORT_LENGTH


def _typed(code: str) -> str:
    """A short code as a person types it, in its one form: O is 0, I and L are 1."""
    plain = unicodedata.normalize("NFKC", code).upper().replace(" ", "").replace("-", "")
    return plain.translate(str.maketrans("OIL", "011"))
