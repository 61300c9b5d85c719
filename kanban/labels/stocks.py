"""Stocks: sheets of labels, sheets to cut, and rolls. Geometry as data, one TOML file each.

All lengths are in mm. Positions on a sheet are counted row by row from 1. A stock that somebody adds
is checked as ours are: every label lies on its paper and none over another.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from kanban import languages
from kanban.labels.errors import BadStock, UnknownStock
from kanban.languages import gettext as _

DOTS_A_MM = {203: 8.0}
"""Printers called 203 dpi have 8 dots a mm; all others what their dpi say."""
DPI = (180, 203, 300, 360, 600)
LONGEST = 1_500.0
LONGEST_TEXT = 500
MOST_LABELS = 1_000
PAPERS = {(210, 297): "A4", (215.9, 279.4): "Letter"}
_SLACK = 0.02
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_NUMBER = re.compile("[0-9]{4,}")
_PACK = re.compile("-[0-9]{1,3}$")


@dataclass(frozen=True, slots=True)
class Stock:
    """A sheet with labels in a grid, or a roll (``dpi``), whose pages are its labels.

    ``label`` is as it is read: width, height. On a ``turned`` roll it leaves the printer narrow side
    first. ``edge``: what the printer of a roll cannot reach, left and right, top and bottom; a ``trimmed``
    roll's pictures are without it.
    """

    name: str
    title: str
    label: tuple[float, float]
    paper: tuple[float, float]
    columns: int = 1
    rows: int = 1
    left: float = 0.0
    top: float = 0.0
    pitch: tuple[float, float] = (0.0, 0.0)
    radius: float = 0.0
    cut: bool = False
    dpi: int = 0
    edge: tuple[float, float] = (0.0, 0.0)
    turned: bool = False
    continuous: bool = False
    trimmed: bool = False
    also: tuple[str, ...] = ()
    source: str = ""

    @property
    def is_roll(self) -> bool:
        return self.dpi > 0

    @property
    def per_sheet(self) -> int:
        return self.columns * self.rows

    @property
    def room(self) -> tuple[float, float]:
        """Width and height that a design may use."""
        return self.label[0] - 2 * self.edge[0], self.label[1] - 2 * self.edge[1]

    @property
    def said(self) -> str:
        """Its name and what it is: ``Avery L7160: 21 labels of 63.5 × 38.1 mm, A4``."""
        size = " × ".join(languages.number(Decimal(str(round(each, 1)))) for each in self.label)
        if self.continuous:
            return _("%(name)s: endless, set for %(size)s mm", name=self.title, size=size)
        if self.is_roll:
            return (
                self.title
                if self.title.endswith(" mm")
                else _("%(name)s: %(size)s mm", name=self.title, size=size)
            )
        said = languages.ngettext(
            "%(name)s: %(num)s label of %(size)s mm",
            "%(name)s: %(num)s labels of %(size)s mm",
            self.per_sheet,
            name=self.title,
            size=size,
        )
        paper = PAPERS.get(self.paper, "")
        said = f"{said}, {paper}" if paper and paper != self.title else said
        return _("%(labels)s, to cut", labels=said) if self.cut else said

    @property
    def form(self) -> str:
        """The family that a person looks for: to cut, a maker's sheets, rolls."""
        if self.is_roll:
            return _("Rolls")
        return _("To cut") if self.cut else _("Sheets")

    @property
    def told(self) -> str:
        """What it is found by: its names, its sizes, and every number with its letters and without."""
        numbers = (self.name, self.title, *self.also)
        bare = (number for each in numbers for number in _NUMBER.findall(each))
        return _folded(" ".join(dict.fromkeys((*numbers, *bare, self.said))))

    def corner(self, position: int) -> tuple[float, float]:
        """Upper left corner of the label at a position, from the paper's upper left corner, in mm."""
        row, column = divmod(position - 1, self.columns)
        return self.left + column * self.pitch[0], self.top + row * self.pitch[1]


def dots_a_mm(dpi: int) -> float:
    """Printer dots in a millimetre."""
    return DOTS_A_MM.get(dpi, dpi / 25.4)


def every(assets: Path, own: Path | None = None) -> dict[str, Stock]:
    """Every stock by its name: ours, and those in the folder ``own`` whose files are right."""
    from kanban.labels import stockfiles

    ours = _ours(assets)
    return dict(ours) | stockfiles.read(own, ours)[0] if own else dict(ours)


def sought(found: Iterable[Stock], typed: str) -> list[Stock]:
    """Those that are called so, with or without how many are in the box; else those of its number."""
    words = _folded(typed).split()
    told = [(stock, stock.told) for stock in found]
    for wanted in (words, [_PACK.sub("", word) for word in words]):
        called = [stock for stock, said in told if all(word in said for word in wanted)]
        if called:
            return called
    return [stock for stock, said in told if all(_numbered(said, word) for word in words)]


def known(found: Mapping[str, Stock], name: str) -> Stock:
    """The stock of that name. Raises UnknownStock."""
    if name not in found:
        raise UnknownStock(_("there is no stock “%(name)s”", name=name[:60]))
    return found[name]


