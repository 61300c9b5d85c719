"""Faces: designs in ``labels/*.typ``. What they are, on which stocks they fit, where their symbol stands."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from kanban.labels import symbols
from kanban.labels.errors import FaceDoesNotFit, ModuleTooSmall, UnknownFace
from kanban.labels.setting import query
from kanban.labels.stocks import Stock, dots_a_mm
from kanban.languages import gettext as _
from kanban.languages import mark

CARDS = "card"
TITLES = (
    mark("Kanban card"), mark("Pocket card"), mark("Bin label"), mark("Shelf strip"), mark("Small bin label"),
    mark("QR label"), mark("Drawer label (Micro QR)"), mark("Way-home tag"), mark("Location label"),
    mark("Pairing card"), mark("Poster"),
)  # fmt: skip
"""The titles of our own designs, for the catalogues; a design says its own."""


Square = tuple[float, float, float]
"""Left, top and side of a symbol with its quiet zone in a design, in mm."""


@dataclass(frozen=True, slots=True)
class Face:
    """A design. ``least`` is the smallest label (width, height in mm) that it can be set on.

    ``of`` says whose data it shows: ``card``, ``place``, ``pairing`` or ``poster``; ``micro`` that its symbol
    is a Micro QR, which only our own scanner reads.
    """

    name: str
    title: str
    least: tuple[float, float]
    of: str = CARDS
    micro: bool = False

    def fits(self, stock: Stock) -> bool:
        """Whether a label of the stock is large enough."""
        return all(room >= least - 0.01 for room, least in zip(stock.room, self.least, strict=True))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a symbol with its quiet zone stands: from the label's corner, all in mm."""

    left: float
    top: float
    side: float
    module: float
    """Side of one module."""
    dots: int = 0
    """The same in printer dots, where they are known."""

    @property
    def is_small(self) -> bool:
        """Whether phones must come close to read it."""
        return self.module < symbols.GOOD_MODULE_MM - 0.001

    @property
    def distance(self) -> int:
        """From how many cm it is read."""
        return symbols.reading_distance(self.module)


def every(assets: Path) -> dict[str, Face]:
    """Every design in the folder, by name."""
    return {path.stem: _face(assets, path.stem) for path in sorted(assets.glob("*.typ"))}


def known(assets: Path, name: str) -> Face:
    """The design of that name. Raises UnknownFace."""
    if name not in {path.stem for path in assets.glob("*.typ")}:
        raise UnknownFace(_("there is no face “%(name)s”", name=name[:60]))
    return _face(assets, name)


def square(assets: Path, face: Face, stock: Stock) -> Square:
    """Where the design has its symbol on this stock. Raises FaceDoesNotFit."""
    if not face.fits(stock):
        raise FaceDoesNotFit(
            _(
                "%(face)s needs a label of at least %(least)s mm: not %(stock)s",
                face=_(face.title),
                least="{:g} × {:g}".format(*face.least),
                stock=stock.said,
            )
        )
    return _places(assets, face.name, (stock.room,))[0]


def placed(square: Square, stock: Stock, modules: int) -> Place:
    """Where a symbol of so many modules a side, quiet zone included, stands then. Raises ModuleTooSmall."""
    found = _snapped(square, stock, modules)
    if found.module < symbols.LEAST_MODULE_MM - 0.001:
        raise ModuleTooSmall(
            _(
                "modules of %(module)s mm are below %(least)s mm: use a larger label or a shorter host name",
                module=f"{found.module:.2f}",
                least=symbols.LEAST_MODULE_MM,
            )
        )
    return found


def papers(assets: Path, face: Face, found: Mapping[str, Stock], modules: int) -> list[tuple[Stock, Place]]:
    """The stocks that a face fits on with modules large enough; one question to typst for all."""
    fitting = [stock for stock in found.values() if face.fits(stock)]
    rooms = tuple(dict.fromkeys(stock.room for stock in fitting))
    where = dict(zip(rooms, _places(assets, face.name, rooms), strict=True))
    placed = [(stock, _snapped(where[stock.room], stock, modules)) for stock in fitting]
    return [(stock, place) for stock, place in placed if place.module >= symbols.LEAST_MODULE_MM - 0.001]


def _snapped(wanted: Square, stock: Stock, modules: int) -> Place:
    """The place on the label; on a roll in whole dots, in the middle of what the design left free."""
    left, top, side = wanted[0] + stock.edge[0], wanted[1] + stock.edge[1], wanted[2]
    if not stock.dpi:
        return Place(left, top, side, side / modules)
    per_mm = dots_a_mm(stock.dpi)
    dots = int(side * per_mm / modules + 1e-6)
    snapped = dots * modules / per_mm
    spare = (side - snapped) / 2
    x, y = (max(0, round((start + spare) * per_mm)) / per_mm for start in (left, top))  # its white too
    return Place(x, y, snapped, dots / per_mm, dots)


@lru_cache(maxsize=64)
def _face(assets: Path, name: str) -> Face:
    about = _described(assets, name, ())
    return Face(name, about["title"], tuple(about["least"]), about["of"], about["micro"])


@lru_cache(maxsize=64)
def _places(assets: Path, name: str, rooms: tuple[tuple[float, float], ...]) -> list[Square]:
    return [tuple(each) for each in _described(assets, name, rooms)["places"]] if rooms else []


def _described(assets: Path, name: str, rooms: Sequence[tuple[float, float]]) -> dict[str, Any]:
    inputs = {"face": f"/{name}.typ", "rooms": json.dumps(rooms)}
    about: dict[str, Any] = json.loads(query(assets / "press" / "face.typ", "<face>", assets, inputs))
    return about
