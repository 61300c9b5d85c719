"""The page on which a supplier answers an order without an account, and the same as JSON."""

from __future__ import annotations

from kanban.web.answer import screens
from kanban.web.answer.blueprint import bp

__all__ = ["bp", "screens"]
