"""What leaves the house: the outbox, the brakes, the mail server, and a person's steps with a delivery."""

from __future__ import annotations

from kanban.web.outbox import brakes, mail, screens, steps
from kanban.web.outbox.blueprint import bp
from kanban.web.outbox.views import delivery_view, troubles

__all__ = ["bp", "brakes", "delivery_view", "mail", "screens", "steps", "troubles"]
