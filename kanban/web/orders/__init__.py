"""Orders: the list, an order's page and document, and a buyer's steps from draft to received."""

from __future__ import annotations

from kanban.web.orders import answered, drafting, papers, screens, steps
from kanban.web.orders.blueprint import bp

__all__ = ["answered", "bp", "drafting", "papers", "screens", "steps"]
