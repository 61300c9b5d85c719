"""What a running application holds: its settings and its database; and its day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask import current_app, g

from kanban.config import Settings
from kanban.db import Database


@dataclass(frozen=True)
class Kanban:
    """Settings and database of the application that runs."""

    settings: Settings
    database: Database


def running() -> Kanban:
    """The application's settings and database, inside a request."""
    kanban: Kanban = current_app.extensions["kanban"]
    return kanban


def today() -> date:
    """The shop's day when the request came."""
    day: date = g.at.astimezone(running().settings.zone).date()
    return day
