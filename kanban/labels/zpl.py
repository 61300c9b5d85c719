"""ZPL, the language of Zebra's printers: each label as a graphic of our own dots (``^GF``).

Text, photo and symbol are dots that we set and tested, so every script prints on every printer, and no
name reaches the printer as a command. On wish the printer draws the symbol itself (``^BQ``).
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from kanban.labels import rasters, symbols
from kanban.labels.errors import FaceDoesNotFit
from kanban.labels.faces import Place
from kanban.labels.sheets import Plan
from kanban.labels.stocks import dots_a_mm
from kanban.labels.values import Label
from kanban.languages import gettext as _

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST_BQ = 10
"""Dots a module that ``^BQ`` can draw at most."""


def job(labels: Iterable[Label], how: Plan, *, own_symbol: bool = False) -> Iterator[bytes]:
    """The labels as ZPL, one after the other; ``own_symbol``: the printer draws the symbol, where it can.

    Takes few labels at a time, so that a job of any size needs the memory of some. Raises a LabelError
    before the first label.
    """
    if not how.stock.is_roll:
        raise FaceDoesNotFit(_("%(stock)s is no roll: ZPL is for label printers", stock=how.stock.said))
    by_printer = own_symbol and draws_symbol(how.checked())
    for label, image in rasters.each(labels, how, symbol=not by_printer):
        yield _label(label, how, how.spot(label) if by_printer else None, image)


def draws_symbol(how: Plan) -> bool:
    """Whether ``^BQ`` can draw the symbol in its place: no Micro QR, no module of more than 10 dots.

    A printer may put all of an address into bytes; where that needs a larger symbol than our segments do,
    it would run over what stands beside it.
    """
    place, wholly = how.place(), symbols.modules_in_bytes(how.base_url)
    fits = place.side > 0 and place.dots <= LARGEST_BQ and not how.face.micro
    return fits and wholly == symbols.modules(how.base_url)


def graphic(image: Image) -> bytes:
    """``^GF`` of a picture of dots: compressed (Z64), with the checksum that the printer checks."""
    dark = image.convert("1").point(lambda value: 0 if value else 255).convert("1")
    row = (dark.width + 7) // 8
    data = dark.tobytes()
    packed = base64.b64encode(zlib.compress(data, 9))
    checksum = binascii.crc_hqx(packed, 0)
    return b"^GFA,%d,%d,%d,:Z64:%s:%04X" % (len(data), len(data), row, packed, checksum)


def _label(label: Label, how: Plan, symbol: Place | None, image: Image) -> bytes:
    per_mm = dots_a_mm(how.stock.dpi)
    if how.stock.turned:
        image = image.rotate(-90, expand=True)
    shift = b"^LS%d^LT%d" % (-round(how.shift.x * per_mm), round(how.shift.y * per_mm))
    head = b"^XA^CI28^PW%d^LL%d^LH0,0%s" % (image.width, image.height, shift)
    body = b"^FO0,0" + graphic(image) + b"^FS"
    if symbol is not None:
        body += _drawn_by_printer(label, how, symbol, image.width)
    return head + body + b"^PQ1^XZ\n"


def _drawn_by_printer(label: Label, how: Plan, place: Place, width: int) -> bytes:
    """``^BQ``: the printer leaves no quiet zone, and 10 dots above; so it starts where the black does."""
    per_mm = dots_a_mm(how.stock.dpi)
    quiet = symbols.QUIET_ZONE * place.dots
    x, y = round(place.left * per_mm) + quiet, round(place.top * per_mm) + quiet
    if how.stock.turned:
        side = round(place.side * per_mm) - 2 * quiet
        x, y = width - y - side, x
    text = label.link or f"{symbols.address(how.base_url)}/c/{label.code}"
    return b"^FO%d,%d^BQN,2,%d,M^FH_^FDMA,%s^FS" % (x, max(0, y - 10), place.dots, _plain(text))


def _plain(text: str) -> bytes:
    """Data that cannot be a command: all but letters, digits and ``/ : .`` as hexadecimal digits."""
    return b"".join(
        bytes([each]) if each < 128 and (chr(each).isalnum() or each in b"/:.") else b"_%02X" % each
        for each in text.encode()
    )
