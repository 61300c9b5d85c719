"""Cards and labels: choose, look, print; batches, printers, stocks, and what hangs on the wall."""

from kanban.web.labels import batches, choosing, pressroom, printers, stocks, wall
from kanban.web.labels.blueprint import ASSETS, bp

__all__ = ["ASSETS", "batches", "bp", "choosing", "pressroom", "printers", "stocks", "wall"]
