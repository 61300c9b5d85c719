"""Receiving at the dock: what is expected, a delivery taken in, what came with a note, what goes back."""

from __future__ import annotations

from kanban.web.receiving import decisions, notes, screens, taking
from kanban.web.receiving.blueprint import bp

__all__ = ["bp", "decisions", "notes", "screens", "taking"]
