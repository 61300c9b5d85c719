"""Counted loops: what the record says, taking and counting; and big withdrawals planned beside a loop."""

from kanban.web.stock.screens import bp

__all__ = ["bp"]
