"""The chore that keeps advice up to date."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from kanban import advice, journal
from kanban.config import Settings

SOON = timedelta(seconds=1)


def work(session: Session, deed: journal.Deed, settings: Settings) -> datetime | None:
    """Size some loops of which something new is known, and come back at once where more wait."""
    return deed.at + SOON if advice.review_due(session, deed, settings.zone) else None
