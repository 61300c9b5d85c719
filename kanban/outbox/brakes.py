"""Brakes before automation: limits for what leaves by itself, and one switch that stops everything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kanban import journal
from kanban.db import RING, Statement
from kanban.outbox.tables import Brakes, Delivery

MAILS_AN_HOUR = 200
ORDERS_A_DAY = 20
HOUR = timedelta(hours=1)
RESTORED = "restored"
"""Why everything waits after a backup was put back."""

_PAUSED = Statement("SELECT paused_at FROM brakes WHERE paused_at IS NOT NULL")


@dataclass(frozen=True)
class Limits:
    """What the brakes allow; none is no limit. ``rest_seconds``: how long an order can be called back."""

    order_value: Decimal | None = None
    orders_a_day: int | None = ORDERS_A_DAY
    mails_an_hour: int | None = MAILS_AN_HOUR
    new_suppliers_ask: bool = True
    rest_seconds: int = 0


@dataclass(frozen=True)
class Leaving:
    """An order about to leave: its value as far as prices are known, and whether a person sends it."""

    supplier_id: int
    value: Decimal
    by_person: bool


def get(session: Session) -> Brakes:
    """The brakes; the usual ones (not yet in the database) before anybody has set them."""
    return session.get(Brakes, 1) or Brakes(id=1, paused_because="", **vars(Limits()))


def is_paused(session: Session) -> bool:
    """Whether everything waits."""
    return _PAUSED.first(session) is not None


def set_limits(session: Session, deed: journal.Deed, limits: Limits) -> bool:
    """Other limits; says whether anything changed."""
    brakes = get(session)
    changed = {name: value for name, value in vars(limits).items() if getattr(brakes, name) != value}
    if not changed:
        return False
    for name, value in changed.items():
        setattr(brakes, name, value)
    session.add(brakes)
    session.flush()
    journal.append(session, deed, "changed", "brakes", 1, changed)
    return True


def pause(session: Session, deed: journal.Deed, because: str) -> None:
    """Stop everything that leaves, until :func:`go_on`. Whoever paused first is the one who is named."""
    brakes = get(session)
    if brakes.paused_at is None:
        brakes.paused_at, brakes.paused_by, brakes.paused_because = deed.at, deed.by.person_id, because
        session.add(brakes)
        session.flush()
        journal.append(session, deed, "paused", "brakes", 1)


def pause_restored(session: Session, at: datetime) -> None:
    """Stop everything because a backup was put back, which the journal says already."""
    brakes = get(session)
    brakes.paused_at, brakes.paused_by, brakes.paused_because = at, None, RESTORED
    session.add(brakes)
    session.flush()


def go_on(session: Session, deed: journal.Deed) -> None:
    """Let everything leave again that waited only for this."""
    brakes = get(session)
    if brakes.paused_at is not None:
        brakes.paused_at, brakes.paused_by, brakes.paused_because = None, None, ""
        session.flush()
        session.info[RING] = True
        journal.append(session, deed, "went_on", "brakes", 1)


def hold(session: Session, brakes: Brakes, leaving: Leaving, at: datetime) -> str:
    """Why this order has to wait for a person: ``value``, ``day``, ``new``; empty where it may leave."""
    if brakes.order_value is not None and leaving.value > brakes.order_value:
        return "value"
    if leaving.by_person:
        return ""
    if brakes.new_suppliers_ask and not _has_had_orders(session, leaving.supplier_id):
        return "new"
    if brakes.orders_a_day and _orders_lately(session, leaving.supplier_id, at) >= brakes.orders_a_day:
        return "day"
    return ""


def mails_free_at(session: Session, at: datetime) -> datetime | None:
    """When the next mail may leave by the limit per hour; none: at once."""
    limit = get(session).mails_an_hour
    if limit is None:
        return None
    lately = (
        select(Delivery.settled_at)
        .where(Delivery.state == "delivered", Delivery.channel == "email", Delivery.settled_at > at - HOUR)
        .order_by(Delivery.settled_at.desc())
        .offset(limit - 1)
        .limit(1)
    )
    oldest = session.scalar(lately)
    return oldest + HOUR if oldest else None


def _has_had_orders(session: Session, supplier_id: int) -> bool:
    had = select(Delivery.id).where(
        Delivery.supplier_id == supplier_id, Delivery.kind == "order", Delivery.state == "delivered"
    )
    return session.scalar(had.limit(1)) is not None


def _orders_lately(session: Session, supplier_id: int, at: datetime) -> int:
    lately = select(func.count()).where(
        Delivery.supplier_id == supplier_id, Delivery.kind == "order", Delivery.state != "cancelled",
        Delivery.created_at > at - timedelta(days=1),
    )  # fmt: skip
    return session.scalar(lately) or 0