def made(name: str, facts: Mapping[str, Any]) -> Stock:
    """A stock from its file or its form. Raises BadStock, which says what is wrong."""
    if not _NAME.fullmatch(name):
        raise BadStock(
            _("a stock's name has small letters, digits and hyphens: not “%(name)s”", name=name[:60]), "title"
        )
    allowed = {each.name for each in fields(Stock)} - {"name"}
    strange = [key for key in facts if key not in allowed]
    if strange:
        raise BadStock(_("there is no “%(field)s” in a stock", field=strange[0][:60]), strange[0])
    given: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in facts.items()
    }
    label = _pair(given, "label")
    if given.get("dpi"):
        given = {"paper": label, "pitch": label} | given
    _pair(given, "paper")
    stock = Stock(name, **{"title": name, **given})
    check(stock)
    return stock


def facts(stock: Stock) -> dict[str, Any]:
    """A stock as its file says it; :func:`made` makes the same stock of it again."""
    told = {each.name: getattr(stock, each.name) for each in fields(Stock) if each.name != "name"}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in told.items()}


def check(stock: Stock) -> None:
    """Raise BadStock unless every label lies on the paper and none over another."""
    _check_words(stock)
    for field in ("paper", "label", "pitch", "edge"):
        _pair({field: getattr(stock, field)}, field)
    for field in ("left", "top", "radius"):
        _length(field, getattr(stock, field))
    _check_counts(stock)
    if min(stock.label) < 5 or min(stock.room) < 5:
        raise BadStock(_("a label is at least 5 mm wide and high"), "label")
    if stock.radius > min(stock.label) / 2:
        raise BadStock(_("the radius of a corner is at most half of the label"), "radius")
    if stock.columns > 1 and stock.pitch[0] < stock.label[0] - _SLACK:
        raise BadStock(_("the columns overlap: the pitch is smaller than the label"), "pitch_x")
    if stock.rows > 1 and stock.pitch[1] < stock.label[1] - _SLACK:
        raise BadStock(_("the rows overlap: the pitch is smaller than the label"), "pitch_y")
    right, bottom = (
        start + size for start, size in zip(stock.corner(stock.per_sheet), stock.label, strict=True)
    )
    if right > stock.paper[0] + _SLACK or bottom > stock.paper[1] + _SLACK:
        raise BadStock(
            _(
                "the last label ends at %(right)s × %(bottom)s mm, off the paper of %(paper)s mm",
                right=f"{right:.2f}",
                bottom=f"{bottom:.2f}",
                paper="{:g} × {:g}".format(*stock.paper),
            ),
            "columns" if right > stock.paper[0] + _SLACK else "rows",
        )


def _check_words(stock: Stock) -> None:
    for field in ("title", "source"):
        text = getattr(stock, field)
        if not isinstance(text, str) or len(text) > LONGEST_TEXT or (text and not text.isprintable()):
            said = _("%(field)s is one line of up to %(most)s characters", field=field, most=LONGEST_TEXT)
            raise BadStock(said, field)
    if not isinstance(stock.also, tuple) or not all(isinstance(each, str) for each in stock.also):
        raise BadStock(_('also is a list of texts, such as ["5160", "8160"]'), "also")
    for field in ("cut", "turned", "continuous", "trimmed"):
        if not isinstance(getattr(stock, field), bool):
            raise BadStock(_("%(field)s is true or false", field=field), field)


def _check_counts(stock: Stock) -> None:
    for field in ("columns", "rows"):
        if type(getattr(stock, field)) is not int or getattr(stock, field) < 1:
            raise BadStock(_("columns and rows are whole numbers from 1"), field)
    if stock.per_sheet > MOST_LABELS:
        raise BadStock(_("a sheet has at most %(most)s labels", most=MOST_LABELS), "rows")
    if type(stock.dpi) is not int or (stock.dpi and stock.dpi not in DPI):
        raise BadStock(_("dpi is one of %(all)s", all=", ".join(map(str, DPI))), "dpi")


def lengthened(stock: Stock, length: float) -> Stock:
    """A continuous stock with labels of this length along the tape, in mm. Raises BadStock."""
    from dataclasses import replace

    if not stock.continuous:
        raise BadStock(_("%(title)s is cut already: its labels have one length", title=stock.title))
    label = (length, stock.label[1]) if stock.turned else (stock.label[0], length)
    longer = replace(stock, label=label, paper=label, pitch=label)
    check(longer)
    return longer


def _folded(text: str) -> str:
    """Text as it is compared: ``63,5 × 38.1`` is ``63.5x38.1``."""
    text = re.sub("(?<=[0-9]) ?[x×] ?(?=[0-9])", "x", text.casefold())
    return re.sub("(?<=[0-9]),(?=[0-9])", ".", text)


def _numbered(told: str, word: str) -> bool:
    number = _NUMBER.search(word)
    return number.group() in _NUMBER.findall(told) if number else word in told


def _pair(facts: Mapping[str, Any], field: str) -> tuple[float, float]:
    pair = facts.get(field)
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise BadStock(_("%(field)s is two lengths in mm", field=field), field)
    for length in pair:
        _length(field, length)
    return (pair[0], pair[1])


def _length(field: str, value: object) -> None:
    good = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if not good or not 0 <= value <= LONGEST:  # type: ignore[operator]
        raise BadStock(_("%(field)s is a length from 0 to 1500 mm", field=field), field)


@lru_cache(maxsize=4)
def _ours(assets: Path) -> dict[str, Stock]:
    paths = sorted((assets / "stocks").glob("*.toml"))
    return {path.stem: made(path.stem, tomllib.loads(path.read_text(encoding="utf-8"))) for path in paths}
