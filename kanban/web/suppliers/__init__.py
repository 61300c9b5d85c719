"""Suppliers: who they are, what they offer, and when they take orders."""

from __future__ import annotations

from kanban.web.suppliers import offers, rules, screens
from kanban.web.suppliers.blueprint import bp
from kanban.web.suppliers.views import offer_view

__all__ = ["bp", "offer_view", "offers", "rules", "screens"]
