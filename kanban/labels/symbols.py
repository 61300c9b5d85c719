"""The symbol of a label, made by segno: what it says, how large its modules are, how far it is read.

``<base>/c/`` stands in byte mode with scheme and host in lower case (phones refuse or misread others),
the code as an alphanumeric segment of its own, at level M, in the smallest version that holds it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

import segno
from segno import consts

from kanban.labels.errors import NotAnAddress
from kanban.labels.values import check_code
from kanban.languages import gettext as _

QUIET_ZONE = 4
"""Modules of white on every side of a symbol."""
MICRO_QUIET_ZONE = 2
"""The same of a Micro QR symbol."""
GOOD_MODULE_MM = 0.5
"""Below this a caller should warn: phones need to come close (four dots of a 203 dpi printer)."""
LEAST_MODULE_MM = 0.33
"""Below this nothing is printed: four dots of a 300 dpi printer."""
READS_AT = 1280 / (3 * 1.226) / 10
"""Centimetres of distance a millimetre of module: 1280 px of video, 63° wide, 3 px a module."""

ANY_CODE = "0" * 12  # every code is as long as the next, so is its symbol


@dataclass(frozen=True, slots=True)
class Matrix:
    """The modules of a symbol without its quiet zone: `bits` row by row, a byte each, 1 is dark."""

    size: int
    bits: bytes
    quiet: int = QUIET_ZONE

    @property
    def modules(self) -> int:
        """Modules a side, quiet zone included."""
        return self.size + 2 * self.quiet

    def rows(self) -> Iterable[bytes]:
        """The rows from top to bottom."""
        return (self.bits[start : start + self.size] for start in range(0, len(self.bits), self.size))


def symbol(url_base: str, code: str) -> segno.QRCode:
    """The QR symbol of a card. Raises NotACode, NotAnAddress."""
    check_code(code)
    segments = [(f"{address(url_base)}/c/", consts.MODE_BYTE), (code, consts.MODE_ALPHANUMERIC)]
    # segno takes segments, its stub does not say so
    return segno.make(segments, error="m", boost_error=False, micro=False)  # type: ignore[arg-type]


def micro(code: str) -> segno.QRCode:
    """A Micro QR symbol that holds the bare code; no phone's own camera reads it, only our scanner."""
    check_code(code)
    return segno.make(code, error="m", boost_error=False, micro=True, mode="alphanumeric")


def link(text: str) -> segno.QRCode:
    """The QR symbol of any address of ours: a place, a phone to be paired."""
    return segno.make(text, error="m", boost_error=False, micro=False)


def matrix(url_base: str, code: str, *, small: bool = False) -> Matrix:
    """The modules of a card's symbol; ``small``: of its Micro QR."""
    return _matrix(micro(code), MICRO_QUIET_ZONE) if small else _matrix(symbol(url_base, code))


@lru_cache(maxsize=256)
@lru_cache(maxsize=1_024)
def link_matrix(text: str) -> Matrix:
    """The modules of an address's symbol: asked for its size and for its drawing."""
    return _matrix(link(text))


@lru_cache(maxsize=64)
def modules(url_base: str, *, small: bool = False) -> int:
    """Modules a side of every card's symbol at this address, quiet zone included."""
    return matrix(url_base, ANY_CODE, small=small).modules


@lru_cache(maxsize=64)
def modules_in_bytes(url_base: str) -> int:
    """The same of one that does not set the code apart."""
    return link_matrix(f"{address(url_base)}/c/{ANY_CODE}").modules


@lru_cache(maxsize=64)
def version(url_base: str) -> int:
    """The version of every card's symbol at this address: 1 to 40."""
    return (modules(url_base) - 2 * QUIET_ZONE - 17) // 4


def reading_distance(module_mm: float) -> int:
    """From how many centimetres a phone reads modules of this size comfortably."""
    return round(module_mm * READS_AT)


