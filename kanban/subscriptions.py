"""Browsers that take messages from us (Web Push): where each is reached, and whose it is.

A subscription belongs to a person or to a paired device. Its endpoint is a secret address at the
browser's maker; the database finds it by its SHA-256.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from kanban import journal
from kanban.db import Base, Moment, RowId
from kanban.languages import gettext as _

LONGEST_ENDPOINT = 2_000
POINT_BYTES, SECRET_BYTES = 65, 16
UNCOMPRESSED = 4


class BadSubscription(ValueError):
    """What the browser sent cannot be reached by us."""


class PushSubscription(Base):
    """One browser that takes messages. ``gone_at``: since when its maker knows it no more."""

    __tablename__ = "push_subscription"
    __table_args__ = (CheckConstraint("(person_id IS NULL) <> (device_id IS NULL)", name="owner"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    endpoint_hash: Mapped[str] = mapped_column(String(64), unique=True)
    endpoint: Mapped[str] = mapped_column(Text)
    p256dh: Mapped[str] = mapped_column(String(120))
    auth: Mapped[str] = mapped_column(String(40))
    language: Mapped[str] = mapped_column(String(10))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    device_id: Mapped[int | None] = mapped_column(ForeignKey("device.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    gone_at: Mapped[datetime | None] = mapped_column(Moment)


@dataclass(frozen=True)
class Browser:
    """What a browser tells of itself when it subscribes; ``p256dh`` and ``auth`` as base64url."""

    endpoint: str
    p256dh: str
    auth: str
    language: str = "en"


def keep(session: Session, deed: journal.Deed, browser: Browser) -> PushSubscription:
    """Send messages to this browser from now on, for whoever the deed is by.

    A browser that was another's before is theirs no more. Raises :class:`BadSubscription`.
    """
    check(browser)
    row = find(session, browser.endpoint) or PushSubscription(endpoint_hash=_hashed(browser.endpoint))
    row.endpoint, row.p256dh, row.auth = browser.endpoint, browser.p256dh, browser.auth
    row.language = browser.language
    row.person_id = deed.by.person_id
    row.device_id = None if deed.by.person_id else deed.by.device_id
    row.created_at, row.gone_at = deed.at, None
    session.add(row)
    session.flush()
    journal.append(session, deed, "subscribed", "push", row.id)
    return row


def renew(session: Session, deed: journal.Deed, endpoint: str, browser: Browser) -> PushSubscription:
    """The browser's maker gave it another address: it stays whose it was, and in its language.

    Raises :class:`BadSubscription` for a browser that takes no messages, or an address that is no good.
    """
    check(browser)
    row = find(session, endpoint)
    if row is None:
        raise BadSubscription(_("this browser takes no messages yet"))
    taken = find(session, browser.endpoint)
    if taken is not None and taken.id != row.id:
        session.delete(taken)
        session.flush()
    row.endpoint, row.endpoint_hash = browser.endpoint, _hashed(browser.endpoint)
    row.p256dh, row.auth, row.gone_at = browser.p256dh, browser.auth, None
    journal.append(session, deed, "resubscribed", "push", row.id)
    return row


def drop(session: Session, deed: journal.Deed, endpoint: str) -> bool:
    """Send nothing more to this browser; says whether we did."""
    row = find(session, endpoint)
    if row is None:
        return False
    journal.append(session, deed, "unsubscribed", "push", row.id)
    session.delete(row)
    return True


def note_gone(session: Session, subscription_id: int, at: datetime) -> None:
    """Its maker says that this browser is gone: nothing more is sent there."""
    row = session.get(PushSubscription, subscription_id)
    if row is not None and row.gone_at is None:
        row.gone_at = at


def find(session: Session, endpoint: str) -> PushSubscription | None:
    """The subscription with this endpoint."""
    return session.scalar(select(PushSubscription).where(PushSubscription.endpoint_hash == _hashed(endpoint)))


def of(
    session: Session, *, people: Iterable[int] = (), devices: Iterable[int] = ()
) -> list[PushSubscription]:
    """The browsers that these people and devices are reached by now, oldest first."""
    mine = PushSubscription.person_id.in_(list(people)) | PushSubscription.device_id.in_(list(devices))
    found = select(PushSubscription).where(PushSubscription.gone_at.is_(None), mine)
    return list(session.scalars(found.order_by(PushSubscription.id)))


def check(browser: Browser) -> None:
    """Raise :class:`BadSubscription` for what no browser's maker would give."""
    if not _is_usual(browser.endpoint):
        raise BadSubscription(_("the endpoint is no address of a push service"))
    point, secret = from_base64(browser.p256dh), from_base64(browser.auth)
    if len(point) != POINT_BYTES or point[0] != UNCOMPRESSED or len(secret) != SECRET_BYTES:
        raise BadSubscription(_("the browser's keys are not of the usual size"))


def from_base64(text: str) -> bytes:
    """The bytes of base64url text without padding; empty for anything else."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""


def _is_usual(endpoint: str) -> bool:
    """Whether this is an https address of a host with a public kind of name."""
    if len(endpoint) > LONGEST_ENDPOINT or not re.fullmatch(r"[!-~]+", endpoint):
        return False
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    named = re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", host) and not _is_number(host)
    plain = not (parts.username or parts.password or parts.fragment)
    return bool(named) and parts.scheme == "https" and port in (None, 443) and plain


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host.replace(".", "").isdigit()
    return True


def _hashed(endpoint: str) -> str:
    return hashlib.sha256(endpoint.encode("utf-8", "surrogatepass")).hexdigest()
