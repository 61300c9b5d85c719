"""The dashboard: how lean and how safe the shop is, over time and by supplier, area and class."""

from kanban.web.dashboard.screens import bp

__all__ = ["bp"]
