"""Labels laid out on the pages of a stock: PDF, SVG and PNG."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_type_hints

from kanban import codes
from kanban.labels import faces, glyphs, symbols, values, widths, words
from kanban.labels.errors import NothingToPrint, StartOffSheet
from kanban.labels.faces import Face, Place, Square
from kanban.labels.setting import pictures, typeset
from kanban.labels.stocks import Stock
from kanban.labels.values import Label, plain
from kanban.labels.widths import Widths
from kanban.languages import gettext as _

LONGEST_SHIFT = 30.0


@dataclass(frozen=True, slots=True)
class Shift:
    """How a printer misses: what is printed is moved (mm) and scaled so that it lands where it should."""

    x: float = 0.0
    y: float = 0.0
    scale_x: float = 1.0
    scale_y: float = 1.0


@dataclass(frozen=True)
class Plan:
    """One print: which face on which stock, from which position on, in which languages, on which printer.

    ``base_url`` is the address that the symbols say; it comes from the settings and from nowhere else.
    """

    assets: Path
    base_url: str
    face: Face
    stock: Stock
    start: int = 1
    languages: tuple[str, ...] = ("en",)
    shift: Shift = Shift()
    outline: bool = False
    kept: symbols.Kept | None = field(default=None, compare=False)
    square: Square | None = field(default=None, compare=False)
    """Where the design has its symbol, if that was found out already."""
    letters: Widths | None = field(default=None, compare=False)
    """How wide letters are set, if that was found out already."""

    def checked(self) -> Plan:
        """Itself. Raises FaceDoesNotFit, ModuleTooSmall, StartOffSheet, NotAnAddress."""
        self.place()
        if not 1 <= self.start <= self.stock.per_sheet:
            most = self.stock.per_sheet
            raise StartOffSheet(
                _(
                    "start at 1 to %(most)s, not %(start)s: %(stock)s",
                    most=most,
                    start=self.start,
                    stock=self.stock.said,
                )
            )
        return self

    def place(self) -> Place:
        """Where the symbol stands. Raises FaceDoesNotFit, ModuleTooSmall, NotAnAddress."""
        return self._placed(symbols.modules(self.base_url, small=self.face.micro))

    def spot(self, label: Label) -> Place:
        """The same for one label: an address of its own may need more modules. Raises ModuleTooSmall."""
        return self._placed(symbols.link_matrix(label.link).modules) if label.link else self.place()

    def _placed(self, modules: int) -> Place:
        return faces.placed(self.designed(), self.stock, modules)

    def designed(self) -> Square:
        """Where the design has its symbol. Raises FaceDoesNotFit."""
        return self.square or faces.square(self.assets, self.face, self.stock)

    def settled(self) -> Plan:
        """Itself, with nothing left to find out: what a press of its own is told."""
        return replace(self, square=self.designed(), letters=self.widths())

    def widths(self) -> Widths:
        """How wide letters are set."""
        return self.letters if self.letters is not None else widths.letters(self.assets)

    def matrix(self, label: Label) -> symbols.Matrix:
        """The modules of a label's symbol, kept or computed."""
        if label.link:
            return symbols.link_matrix(label.link)
        if self.kept is not None and not self.face.micro:
            return self.kept.get(self.base_url, label.code)
        return symbols.matrix(self.base_url, label.code, small=self.face.micro)


def plan(assets: Path, base_url: str, face: str, stock: Stock, start: int = 1, **more: Any) -> Plan:
    """A checked plan. Raises a LabelError that says what cannot be printed."""
    return Plan(assets, base_url, faces.known(assets, face), stock, start, **more).checked()


def pdf(labels: Sequence[Label], how: Plan) -> bytes:
    """Pages of labels as PDF, undated: the same labels give the same bytes. Raises a LabelError."""
    return set_pages(inputs(labels, how), how)


def set_pages(told: dict[str, str], how: Plan) -> bytes:
    """The PDF of labels whose `inputs` are made already. Raises a LabelError."""
    root = how.assets
    return typeset(root / "press" / "sheet.typ", root=root, fonts=root / "fonts", inputs=told)


