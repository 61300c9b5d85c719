"""The chore that looks for what needs somebody, and tells them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from kanban import alerts, journal
from kanban.config import Settings


def work(session: Session, deed: journal.Deed, settings: Settings) -> datetime | None:
    """Open and close alerts, then queue the messages about them."""
    alerts.watch(session, deed, undo=settings.undo, zone=settings.zone)
    alerts.tell(session, deed, alerts.Told(settings.zone, settings.base_url, settings.language))
    return None
