"""Cards and labels: choose, look, print; batches, printers, stocks, and what hangs on the wall."""

from kanban.web.labels import batches, blanks, choosing, files, pressroom, printers, stocks, wall
from kanban.web.labels.blueprint import ASSETS, bp

__all__ = [
    "ASSETS",
    "batches",
    "blanks",
    "bp",
    "choosing",
    "files",
    "pressroom",
    "printers",
    "stocks",
    "wall",
]
