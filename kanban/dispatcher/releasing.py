"""The chore that lets drafts leave by their suppliers' rules."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from kanban import journal, orders
from kanban.config import Settings
from kanban.orders import Order, rules


def work(session: Session, deed: journal.Deed, settings: Settings) -> datetime | None:
    """Release what is due, and say when the next draft may be."""
    zone = settings.zone

    def release(session: Session, deed: journal.Deed, order: Order) -> None:
        orders.release(session, deed, order, zone)

    return rules.release_due(session, deed, release, undo=settings.undo, zone=zone).look_again
