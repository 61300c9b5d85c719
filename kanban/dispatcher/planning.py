"""The chore of what was planned for a day: big withdrawals are ordered in time, temporary cards leave."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from kanban import journal, plans
from kanban.config import Settings


def work(session: Session, deed: journal.Deed, settings: Settings) -> datetime | None:
    """Order what must go out today, and let cards leave whose last day is over."""
    plans.do_due(session, deed, settings.zone)
    return None
