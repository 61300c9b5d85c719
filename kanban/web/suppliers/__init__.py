"""Suppliers: who they are, what they offer, when they take orders, and how they keep their word."""

from __future__ import annotations

from kanban.web.suppliers import offers, rules, scorecard, screens
from kanban.web.suppliers.blueprint import bp
from kanban.web.suppliers.views import offer_view

__all__ = ["bp", "offer_view", "offers", "rules", "scorecard", "screens"]
