"""Loops: the list, a loop's page with its cards, the form, and what one does with a card."""

from __future__ import annotations

from kanban.web.loops import cards, forming, screens
from kanban.web.loops.blueprint import bp
from kanban.web.loops.views import MOST_LOOPS, card_view, loop_view

__all__ = ["MOST_LOOPS", "bp", "card_view", "cards", "forming", "loop_view", "screens"]