def address(url_base: str) -> str:
    """The address as a symbol says it. Raises NotAnAddress."""
    parts = urlsplit(url_base)
    plain_address = parts.scheme in ("http", "https") and parts.netloc and url_base.isascii()
    if not plain_address or parts.query or parts.fragment or "@" in parts.netloc or " " in url_base:
        raise NotAnAddress(_("“%(value)s” is not an address like https://kanban.example", value=url_base))
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def drawing(modules: Matrix) -> str:
    """The symbol with its quiet zone as SVG: one path, a stroke one module wide per horizontal run."""
    rows = (f"M0 {y}{''.join(map(_strokes, _pieces(row)))}" for y, row in enumerate(modules.rows()))
    side = modules.modules
    shift = f'transform="translate({modules.quiet} {modules.quiet}.5)"'
    return svg(side, side, f'<path {shift} stroke="#000" d="{"".join(rows)}"/>')


def _pieces(row: bytes) -> list[bytes]:
    """A row in pieces of eight modules: so few kinds that each is drawn once."""
    return [row[start : start + 8] for start in range(0, len(row), 8)]


@lru_cache(maxsize=1_024)
def _strokes(piece: bytes) -> str:
    """The steps of a path along a piece: over its light modules, through its dark ones."""
    runs = ((bits[0], len(bits)) for bits in _RUN.findall(piece))
    return "".join(f"h{length}" if dark else f"m{length} 0" for dark, length in runs)


def svg(width: int, height: int, body: str) -> str:
    """An SVG picture, its user unit a pixel."""
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f"<svg {names} {size}>{body}</svg>"


_RUN = re.compile(b"\x00+|\x01+")


def _matrix(made: segno.QRCode, quiet: int = QUIET_ZONE) -> Matrix:
    return Matrix(len(made.matrix), b"".join(bytes(row) for row in made.matrix), quiet)


@dataclass
class Kept:
    """Matrices that were computed before, as lines of a file: a reprint computes none again.

    A matrix depends on nothing but what it says, so the file may be deleted at any time.
    """

    file: Path | None = None
    known: dict[str, str] = field(default_factory=dict)
    """What a symbol says: its size and its modules as hexadecimal digits."""
    new: dict[str, str] = field(default_factory=dict)

    def load(self) -> None:
        """Read the file, if it is there; what is damaged in it counts as not there."""
        try:
            lines = self.file.read_text("ascii").splitlines() if self.file else []
        except (OSError, ValueError):
            return
        for line in lines:
            said, _, packed = line.partition("\t")
            size, _, digits = packed.partition("\t")
            if size.isdigit() and len(digits) * 4 >= int(size) ** 2 > 0 and _HEXADECIMAL.fullmatch(digits):
                self.known[said] = packed

    def get(self, url_base: str, code: str) -> Matrix:
        """The matrix of a card's symbol, kept or computed."""
        said = _said(url_base, code)
        if said in self.known:
            return _unpacked(self.known[said])
        made = matrix(url_base, code)
        self.known[said] = self.new[said] = _packed(made)
        return made

    def of(self, url_base: str, codes: Iterable[str]) -> dict[str, str]:
        """What is known of these cards."""
        wanted = (_said(url_base, code) for code in codes)
        return {said: self.known[said] for said in wanted if said in self.known}

    def add(self, new: Mapping[str, str]) -> None:
        """Add matrices to the file."""
        if not new or self.file is None:
            return
        self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self.file.open("a", encoding="ascii") as file:
            file.writelines(f"{said}\t{packed}\n" for said, packed in new.items())

    def save(self) -> None:
        """Add what was computed to the file."""
        self.add(self.new)
        self.new = {}


def _said(url_base: str, code: str) -> str:
    return f"{url_base}/c/{code}"


def _packed(matrix: Matrix) -> str:
    digits = -(-len(matrix.bits) // 4)
    return f"{matrix.size}\t{int(matrix.bits.translate(_AS_DIGITS), 2):0{digits}x}"


def _unpacked(packed: str) -> Matrix:
    size, _, digits = packed.partition("\t")
    bits = f"{int(digits, 16):0{int(size) ** 2}b}"
    return Matrix(int(size), bits.encode("ascii").translate(_AS_BITS))


_HEXADECIMAL = re.compile("[0-9a-f]+")
_AS_DIGITS = bytes.maketrans(b"\0\1", b"01")
_AS_BITS = bytes.maketrans(b"01", b"\0\1")
