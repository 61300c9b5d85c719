"""Suppliers: who they are, what they offer, when and how they get orders, and how they keep their word."""

from __future__ import annotations

from kanban.web.suppliers import channel, offers, rules, scorecard, screens
from kanban.web.suppliers.blueprint import bp
from kanban.web.suppliers.views import offer_view

__all__ = ["bp", "channel", "offer_view", "offers", "rules", "scorecard", "screens"]