def page_pictures(
    labels: Sequence[Label], how: Plan, kind: Literal["svg", "png"], dots: float = 144
) -> list[bytes]:
    """The same pages as pictures. Raises a LabelError."""
    source = how.assets / "press" / "sheet.typ"
    return pictures(source, kind, root=how.assets, inputs=inputs(labels, how), dots=dots)


def outline_inputs(how: Plan) -> dict[str, str]:
    """What the design of a stock's outlines is told."""
    stock = {key: value for key, value in asdict(how.stock).items() if key not in ("also", "source")}
    return {"data": json.dumps({"stock": stock})}


def inputs(labels: Sequence[Label], how: Plan, *, symbol: bool = True) -> dict[str, str]:
    """What the design is told; without ``symbol`` its place stays white, for dots that are set later."""
    if not labels:
        raise NothingToPrint(_("there is no label to print"))
    place = how.checked().place()
    for label in labels:
        how.spot(label)  # refused before it is set too small
    photos = _pictures({label.photo for label in labels if label.photo})
    stock = {key: value for key, value in asdict(how.stock).items() if key not in ("also", "source")}
    fonts = how.assets / "fonts"
    rows = [_row(label, how, photos, fonts) for label in labels]
    data = {
        "stock": stock,
        "start": how.start,
        "symbol": [place.left, place.top, place.side],
        "shift": asdict(how.shift),
        "outline": how.outline,
        "photos": photos,
        "labels": rows,
        "symbols": [symbols.drawing(how.matrix(label)) for label in labels] if symbol else None,
    }
    said = {key: plain(word) for key, word in words.said(how.languages).items()}
    return {
        "face": f"/{how.face.name}.typ",
        "words": json.dumps(said, ensure_ascii=False),
        "data": json.dumps(data, ensure_ascii=False),
        "widths": json.dumps(widths.texts(_texts(rows), how.widths()), ensure_ascii=False),
    }


def _texts(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    return (row[name] for row in rows for name in _FITTED)


def _row(label: Label, how: Plan, photos: Mapping[str, str], fonts: Path) -> dict[str, Any]:
    """A label as its design knows it: finished text, so that a design composes and cuts nothing."""
    facts: dict[str, Any] = {name: _text(getattr(label, name), fonts) for name in _TEXTS}
    facts["way"], facts["spot"] = values.parted(facts["location"])
    facts["clear"] = codes.grouped(label.code)
    facts["edition"] = values.edition(label.print_version, facts["printed_on"], facts["shop"])
    facts["turn"] = words.turn(label.number, label.of, how.languages)
    photo = _name(label.photo) if label.photo else ""
    facts["photo"] = photo if photo in photos else None
    return facts


_FITTED = (*glyphs.SHOWN, "way", "spot", "edition", "turn")
"""The facts whose widths a design is told."""
_TEXTS = tuple(name for name, kind in get_type_hints(Label).items() if kind is str and name != "link")


@lru_cache(maxsize=4_096)
def _text(value: str, fonts: Path) -> str:
    return glyphs.replaced(plain(value), fonts)


def _name(photo: bytes) -> str:
    return hashlib.sha256(photo).hexdigest()[:16]


def _pictures(photos: Iterable[bytes]) -> dict[str, str]:
    """Each photo by its name, as SVG; one that cannot be read is left out: the card matters more."""
    found = {_name(photo): _picture(photo) for photo in photos}
    return {name: picture for name, picture in found.items() if picture}


def _picture(photo: bytes) -> str | None:
    """A photo's JPEG wrapped as SVG, so that it travels inside the data."""
    from io import BytesIO

    from PIL import Image

    try:
        with Image.open(BytesIO(photo), formats=("JPEG",)) as opened:
            opened.load()
            width, height = opened.size
    except (OSError, ValueError, SyntaxError):
        return None
    href = "data:image/jpeg;base64," + base64.b64encode(photo).decode()
    return symbols.svg(width, height, f'<image width="{width}" height="{height}" xlink:href="{href}"/>')
