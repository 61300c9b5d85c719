"""Advice on the number of cards: what is proposed, why, what if, and what became of it."""

from kanban.web.advice import facts, screens, settling, sheets, simulation
from kanban.web.advice.blueprint import bp

__all__ = ["bp", "facts", "screens", "settling", "sheets", "simulation"]
