"""The link by which a supplier answers without an account: signed, bound to one order, ending, revocable.

A token names its order and generation and carries 128 bits of an HMAC over both, made with the
installation's secret key. So nothing that opens a door stands in the database, and a mail can be made
again with the same link. Whoever renews or revokes a link ends all earlier ones.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kanban import journal
from kanban.answers.tables import Answer, AnswerLink
from kanban.languages import gettext as _
from kanban.orders import NotAllowed, Order

LASTS_AFTER_CLOSE = timedelta(days=14)
MOST_ANSWERS_AN_HOUR = 60
LONGEST_TOKEN = 60
_FORM = re.compile(r"([1-9][0-9]{0,14})-([1-9][0-9]{0,3})-([A-Za-z0-9_-]{22})")


class NoSuchLink(LookupError):
    """No link of ours: mistyped, cut off by a mail program, or tampered with."""


class LinkExpired(Exception):
    """The order was finished more than two weeks ago."""


class LinkRevoked(Exception):
    """The buyer has ended this link, or sent a newer one."""


class TooManyAnswers(Exception):
    """More answers to one order within an hour than anybody means."""


@dataclass(frozen=True, slots=True)
class Link:
    """The link to an order as it stands now."""

    order_id: int
    generation: int = 1
    revoked: bool = False


def token(link: Link, secret: str) -> str:
    """What stands in the address, such as ``4711-1-hX3…``; the same link and secret give the same."""
    return f"{link.order_id}-{link.generation}-{_signature(link.order_id, link.generation, secret)}"


def link_of(session: Session, order_id: int) -> Link:
    """The link to an order."""
    row = session.get(AnswerLink, order_id)
    return Link(order_id, row.generation, row.revoked_at is not None) if row else Link(order_id)


def opened(session: Session, text: str, secret: str, at: datetime) -> Order:
    """The order behind a token. Raises :class:`NoSuchLink`, :class:`LinkRevoked` or :class:`LinkExpired`."""
    read = _FORM.fullmatch(text[:LONGEST_TOKEN])
    if read is None:
        raise NoSuchLink
    order_id, generation = int(read[1]), int(read[2])
    if not hmac.compare_digest(read[3], _signature(order_id, generation, secret)):
        raise NoSuchLink
    order = session.get(Order, order_id)
    if order is None or order.state == "draft":
        raise NoSuchLink
    link = link_of(session, order_id)
    if link.revoked or link.generation != generation:
        raise LinkRevoked
    if order.closed_at is not None and at > order.closed_at + LASTS_AFTER_CLOSE:
        raise LinkExpired
    return order


def renew(session: Session, deed: journal.Deed, order: Order) -> Link:
    """A new link for an order that was sent; earlier ones end."""
    if order.state == "draft":
        raise NotAllowed(_("a draft has no link: send it first"))
    row = _row(session, order)
    row.generation += 1
    row.revoked_at = None
    session.flush()
    journal.append(session, deed, "link_renewed", "order", order.id, order_id=order.id)
    return Link(order.id, row.generation)


def revoke(session: Session, deed: journal.Deed, order: Order) -> None:
    """End the link to an order."""
    row = _row(session, order)
    if row.revoked_at is None:
        row.revoked_at = deed.at
        session.flush()
        journal.append(session, deed, "link_revoked", "order", order.id, order_id=order.id)


def refuse_flood(session: Session, order: Order, at: datetime) -> None:
    """Raise :class:`TooManyAnswers` where somebody, or something, answers without end."""
    lately = select(func.count()).where(Answer.order_id == order.id, Answer.at > at - timedelta(hours=1))
    if (session.scalar(lately) or 0) >= MOST_ANSWERS_AN_HOUR:
        raise TooManyAnswers


def _row(session: Session, order: Order) -> AnswerLink:
    row = session.get(AnswerLink, order.id)
    if row is None:
        row = AnswerLink(order_id=order.id, generation=1)
        session.add(row)
    return row


def _signature(order_id: int, generation: int, secret: str) -> str:
    said = f"kanban answer link {order_id} {generation}".encode()
    digest = hmac.new(secret.encode(), said, hashlib.sha256).digest()[:16]
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
