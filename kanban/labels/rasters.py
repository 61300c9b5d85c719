"""Labels as dots: what a thermal printer takes. The symbol is made by qrcode, whole dots a module.

The design is set by typst without its symbol, made black and white, and the symbol's dots are put in.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, TextIO

from kanban.labels import symbols
from kanban.labels.faces import Place
from kanban.labels.setting import pictures
from kanban.labels.sheets import Plan, inputs
from kanban.labels.stocks import Stock, dots_a_mm
from kanban.labels.values import Label

if TYPE_CHECKING:
    from PIL.Image import Image
    from qrcode import QRCode

BLACK_BELOW = 150
"""Grey values of text that become a dot: a little more than half, so that thin strokes stay."""
AT_ONCE = 50
"""Labels set in one go: bounds the memory."""


def each(labels: Iterable[Label], how: Plan, *, symbol: bool = True) -> Iterator[tuple[Label, Image]]:
    """Each label of a roll with the printer's dots (mode 1, 0 is black), as it is read, not turned."""
    waiting = iter(labels)
    while some := list(islice(waiting, AT_ONCE)):
        yield from zip(some, _some(some, how, symbol=symbol), strict=True)


def trimmed(image: Image, stock: Stock) -> Image:
    """The dots that the printer reaches, where it takes no others: what is cut off is white."""
    if not stock.trimmed:
        return image
    per_mm = dots_a_mm(stock.dpi)
    left, top, width, height = (round(length * per_mm) for length in (*stock.edge, *stock.room))
    return image.crop((left, top, left + width, top + height))


def png(image: Image, dpi: int) -> bytes:
    """The dots as PNG, one bit each, which says its resolution."""
    file = io.BytesIO()
    image.save(file, "PNG", dpi=(dots_a_mm(dpi) * 25.4,) * 2, optimize=True)
    return file.getvalue()


def dots_of(label: Label, how: Plan, place: Place) -> Image:
    """The symbol with its quiet zone, ``place.dots`` a module."""
    made = _link(label.link) if label.link else _code(how.base_url, label.code)
    made.box_size = place.dots
    dots: Image = made.make_image().get_image().convert("1")
    return dots


def on_terminal(text: str, out: TextIO) -> None:
    """A QR code of ``text`` drawn with characters."""
    made = _qr(None, border=2)
    made.add_data(text)
    made.print_ascii(out=out, invert=True)


def squares(text: str) -> tuple[int, str]:
    """A QR symbol for a screen: the side of its square and one SVG path, in modules, quiet zone included."""
    made = _qr(None)
    made.add_data(text)
    matrix: list[list[bool]] = made.get_matrix()
    runs = [f"M{x} {y}h1v1h-1z" for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark]
    return len(matrix), "".join(runs)


def _some(labels: Sequence[Label], how: Plan, *, symbol: bool) -> Iterator[Image]:
    from dataclasses import replace

    from PIL import Image

    stock = how.stock
    flat = replace(how, stock=replace(stock, turned=False))  # turned last, when all dots are in place
    per_mm = dots_a_mm(stock.dpi)
    size = (round(stock.label[0] * per_mm), round(stock.label[1] * per_mm))
    source = how.assets / "press" / "sheet.typ"
    told = inputs(labels, flat, symbol=how.face.micro)
    pages = pictures(source, "png", root=how.assets, inputs=told, dots=per_mm * 25.4)
    for label, page in zip(labels, pages, strict=True):
        grey = Image.open(io.BytesIO(page)).convert("L")
        image = Image.new("L", size, 255)
        image.paste(grey, (0, 0))
        black = image.point(lambda value: 255 if value >= BLACK_BELOW else 0).convert("1")
        place = flat.spot(label)
        if symbol and place.side and not how.face.micro:
            corner = (round(place.left * per_mm), round(place.top * per_mm))
            black.paste(dots_of(label, how, place), corner)
        yield black


def _code(base_url: str, code: str) -> QRCode:
    from qrcode.util import MODE_8BIT_BYTE, MODE_ALPHA_NUM, QRData

    made = _qr(symbols.version(base_url))
    made.add_data(QRData(f"{symbols.address(base_url)}/c/".encode(), mode=MODE_8BIT_BYTE), optimize=0)
    made.add_data(QRData(code.encode(), mode=MODE_ALPHA_NUM), optimize=0)
    return made


def _link(text: str) -> QRCode:
    made = _qr(None)
    made.add_data(text, optimize=0)
    return made


def _qr(version: int | None, border: int = symbols.QUIET_ZONE) -> QRCode:
    from qrcode import QRCode
    from qrcode.constants import ERROR_CORRECT_M

    return QRCode(version=version, error_correction=ERROR_CORRECT_M, border=border)
