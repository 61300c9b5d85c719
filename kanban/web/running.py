"""What a running application holds: its settings and its database."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app

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
